#pragma once
// What can be said of a few numbers, one a seed: means with intervals, quartiles, differences by
// seed, and which series is best.
//
//   interval   x̄ ± t_{n−1} s/√n                    s² = Σ (x_i − x̄)²/(n − 1)
//   paired     d_i = a_i − b_i over the same seeds; d̄ ± t_{n−1} s_d/√n
//   Welch      t = (x̄ − ȳ)/√(s_x²/n + s_y²/m)      ν = (s_x²/n + s_y²/m)² /
//                                                  ((s_x²/n)²/(n − 1) + (s_y²/m)²/(m − 1))
// t_ν is the 97.5 % quantile of Student's distribution with ν degrees of freedom (Student,
// Biometrika 1908; Welch, Biometrika 1947). Numbers are finite (checked). What one number cannot
// tell is NaN.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cohort::report {

/// P(|T| ≥ |t|) for ν ≥ 1 degrees of freedom: the incomplete beta I_{ν/(ν+t²)}(ν/2, ½). Relative
/// error below 1e-12 for ν ≤ 1e4.
double student_two_sided(double t, double degrees);
/// t with P(T ≤ t) = p, 0 < p < 1, to the same error.
double student_quantile(double p, double degrees);

struct Estimate {
  std::size_t n = 0;
  double mean = 0;        // NaN if n = 0, as are the ones below
  double deviation = 0;   // s; NaN if n < 2
  double half_width = 0;  // of the 95 % interval of the mean; NaN if n < 2
  double median = 0;
  double first_quartile = 0;  // linear between order statistics (Hyndman & Fan, type 7)
  double third_quartile = 0;
  double least = 0;
  double greatest = 0;
};
Estimate estimate(std::span<const double> values);

/// Of a mean to another one.
struct Difference {
  std::size_t n = 0;      // pairs; 0: not paired
  double mean = 0;        // of a minus of b
  double half_width = 0;  // of its 95 % interval; NaN if it cannot be told
  double p = 0;           // of no difference, two-sided; NaN likewise
};
/// a_i and b_i belong together.
Difference paired_difference(std::span<const double> a, std::span<const double> b);
Difference welch_difference(std::span<const double> a, std::span<const double> b);

/// The seeds of run, data and model.
using SeedKey = std::array<std::uint64_t, 3>;

/// Ascending by seed, each seed once.
struct SeededValues {
  std::vector<SeedKey> seeds;
  std::vector<double> values;
};
/// Over the seeds that both have; n = 0 if they share none.
Difference difference_on_shared_seeds(const SeededValues& a, const SeededValues& b);

/// best: no mean is better. tied: a test at 5 % does not tell it from the best one: paired if both
/// have the same seeds, Welch's otherwise; not adjusted for the number of series. With one seed
/// nothing is called tied.
enum class Mark { plain, best, tied };
/// A series without values is never marked.
std::vector<Mark> mark_best(std::span<const SeededValues> series, bool higher_is_better);

}  // namespace cohort::report
