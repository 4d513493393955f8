#include "worker/evaluation.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

namespace {

/// Rows whose scores are in memory at a time.
constexpr std::uint64_t piece_rows = row_block(0);

struct Merge {
  void operator()(RowStatistics& left, RowStatistics&& right) const {
    merge(left, std::move(right));
  }
};

}  // namespace

Evaluator::Evaluator(EvaluationSetup setup, EvaluationPlace place)
    : setup_(std::move(setup)), place_(std::move(place)), lanes_(place_.pool->size()) {
  for (const Metric m : setup_.metrics) {
    if (is_of_a_set(m)) of_sets_.push_back(m);
  }
  plan_ = StatisticsPlan(place_.function->prediction(), of_sets_);
}

EvaluatedMessage Evaluator::measure(const EvaluateMessage& message) {
  const auto x = as_vec(message.x.as<double>());
  const auto asks_for = [&](Metric m) {
    return std::find(setup_.metrics.begin(), setup_.metrics.end(), m) != setup_.metrics.end();
  };
  EvaluatedMessage out;
  out.round = message.round;
  out.regulariser =
      place_.function->regulariser(x) + penalty(place_.function->layout(), message.x.as<double>());
  for (const EvaluatedSet& set : setup_.sets) {
    if (is_of_clients(set.source)) {
      measure_clients(set, x, out);
    } else {
      out.statistics[set.name] = measure_dealt(set, x);
    }
  }
  if (asks_for(Metric::gradient_norm)) out.gradient = measure_gradient(message);
  if (setup_.optimum && place_.is_first) {
    out.distance = place_.function->distance(x, *setup_.optimum);
  }
  if (message.describes_clients) out.holdings = holdings();
  return out;
}

/// Clients in parallel, or, where they are fewer than threads, one after another with their rows in
/// parallel: the same bits.
template <class V, class Leaf, class Combine>
std::vector<Subtree<V>> Evaluator::sum_over_clients(const std::vector<std::uint64_t>& clients,
                                                    Leaf leaf, Combine combine) {
  if (clients.size() >= place_.pool->size()) {
    return ordered_sum<V>(
        clients, *place_.pool,
        [&](std::size_t i, std::uint64_t c, std::size_t lane) {
          return std::optional<V>(leaf(i, c, Seat{lane, true}));
        },
        combine, place_.subtrees);
  }
  OrderedSum<V, decltype(combine(std::size_t{0}))> sum(combine(0), place_.subtrees);
  for (std::size_t i = 0; i < clients.size(); ++i) sum.add(clients[i], leaf(i, clients[i], Seat{}));
  return std::move(sum).finish();
}

void Evaluator::add_block(const Sample& block, VecView x, std::size_t lane, RowStatistics& into) {
  const Function& f = *place_.function;
  Lane& room = lanes_[lane];
  const std::size_t columns = plan_.wants_scores() ? plan_.prediction.columns : 0;
  room.losses.resize(piece_rows);
  room.labels.resize(piece_rows);
  room.scores.resize(piece_rows * columns);
  for (std::uint64_t first = 0; first < block.count; first += piece_rows) {
    Sample piece = block;
    piece.first += first;
    piece.count = std::min(piece_rows, block.count - first);
    const auto losses = std::span(room.losses).first(piece.count);
    const auto labels = std::span(room.labels).first(columns == 0 ? 0 : piece.count);
    const auto scores = std::span(room.scores).first(piece.count * columns);
    f.predict({*place_.pool, place_.scratch(lane)}, piece, x, losses, scores);
    if (columns > 0) f.labels(piece, labels);
    add_rows(plan_, labels, losses, scores, into);
  }
}

RowStatistics Evaluator::statistics(const Sample& sample, VecView x, unsigned dropped, Seat seat) {
  const std::uint64_t size = row_block(sample.count);
  const auto block = [&](std::uint64_t b, std::size_t lane) {
    Sample part = sample;
    part.first += b * size;
    part.count = std::min(size, sample.count - b * size);
    RowStatistics s;
    add_block(part, x, lane, s);
    seal(s, dropped);
    return s;
  };
  if (sample.count <= size) return block(0, seat.lane);
  std::vector<std::uint64_t> blocks((sample.count + size - 1) / size);
  for (std::uint64_t b = 0; b < blocks.size(); ++b) blocks[b] = b;
  auto total = ordered_sum<RowStatistics>(
      blocks, *place_.pool,
      [&](std::size_t, std::uint64_t b, std::size_t lane) {
        return std::optional(block(b, seat.is_inside_loop ? seat.lane : lane));
      },
      [](std::size_t) { return Merge{}; });
  return std::move(total.front().value);
}

std::vector<Subtree<RowStatistics>> Evaluator::measure_dealt(const EvaluatedSet& set, VecView x) {
  const std::uint64_t size = row_block(set.total);
  const std::uint64_t first = set.held.first / size;
  const unsigned dropped = dropped_bits(set.total * plan_.rank_lists());
  std::vector<std::uint64_t> blocks;
  for (std::uint64_t b = first; b * size < set.held.last; ++b) blocks.push_back(b);
  const IdRange range{first, set.held.last == set.total ? IdRange::no_end : set.held.last / size};
  return ordered_sum<RowStatistics>(
      blocks, *place_.pool,
      [&](std::size_t, std::uint64_t b, std::size_t lane) {
        const std::uint64_t from = b * size, to = std::min(from + size, set.held.last);
        RowStatistics s;
        add_block({set.source, ClientId{}, from - set.held.first, to - from, {}}, x, lane, s);
        seal(s, dropped);
        return std::optional(std::move(s));
      },
      [](std::size_t) { return Merge{}; }, range);
}

VecView Evaluator::model_of(ClientId client, VecView x, std::size_t lane) {
  if (!setup_.personal) return x;
  Vec& own = lanes_[lane].model;
  own.resize(x.size() + static_cast<Index>(place_.function->owned(client)));
  place_.personal(client, lane, x, own);
  return own;
}

void Evaluator::measure_clients(const EvaluatedSet& set, VecView x, EvaluatedMessage& out) {
  const unsigned dropped = dropped_bits(set.total * plan_.rank_lists());
  const std::vector<std::uint64_t> clients = clients_with(set.source);
  const std::size_t columns = setup_.per_client ? of_sets_.size() : 0;
  std::vector<double> values(clients.size() * columns);
  out.statistics[set.name] = sum_over_clients<RowStatistics>(
      clients,
      [&](std::size_t i, std::uint64_t c, Seat seat) {
        const Sample rows = all_rows(set.source, c);
        const unsigned own = dropped_bits(rows.count * plan_.rank_lists());
        RowStatistics s = statistics(rows, model_of(ClientId(c), x, seat.lane), own, seat);
        for (std::size_t k = 0; k < columns; ++k) {
          values[i * columns + k] = value_of(of_sets_[k], s, out.regulariser);
        }
        if (own != dropped) seal(s, dropped);
        if (set.source == RowSource::client) {
          s.weight = place_.client_weight(ClientId(c));
          s.weighted_loss = s.weight * (s.loss / static_cast<double>(s.rows));
        }
        return s;
      },
      [](std::size_t) { return Merge{}; });
  if (setup_.per_client) out.clients[set.name] = {clients, std::move(values)};
}

std::vector<Subtree<ReplySum>> Evaluator::measure_gradient(const EvaluateMessage& message) {
  const auto x = as_vec(message.x.as<double>());
  return sum_over_clients<ReplySum>(
      clients_with(RowSource::client),
      [&](std::size_t, std::uint64_t c, Seat seat) {
        Block g = dense_block("gradient", message.x.as<double>());
        place_.function->gradient({*place_.pool, place_.scratch(seat.lane)},
                                  all_rows(RowSource::client, c), x, {},
                                  as_vec(g.mutable_doubles()));
        ReplySum leaf;
        leaf.push_back(weighted_leaf(std::move(g), place_.client_weight(ClientId(c))));
        return leaf;
      },
      [&](std::size_t lane) { return AddReplies{&lanes_[lane].spare}; });
}

ClientHoldings Evaluator::holdings() {
  const Function& f = *place_.function;
  const std::size_t classes = plan_.prediction.classes();
  ClientHoldings out;
  out.first = place_.held.first;
  std::vector<double> labels;
  for (std::uint64_t c = place_.held.first; c < place_.held.last; ++c) {
    const Sample sample = all_rows(RowSource::client, c);
    out.rows.push_back(sample.count);
    if (classes == 0) continue;
    out.labels.resize(out.rows.size() * classes);
    labels.resize(sample.count);
    f.labels(sample, labels);
    for (const double label : labels) {
      ++out.labels[(out.rows.size() - 1) * classes + static_cast<std::size_t>(label)];
    }
  }
  return out;
}

std::vector<std::uint64_t> Evaluator::clients_with(RowSource source) const {
  std::vector<std::uint64_t> out;
  for (const IdRange range : setup_.clients) {
    for (std::uint64_t c = range.first; c < range.last; ++c) {
      if (place_.function->rows(source, ClientId(c)) > 0) out.push_back(c);
    }
  }
  return out;
}

Sample Evaluator::all_rows(RowSource source, std::uint64_t client) const {
  const ClientId id(client);
  return {source, id, 0, place_.function->rows(source, id), {}};
}

}  // namespace cohort
