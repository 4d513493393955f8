#include "problems/external/external.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/hash.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

constexpr int protocol = 1;

/// What is known before the program is started.
struct Shape {
  ExternalFunctionOptions options;
  Outcome predicts = Outcome::none;
  bool is_model = false;
  std::size_t features = 0;
  std::size_t columns = 0;  // scores of a row
  std::uint64_t clients = 0;
  std::uint64_t seed = 0;

  bool is_trainer() const { return options.role == ExternalRole::trainer; }
  bool can(ExternalAnswer answer) const {
    return std::find(options.answers.begin(), options.answers.end(), answer) !=
           options.answers.end();
  }
};

std::string_view source_name(RowSource source) {
  constexpr std::string_view names[row_sources] = {"client", "validation", "test", "client_test"};
  return names[static_cast<std::size_t>(source)];
}

class ExternalFunction final : public Function {
 public:
  ExternalFunction(Shape shape, RowsOf rows)
      : shape_(std::move(shape)), rows_(std::move(rows)), pool_(shape_.options) {
    layout_.append("model", shape_.options.dimension, 1, SegmentKind::weight);
  }

  /// Starts the program and asks it where runs start. Throws ExternalFailure.
  void init() { open(&start_); }

  std::string_view name() const override { return "external"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    Capabilities all{Query::value};
    const bool has_losses = !shape_.is_model || shape_.is_trainer() ||
                            shape_.can(ExternalAnswer::losses) || shape_.predicts != Outcome::none;
    if (has_losses) all = all.with({Query::losses});
    if (shape_.is_trainer()) return all.with({Query::gradient});
    if (shape_.can(ExternalAnswer::gradient)) all = all.with({Query::gradient, Query::jvp});
    if (shape_.can(ExternalAnswer::hvp)) all = all.with({Query::hvp});
    return all;
  }
  std::uint64_t rows(RowSource source, ClientId client) const override {
    if (shape_.is_model) return rows_(source, client).count();
    return source == RowSource::client && client.value < shape_.clients ? 1 : 0;
  }
  Prediction prediction() const override { return {shape_.predicts, shape_.columns, false}; }
  Vec start() const override { return start_; }

  double value(Context context, const Sample& sample, VecView w) const override {
    if (sample.rows() == 0) return 0;
    if (shape_.is_trainer()) {
      const auto all = context.scratch.doubles(0, sample.rows());
      evaluate(context, sample, w, all, {});
      return kernels::sum(all) / static_cast<double>(sample.rows());
    }
    double value = 0;
    ask("value", sample, {sent("w", as_span(w))}, {wanted("value", {&value, 1})});
    return value;
  }
  void losses(Context context, const Sample& sample, VecView w,
              std::span<double> out) const override {
    if (sample.rows() > 0) evaluate(context, sample, w, out, {});
  }
  void predict(Context context, const Sample& sample, VecView w, std::span<double> losses,
               std::span<double> scores) const override {
    if (sample.rows() == 0) return;
    if (capabilities().has(Query::losses)) {
      evaluate(context, sample, w, losses, scores);
    } else {
      Function::predict(context, sample, w, losses, scores);
    }
  }
  void labels(const Sample& sample, std::span<double> out) const override {
    const auto all = rows_(sample.source, sample.client).labels();
    for (std::size_t j = 0; j < sample.rows(); ++j) out[j] = all[sample.row(j)];
  }

  double gradient(Context, const Sample& sample, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    if (sample.rows() == 0) {
      g.setZero();
      return 0;
    }
    double value = 0;
    std::vector<SentArray> question{sent("w", as_span(w))};
    if (shape_.is_trainer()) {
      COHORT_CHECK(weights.empty(), "a trainer weighs its rows itself");
      const std::uint64_t mixed[] = {hash_vec(w).low, sample.client.value, shape_.seed};
      const auto seed = hash_bytes(std::as_bytes(std::span(mixed))).low >> 1;
      ask("fit", sample, std::move(question),
          {wanted("w", as_mutable_span(g)), wanted("loss", {&value, 1})},
          fmt::format(R"(,"seed":{})", seed));
      g = w - g;
      return value;
    }
    const bool weighs_itself = !weights.empty() && shape_.is_model;
    if (weighs_itself) question.push_back(sent("weights", weights));
    ask("gradient", sample, std::move(question),
        {wanted("value", {&value, 1}), wanted("gradient", as_mutable_span(g))});
    if (weights.empty() || weighs_itself) return value;
    const double mean = kernels::sum(weights) / static_cast<double>(sample.rows());
    g *= mean;
    return mean * value;
  }
  double jvp(Context context, const Sample& sample, VecView w, VecView v) const override {
    const auto values = context.scratch.doubles(0, layout_.size());
    auto g = as_vec(values);
    gradient(context, sample, w, {}, g);
    return kernels::dot(values, as_span(v));
  }
  void hvp(Context, const Sample& sample, VecView w, VecView v, VecRef out) const override {
    if (sample.rows() == 0) {
      out.setZero();
      return;
    }
    ask("hvp", sample, {sent("w", as_span(w)), sent("v", as_span(v))},
        {wanted("hvp", as_mutable_span(out))});
  }

 private:
  /// Losses and scores of the rows; either may be empty.
  void evaluate(Context context, const Sample& sample, VecView w, std::span<double> losses,
                std::span<double> scores) const {
    const std::size_t n = sample.rows();
    const std::size_t columns = shape_.columns;
    if (losses.empty()) losses = context.scratch.doubles(0, n);
    const bool has_scores = shape_.predicts != Outcome::none;
    const bool asks_value = !shape_.is_model && !shape_.is_trainer();
    if (asks_value) {
      losses[0] = value(context, sample, w);
      return;
    }
    std::vector<WantedArray> answer{wanted("losses", losses)};
    if (has_scores) {
      if (scores.empty()) scores = context.scratch.doubles(1, n * columns);
      answer.push_back(wanted("scores", scores, {n, columns}));
    }
    ask(shape_.is_trainer() ? "evaluate"
        : has_scores        ? "predict"
                            : "losses",
        sample, {sent("w", as_span(w))}, std::move(answer));
  }

  /// A channel whose program has been told what it is for; and where runs start, of a new one.
  ExternalPool::Lease open(Vec* start = nullptr) const {
    auto lease = pool_.take();
    if (!lease->note(0)) return lease;
    Vec unused;
    Vec& out = start == nullptr ? unused : *start;
    out.resize(static_cast<Index>(layout_.size()));
    const std::string fields = fmt::format(
        R"("protocol":{},"role":"{}","dimension":{},"clients":{},"features":{},"outputs":{},"seed":{})",
        protocol, shape_.is_trainer() ? "trainer" : "oracle", layout_.size(), shape_.clients,
        shape_.features, shape_.columns, shape_.seed);
    const WantedArray answer[] = {wanted("start", as_mutable_span(out))};
    lease->ask("init", fields, {}, answer);
    return lease;
  }
  /// Rows that the program has not seen are sent before the question.
  void ask(std::string_view op, const Sample& sample, std::vector<SentArray> arrays,
           const std::vector<WantedArray>& answer, std::string_view more = {}) const {
    auto lease = open();
    std::string at = fmt::format(R"("client":{})", sample.client.value);
    if (shape_.is_model) {
      const Rows all = rows_(sample.source, sample.client);
      const std::uint64_t whose = is_of_clients(sample.source) ? sample.client.value : 0;
      const std::string set =
          fmt::format(R"("source":"{}","client":{})", source_name(sample.source), whose);
      if (lease->note(1 + whose * row_sources + static_cast<std::uint64_t>(sample.source))) {
        tell_rows(*lease, set, all);
      }
      at = fmt::format(R"({},"first":{},"count":{})", set, sample.first, sample.count);
      if (!sample.picks.empty()) arrays.push_back(sent("picks", sample.picks));
    }
    lease->ask(op, at.append(more), arrays, answer);
  }

  void tell_rows(ExternalChannel& channel, const std::string& set, const Rows& all) const {
    const std::size_t n = all.count(), features = shape_.features;
    std::vector<double> x(n * features, 0.0);
    visit(all, [&]<class Block>(const Block& block) {
      for (std::size_t i = 0; i < block.count; ++i) {
        const auto values = block.values(i);
        double* row = x.data() + i * features;
        if constexpr (Block::is_sparse) {
          const auto index = block.index(i);
          for (std::size_t k = 0; k < values.size(); ++k) {
            row[index[k]] = static_cast<double>(values[k]);
          }
        } else {
          std::copy(values.begin(), values.end(), row);
        }
      }
    });
    const SentArray arrays[] = {sent("x", x, {n, features}), sent("y", all.labels())};
    channel.tell("rows", set, arrays);
  }

  Shape shape_;
  RowsOf rows_;
  Layout layout_;
  Vec start_;
  mutable ExternalPool pool_;
};

Result<std::unique_ptr<Function>> started(Shape shape, RowsOf rows) {
  auto function = std::make_unique<ExternalFunction>(std::move(shape), std::move(rows));
  try {
    function->init();
  } catch (const ExternalFailure& failure) {
    return peer_lost(failure.what());
  }
  return std::unique_ptr<Function>(std::move(function));
}

}  // namespace

std::unique_ptr<Function> ExternalProblem::without_rows(const Options& options) {
  return std::make_unique<ExternalFunction>(Shape{.options = options, .clients = 1}, RowsOf{});
}

Result<std::unique_ptr<Function>> ExternalProblem::make(const Options& options, std::uint64_t seed,
                                                        std::uint64_t clients) {
  COHORT_DO(options.check("problem"));
  return started({.options = options, .clients = clients, .seed = seed}, {});
}

std::unique_ptr<Function> ExternalModel::without_rows(const Options& options) {
  constexpr std::size_t classes = 3;
  const bool is_scored = options.predicts != Outcome::none;
  const std::size_t columns =
      options.predicts == Outcome::classes ? classes : static_cast<std::size_t>(is_scored);
  return std::make_unique<ExternalFunction>(
      Shape{.options = options, .predicts = options.predicts, .is_model = true, .columns = columns},
      [](RowSource, ClientId) { return Rows(); });
}

Result<std::unique_ptr<Function>> ExternalModel::make(const Options& options, std::size_t features,
                                                      std::size_t classes, RowsOf rows,
                                                      std::uint64_t seed) {
  COHORT_DO(options.check("model"));
  Shape shape{.options = options, .predicts = options.predicts, .is_model = true};
  shape.features = features;
  shape.seed = seed;
  const auto found = classes == 0 ? std::string("values") : fmt::format("{} classes", classes);
  const auto refuse = [&](std::string_view wanted) {
    return bad_input(
        fmt::format("model.predicts: expected labels that are {}, found {}", wanted, found));
  };
  switch (options.predicts) {
    case Outcome::none:
      break;
    case Outcome::value:
      if (classes != 0) return refuse("values");
      shape.columns = 1;
      break;
    case Outcome::binary:
      if (classes != 2) return refuse("2 classes");
      shape.columns = 1;
      break;
    case Outcome::classes:
      if (classes == 0) return refuse("classes");
      shape.columns = classes;
      break;
  }
  return started(std::move(shape), std::move(rows));
}

Result<std::unique_ptr<Function>> ExternalModel::bind(const Options& options,
                                                      const DataStore& store, std::uint64_t seed) {
  return make(options, store.features(), store.classes().size(), rows_of(store), seed);
}

}  // namespace cohort
