#pragma once
// Reductions, vector updates and elementary functions whose bits matter (DESIGN section 4.3).
//
// Every function returns the same bits with AVX2 and with AVX-512, for any alignment, and from the
// scalar form as from the array form. A NaN that leaves is always the same quiet NaN. Spans that
// are combined have equal sizes (checked). An output may be an input; other overlaps are not
// allowed. Nothing allocates. Sparse rows: core/kernels_sparse.hpp.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace cohort::kernels {

namespace detail {
inline double one_nan(double x) { return x == x ? x : std::numeric_limits<double>::quiet_NaN(); }
}  // namespace detail

// ---- Reductions -------------------------------------------------------------------------------
//
// 16 virtual lanes; lane l takes the elements i ≡ l (mod 16) in order, by fused multiply-add, and
// the lanes are folded as l + (l + 8), l + (l + 4), l + (l + 2), l + (l + 1). Relative to the sum
// of the absolute values of the terms the error is at most (⌈n/16⌉ + 5) 2^−53. Float elements are
// accumulated in double. The result for n = 0 is +0.

/// Σ x_i
double sum(std::span<const double> x);
/// Σ x_i y_i
double dot(std::span<const double> x, std::span<const double> y);
double dot(std::span<const float> x, std::span<const float> y);
/// Σ x_i²; infinite when it overflows, which callers take as "not finite".
double squared_norm(std::span<const double> x);
double squared_norm(std::span<const float> x);
/// √Σ x_i², infinite when the square overflows.
double norm(std::span<const double> x);
/// max |x_i|; NaN if any x_i is.
double max_abs(std::span<const double> x);
/// Σ (x_i − y_i)²
double squared_distance(std::span<const double> x, std::span<const double> y);
double squared_distance(std::span<const float> x, std::span<const float> y);

// ---- Updates ----------------------------------------------------------------------------------

/// y ← a x + y, fused.
void axpy(double a, std::span<const double> x, std::span<double> y);
void axpy(double a, std::span<const float> x, std::span<double> y);
/// y ← a x + (b y), the addition fused with a x.
void axpby(double a, std::span<const double> x, double b, std::span<double> y);
/// x ← a x
void scale(double a, std::span<double> x);
/// y ← a x
void scaled_copy(double a, std::span<const double> x, std::span<double> y);
/// y ← y + x
void add(std::span<const double> x, std::span<double> y);
/// y ← y − x
void subtract(std::span<const double> x, std::span<double> y);

// ---- Elementary functions ---------------------------------------------------------------------
//
// out_i ← f(x_i). Limits, infinities, signed zeros, subnormals and NaN are those of C99's Annex F
// except where a line says otherwise. The bounds are in units in the last place of the result; the
// scalar forms cost as much as a whole vector, so callers gather their arguments.

struct UlpBounds {
  double exp, log, log1p, expm1, tanh, erf, sin, cos, pow, softplus, sigmoid, normal_quantile;
};
/// Largest error, verified against long double (tests/core/kernels_test.cpp).
inline constexpr UlpBounds ulp_bounds{.exp = 1.5,
                                      .log = 1.5,
                                      .log1p = 3.0,
                                      .expm1 = 5.0,
                                      .tanh = 4.0,
                                      .erf = 1.5,
                                      .sin = 5.0,
                                      .cos = 5.0,
                                      .pow = 2.0,
                                      .softplus = 3.0,
                                      .sigmoid = 3.0,
                                      .normal_quantile = 8.0};
/// sin and cos hold their bound for |x| up to this (2^45); the result beyond is NaN, not noise.
inline constexpr double trigonometric_limit = 35184372088832.0;

void exp(std::span<const double> x, std::span<double> out);
void log(std::span<const double> x, std::span<double> out);
/// log(1 + x)
void log1p(std::span<const double> x, std::span<double> out);
/// e^x − 1
void expm1(std::span<const double> x, std::span<double> out);
void tanh(std::span<const double> x, std::span<double> out);
/// 2/√π ∫₀ˣ e^{−t²} dt
void erf(std::span<const double> x, std::span<double> out);
void sin(std::span<const double> x, std::span<double> out);
void cos(std::span<const double> x, std::span<double> out);
/// x_i^p. A result within the bound of the overflow threshold may be infinite.
void pow(std::span<const double> x, double p, std::span<double> out);
/// x_i^{p_i}
void pow(std::span<const double> x, std::span<const double> p, std::span<double> out);
/// log(1 + e^x), the logistic loss of margin −x.
void softplus(std::span<const double> x, std::span<double> out);
/// 1 / (1 + e^−x)
void sigmoid(std::span<const double> x, std::span<double> out);
/// Φ^−1(p), the standard normal quantile: −∞ at 0, ∞ at 1, NaN outside [0, 1].
/// Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
void normal_quantile(std::span<const double> p, std::span<double> out);
/// Φ^−1(½ + q) for |q| ≤ ½: exactly odd in q, and accurate in both tails if ½ − |q| is exact.
void centred_normal_quantile(std::span<const double> q, std::span<double> out);

double exp(double x);
double log(double x);
double log1p(double x);
double expm1(double x);
double tanh(double x);
double erf(double x);
double sin(double x);
double cos(double x);
double pow(double x, double p);
double softplus(double x);
double sigmoid(double x);
double normal_quantile(double p);
double centred_normal_quantile(double q);

// ---- Losses -----------------------------------------------------------------------------------

/// A sum of losses, among them logistic ones at the price of one exponential a row and one
/// logarithm in all: Π (1 + e^{−|u_j|}) − 1 is formed without cancellation in 16 virtual lanes,
/// folded like those of a reduction. For n logistic rows the relative error of their sum is at most
/// (2 ⌈n/16⌉ + 16) 2^−53.
class LossSum {
 public:
  void add(double loss) { total_ += loss; }
  /// Adds log(1 + e^{u_j}) with u_j = (1 − 2 y_j) z_j for labels y_j of 0 and 1, and
  /// z_j ← (1 − 2 y_j) σ(u_j), its derivative by z_j, within the bound of sigmoid.
  void add_logistic(std::span<double> z, std::span<const double> y);
  double value() const;

 private:
  static constexpr std::size_t lanes = 16;
  double total_ = 0;
  std::size_t rows_ = 0;       // in the lanes
  double linear_[lanes] = {};  // Σ max(u, 0)
  double excess_[lanes] = {};  // Π (1 + e^−|u|) − 1
};

}  // namespace cohort::kernels
