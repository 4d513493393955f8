#include "bench/scaling_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/check.hpp"
#include "core/ordered_sum.hpp"

namespace cohort::bench {

namespace {

constexpr double tile_bytes = 4 << 20;  // as in worker/sharded_aggregation.cpp

// How many whole subtrees the ids leave in a range.
std::size_t subtrees_in(std::span<const std::uint64_t> ids, IdRange range) {
  const auto nothing = [](char&, char&&) {};
  OrderedSum<char, decltype(nothing)> shape(nothing, range);
  for (const std::uint64_t id : ids) shape.add(id, 0);
  return std::move(shape).finish().size();
}

// Coordinates of the rank that has most of them.
double largest_columns(double coordinates, std::uint32_t ranks) {
  const auto d = static_cast<std::uint64_t>(coordinates);
  const std::uint64_t blocks = (d + coordinate_block - 1) / coordinate_block;
  std::uint64_t most = 0;
  for (std::uint32_t r = 0; r < ranks; ++r) {
    const IdRange range = rank_range(blocks, r, ranks);
    most = std::max(most, std::min(d, range.last * coordinate_block) -
                              std::min(d, range.first * coordinate_block));
  }
  return static_cast<double>(most);
}

}  // namespace

Network fit_network(std::span<const std::pair<double, double>> messages) {
  // Σ ((α + β b)/t − 1)² is least where its two derivatives vanish.
  double aa = 0, ab = 0, bb = 0, a1 = 0, b1 = 0;
  for (const auto& [bytes, seconds] : messages) {
    const double u = 1 / seconds, v = bytes / seconds;
    aa += u * u;
    ab += u * v;
    bb += v * v;
    a1 += u;
    b1 += v;
  }
  const double determinant = aa * bb - ab * ab;
  COHORT_CHECK(determinant > 0, "messages of at least two sizes were timed");
  Network network;
  network.latency = (a1 * bb - b1 * ab) / determinant;
  network.per_byte = (b1 * aa - a1 * ab) / determinant;
  if (network.latency < 0) network = {0, b1 / bb, 0};
  if (network.per_byte < 0) network = {a1 / aa, 0, 0};
  return network;
}

Loads loads_of(const std::vector<std::vector<std::uint64_t>>& cohorts, std::uint64_t clients,
               std::uint32_t ranks, const std::function<double(std::uint64_t)>& work) {
  Loads mean;
  for (const auto& cohort : cohorts) {
    double largest = 0;
    auto first = cohort.begin();
    for (std::uint32_t r = 0; r < ranks; ++r) {
      const auto last = std::lower_bound(first, cohort.end(), rank_range(clients, r, ranks).last);
      if (first == last) continue;
      double own = 0;
      for (auto id = first; id != last; ++id) own += work(*id);
      const auto subtrees = static_cast<double>(
          subtrees_in(std::span(first, last), rank_subtrees(clients, r, ranks)));
      largest = std::max(largest, own);
      mean.total_work += own;
      mean.subtrees += subtrees;
      if (r > 0) {
        mean.remote_subtrees += subtrees;
        mean.remote_ranks += 1;
      }
      first = last;
    }
    mean.largest_work += largest;
  }
  const auto n = static_cast<double>(cohorts.size());
  for (double* value : {&mean.largest_work, &mean.total_work, &mean.remote_ranks,
                        &mean.remote_subtrees, &mean.subtrees}) {
    *value /= n;
  }
  return mean;
}

Prediction predict(const RoundShape& shape, const RoundCosts& costs, const Network& network,
                   const Loads& loads, std::uint32_t ranks) {
  const double latency = network.latency, per_byte = network.per_byte, gap = network.gap;
  const double others = ranks - 1;
  Prediction p;
  p.coordinate = costs.coordinate;
  p.compute = costs.work * loads.largest_work;
  p.combine = costs.add_bytes * shape.sum_bytes * (loads.subtrees - 1);
  if (loads.remote_ranks > 0) {
    const double turns = loads.remote_ranks * shape.asks * gap + shape.asks * latency;
    p.broadcast = turns + loads.remote_ranks * per_byte * shape.down_bytes;
    p.replies = turns + loads.remote_subtrees * per_byte * shape.sum_bytes;
  }
  if (shape.coordinates == 0) return p;
  p.aggregate = costs.aggregate;
  if (ranks == 1) return p;

  const double d = shape.coordinates, n = shape.cohort;
  const double columns = largest_columns(d, ranks);
  const double everybody = 2 * others * gap + latency;  // sends to all and takes from all
  const double tree = std::bit_width(ranks - 1) * (gap + latency);
  const double blocks = std::ceil(d / coordinate_block);
  // Every rank gets its columns of all vectors, tile by tile.
  const auto tiles = [&](double vectors) {
    const double fit = std::floor(tile_bytes / (sizeof(double) * coordinate_block * (vectors + 1)));
    const double width = coordinate_block * std::max(1.0, fit);
    const double values = std::max(vectors * columns, vectors / ranks * d);
    return std::ceil(columns / width) * everybody + per_byte * sizeof(double) * values;
  };
  p.aggregate *= columns / d;
  p.aggregate += others * gap + latency + per_byte * others * sizeof(double) * n;  // who counts
  p.aggregate += everybody + per_byte * 2 * sizeof(double) * n;                    // census
  p.aggregate += shape.exchanges * tiles(n);
  if (shape.has_gram) {
    const double inner = n * (n + 1) / 2 * (std::min<double>(ranks, blocks) - 1);
    p.aggregate += others * gap + latency + per_byte * sizeof(double) * inner;
    p.aggregate += 2 * (tree + per_byte * sizeof(double) * n);
  }
  if (shape.has_weights) {
    p.aggregate += tree + std::bit_width(ranks - 1) * per_byte * sizeof(double) * d;  // x_c
    p.aggregate += tiles(loads.subtrees);
  }
  p.aggregate += others * gap + latency + per_byte * sizeof(double) * d;  // the result, on rank 0
  return p;
}

}  // namespace cohort::bench
