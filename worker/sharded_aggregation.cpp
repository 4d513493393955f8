#include "worker/sharded_aggregation.hpp"

#include <fmt/format.h>

#include "worker/sharded_matrix.hpp"

namespace cohort {

namespace {

using namespace sharded_matrix;

template <class T>
Result<Aggregate> aggregate(const Aggregation& aggregation, std::span<const RowOf<T>> rows,
                            std::size_t d, const RoundInput& round, ThreadPool& pool,
                            Exchange* exchange, Deadline deadline) {
  COHORT_CHECK(aggregation.rule != nullptr, "rows are combined by a rule");
  const Rule& rule = *aggregation.rule;
  ShardedMatrix<T> all(d, pool, exchange, deadline);
  COHORT_DO(all.take_census(rows, true));
  Aggregate out;
  out.dropped = all.dropped();
  const std::size_t n = all.clients().size();
  if (n == 0) {
    return Error{Code::diverged, fmt::format("rule {}: none of {} updates is finite", rule.name(),
                                             out.dropped.size())};
  }
  RuleInput input{round.f - std::min(round.f, out.dropped.size()),
                  round.stream,
                  all.clients(),
                  all.weights(),
                  {}};
  COHORT_DO(check_tolerance(aggregation, n, input.f));

  Extras<T> extras;
  if (rule.uses_previous()) {
    COHORT_CHECK(round.previous.empty() || round.previous.size() == d,
                 "the last result has d coordinates");
    extras = {1, [&](RowPointers<T>, std::size_t first, std::size_t width, double* to) {
                if (round.previous.empty()) {
                  std::fill_n(to, width, 0.0);
                } else {
                  std::copy_n(round.previous.data() + first, width, to);
                }
              }};
  }
  Distances distances;
  if (aggregation.needs_distances()) {
    COHORT_TRY(distances, all.measure_points(extras));
  }
  std::vector<Distances> sampled;
  if (rule.reads_samples()) {
    for (const CoordinateSample& sample : rule.samples(d, round.stream)) {
      COHORT_TRY(auto on_sample, all.measure_sample(sample));
      sampled.push_back(std::move(on_sample));
    }
    input.sampled = sampled;
    if (!aggregation.needs_distances()) distances = sampled.front();
  }
  const bool computes = distances.points() > 0;  // rank 0, where there are distances

  if (rule.kind() == RuleKind::tile) {
    Mat map;
    COHORT_DO(all.agree([&]() -> Result<void> {
      if (!computes) return {};
      COHORT_TRY(map, compose_maps(aggregation, distances, input));
      return {};
    }()));
    COHORT_TRY(out.value, all.apply_tile_rule(aggregation, std::move(map), input));
    out.tile_bytes = all.tile_bytes_in_flight();
    return out;
  }

  Combination combination;
  if (rule.kind() == RuleKind::linear && aggregation.maps.empty()) {
    const Vec relative = relative_weights(input, static_cast<Index>(n));
    combination.coefficients.assign(relative.begin(), relative.end());
    combination.divisor = static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      out.weights.clients.emplace_back(all.clients()[i],
                                       combination.coefficients[i] / static_cast<double>(n));
    }
  } else {
    Vec weights = Vec::Zero(static_cast<Index>(n + extras.count + 1));
    COHORT_DO(all.agree([&]() -> Result<void> {
      if (!computes) return {};
      COHORT_TRY(weights, aggregation_weights(aggregation, std::move(distances), input));
      return {};
    }()));
    COHORT_DO(all.share(as_mutable_span(weights)));
    const double* w = weights.data();
    combination = centred({w, w + n}, w[n + extras.count], {w + n, w + n + extras.count});
    for (std::size_t i = 0; i < n; ++i) out.weights.clients.emplace_back(all.clients()[i], w[i]);
    out.weights.origin = w[n + extras.count];
    if (extras.count > 0) out.weights.previous = w[n];
  }
  COHORT_TRY(out.value, all.combine(combination, extras));
  out.tile_bytes = all.tile_bytes_in_flight();
  return out;
}

template <class T>
Result<Vec> follow(const RowWeights& weights, std::span<const RowOf<T>> rows, std::size_t d,
                   ThreadPool& pool, Exchange* exchange, Deadline deadline) {
  ShardedMatrix<T> all(d, pool, exchange, deadline);
  COHORT_DO(all.take_census(rows, false));
  std::vector<double> of_row;
  for (const ClientId client : all.clients()) {
    const auto found =
        std::lower_bound(weights.clients.begin(), weights.clients.end(), client,
                         [](const auto& entry, ClientId wanted) { return entry.first < wanted; });
    const bool has_weight = found != weights.clients.end() && found->first == client;
    of_row.push_back(has_weight ? found->second : 0.0);
  }
  return all.combine(centred(std::move(of_row), weights.origin));
}

}  // namespace

Result<Aggregate> aggregate_rows(const Aggregation& aggregation,
                                 std::span<const AggregationRow> rows, std::size_t d,
                                 const RoundInput& round, ThreadPool& pool, Exchange* exchange,
                                 Deadline deadline) {
  return aggregate<double>(aggregation, rows, d, round, pool, exchange, deadline);
}
Result<Aggregate> aggregate_rows(const Aggregation& aggregation, std::span<const SingleRow> rows,
                                 std::size_t d, const RoundInput& round, ThreadPool& pool,
                                 Exchange* exchange, Deadline deadline) {
  return aggregate<float>(aggregation, rows, d, round, pool, exchange, deadline);
}

Result<Vec> combine_rows(const RowWeights& weights, std::span<const AggregationRow> rows,
                         std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline) {
  return follow<double>(weights, rows, d, pool, exchange, deadline);
}
Result<Vec> combine_rows(const RowWeights& weights, std::span<const SingleRow> rows, std::size_t d,
                         ThreadPool& pool, Exchange* exchange, Deadline deadline) {
  return follow<float>(weights, rows, d, pool, exchange, deadline);
}

}  // namespace cohort
