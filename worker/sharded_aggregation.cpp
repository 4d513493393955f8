#include "worker/sharded_aggregation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "core/kernels.hpp"
#include "core/kernels_gram.hpp"
#include "core/ordered_sum.hpp"
#include "core/payload.hpp"

namespace cohort {

namespace {

/// What a rank receives of the rows in one tile, unless a block of each takes more.
constexpr std::size_t tile_bytes = std::size_t{4} << 20;
/// Coordinates that a thread works on at a time: a strip of n rows stays in its cache.
constexpr std::size_t strip = 1024;

struct Columns {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
  bool empty() const { return first >= last; }
};

/// The rows of all ranks, by client; pointers are at the first coordinate in question.
using RowPointers = std::span<const double* const>;

std::vector<const double*> at_offset(RowPointers rows, std::size_t offset) {
  std::vector<const double*> out(rows.begin(), rows.end());
  for (const double*& row : out) row += offset;
  return out;
}

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

Frame frame_of(Bytes bytes) {
  Frame frame;
  frame.parts.push_back(std::move(bytes));
  return frame;
}

/// (x_c − origin · x_c + Σ c_i (x_i − x_c)) / divisor over the rows of all ranks; x_c is the origin
/// if there is no centre.
struct Combination {
  std::vector<double> coefficients;  // one a row
  std::optional<std::size_t> centre;
  double origin = 0;
  double divisor = 1;
};

/// Centred where the weight is largest: what all rows have in common is not multiplied.
Combination centred(std::vector<double> weights, double origin) {
  Combination c{std::move(weights), std::nullopt, origin};
  double largest = origin;
  for (std::size_t i = 0; i < c.coefficients.size(); ++i) {
    if (c.coefficients[i] > largest || (!c.centre && c.coefficients[i] == largest)) {
      c.centre = i;
      largest = c.coefficients[i];
    }
  }
  if (c.centre) c.coefficients[*c.centre] = 0.0;
  return c;
}

class Aggregator {
 public:
  Aggregator(std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline)
      : d_(d),
        blocks_((d + coordinate_block - 1) / coordinate_block),
        pool_(pool),
        exchange_(exchange),
        deadline_(deadline),
        self_(exchange == nullptr ? 0 : exchange->self().value),
        ranks_(exchange == nullptr ? 1 : exchange->size()) {}

  /// Every rank learns of all rows; those that are not finite are left out, if asked.
  Result<void> take_census(std::span<const AggregationRow> rows, bool drop);
  const std::vector<ClientId>& clients() const { return clients_; }
  const std::vector<ClientId>& dropped() const { return dropped_; }
  std::uint64_t tile_bytes_in_flight() const { return tile_bytes_in_flight_; }

  /// On rank 0; empty elsewhere.
  Result<Distances> measure_rows();
  Result<Vec> combine(const Combination& combination);
  /// `map` [m × (n + 1)] is not read without maps, else that of rank 0.
  Result<Vec> apply_tile_rule(const Aggregation& aggregation, Mat map, const RuleInput& input);

  /// Rank 0's values on every rank.
  Result<void> share(std::span<double> values);

 private:
  bool is_alone() const { return exchange_ == nullptr; }
  Columns columns_of(std::size_t rank) const {
    const IdRange r = rank_range(blocks_, static_cast<std::uint32_t>(rank), ranks_);
    return {std::min(d_, r.first * coordinate_block), std::min(d_, r.last * coordinate_block)};
  }
  template <class T>
  Result<std::vector<std::vector<T>>> gather_everywhere(const std::vector<T>& mine);
  template <class T>
  Result<void> broadcast(std::size_t root, std::vector<T>& values);
  Result<Vec> gather_columns(Vec mine);

  template <class Fill, class Visit>
  Result<void> exchange_tiles(const std::vector<std::size_t>& counts, Fill fill, Visit visit);
  template <class Visit>
  Result<void> visit_rows(Visit visit);
  template <class Leaf>
  Result<Vec> sum_over_blocks(std::size_t size, Leaf leaf);
  /// Calls task(offset, width, lane) for strips of `width` coordinates.
  template <class Task>
  void for_each_strip(std::size_t width, Task task) {
    pool_.parallel_for((width + strip - 1) / strip, [&](std::size_t k, std::size_t lane) {
      task(k * strip, std::min(strip, width - k * strip), lane);
    });
  }

  std::size_t d_;
  std::size_t blocks_;
  ThreadPool& pool_;
  Exchange* exchange_;
  Deadline deadline_;
  std::size_t self_;
  std::uint32_t ranks_;
  std::vector<const double*> local_;  // this rank's rows
  std::vector<ClientId> clients_;     // of all ranks
  std::vector<std::size_t> counts_;   // rows by rank
  std::vector<ClientId> dropped_;
  std::uint64_t tile_bytes_in_flight_ = 0;
};

template <class T>
Result<std::vector<std::vector<T>>> Aggregator::gather_everywhere(const std::vector<T>& mine) {
  if (is_alone()) return std::vector<std::vector<T>>{mine};
  const Frame frame = frame_of(to_bytes(std::span<const T>(mine)));
  COHORT_TRY(const auto frames,
             exchange_->all_to_all(std::vector<Frame>(ranks_, frame), deadline_));
  std::vector<std::vector<T>> all;
  for (const Frame& f : frames) {
    const auto values = f.parts.at(0).as<T>();
    all.emplace_back(values.begin(), values.end());
  }
  return all;
}

template <class T>
Result<void> Aggregator::broadcast(std::size_t root, std::vector<T>& values) {
  if (is_alone()) return {};
  Frame frame;
  if (self_ == root) frame = frame_of(to_bytes(std::span<const T>(values)));
  COHORT_TRY(frame, exchange_->broadcast(Rank(static_cast<std::uint32_t>(root)), std::move(frame),
                                         deadline_));
  const auto received = frame.parts.at(0).as<T>();
  values.assign(received.begin(), received.end());
  return {};
}

Result<void> Aggregator::share(std::span<double> values) {
  std::vector<double> copy(values.begin(), values.end());
  COHORT_DO(broadcast(0, copy));
  COHORT_CHECK(copy.size() == values.size(), "ranks agree on what they share");
  std::copy(copy.begin(), copy.end(), values.begin());
  return {};
}

/// Columns of all ranks, in order, on rank 0.
Result<Vec> Aggregator::gather_columns(Vec mine) {
  if (is_alone()) return mine;
  COHORT_TRY(const auto frames,
             exchange_->gather_to(Rank(0), frame_of(to_bytes(as_span(mine))), deadline_));
  if (self_ != 0) return Vec();
  Vec all(static_cast<Index>(d_));
  double* end = all.data();
  for (const Frame& frame : frames) {
    const auto values = frame.parts.at(0).as<double>();
    COHORT_CHECK(values.size() <= static_cast<std::size_t>(all.data() + all.size() - end),
                 "ranks agree on who works on which coordinates");
    end = std::copy(values.begin(), values.end(), end);
  }
  return all;
}

Result<void> Aggregator::take_census(std::span<const AggregationRow> rows, bool drop) {
  struct Entry {
    std::uint64_t client;
    std::uint64_t is_finite;
  };
  std::vector<Entry> mine(rows.size());
  pool_.parallel_for(rows.size(), [&](std::size_t i, std::size_t) {
    COHORT_CHECK(rows[i].values.size() == d_, "every row has d coordinates");
    // A NaN compares false.
    const bool finite = !drop || kernels::squared_norm(rows[i].values) <= largest_squared_norm;
    mine[i] = {rows[i].client.value, finite};
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (mine[i].is_finite) local_.push_back(rows[i].values.data());
  }
  COHORT_TRY(const auto all, gather_everywhere(mine));
  std::optional<std::uint64_t> last;
  for (const auto& of_rank : all) {
    counts_.push_back(0);
    for (const Entry& entry : of_rank) {
      COHORT_CHECK(!last || *last < entry.client, "clients ascend over the ranks");
      last = entry.client;
      (entry.is_finite ? clients_ : dropped_).emplace_back(entry.client);
      if (entry.is_finite) ++counts_.back();
    }
  }
  return {};
}

/// Rank r brings counts[r] vectors, and every rank gets its own coordinates of all of them, a tile
/// at a time. fill(columns, out) writes this rank's, [counts[self] × width] row-major, and
/// visit(vectors, columns) sees the vectors of all ranks in order.
template <class Fill, class Visit>
Result<void> Aggregator::exchange_tiles(const std::vector<std::size_t>& counts, Fill fill,
                                        Visit visit) {
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  const std::size_t width =
      coordinate_block *
      std::max<std::size_t>(1, tile_bytes / (sizeof(double) * coordinate_block * (total + 1)));
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
      Bytes bytes(counts[self_] * columns.size() * sizeof(double));
      if (!bytes.empty()) fill(columns, bytes.as_mutable<double>().data());
      open.bytes += bytes.size();
      outgoing[r] = frame_of(std::move(bytes));
    }
    open.bytes += total * tile(self_, step).size() * sizeof(double);
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
    std::vector<const double*> vectors;
    for (std::size_t r = 0; r < ranks_; ++r) {
      const auto values = frames[r].parts.at(0).template as<double>();
      if (values.size() != counts[r] * columns.size()) {
        return bad_input(fmt::format("rank {} sent a tile of {} numbers, not {} x {}", r,
                                     values.size(), counts[r], columns.size()));
      }
      for (std::size_t i = 0; i < counts[r]; ++i) {
        vectors.push_back(values.data() + i * columns.size());
      }
    }
    if (!columns.empty()) visit(RowPointers(vectors), columns);
  }
  return {};
}

/// visit(rows, columns) for this rank's coordinates of all rows, tile by tile; alone, at once and
/// where they lie.
template <class Visit>
Result<void> Aggregator::visit_rows(Visit visit) {
  if (is_alone()) {
    if (d_ > 0) visit(RowPointers(local_), Columns{0, d_});
    return {};
  }
  return exchange_tiles(
      counts_,
      [&](Columns columns, double* out) {
        pool_.parallel_for(local_.size(), [&](std::size_t i, std::size_t) {
          std::copy_n(local_[i] + columns.first, columns.size(), out + i * columns.size());
        });
      },
      visit);
}

/// On rank 0: the sum over blocks of coordinates of what leaf(rows, width, out [size]) writes.
template <class Leaf>
Result<Vec> Aggregator::sum_over_blocks(std::size_t size, Leaf leaf) {
  const auto subtrees_of = [&](std::uint64_t first, std::uint64_t last) {
    // No block is beyond the last, so what ends there may join with it.
    return IdRange{first, last == blocks_ ? IdRange{}.last : last};
  };
  OrderedSum<Vec, AddVec> own(AddVec{},
                              rank_subtrees(blocks_, static_cast<std::uint32_t>(self_), ranks_));
  COHORT_DO(visit_rows([&](RowPointers rows, Columns columns) {
    const std::uint64_t first = columns.first / coordinate_block;
    std::vector<std::uint64_t> blocks((columns.size() + coordinate_block - 1) / coordinate_block);
    std::iota(blocks.begin(), blocks.end(), first);
    auto roots = ordered_sum<Vec>(
        blocks, pool_,
        [&](std::size_t k, std::uint64_t, std::size_t) -> std::optional<Vec> {
          const std::size_t offset = k * coordinate_block;
          Vec out(static_cast<Index>(size));
          leaf(at_offset(rows, offset), std::min(coordinate_block, columns.size() - offset),
               as_mutable_span(out));
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
      const auto of_rank = f.parts.back().as<std::uint64_t>();
      for (std::size_t k = 0; k < of_rank.size(); ++k) {
        all.add(of_rank[k], as_vec(f.parts.at(k).as<double>()));
      }
    }
    roots = std::move(all).finish();
  }
  if (roots.empty()) return Vec(Vec::Zero(static_cast<Index>(size)));
  return std::move(roots.front().value);
}

Result<Distances> Aggregator::measure_rows() {
  const std::size_t n = clients_.size();
  COHORT_TRY(const Vec packed,
             sum_over_blocks(n * (n + 1) / 2,
                             [](const std::vector<const double*>& rows, std::size_t width,
                                std::span<double> out) { kernels::gram(rows, width, out); }));
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
    COHORT_TRY(
        again, sum_over_blocks(cancelled.size(), [&](const std::vector<const double*>& rows,
                                                     std::size_t width, std::span<double> out) {
          for (std::size_t k = 0; k < cancelled.size(); ++k) {
            const auto [i, j] = cancelled[k];
            out[k] =
                kernels::squared_distance(std::span(rows[i], width), std::span(rows[j], width));
          }
        }));
  }
  if (self_ != 0) return Distances{};
  return measure(gram, cancelled, as_span(again));
}

Result<Vec> Aggregator::combine(const Combination& combination) {
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
  const double* centre = nullptr;
  if (combination.centre) {
    const bool is_mine = self_ == centre_rank;
    if (is_mine) centre = local_[*combination.centre - first_row];
    if (!is_alone()) {
      if (is_mine) received = frame_of(to_bytes(std::span(centre, d_)));
      COHORT_TRY(received, exchange_->broadcast(Rank(static_cast<std::uint32_t>(centre_rank)),
                                                std::move(received), deadline_));
      if (!is_mine) centre = received.parts.at(0).as<double>().data();
    }
  }

  // This rank's partial sums over coordinates [first, first + width).
  const auto partial_sums = [&](std::size_t first, std::size_t width) {
    OrderedSum<Vec, AddVec> sum(AddVec{}, terms[self_].range);
    for (const std::size_t i : terms[self_].positions) {
      const double c = combination.coefficients[i];
      const double* x = local_[i - first_row] + first;
      Vec term(static_cast<Index>(width));
      double* t = term.data();
      if (centre == nullptr) {
        for (std::size_t k = 0; k < width; ++k) t[k] = c * x[k];
      } else {
        const double* x_c = centre + first;
        for (std::size_t k = 0; k < width; ++k) t[k] = c * (x[k] - x_c[k]);
      }
      sum.add(id(i), std::move(term));
    }
    return std::move(sum).finish();
  };
  const auto finish = [&](std::vector<Subtree<Vec>> roots, std::size_t first, std::size_t width,
                          double* out) {
    Vec total =
        roots.empty() ? Vec(Vec::Zero(static_cast<Index>(width))) : std::move(roots.front().value);
    for (std::size_t k = 0; k < width; ++k) {
      double value = total.data()[k];
      if (centre != nullptr) {
        const double x_c = centre[first + k];
        value = x_c + (value - combination.origin * x_c);
      }
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
  COHORT_DO(exchange_tiles(
      root_counts,
      [&](Columns columns, double* out) {
        for_each_strip(columns.size(), [&](std::size_t offset, std::size_t width, std::size_t) {
          const auto roots = partial_sums(columns.first + offset, width);
          for (std::size_t k = 0; k < roots.size(); ++k) {
            std::copy_n(roots[k].value.data(), width, out + k * columns.size() + offset);
          }
        });
      },
      [&](RowPointers vectors, Columns columns) {
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
void map_row(const std::vector<double>& m, const std::vector<const double*>& rows,
             std::size_t width, double* out) {
  const Combination c = centred({m.begin(), m.end() - 1}, m.back());
  std::fill_n(out, width, 0.0);
  const double* x_c = c.centre ? rows[*c.centre] : nullptr;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double coefficient = c.coefficients[i];
    if (coefficient == 0.0) continue;
    const double* x = rows[i];
    if (x_c == nullptr) {
      for (std::size_t k = 0; k < width; ++k) out[k] += coefficient * x[k];
    } else {
      for (std::size_t k = 0; k < width; ++k) out[k] += coefficient * (x[k] - x_c[k]);
    }
  }
  if (x_c == nullptr) return;
  for (std::size_t k = 0; k < width; ++k) out[k] = x_c[k] + (out[k] - c.origin * x_c[k]);
}

Result<Vec> Aggregator::apply_tile_rule(const Aggregation& aggregation, Mat map,
                                        const RuleInput& input) {
  std::size_t mapped_rows = clients_.size();
  for (const auto& m : aggregation.maps) mapped_rows = m->rows_out(mapped_rows);
  std::vector<std::vector<double>> coefficients;
  if (!aggregation.maps.empty()) {
    map.conservativeResize(static_cast<Index>(mapped_rows),
                           static_cast<Index>(clients_.size() + 1));
    COHORT_DO(share({map.data(), static_cast<std::size_t>(map.size())}));
    for (Index a = 0; a < map.rows(); ++a) {
      coefficients.emplace_back(map.row(a).begin(), map.row(a).end());
    }
  }
  const Columns own = columns_of(self_);
  Vec result(static_cast<Index>(own.size()));
  std::vector<std::vector<double>> mapped(pool_.size());  // by lane, [m × strip]
  COHORT_DO(visit_rows([&](RowPointers rows, Columns columns) {
    for_each_strip(columns.size(), [&](std::size_t offset, std::size_t width, std::size_t lane) {
      auto strips = at_offset(rows, offset);
      if (!coefficients.empty()) {
        mapped[lane].resize(mapped_rows * strip);
        std::vector<const double*> made;
        for (std::size_t a = 0; a < mapped_rows; ++a) {
          map_row(coefficients[a], strips, width, mapped[lane].data() + a * strip);
          made.push_back(mapped[lane].data() + a * strip);
        }
        strips = std::move(made);
      }
      aggregation.rule->tile(strips, width, input,
                             result.data() + (columns.first + offset - own.first));
    });
  }));
  return gather_columns(std::move(result));
}

}  // namespace

Result<Aggregate> aggregate_rows(const Aggregation& aggregation,
                                 std::span<const AggregationRow> rows, std::size_t d,
                                 RuleInput input, ThreadPool& pool, Exchange* exchange,
                                 Deadline deadline) {
  COHORT_CHECK(aggregation.rule != nullptr, "rows are combined by a rule");
  Aggregator all(d, pool, exchange, deadline);
  COHORT_DO(all.take_census(rows, true));
  Aggregate out;
  out.dropped = all.dropped();
  const std::size_t n = all.clients().size();
  if (n == 0) {
    return Error{Code::diverged, fmt::format("rule {}: none of {} updates is finite",
                                             aggregation.rule->name(), out.dropped.size())};
  }
  input.f -= std::min(input.f, out.dropped.size());
  COHORT_DO(check_tolerance(aggregation, n, input.f));

  const bool is_plain_mean =
      aggregation.rule->kind() == RuleKind::linear && aggregation.maps.empty();
  Distances distances;
  if (!is_plain_mean && !(aggregation.rule->kind() == RuleKind::tile && aggregation.maps.empty())) {
    COHORT_TRY(distances, all.measure_rows());
  }
  const bool computes = distances.d2.size() > 0;  // rank 0, where there are distances

  if (!aggregation.gives_weights()) {
    Mat map;
    if (computes) map = compose_maps(aggregation, distances, input);
    COHORT_TRY(out.value, all.apply_tile_rule(aggregation, std::move(map), input));
    out.tile_bytes = all.tile_bytes_in_flight();
    return out;
  }

  Vec weights = Vec::Zero(static_cast<Index>(n + 1));
  Combination combination;
  if (is_plain_mean) {
    weights = mean_weights(static_cast<Index>(n));
    combination.coefficients.assign(n, 1.0);
    combination.divisor = static_cast<double>(n);
  } else {
    if (computes) weights = aggregation_weights(aggregation, std::move(distances), input);
    COHORT_DO(all.share(as_mutable_span(weights)));
    combination = centred({weights.data(), weights.data() + n}, weights[static_cast<Index>(n)]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    out.weights.clients.emplace_back(all.clients()[i], weights[static_cast<Index>(i)]);
  }
  out.weights.origin = weights[static_cast<Index>(n)];
  COHORT_TRY(out.value, all.combine(combination));
  out.tile_bytes = all.tile_bytes_in_flight();
  return out;
}

Result<Vec> combine_rows(const RowWeights& weights, std::span<const AggregationRow> rows,
                         std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline) {
  Aggregator all(d, pool, exchange, deadline);
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

}  // namespace cohort
