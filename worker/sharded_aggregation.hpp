#pragma once
// Robust aggregation of rows that are spread over the ranks: every rank holds the updates of some
// clients, and works on some coordinates of all of them.
//
//   tile rules     Each rank gets its coordinates of all n rows, a tile of a few MB at a time, the
//                  next one on its way while the present one is worked on. A row map in front needs
//                  the distances first, so it costs a second exchange.
//   Gram rules     Inner products of the tiles, summed in the shape of the trie over blocks of 4096
//                  coordinates; pairs that cancelled are measured again, as distances, in a second
//                  exchange (updates that are close together compared to their length). Rank 0 does
//                  the n-dimensional work. Then Σ w_i x_i, as below.
//   linear, and    x_c + Σ w_i (x_i − x_c) with the entry c of largest weight, so that equal rows
//   weighted sums  give themselves and Krum's row comes out as it is. Sums over clients have the
//                  shape of the trie: each rank adds its own subtrees, and what travels is a few
//                  partial sums a rank, in tiles, and once the row x_c.
//
// The bits do not depend on the number of ranks and threads, nor on the transport: every
// coordinate's sums over clients are trie sums or run over all rows in order, every sum over
// coordinates is a trie sum over blocks, and the order of rows is that of the clients.
//
// Memory beyond the rows held, on each rank: x_c, its share of the result (on rank 0 the result),
// n² numbers, and the tiles in flight, O(tile_bytes + 4096 · 8 n); never n · d.

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "comm/exchange.hpp"
#include "core/thread_pool.hpp"

namespace cohort {

/// A row whose squared norm is NaN or above this (2^1000) counts as not finite: squared distances,
/// and sums of millions of them, stay finite.
inline constexpr double largest_squared_norm = 0x1p1000;

/// An update, [d]. The rows of a rank ascend by client, and a rank's clients are below those of the
/// next. Single precision gives the bits of the same numbers in double.
template <class T>
struct RowOf {
  ClientId client{};
  std::span<const T> values;
  bool is_checked = false;  // its squared norm is known to be at most largest_squared_norm
  double weight = 1;        // read if they differ, and then by a rule that takes weights
};
using AggregationRow = RowOf<double>;
using SingleRow = RowOf<float>;

struct RoundInput {
  std::size_t f = 0;  // Byzantine clients among the rows
  Stream stream;      // Purpose::aggregation, this round
  /// [d] what the rule gave in the round before, on every rank, of one that uses it; empty: zero.
  std::span<const double> previous{};
};

/// What a rule gave each update that it got, ascending; Σ + origin + previous = 1.
struct RowWeights {
  std::vector<std::pair<ClientId, double>> clients;
  double origin = 0;    // the share that clipping put on the zero vector
  double previous = 0;  // the share of the last result
};

struct Aggregate {
  Vec value;                      // [d], on rank 0; empty elsewhere
  RowWeights weights;             // on every rank; empty for a tile rule
  std::vector<ClientId> dropped;  // on every rank: their updates were not finite
  std::uint64_t tile_bytes = 0;   // most that this rank's tiles in flight took at once
};

/// One update from all. `exchange` is null in a run of one process; else every rank calls this with
/// equal `aggregation`, `d` and `round`. A rule is given (the weighted mean is the sum of replies).
/// Rows that are not finite are dropped first; k of them leave max(0, f − k) Byzantine ones.
/// Errors, the same on all ranks: f is more than a part tolerates, or what the rule says of its
/// rows (bad_input); no row is finite (diverged); a rank is late (peer_lost).
Result<Aggregate> aggregate_rows(const Aggregation& aggregation,
                                 std::span<const AggregationRow> rows, std::size_t d,
                                 const RoundInput& round, ThreadPool& pool, Exchange* exchange,
                                 Deadline deadline);
Result<Aggregate> aggregate_rows(const Aggregation& aggregation, std::span<const SingleRow> rows,
                                 std::size_t d, const RoundInput& round, ThreadPool& pool,
                                 Exchange* exchange, Deadline deadline);

/// The same weights on other rows of the same clients: Σ w_i y_i on rank 0, [d]; empty elsewhere.
/// A client without a weight takes no part.
Result<Vec> combine_rows(const RowWeights& weights, std::span<const AggregationRow> rows,
                         std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline);
Result<Vec> combine_rows(const RowWeights& weights, std::span<const SingleRow> rows, std::size_t d,
                         ThreadPool& pool, Exchange* exchange, Deadline deadline);

}  // namespace cohort
