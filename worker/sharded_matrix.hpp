#pragma once
// The n × d matrix of updates, its rows spread over the ranks: what the sharded aggregation
// (worker/sharded_aggregation.hpp, which says how) and colluding attacks are made of. Every rank
// calls the same functions in the same order.
//
// Elements T are double or float; sums are in double. Beside the rows there may be further points,
// in double, that every rank can make for its coordinates.

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "core/kernels.hpp"
#include "core/kernels_gram.hpp"
#include "core/ordered_sum.hpp"
#include "core/payload.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort::sharded_matrix {

/// What a rank receives of the rows in one tile, unless a block of each takes more.
inline constexpr std::size_t tile_bytes = std::size_t{4} << 20;
/// Coordinates that a thread works on at a time: a strip of n rows stays in its cache.
inline constexpr std::size_t strip = 1024;
/// The same of a tile rule without a map, which holds a few coordinates at a time.
inline constexpr std::size_t tile_strip = 16384;

struct Columns {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
  bool empty() const { return first >= last; }
};

/// The rows of all ranks, by client; pointers are at the first coordinate in question.
template <class T>
using RowPointers = std::span<const T* const>;

template <class T>
std::vector<const T*> at_offset(RowPointers<T> rows, std::size_t offset) {
  std::vector<const T*> out(rows.begin(), rows.end());
  for (const T*& row : out) row += offset;
  return out;
}

/// Points beside the rows: fill(rows, first, width, out) writes their coordinates
/// [first, first + width), [count × width] row-major; `rows` are at the first of them.
template <class T>
struct Extras {
  std::size_t count = 0;
  std::function<void(RowPointers<T> rows, std::size_t first, std::size_t width, double* out)> fill;
};

struct AddVec {
  void operator()(Vec& left, Vec&& right) const {
    kernels::add(as_span(right), as_mutable_span(left));
  }
};

template <class T>
Bytes to_bytes(std::span<const T> values) {
  Bytes bytes(values.size_bytes());
  std::copy(values.begin(), values.end(), bytes.as_mutable<T>().begin());
  return bytes;
}

inline Frame frame_of(Bytes bytes) {
  Frame frame;
  frame.parts.push_back(std::move(bytes));
  return frame;
}

/// (x_c − origin · x_c + Σ c_i (x_i − x_c)) / divisor over the rows of all ranks and the extras;
/// x_c is the origin if there is no centre.
struct Combination {
  std::vector<double> coefficients;  // one a row
  std::vector<double> of_extras;
  std::optional<std::size_t> centre;  // a row, or n + an extra
  double origin = 0;
  double divisor = 1;
};

/// Centred where the weight is largest: what all rows have in common is not multiplied.
inline Combination centred(std::vector<double> weights, double origin,
                           std::vector<double> of_extras = {}) {
  Combination c{std::move(weights), std::move(of_extras), std::nullopt, origin};
  double largest = origin;
  std::size_t point = 0;
  for (auto* of : {&c.coefficients, &c.of_extras}) {
    for (const double w : *of) {
      if (w > largest || (!c.centre && w == largest)) {
        c.centre = point;
        largest = w;
      }
      ++point;
    }
  }
  const std::size_t n = c.coefficients.size();
  if (c.centre) (*c.centre < n ? c.coefficients[*c.centre] : c.of_extras[*c.centre - n]) = 0.0;
  return c;
}

template <class T>
class ShardedMatrix {
 public:
  ShardedMatrix(std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline)
      : d_(d),
        blocks_((d + coordinate_block - 1) / coordinate_block),
        pool_(pool),
        exchange_(exchange),
        deadline_(deadline),
        self_(exchange == nullptr ? 0 : exchange->self().value),
        ranks_(exchange == nullptr ? 1 : exchange->size()) {}

  /// Every rank learns of all rows; those that are not finite are left out, if asked.
  Result<void> take_census(std::span<const RowOf<T>> rows, bool drop);
  const std::vector<ClientId>& clients() const { return clients_; }
  const std::vector<ClientId>& dropped() const { return dropped_; }
  std::uint64_t tile_bytes_in_flight() const { return tile_bytes_in_flight_; }

  /// From here on rank 0 works on all coordinates, at once.
  void gather_rows() { is_gathered_ = true; }

  /// Of the rows that are not dropped; empty if all are equal.
  const std::vector<double>& weights() const { return weights_; }

  /// On rank 0; empty elsewhere.
  Result<Distances> measure_points(const Extras<T>& extras = {});
  /// The distances on some coordinates only, ascending. On rank 0; empty elsewhere.
  Result<Distances> measure_sample(const CoordinateSample& coordinates);
  Result<Vec> combine(const Combination& combination, const Extras<T>& extras = {});
  /// `map` [m × (n + 1)] is not read if nothing maps or selects rows, else that of rank 0.
  Result<Vec> apply_tile_rule(const Aggregation& aggregation, Mat map, const RuleInput& input);
  /// This rank's coordinates [own.first, own.last) of all rows: make(rows, first, width, out)
  /// writes a strip of the result, which is gathered on rank 0.
  template <class Make>
  Result<Vec> make_columns(std::size_t width_of_strip, Make make);
  /// The sum over blocks of coordinates of what leaf(rows, first, width, out [size]) writes.
  template <class Leaf>
  Result<Vec> sum_over_blocks(std::size_t size, Leaf leaf);

  /// Rank 0's values on every rank.
  Result<void> share(std::span<double> values);
  /// Rank 0's result on every rank.
  Result<void> agree(Result<void> of_rank_0);

 private:
  bool is_alone() const { return exchange_ == nullptr; }
  Columns columns_of(std::size_t rank) const {
    if (is_gathered_) return rank == 0 ? Columns{0, d_} : Columns{d_, d_};
    const IdRange r = rank_range(blocks_, static_cast<std::uint32_t>(rank), ranks_);
    return {std::min(d_, r.first * coordinate_block), std::min(d_, r.last * coordinate_block)};
  }
  template <class U>
  Result<std::vector<std::vector<U>>> gather_everywhere(const std::vector<U>& mine);
  template <class U>
  Result<void> broadcast(std::size_t root, std::vector<U>& values);
  Result<Vec> gather_columns(Vec mine);

  template <class E, class Fill, class Visit>
  Result<void> exchange_tiles(const std::vector<std::size_t>& counts, Fill fill, Visit visit);
  template <class Visit>
  Result<void> visit_rows(Visit visit);
  /// Calls task(offset, width, lane) for strips of `size` coordinates.
  template <class Task>
  void for_each_strip(std::size_t width, Task task, std::size_t size = strip) {
    pool_.parallel_for((width + size - 1) / size, [&](std::size_t k, std::size_t lane) {
      task(k * size, std::min(size, width - k * size), lane);
    });
  }

  std::size_t d_;
  std::size_t blocks_;
  ThreadPool& pool_;
  Exchange* exchange_;
  Deadline deadline_;
  std::size_t self_;
  std::uint32_t ranks_;
  std::vector<const T*> local_;      // this rank's rows
  std::vector<ClientId> clients_;    // of all ranks
  std::vector<std::size_t> counts_;  // rows by rank
  std::vector<ClientId> dropped_;
  std::vector<double> weights_;
  std::uint64_t tile_bytes_in_flight_ = 0;
  bool is_gathered_ = false;
};

template <class T>
template <class U>
Result<std::vector<std::vector<U>>> ShardedMatrix<T>::gather_everywhere(
    const std::vector<U>& mine) {
  if (is_alone()) return std::vector<std::vector<U>>{mine};
  const Frame frame = frame_of(to_bytes(std::span<const U>(mine)));
  COHORT_TRY(const auto frames,
             exchange_->all_to_all(std::vector<Frame>(ranks_, frame), deadline_));
  std::vector<std::vector<U>> all;
  for (const Frame& f : frames) {
    const auto values = f.parts.at(0).template as<U>();
    all.emplace_back(values.begin(), values.end());
  }
  return all;
}

template <class T>
template <class U>
Result<void> ShardedMatrix<T>::broadcast(std::size_t root, std::vector<U>& values) {
  if (is_alone()) return {};
  Frame frame;
  if (self_ == root) frame = frame_of(to_bytes(std::span<const U>(values)));
  COHORT_TRY(frame, exchange_->broadcast(Rank(static_cast<std::uint32_t>(root)), std::move(frame),
                                         deadline_));
  const auto received = frame.parts.at(0).template as<U>();
  values.assign(received.begin(), received.end());
  return {};
}

template <class T>
Result<void> ShardedMatrix<T>::share(std::span<double> values) {
  std::vector<double> copy(values.begin(), values.end());
  COHORT_DO(broadcast(0, copy));
  COHORT_CHECK(copy.size() == values.size(), "ranks agree on what they share");
  std::copy(copy.begin(), copy.end(), values.begin());
  return {};
}

template <class T>
Result<void> ShardedMatrix<T>::agree(Result<void> of_rank_0) {
  std::vector<char> told;  // the code, then the message
  if (self_ == 0 && !of_rank_0) {
    told.push_back(static_cast<char>(of_rank_0.error().code));
    const std::string& message = of_rank_0.error().message;
    told.insert(told.end(), message.begin(), message.end());
  }
  COHORT_DO(broadcast(0, told));
  if (told.empty()) return {};
  return Error{static_cast<Code>(told.front()), std::string(told.begin() + 1, told.end())};
}

/// Columns of all ranks, in order, on rank 0.
template <class T>
Result<Vec> ShardedMatrix<T>::gather_columns(Vec mine) {
  if (is_alone()) return mine;
  COHORT_TRY(const auto frames,
             exchange_->gather_to(Rank(0), frame_of(to_bytes(as_span(mine))), deadline_));
  if (self_ != 0) return Vec();
  Vec all(static_cast<Index>(d_));
  double* end = all.data();
  for (const Frame& frame : frames) {
    const auto values = frame.parts.at(0).template as<double>();
    COHORT_CHECK(values.size() <= static_cast<std::size_t>(all.data() + all.size() - end),
                 "ranks agree on who works on which coordinates");
    end = std::copy(values.begin(), values.end(), end);
  }
  return all;
}

template <class T>
Result<void> ShardedMatrix<T>::take_census(std::span<const RowOf<T>> rows, bool drop) {
  struct Entry {
    std::uint64_t client;
    std::uint64_t is_finite;
    double weight;
  };
  std::vector<Entry> mine(rows.size());
  pool_.parallel_for(rows.size(), [&](std::size_t i, std::size_t) {
    const RowOf<T>& row = rows[i];
    COHORT_CHECK(row.values.size() == d_, "every row has d coordinates");
    // A NaN compares false.
    const bool finite =
        !drop || row.is_checked || kernels::squared_norm(row.values) <= largest_squared_norm;
    mine[i] = {row.client.value, finite, row.weight};
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (mine[i].is_finite) local_.push_back(rows[i].values.data());
  }
  COHORT_TRY(const auto all, gather_everywhere(mine));
  std::optional<std::uint64_t> last;
  bool are_equal = true;
  for (const auto& of_rank : all) {
    counts_.push_back(0);
    for (const Entry& entry : of_rank) {
      COHORT_CHECK(!last || *last < entry.client, "clients ascend over the ranks");
      last = entry.client;
      (entry.is_finite ? clients_ : dropped_).emplace_back(entry.client);
      if (!entry.is_finite) continue;
      ++counts_.back();
      weights_.push_back(entry.weight);
      are_equal &= entry.weight == weights_.front();
    }
  }
  if (are_equal) weights_.clear();
  return {};
}

/// Rank r brings counts[r] vectors of E, and every rank gets its own coordinates of all of them, a
/// tile at a time. fill(columns, out) writes this rank's, [counts[self] × width] row-major, and
/// visit(vectors, columns) sees the vectors of all ranks in order.
template <class T>
template <class E, class Fill, class Visit>
Result<void> ShardedMatrix<T>::exchange_tiles(const std::vector<std::size_t>& counts, Fill fill,
                                              Visit visit) {
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  const std::size_t width =
      is_gathered_
          ? std::max<std::size_t>(1, d_)
          : coordinate_block *
                std::max<std::size_t>(1, tile_bytes / (sizeof(E) * coordinate_block * (total + 1)));
  const auto tile = [&](std::size_t rank, std::size_t step) -> Columns {
    const Columns all = columns_of(rank);
    const std::size_t first = std::min(all.last, all.first + step * width);
    return {first, std::min(all.last, first + width)};
  };
  std::size_t steps = 0;
  for (std::size_t r = 0; r < ranks_; ++r) {
    steps = std::max(steps, (columns_of(r).size() + width - 1) / width);
  }

  struct Open {
    Exchange::Number number;
    std::uint64_t bytes = 0;  // sent and received
  };
  const auto start = [&](std::size_t step) -> Result<Open> {
    std::vector<Frame> outgoing(ranks_);
    Open open;
    for (std::size_t r = 0; r < ranks_; ++r) {
      const Columns columns = tile(r, step);
      Bytes bytes(counts[self_] * columns.size() * sizeof(E));
      if (!bytes.empty()) fill(columns, bytes.as_mutable<E>().data());
      open.bytes += bytes.size();
      outgoing[r] = frame_of(std::move(bytes));
    }
    open.bytes += total * tile(self_, step).size() * sizeof(E);
    COHORT_TRY(open.number, exchange_->start(std::move(outgoing)));
    return open;
  };

  std::optional<Open> next;
  for (std::size_t step = 0; step < steps; ++step) {
    if (step == 0) {
      COHORT_TRY(next, start(0));
    }
    const Open open = *next;
    next.reset();
    if (step + 1 < steps) {
      COHORT_TRY(next, start(step + 1));
    }
    tile_bytes_in_flight_ =
        std::max(tile_bytes_in_flight_, open.bytes + (next ? next->bytes : std::uint64_t{0}));
    COHORT_TRY(const auto frames, exchange_->finish(open.number, deadline_));
    const Columns columns = tile(self_, step);
    std::vector<const E*> vectors;
    for (std::size_t r = 0; r < ranks_; ++r) {
      const auto values = frames[r].parts.at(0).template as<E>();
      if (values.size() != counts[r] * columns.size()) {
        return bad_input("rank " + std::to_string(r) + " sent a tile of " +
                         std::to_string(values.size()) + " numbers, not " +
                         std::to_string(counts[r]) + " x " + std::to_string(columns.size()));
      }
      for (std::size_t i = 0; i < counts[r]; ++i) {
        vectors.push_back(values.data() + i * columns.size());
      }
    }
    if (!columns.empty()) visit(RowPointers<E>(vectors), columns);
  }
  return {};
}

/// visit(rows, columns) for this rank's coordinates of all rows, tile by tile; alone, at once and
/// where they lie.
template <class T>
template <class Visit>
Result<void> ShardedMatrix<T>::visit_rows(Visit visit) {
  if (is_alone()) {
    if (d_ > 0) visit(RowPointers<T>(local_), Columns{0, d_});
    return {};
  }
  return exchange_tiles<T>(
      counts_,
      [&](Columns columns, T* out) {
        pool_.parallel_for(local_.size(), [&](std::size_t i, std::size_t) {
          std::copy_n(local_[i] + columns.first, columns.size(), out + i * columns.size());
        });
      },
      visit);
}

/// On rank 0; empty elsewhere.
template <class T>
template <class Leaf>
Result<Vec> ShardedMatrix<T>::sum_over_blocks(std::size_t size, Leaf leaf) {
  const auto subtrees_of = [&](std::uint64_t first, std::uint64_t last) {
    // No block is beyond the last, so what ends there may join with it.
    return IdRange{first, last == blocks_ ? IdRange{}.last : last};
  };
  OrderedSum<Vec, AddVec> own(AddVec{},
                              rank_subtrees(blocks_, static_cast<std::uint32_t>(self_), ranks_));
  COHORT_DO(visit_rows([&](RowPointers<T> rows, Columns columns) {
    const std::uint64_t first = columns.first / coordinate_block;
    std::vector<std::uint64_t> blocks((columns.size() + coordinate_block - 1) / coordinate_block);
    std::iota(blocks.begin(), blocks.end(), first);
    auto roots = ordered_sum<Vec>(
        blocks, pool_,
        [&](std::size_t k, std::uint64_t, std::size_t) -> std::optional<Vec> {
          const std::size_t offset = k * coordinate_block;
          Vec out(static_cast<Index>(size));
          leaf(at_offset(rows, offset), columns.first + offset,
               std::min(coordinate_block, columns.size() - offset), as_mutable_span(out));
          return out;
        },
        [](std::size_t) { return AddVec{}; }, subtrees_of(first, first + blocks.size()));
    for (auto& root : roots) own.add(root.id, std::move(root.value));
  }));

  auto roots = std::move(own).finish();
  if (!is_alone()) {
    std::vector<std::uint64_t> ids;
    Frame frame;
    for (const auto& root : roots) {
      ids.push_back(root.id);
      frame.parts.push_back(to_bytes(as_span(root.value)));
    }
    frame.parts.push_back(to_bytes(std::span<const std::uint64_t>(ids)));
    COHORT_TRY(const auto frames, exchange_->gather_to(Rank(0), std::move(frame), deadline_));
    if (self_ != 0) return Vec();
    OrderedSum<Vec, AddVec> all(AddVec{});
    for (const Frame& f : frames) {
      const auto of_rank = f.parts.back().template as<std::uint64_t>();
      for (std::size_t k = 0; k < of_rank.size(); ++k) {
        all.add(of_rank[k], as_vec(f.parts.at(k).template as<double>()));
      }
    }
    roots = std::move(all).finish();
  }
  if (roots.empty()) return Vec(Vec::Zero(static_cast<Index>(size)));
  return std::move(roots.front().value);
}

/// Rows and extras in double, for the coordinates [first, first + width).
template <class T>
std::vector<const double*> with_extras(RowPointers<T> rows, std::size_t first, std::size_t width,
                                       const Extras<T>& extras, std::vector<double>& storage) {
  std::vector<const double*> points;
  const std::size_t converted = std::is_same_v<T, double> ? 0 : rows.size();
  storage.resize((converted + extras.count) * width);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if constexpr (std::is_same_v<T, double>) {
      points.push_back(rows[i]);
    } else {
      points.push_back(storage.data() + i * width);
      std::copy_n(rows[i], width, storage.data() + i * width);
    }
  }
  extras.fill(rows, first, width, storage.data() + converted * width);
  for (std::size_t e = 0; e < extras.count; ++e) {
    points.push_back(storage.data() + (converted + e) * width);
  }
  return points;
}

template <class T>
Result<Distances> ShardedMatrix<T>::measure_points(const Extras<T>& extras) {
  const std::size_t n = clients_.size() + extras.count;
  const auto on_points = [&](auto rows, std::size_t first, std::size_t width, auto body) {
    if (extras.count == 0) return body(RowPointers<T>(rows));
    std::vector<double> storage;
    const auto points = with_extras<T>(rows, first, width, extras, storage);
    return body(RowPointers<double>(points));
  };
  COHORT_TRY(const Vec packed,
             sum_over_blocks(n * (n + 1) / 2, [&](const auto& rows, std::size_t first,
                                                  std::size_t width, std::span<double> out) {
               on_points(RowPointers<T>(rows), first, width,
                         [&](auto points) { kernels::gram(points, width, out); });
             }));
  Mat gram;
  std::vector<RowPair> cancelled;
  if (self_ == 0) {
    gram = Mat::Zero(static_cast<Index>(n), static_cast<Index>(n));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i; j < n; ++j) {
        gram(static_cast<Index>(i), static_cast<Index>(j)) =
            packed[static_cast<Index>(packed_index(i, j, n))];
      }
    }
    cancelled = cancelled_pairs(gram);
  }
  COHORT_DO(broadcast(0, cancelled));
  Vec again;
  if (!cancelled.empty()) {
    const auto distances = [&](const auto& rows, std::size_t first, std::size_t width,
                               std::span<double> out) {
      on_points(RowPointers<T>(rows), first, width, [&](auto points) {
        for (std::size_t k = 0; k < cancelled.size(); ++k) {
          const auto [i, j] = cancelled[k];
          out[k] =
              kernels::squared_distance(std::span(points[i], width), std::span(points[j], width));
        }
      });
    };
    COHORT_TRY(again, sum_over_blocks(cancelled.size(), distances));
  }
  if (self_ != 0) return Distances{};
  return measure(gram, cancelled, as_span(again), static_cast<Index>(extras.count));
}

template <class T>
Result<Distances> ShardedMatrix<T>::measure_sample(const CoordinateSample& coordinates) {
  const std::size_t width = coordinates.size();
  std::vector<T> mine(local_.size() * width);
  pool_.parallel_for(local_.size(), [&](std::size_t i, std::size_t) {
    for (std::size_t k = 0; k < width; ++k) mine[i * width + k] = local_[i][coordinates[k]];
  });
  std::vector<Frame> frames;
  if (is_alone()) {
    frames.push_back(frame_of(to_bytes(std::span<const T>(mine))));
  } else {
    COHORT_TRY(frames, exchange_->gather_to(Rank(0), frame_of(to_bytes(std::span<const T>(mine))),
                                            deadline_));
  }
  if (self_ != 0) return Distances{};
  std::vector<RowOf<T>> rows;
  for (std::size_t r = 0, i = 0; r < frames.size(); ++r) {
    const auto values = frames[r].parts.at(0).template as<T>();
    COHORT_CHECK(values.size() == counts_[r] * width, "ranks agree on a sample");
    for (std::size_t k = 0; k < counts_[r]; ++k, ++i) {
      rows.push_back({clients_[i], values.subspan(k * width, width)});
    }
  }
  ShardedMatrix<T> sampled(width, pool_, nullptr, deadline_);
  COHORT_DO(sampled.take_census(rows, false));
  return sampled.measure_points();
}

template <class T>
Result<Vec> ShardedMatrix<T>::combine(const Combination& combination, const Extras<T>& extras) {
  // The terms of each rank and the subtrees that they fill.
  struct Terms {
    std::vector<std::size_t> positions;  // among all rows
    IdRange range;
    std::vector<std::uint64_t> roots;
  };
  std::vector<Terms> terms(ranks_);
  std::size_t first_row = 0;  // of this rank
  std::size_t centre_rank = 0;
  for (std::size_t r = 0, i = 0; r < ranks_; ++r) {
    if (r == self_) first_row = i;
    for (const std::size_t end = i + counts_[r]; i < end; ++i) {
      if (combination.coefficients[i] != 0.0) terms[r].positions.push_back(i);
      if (combination.centre == i) centre_rank = r;
    }
  }
  const auto id = [&](std::size_t position) { return clients_[position].value; };
  std::uint64_t free = 0;  // no term has an id from here on, up to the next one's
  for (std::size_t r = 0; r < ranks_; ++r) {
    terms[r].range.first = free;
    for (std::size_t s = r + 1; s < ranks_; ++s) {
      if (terms[s].positions.empty()) continue;
      terms[r].range.last = id(terms[s].positions.front());
      break;
    }
    const auto nothing = [](char&, char&&) {};
    OrderedSum<char, decltype(nothing)> shape(nothing, terms[r].range);
    for (const std::size_t i : terms[r].positions) {
      shape.add(id(i), 0);
      free = id(i) + 1;
    }
    for (const auto& root : std::move(shape).finish()) terms[r].roots.push_back(root.id);
  }

  Frame received;  // x_c from another rank
  const T* centre = nullptr;
  const bool has_row_centre = combination.centre && *combination.centre < clients_.size();
  if (has_row_centre) {
    const bool is_mine = self_ == centre_rank;
    if (is_mine) centre = local_[*combination.centre - first_row];
    if (!is_alone()) {
      if (is_mine) received = frame_of(to_bytes(std::span(centre, d_)));
      COHORT_TRY(received, exchange_->broadcast(Rank(static_cast<std::uint32_t>(centre_rank)),
                                                std::move(received), deadline_));
      if (!is_mine) centre = received.parts.at(0).template as<T>().data();
    }
  }

  // The centre and the extras in double, over coordinates [first, first + width).
  struct Others {
    std::vector<double> extras;
    std::vector<double> converted;
    const double* centre = nullptr;
  };
  const auto others_at = [&](std::size_t first, std::size_t width) {
    Others others;
    if (extras.count > 0) {
      others.extras.resize(extras.count * width);
      extras.fill({}, first, width, others.extras.data());
    }
    if (has_row_centre) {
      if constexpr (std::is_same_v<T, double>) {
        others.centre = centre + first;
      } else {
        others.converted.assign(centre + first, centre + first + width);
        others.centre = others.converted.data();
      }
    } else if (combination.centre) {
      others.centre = others.extras.data() + (*combination.centre - clients_.size()) * width;
    }
    return others;
  };
  // This rank's partial sums over coordinates [first, first + width).
  const auto partial_sums = [&](std::size_t first, std::size_t width) {
    const Others others = others_at(first, width);
    OrderedSum<Vec, AddVec> sum(AddVec{}, terms[self_].range);
    for (const std::size_t i : terms[self_].positions) {
      const double c = combination.coefficients[i];
      const T* x = local_[i - first_row] + first;
      Vec term(static_cast<Index>(width));
      double* t = term.data();
      const double* x_c = others.centre;
      if (x_c == nullptr) {
        for (std::size_t k = 0; k < width; ++k) t[k] = c * static_cast<double>(x[k]);
      } else {
        for (std::size_t k = 0; k < width; ++k) t[k] = c * (static_cast<double>(x[k]) - x_c[k]);
      }
      sum.add(id(i), std::move(term));
    }
    return std::move(sum).finish();
  };
  const auto finish = [&](std::vector<Subtree<Vec>> roots, std::size_t first, std::size_t width,
                          double* out) {
    Vec total =
        roots.empty() ? Vec(Vec::Zero(static_cast<Index>(width))) : std::move(roots.front().value);
    const Others others = others_at(first, width);
    const double* x_c = others.centre;
    for (std::size_t e = 0; e < extras.count; ++e) {
      const double c = combination.of_extras[e];
      const double* y = others.extras.data() + e * width;
      if (c == 0.0) continue;
      for (std::size_t k = 0; k < width; ++k) total.data()[k] += c * (x_c ? y[k] - x_c[k] : y[k]);
    }
    for (std::size_t k = 0; k < width; ++k) {
      double value = total.data()[k];
      if (x_c != nullptr) value = x_c[k] + (value - combination.origin * x_c[k]);
      out[k] = value / combination.divisor;
    }
  };

  const Columns own = columns_of(self_);
  Vec result(static_cast<Index>(own.size()));
  if (is_alone()) {
    for_each_strip(d_, [&](std::size_t first, std::size_t width, std::size_t) {
      finish(partial_sums(first, width), first, width, result.data() + first);
    });
    return result;
  }
  std::vector<std::size_t> root_counts;
  std::vector<std::uint64_t> root_ids;
  for (const Terms& t : terms) {
    root_counts.push_back(t.roots.size());
    root_ids.insert(root_ids.end(), t.roots.begin(), t.roots.end());
  }
  COHORT_DO(exchange_tiles<double>(
      root_counts,
      [&](Columns columns, double* out) {
        for_each_strip(columns.size(), [&](std::size_t offset, std::size_t width, std::size_t) {
          const auto roots = partial_sums(columns.first + offset, width);
          for (std::size_t k = 0; k < roots.size(); ++k) {
            std::copy_n(roots[k].value.data(), width, out + k * columns.size() + offset);
          }
        });
      },
      [&](RowPointers<double> vectors, Columns columns) {
        for_each_strip(columns.size(), [&](std::size_t offset, std::size_t width, std::size_t) {
          OrderedSum<Vec, AddVec> sum(AddVec{});
          for (std::size_t k = 0; k < vectors.size(); ++k) {
            sum.add(root_ids[k], as_vec(std::span(vectors[k] + offset, width)));
          }
          const std::size_t first = columns.first + offset;
          finish(std::move(sum).finish(), first, width, result.data() + (first - own.first));
        });
      }));
  return gather_columns(std::move(result));
}

/// out [width] ← Σ m_i x_i over the rows and the origin, in their order, about the row of largest
/// coefficient.
template <class T>
void map_row(const std::vector<double>& m, RowPointers<T> rows, std::size_t width, double* out) {
  const Combination c = centred({m.begin(), m.end() - 1}, m.back());
  std::fill_n(out, width, 0.0);
  const T* x_c = c.centre ? rows[*c.centre] : nullptr;
  const auto value = [](T x) { return static_cast<double>(x); };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double coefficient = c.coefficients[i];
    if (coefficient == 0.0) continue;
    const T* x = rows[i];
    if (x_c == nullptr) {
      for (std::size_t k = 0; k < width; ++k) out[k] += coefficient * value(x[k]);
    } else {
      for (std::size_t k = 0; k < width; ++k) out[k] += coefficient * (value(x[k]) - value(x_c[k]));
    }
  }
  if (x_c == nullptr) return;
  for (std::size_t k = 0; k < width; ++k) {
    out[k] = value(x_c[k]) + (out[k] - c.origin * value(x_c[k]));
  }
}

/// Rows of a map over n rows and the origin, applied to a strip of them.
class StripMap {
 public:
  explicit StripMap(const Mat& map) {
    for (Index a = 0; a < map.rows(); ++a) {
      rows_.emplace_back(map.row(a).begin(), map.row(a).end());
      Index at = 0;
      const bool is_copy =
          map.row(a).maxCoeff(&at) == 1.0 && (map.row(a).array() != 0.0).count() == 1;
      copies_.push_back(static_cast<std::size_t>(at));
      only_copies_ &= is_copy && at + 1 < map.cols();
    }
  }
  /// Calls body(rows, as they lie or made in `storage`).
  template <class T, class Body>
  void apply(RowPointers<T> rows, std::size_t width, std::vector<double>& storage,
             Body body) const {
    if (only_copies_) {
      std::vector<const T*> chosen;
      for (const std::size_t i : copies_) chosen.push_back(rows[i]);
      body(RowPointers<T>(chosen));
      return;
    }
    storage.resize(rows_.size() * width);
    std::vector<const double*> made;
    for (std::size_t a = 0; a < rows_.size(); ++a) {
      double* out = storage.data() + a * width;
      map_row(rows_[a], rows, width, out);
      made.push_back(out);
    }
    body(RowPointers<double>(made));
  }

 private:
  std::vector<std::vector<double>> rows_;
  std::vector<std::size_t> copies_;
  bool only_copies_ = true;
};

template <class T>
template <class Make>
Result<Vec> ShardedMatrix<T>::make_columns(std::size_t width_of_strip, Make make) {
  const Columns own = columns_of(self_);
  Vec result(static_cast<Index>(own.size()));
  COHORT_DO(visit_rows([&](RowPointers<T> rows, Columns columns) {
    for_each_strip(
        columns.size(),
        [&](std::size_t offset, std::size_t width, std::size_t lane) {
          const auto strips = at_offset<T>(rows, offset);
          const std::size_t first = columns.first + offset;
          make(RowPointers<T>(strips), first, width, lane, result.data() + (first - own.first));
        },
        width_of_strip);
  }));
  return gather_columns(std::move(result));
}

template <class T>
Result<Vec> ShardedMatrix<T>::apply_tile_rule(const Aggregation& aggregation, Mat map,
                                              const RuleInput& input) {
  const Rule& rule = *aggregation.rule;
  if (rule.reads_whole_rows()) gather_rows();
  if (aggregation.maps.empty() && !rule.selects()) {
    return make_columns(is_gathered_ ? d_ : tile_strip,
                        [&](RowPointers<T> rows, std::size_t, std::size_t width, std::size_t,
                            double* out) { rule.tile(rows, width, input, out); });
  }
  std::size_t mapped_rows = clients_.size();
  for (const auto& m : aggregation.maps) mapped_rows = m->rows_out(mapped_rows);
  mapped_rows = rule.selected(mapped_rows, input.f);
  map.conservativeResize(static_cast<Index>(mapped_rows), static_cast<Index>(clients_.size() + 1));
  COHORT_DO(share({map.data(), static_cast<std::size_t>(map.size())}));
  const StripMap strip_map(map);
  std::vector<std::vector<double>> storage(pool_.size());  // by lane, [m × strip]
  return make_columns(
      is_gathered_ ? d_ : strip,
      [&](RowPointers<T> rows, std::size_t, std::size_t width, std::size_t lane, double* out) {
        strip_map.apply(rows, width, storage[lane],
                        [&](auto made) { rule.tile(made, width, input, out); });
      });
}

}  // namespace cohort::sharded_matrix
