#pragma once
// Order statistics of each coordinate of n rows: sorting networks whose elements are vectors of
// coordinates, without a branch on data. The same bits with AVX2 and with AVX-512 (DESIGN section
// 4.3), and from single precision as from the same numbers in double.
//
// Batcher's odd-even merge sort (1968) for any n: places beyond n would hold +infinity, and a
// comparator that touches one does nothing. Runs of 16 rows are sorted in registers as they are
// read; their merges work on n vectors in cache, less the comparators, and the halves of
// comparators, that reach no place that is wanted. Where the order of what is wanted does not
// matter and little is cut off, the last merge is one comparator for each value that is: of sorted
// a and b the f least are min(a_i, b_{f+1−i}), i = 1 … f. Of two equal values the one from the
// higher place goes down, so that zeros keep their signs.
//
// rows[i] points at coordinates 0 … width − 1 of row i; none is NaN; n ≥ 1. Sums are in double.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cohort::kernels {

/// Whether the value of rank k comes to place k, or those of ranks first … last to these places in
/// any order.
enum class Places : std::uint8_t { ranked, any };

/// The part of a selection that merges runs of 16, made once for n rows: the values of ranks
/// first … last (from 0) come to their places.
class Selection {
 public:
  Selection(std::size_t n, std::size_t first, std::size_t last, Places places = Places::ranked);

  struct Step {
    std::uint32_t low, high;  // places
    bool keeps_low, keeps_high;
  };
  std::size_t n() const { return n_; }
  std::size_t first() const { return first_; }
  std::size_t last() const { return last_; }
  std::span<const Step> steps() const { return steps_; }

 private:
  std::size_t n_, first_, last_;
  std::vector<Step> steps_;
};

/// out[k] ← the mean of the values of ranks first … last of coordinate k: about the one at the
/// first of their places, so that equal values give themselves, or (a + b) / 2 of two.
void mean_of_ranks(const Selection& selection, std::span<const double* const> rows,
                   std::size_t width, double* out);
void mean_of_ranks(const Selection& selection, std::span<const float* const> rows,
                   std::size_t width, double* out);

/// out[k] ← the mean of the `kept` values of coordinate k that are nearest to its median (of an
/// even n, the mean of the middle two), 1 ≤ kept ≤ n; of two equally near the smaller one. About
/// the lower median. `selection` is of all ranks.
void mean_around_median(const Selection& selection, std::size_t kept,
                        std::span<const double* const> rows, std::size_t width, double* out);
void mean_around_median(const Selection& selection, std::size_t kept,
                        std::span<const float* const> rows, std::size_t width, double* out);

}  // namespace cohort::kernels
