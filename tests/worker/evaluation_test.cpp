#include "worker/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/archive.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

constexpr std::uint64_t test_rows = 2600;  // six row blocks

/// Rows whose labels and scores are random numbers: client c has 0 to 1200 of them, every eighth
/// for its own test, and the test set is dealt to ranks.
class Random final : public Function {
 public:
  Random(Prediction prediction, std::uint64_t clients, IdRange held)
      : prediction_(prediction), clients_(clients), held_(held) {
    layout_.append("w", 1, 1, SegmentKind::weight);
  }
  std::string_view name() const override { return "random"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::losses}; }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    if (source == RowSource::test) return held_.last - held_.first;
    const std::uint64_t n = client.value * 367 % 1201;
    return client.value >= clients_ ? 0 : source == RowSource::client_test ? n / 8 : n - n / 8;
  }
  Prediction prediction() const override { return prediction_; }
  double value(Context, const Sample&, VecView) const override { return 0; }
  void predict(Context, const Sample& sample, VecView w, std::span<double> losses,
               std::span<double> scores) const override {
    const std::size_t columns = scores.size() / sample.rows();
    for (std::size_t j = 0; j < sample.rows(); ++j) {
      const Stream stream = of(sample, j);
      losses[j] = stream.uniform_at(0);
      for (std::size_t c = 0; c < columns; ++c) {
        scores[j * columns + c] = w[0] * stream.normal_at(2 + c);
      }
    }
  }
  void labels(const Sample& sample, std::span<double> out) const override {
    for (std::size_t j = 0; j < sample.rows(); ++j) {
      const double u = of(sample, j).uniform_at(1);
      out[j] = prediction_.has_classes()
                   ? std::floor(u * static_cast<double>(prediction_.classes()))
                   : 100 + u;
    }
  }

 private:
  Stream of(const Sample& sample, std::size_t j) const {
    const bool dealt = sample.source == RowSource::test;
    return {9, Purpose::test, dealt ? 1000 : sample.client.value,
            sample.row(j) + (dealt ? held_.first : 0) +
                (sample.source == RowSource::client_test ? 10000U : 0U)};
  }

  Prediction prediction_;
  std::uint64_t clients_;
  IdRange held_;
  Layout layout_;
};

constexpr std::uint64_t clients = 40;

std::vector<Metric> every_metric(const Prediction& prediction) {
  std::vector<Metric> metrics;
  for (const MetricInfo& info : metric_infos()) {
    if (info.is_of_a_set && missing_for(info.metric, prediction).empty()) {
      metrics.push_back(info.metric);
    }
  }
  return metrics;
}

IdRange test_share(std::uint32_t rank, std::uint32_t ranks) {
  const std::uint64_t block = row_block(test_rows);
  const IdRange blocks = rank_range((test_rows + block - 1) / block, rank, ranks);
  return {std::min(test_rows, blocks.first * block), std::min(test_rows, blocks.last * block)};
}

EvaluatedMessage measured(const Prediction& prediction, std::uint32_t rank, std::uint32_t ranks,
                          std::size_t threads, std::vector<std::uint64_t> only = {},
                          bool personal = false) {
  const IdRange share = test_share(rank, ranks);
  const Random function(prediction, clients, share);
  ThreadPool pool(threads);
  std::vector<Scratch> scratch(threads);
  EvaluationSetup setup;
  setup.metrics = every_metric(prediction);
  setup.sets = {{"train", RowSource::client, 20000, {0, 0}},
                {"test", RowSource::test, test_rows, share},
                {"client_test", RowSource::client_test, 3000, {0, 0}}};
  setup.per_client = true;
  setup.personal = personal;
  EvaluationPlace place;
  place.function = &function;
  place.pool = &pool;
  place.held = rank_range(clients, rank, ranks);
  place.subtrees = rank_subtrees(clients, rank, ranks);
  place.is_first = rank == 0;
  place.client_weight = [](ClientId c) { return 1.0 / (3.0 + static_cast<double>(c.value)); };
  place.scratch = [&](std::size_t lane) -> Scratch& { return scratch[lane]; };
  place.personal = [](ClientId c, std::size_t, VecView x, VecRef out) {
    out = c.value % 2 == 0 ? x : -x;
  };
  for (std::uint64_t c = place.held.first; c < place.held.last; ++c) {
    if (only.empty() || std::find(only.begin(), only.end(), c) != only.end()) {
      setup.clients.push_back({c, c + 1});
    }
  }
  Evaluator evaluator(std::move(setup), std::move(place));
  EvaluateMessage message;
  message.x.resize(sizeof(double));
  message.x.as_mutable<double>()[0] = 0.5;
  message.describes_clients = true;
  return evaluator.measure(message);
}

struct Whole {
  std::map<std::string, RowStatistics> sets;
  std::map<std::string, ClientValues> clients;
  std::vector<std::uint64_t> rows, labels;
  template <class V>
  void fields(V&& v) {
    v("sets", sets);
    v("clients", clients);
    v("rows", rows);
    v("labels", labels);
  }
};

Whole gathered(const Prediction& prediction, std::uint32_t ranks, std::size_t threads,
               const std::vector<std::uint64_t>& only = {}) {
  const auto combine = [](RowStatistics& left, RowStatistics&& right) {
    merge(left, std::move(right));
  };
  std::map<std::string, OrderedSum<RowStatistics, decltype(combine)>> sums;
  Whole whole;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    EvaluatedMessage m = measured(prediction, rank, ranks, threads, only);
    for (auto& [set, subtrees] : m.statistics) {
      auto& sum = sums.try_emplace(set, combine).first->second;
      for (auto& [id, value] : subtrees) sum.add(id, std::move(value));
    }
    for (const auto& [set, values] : m.clients) {
      auto& all = whole.clients[set];
      all.clients.insert(all.clients.end(), values.clients.begin(), values.clients.end());
      all.values.insert(all.values.end(), values.values.begin(), values.values.end());
    }
    whole.rows.insert(whole.rows.end(), m.holdings->rows.begin(), m.holdings->rows.end());
    whole.labels.insert(whole.labels.end(), m.holdings->labels.begin(), m.holdings->labels.end());
  }
  for (auto& [set, sum] : sums) whole.sets[set] = std::move(sum).total().value_or(RowStatistics{});
  return whole;
}

constexpr Prediction predictions[] = {
    {Outcome::binary, 1, true}, {Outcome::classes, 4, true}, {Outcome::value, 1, false}, {}};

TEST(Evaluator, BitsDependNeitherOnRanksNorOnThreads) {
  for (const Prediction& prediction : predictions) {
    const auto one = to_bytes(gathered(prediction, 1, 1));
    for (const std::uint32_t ranks : {1U, 2U, 4U}) {
      for (const std::size_t threads : {1U, 2U, 3U}) {
        EXPECT_EQ(one, to_bytes(gathered(prediction, ranks, threads)))
            << ranks << " ranks, " << threads << " threads";
      }
    }
  }
}

TEST(Evaluator, OneClientAloneHasTheSameBitsOverThreads) {
  // Client 13 has 1170 rows: three blocks, which are dealt to the threads.
  for (const Prediction& prediction : predictions) {
    const auto one = to_bytes(gathered(prediction, 1, 1, {13}));
    EXPECT_EQ(one, to_bytes(gathered(prediction, 1, 4, {13})));
  }
}

TEST(Evaluator, ClientsHaveTheValuesOfTheirRowsAlone) {
  const Prediction prediction = predictions[0];
  const std::vector<Metric> metrics = every_metric(prediction);
  const Whole all = gathered(prediction, 2, 2);
  for (const std::string set : {"train", "client_test"}) {
    const ClientValues& values = all.clients.at(set);
    std::uint64_t rows = 0, correct = 0;
    for (std::size_t i = 0; i < values.clients.size(); ++i) {
      const Whole alone = gathered(prediction, 1, 1, {values.clients[i]});
      RowStatistics s = alone.sets.at(set);
      rows += s.rows;
      correct += s.correct;
      s.weight = 0;  // the objective of a client is of its own rows
      for (std::size_t k = 0; k < metrics.size(); ++k) {
        const double expected = value_of(metrics[k], s, 0),
                     found = values.values[i * metrics.size() + k];
        EXPECT_TRUE(found == expected || (std::isnan(found) && std::isnan(expected)))
            << set << " " << to_string(metrics[k]) << " of client " << values.clients[i];
      }
    }
    EXPECT_EQ(all.sets.at(set).rows, rows);
    EXPECT_EQ(all.sets.at(set).correct, correct);
  }
}

TEST(Evaluator, PersonalModelsAreThoseOfTheSetsOfClients) {
  const Prediction prediction = predictions[0];
  const std::vector<Metric> metrics = every_metric(prediction);
  const auto accuracy = static_cast<std::size_t>(
      std::find(metrics.begin(), metrics.end(), Metric::accuracy) - metrics.begin());
  EvaluatedMessage shared = measured(prediction, 0, 1, 2);
  EvaluatedMessage personal = measured(prediction, 0, 1, 2, {}, true);
  EXPECT_EQ(to_bytes(shared.statistics.at("test").front().value),
            to_bytes(personal.statistics.at("test").front().value));
  for (const std::string set : {"train", "client_test"}) {
    const ClientValues& before = shared.clients.at(set);
    const ClientValues& after = personal.clients.at(set);
    ASSERT_EQ(before.clients, after.clients);
    for (std::size_t i = 0; i < before.clients.size(); ++i) {
      const double value = before.values[i * metrics.size() + accuracy];
      const bool is_flipped = before.clients[i] % 2 == 1;  // the margins are those times −1
      EXPECT_DOUBLE_EQ(after.values[i * metrics.size() + accuracy], is_flipped ? 1 - value : value)
          << set << ", client " << before.clients[i];
    }
  }
}

TEST(Evaluator, OnlyTheChosenClientsCountAndAllAreDescribed) {
  const Prediction prediction = predictions[1];
  const Whole some = gathered(prediction, 2, 2, {1, 2, 39});
  EXPECT_EQ(some.clients.at("train").clients, (std::vector<std::uint64_t>{1, 2, 39}));
  const Random function(prediction, clients, {0, test_rows});
  std::uint64_t rows = 0;
  for (const std::uint64_t c : {1U, 2U, 39U}) rows += function.rows(RowSource::client, ClientId(c));
  EXPECT_EQ(some.sets.at("train").rows, rows);
  EXPECT_EQ(some.sets.at("test").rows, test_rows);
  ASSERT_EQ(some.rows.size(), clients);
  ASSERT_EQ(some.labels.size(), 4 * clients);
  for (std::uint64_t c = 0; c < clients; ++c) {
    EXPECT_EQ(some.rows[c], function.rows(RowSource::client, ClientId(c)));
    std::uint64_t of_labels = 0;
    for (std::size_t k = 0; k < 4; ++k) of_labels += some.labels[4 * c + k];
    EXPECT_EQ(of_labels, some.rows[c]);
  }
}

TEST(Evaluator, ObjectiveOnTrainWeighsClients) {
  const Whole two = gathered(predictions[3], 1, 1, {1, 5});
  const Whole a = gathered(predictions[3], 1, 1, {1}), b = gathered(predictions[3], 1, 1, {5});
  const auto mean = [](const Whole& w) {
    return w.sets.at("train").loss / static_cast<double>(w.sets.at("train").rows);
  };
  const double expected = (mean(a) / 4 + mean(b) / 8) / (1.0 / 4 + 1.0 / 8);
  EXPECT_NEAR(value_of(Metric::objective, two.sets.at("train"), 0), expected, 1e-14);
}

}  // namespace
}  // namespace cohort
