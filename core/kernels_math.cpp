#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_math.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"
// After simd-inl.hpp: it needs the vectors of this target.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// A NaN argument gives the one NaN, whatever y is.
HWY_INLINE V64 keep_nan(V64 x, V64 y) { return hn::IfThenElse(hn::IsNaN(x), set(nan), y); }

// Highway's exp and expm1 turn the argument into a 32-bit integer multiple of log 2.
HWY_INLINE V64 clamp_exponent(V64 x) { return hn::Min(hn::Max(x, set(-1000.0)), set(1000.0)); }

HWY_INLINE V64 exp(V64 x) { return keep_nan(x, hn::Exp(F64(), clamp_exponent(x))); }

HWY_INLINE V64 expm1(V64 x) {
  // The sign is that of x; Highway loses it at −0.
  return keep_nan(x, hn::CopySign(hn::Expm1(F64(), clamp_exponent(x)), x));
}

// y = the logarithm of a finite positive x; the limits and the rest of the line are added.
HWY_INLINE V64 log_limits(V64 x, V64 y) {
  y = hn::IfThenElse(hn::Eq(x, set(infinity)), x, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(F64())), set(-infinity), y);
  return hn::IfThenElse(hn::Ge(x, hn::Zero(F64())), y, set(nan));
}

HWY_INLINE V64 log(V64 x) { return log_limits(x, hn::Log(F64(), x)); }

HWY_INLINE V64 log1p(V64 x) {
  const V64 y = hn::Log1p(F64(), x);
  // Where 1 + x rounds to a limit, x itself says which one.
  const M64 inside = hn::And(hn::Gt(x, set(-1.0)), hn::Lt(x, set(infinity)));
  return hn::IfThenElse(inside, y, log_limits(hn::Add(x, set(1.0)), y));
}

HWY_INLINE V64 tanh(V64 x) { return keep_nan(x, hn::Tanh(F64(), x)); }

// log(1 + e) for 0 ≤ e ≤ 1: 2 atanh(e / (2 + e)) by its minimax polynomial (relative error 4e-20).
HWY_INLINE V64 log1p_of_fraction(V64 e) {
  static constexpr double c[] = {0.33333333333333337,  0.1999999999999703,  0.14285714286248705,
                                 0.11111111063209865,  0.09090911580972202, 0.07692226512696285,
                                 0.06668393592749712,  0.05858077000065077, 0.05485596108956179,
                                 0.034997450343973974, 0.08229504490698619};
  const V64 twice = hn::Div(hn::Add(e, e), hn::Add(set(2.0), e));
  const V64 z = hn::Mul(hn::Mul(twice, set(0.25)), twice);
  return hn::MulAdd(hn::Mul(polynomial(z, c), z), twice, twice);
}

HWY_INLINE V64 softplus_from(V64 x, V64 e) {
  return keep_nan(x, hn::Add(hn::Max(x, hn::Zero(F64())), log1p_of_fraction(e)));
}

HWY_INLINE V64 sigmoid_from(V64 x, V64 e) {
  const V64 top = hn::IfThenElse(hn::Lt(x, hn::Zero(F64())), e, set(1.0));
  return keep_nan(x, hn::Div(top, hn::Add(set(1.0), e)));
}

HWY_INLINE V64 exp_of_minus_abs(V64 x) {
  return hn::Exp(F64(), hn::Max(hn::Neg(hn::Abs(x)), set(-1000.0)));
}
HWY_INLINE V64 softplus(V64 x) { return softplus_from(x, exp_of_minus_abs(x)); }
HWY_INLINE V64 sigmoid(V64 x) { return sigmoid_from(x, exp_of_minus_abs(x)); }

// sin and cos: x = m π/2 + r with m even for the sine, odd for the cosine, |r| ≤ π/2; then
// ± sin(r) by a polynomial. π/2 is cut in three parts of 28 bits and a rest, and m in a multiple
// of 2^24 and a rest, so that all products but the last are exact up to trigonometric_limit.
template <bool is_cosine>
HWY_INLINE V64 sin_or_cos(V64 x) {
  const V64 argument = hn::Abs(x);
  // Adding 1.5·2^52 rounds to an integer and leaves its parity in the last bit.
  const V64 round = set(6755399441055744.0);
  const V64 turns = hn::MulAdd(argument, set(0.31830988618379067), set(is_cosine ? -0.5 : 0.0));
  const V64 rounded = hn::Add(turns, round);
  const V64 q = hn::Sub(rounded, round);
  const V64 m = is_cosine ? hn::MulAdd(q, set(2.0), set(1.0)) : hn::Add(q, q);

  const V64 round_high = set(6755399441055744.0 * 0x1p24);
  const V64 high = hn::Sub(hn::Add(m, round_high), round_high);
  const V64 low = hn::Sub(m, high);
  V64 r = argument;
  for (const double part : {0x1.921fb54000000p+0, 0x1.10b4610000000p-30, 0x1.a626330000000p-58}) {
    r = hn::NegMulAdd(high, set(part), r);
    r = hn::NegMulAdd(low, set(part), r);
  }
  r = hn::NegMulAdd(m, set(0x1.45c06e0e68948p-86), r);

  // sin(r) = r + r³ S(r²), minimax on [0, π/2] (relative error 4e-22 before rounding).
  static constexpr double s[] = {
      -0.16666666666666666,   0.008333333333333333,    -0.0001984126984126967,
      2.7557319223940174e-06, -2.5052108378485485e-08, 1.605904319574688e-10,
      -7.647127243285537e-13, 2.8102025926791346e-15,  -7.981358348482137e-18};
  const V64 z = hn::Mul(r, r);
  const V64 y = hn::MulAdd(hn::Mul(polynomial(z, s), z), r, r);
  const U64 bits;
  const auto parity = hn::ShiftLeft<63>(hn::BitCast(bits, rounded));
  V64 signed_y = hn::Xor(y, hn::BitCast(F64(), parity));
  if constexpr (is_cosine) {
    signed_y = hn::Neg(signed_y);  // cos((q + ½)π + r) = −(−1)^q sin(r)
  } else {
    signed_y = hn::IfThenElse(hn::Eq(x, hn::Zero(F64())), x,
                              hn::Xor(signed_y, hn::And(x, hn::SignBit(F64()))));
  }
  return hn::IfThenElse(hn::Le(argument, set(trigonometric_limit)), signed_y, set(nan));
}

// erf(x) = x + x P(x²) for |x| < 1, and 1 − e^{−Q(|x| − 1)} with Q = −log erfc beyond, where the
// second term is so small that the error of Q hardly counts. Minimax (relative error below 2e-17).
HWY_INLINE V64 erf(V64 x) {
  static constexpr double p[] = {
      0.1283791670955126,      -0.3761263890318375,     0.11283791670954857,
      -0.026866170645072886,   0.00522397762478079,     -0.0008548326978737881,
      0.00012055331036744666,  -1.4925593503231048e-05, 1.6460972759352901e-06,
      -1.6350024622183025e-07, 1.4657875877402678e-08,  -1.1365650923348376e-09,
      5.945236793945924e-11};
  static constexpr double q[] = {
      1.8496055099332482,      2.6389675142347757,      0.8431072563594134,
      0.041561098025065746,    -0.010033825178989384,   0.0019779012151084586,
      -0.00023731643250055892, -2.6296331882676347e-05, 2.719898028243196e-05,
      -9.67138541456104e-06,   2.1319466498205585e-06,  -2.0481589261881054e-07,
      -5.8009994081225833e-08, 3.339083801182016e-08,   -8.518712020451683e-09,
      1.319101882449955e-09,   -1.1932682253491778e-10, 4.865116370729427e-12};
  // erf rounds to 1 from 5.93 on.
  const V64 size = hn::Min(hn::Abs(x), set(6.0));
  const V64 small = hn::MulAdd(polynomial(hn::Mul(size, size), p), size, size);
  const V64 minus_q = hn::Neg(polynomial(hn::Sub(size, set(1.0)), q));
  const V64 large = hn::Sub(set(1.0), hn::Exp(F64(), minus_q));
  const V64 y = hn::IfThenElse(hn::Lt(size, set(1.0)), small, large);
  return keep_nan(x, hn::CopySign(y, x));
}

// x^p = e^{p log x} with log x and the product as unevaluated sums of two doubles.
HWY_INLINE V64 pow(V64 x, V64 p) {
  const V64 zero = hn::Zero(F64());
  const V64 one = set(1.0);
  const V64 size = hn::Abs(x);

  // |x| = 2^k m with m in [√½, √2).
  const M64 is_subnormal = hn::Lt(size, set(std::numeric_limits<double>::min()));
  const auto bits =
      hn::BitCast(I64(), hn::IfThenElse(is_subnormal, hn::Mul(size, set(0x1p54)), size));
  const auto root_half = hn::Set(I64(), 0x3FE6A09E667F3BCD);
  const auto exponent = hn::ShiftRight<52>(hn::Sub(bits, root_half));
  const V64 m = hn::BitCast(F64(), hn::Sub(bits, hn::ShiftLeft<52>(exponent)));
  const V64 k =
      hn::Sub(hn::ConvertTo(F64(), exponent), hn::IfThenElseZero(is_subnormal, set(54.0)));

  // s + s_low = (m − 1) / (m + 1); log m = 2 atanh(s) = 2 s + s³ (⅔ + s² T(s²)).
  const V64 top = hn::Sub(m, one);
  const V64 bottom = hn::Add(m, one);
  const V64 bottom_low = hn::Sub(m, hn::Sub(bottom, one));
  const V64 s = hn::Div(top, bottom);
  const V64 remainder = hn::NegMulAdd(s, bottom_low, hn::NegMulAdd(s, bottom, top));
  const V64 s_low = hn::Div(remainder, bottom);
  static constexpr double t[] = {0.4,
                                 0.28571428571429425,
                                 0.22222222221619684,
                                 0.18181818343532025,
                                 0.15384594099434842,
                                 0.13334851301742445,
                                 0.11704996658929821,
                                 0.11736058088364973};
  const V64 two_thirds = set(0x1.5555555555555p-1);
  const V64 two_thirds_low = set(0x1.5555555555555p-55);
  const V64 z = hn::Mul(s, s);
  const V64 z_low = hn::MulAdd(hn::Add(s, s), s_low, hn::MulSub(s, s, z));
  const V64 tail = hn::Mul(polynomial(z, t), z);
  const V64 u = hn::Add(two_thirds, tail);
  const V64 u_low = hn::Add(hn::Add(hn::Sub(two_thirds, u), tail), two_thirds_low);
  const V64 w = hn::Mul(z, u);
  const V64 w_low = hn::MulAdd(z_low, u, hn::MulAdd(z, u_low, hn::MulSub(z, u, w)));
  const V64 v = hn::Mul(s, w);
  const V64 v_low = hn::MulAdd(s_low, w, hn::MulAdd(s, w_low, hn::MulSub(s, w, v)));
  const V64 two_s = hn::Add(s, s);
  const V64 log_m = hn::Add(two_s, v);
  const V64 log_m_low =
      hn::Add(hn::Add(hn::Sub(two_s, log_m), v), hn::MulAdd(set(2.0), s_low, v_low));

  // log x = k log 2 + log m; the first part of log 2 has 40 bits, so its product is exact.
  const V64 k_log2 = hn::Mul(k, set(0x1.62e42fefa2000p-1));
  const V64 log_sum = hn::Add(k_log2, log_m);
  const V64 log_low = hn::Add(hn::Add(hn::Sub(k_log2, log_sum), log_m),
                              hn::MulAdd(k, set(0x1.9ef35793c7673p-41), log_m_low));
  const V64 log_x = hn::Add(log_sum, log_low);
  const V64 log_x_low = hn::Add(hn::Sub(log_sum, log_x), log_low);

  const V64 product = hn::Mul(p, log_x);
  const V64 product_low = hn::MulAdd(p, log_x_low, hn::MulSub(p, log_x, product));
  const V64 e = exp(clamp_exponent(product));
  const M64 in_range = hn::Lt(hn::Abs(product), set(1000.0));
  V64 y =
      hn::IfThenElse(hn::And(in_range, hn::Lt(e, set(infinity))), hn::MulAdd(e, product_low, e), e);

  // The edges of C99.
  const M64 p_negative = hn::Lt(p, zero);
  const M64 is_zero = hn::Eq(size, zero);
  const M64 is_infinite = hn::Eq(size, set(infinity));
  y = hn::IfThenElse(is_zero, hn::IfThenElse(p_negative, set(infinity), zero), y);
  y = hn::IfThenElse(is_infinite, hn::IfThenElse(p_negative, zero, set(infinity)), y);
  y = hn::IfThenElse(hn::Eq(size, one), one, y);
  const M64 is_integer = hn::Eq(hn::Round(p), p);
  const V64 half = hn::Mul(p, set(0.5));
  const M64 is_odd = hn::AndNot(hn::Eq(hn::Round(half), half), is_integer);
  const V64 sign = hn::IfThenElseZero(is_odd, hn::And(x, hn::SignBit(F64())));
  y = hn::Xor(y, sign);
  const M64 no_root = hn::AndNot(hn::Or(is_integer, is_infinite), hn::Lt(x, zero));
  y = hn::IfThenElse(no_root, set(nan), y);
  y = keep_nan(x, keep_nan(p, y));
  return hn::IfThenElse(hn::Or(hn::Eq(x, one), hn::Eq(p, zero)), one, y);
}

using W64 = hn::Vec<U64>;

// AS 241 with q = p − ½ and tail = min(p, 1 − p). Coefficients from the publication.
constexpr double quantile_centre = 0.425;  // |q| up to which central_quantile is right
HWY_INLINE V64 central_quantile(V64 q) {
  static constexpr double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                 1.9715909503065514427e3, 1.3731693765509461125e4,
                                 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e1,
                                 6.8718700749205790830e2,
                                 5.3941960214247511077e3,
                                 2.1213794301586595867e4,
                                 3.9307895800092710610e4,
                                 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  const V64 central = hn::NegMulAdd(q, q, set(0.180625));
  return hn::Mul(q, hn::Div(polynomial(central, a), polynomial(central, b)));
}
HWY_INLINE V64 tail_quantile(V64 q, V64 tail) {
  static constexpr double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                 1.78482653991729133580e0,  2.96560571828504891230e-1,
                                 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const V64 root = hn::Sqrt(hn::Neg(hn::Log(F64(), tail)));
  const V64 middle = hn::Sub(root, set(1.6));
  V64 beyond = hn::Div(polynomial(middle, c), polynomial(middle, d));
  const M64 is_middle = hn::Le(root, set(5.0));
  if (!hn::AllTrue(F64(), is_middle)) {
    const V64 far = hn::Sub(root, set(5.0));
    beyond = hn::IfThenElse(is_middle, beyond, hn::Div(polynomial(far, e), polynomial(far, f)));
    beyond = hn::IfThenElse(hn::Eq(tail, hn::Zero(F64())), set(infinity), beyond);
  }
  return hn::CopySign(beyond, q);
}
HWY_INLINE M64 is_central(V64 q) { return hn::Le(hn::Abs(q), set(quantile_centre)); }
HWY_INLINE V64 quantile(V64 q, V64 tail) {
  const V64 y = central_quantile(q);
  const M64 central = is_central(q);
  if (hn::AllTrue(F64(), central)) return y;
  return hn::IfThenElse(central, y, tail_quantile(q, tail));
}

HWY_INLINE V64 normal_quantile(V64 p) {
  const V64 one = set(1.0);
  const V64 y = quantile(hn::Sub(p, set(0.5)), hn::Min(p, hn::Sub(one, p)));
  const M64 is_probability = hn::And(hn::Ge(p, hn::Zero(F64())), hn::Le(p, one));
  return hn::IfThenElse(is_probability, y, set(nan));
}

HWY_INLINE V64 centred_tail_quantile(V64 q) {
  const V64 size = hn::Abs(q);
  const V64 y = tail_quantile(q, hn::Sub(set(0.5), size));
  return hn::IfThenElse(hn::Le(size, set(0.5)), y, set(nan));
}
HWY_INLINE V64 centred_normal_quantile(V64 q) {
  return hn::IfThenElse(is_central(q), central_quantile(q), centred_tail_quantile(q));
}

// For every set of lanes their numbers, ascending, four bits each, the first in the lowest ones.
struct LaneNumbers {
  std::uint64_t of[std::size_t{1} << lanes] = {};
  constexpr LaneNumbers() {
    for (std::size_t mask = 0; mask < std::size_t{1} << lanes; ++mask) {
      std::size_t shift = 0;
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if ((mask >> lane & 1) == 0) continue;
        of[mask] |= std::uint64_t{lane} << shift;
        shift += 4;
      }
    }
  }
};
constexpr LaneNumbers lane_numbers;

// Most of evenly spread q are central: the others are set aside and done together.
void centred_normal_quantile_all(const double* x, double* out, std::size_t n) {
  constexpr std::size_t block = 512;
  double far[block + lanes];
  std::uint64_t place[block + lanes];
  const W64 shifts = hn::ShiftLeft<2>(hn::Iota(U64(), 0));
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t end = HWY_MIN(first + block, n);
    std::size_t found = 0;
    const auto set_aside = [&](std::size_t i, V64 q, M64 is_far) HWY_ATTR {
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(F64(), is_far, bits);
      const W64 packed = hn::Set(U64(), lane_numbers.of[bits[0]]);
      const W64 lane = hn::And(hn::Shr(packed, shifts), hn::Set(U64(), lanes - 1));
      hn::StoreU(hn::TableLookupLanes(q, hn::IndicesFromVec(F64(), lane)), F64(), far + found);
      hn::StoreU(hn::Add(lane, hn::Set(U64(), i)), U64(), place + found);
      found += hn::CountTrue(F64(), is_far);
      return central_quantile(q);
    };
    std::size_t i = first;
    for (; i + lanes <= end; i += lanes) {
      const V64 q = load(x + i);
      hn::StoreU(set_aside(i, q, hn::Not(is_central(q))), F64(), out + i);
    }
    if (i < end) {
      const M64 rows = hn::FirstN(F64(), end - i);
      const V64 q = load_first(x + i, end - i);
      const M64 is_far = hn::And(rows, hn::Not(is_central(q)));
      hn::BlendedStore(set_aside(i, q, is_far), rows, F64(), out + i);
    }
    hn::StoreU(hn::Zero(F64()), F64(), far + found);
    for (std::size_t k = 0; k < found; k += lanes) {
      hn::StoreU(centred_tail_quantile(load(far + k)), F64(), far + k);
    }
    for (std::size_t k = 0; k < found; ++k) out[place[k]] = far[k];
  }
}
double centred_normal_quantile_one(double x) {
  return hn::GetLane(centred_normal_quantile(set(x)));
}

// The array form of a function of one vector, and the scalar form: one lane of a vector.
#define COHORT_ELEMENTWISE(name, call)                           \
  void name##_all(const double* x, double* out, std::size_t n) { \
    map(x, out, n, [](V64 v) HWY_ATTR { return call(v); });      \
  }                                                              \
  double name##_one(double x) { return hn::GetLane(call(set(x))); }
COHORT_ELEMENTWISE(exp, exp)
COHORT_ELEMENTWISE(log, log)
COHORT_ELEMENTWISE(log1p, log1p)
COHORT_ELEMENTWISE(expm1, expm1)
COHORT_ELEMENTWISE(tanh, tanh)
COHORT_ELEMENTWISE(erf, erf)
COHORT_ELEMENTWISE(sin, sin_or_cos<false>)
COHORT_ELEMENTWISE(cos, sin_or_cos<true>)
COHORT_ELEMENTWISE(softplus, softplus)
COHORT_ELEMENTWISE(sigmoid, sigmoid)
COHORT_ELEMENTWISE(normal_quantile, normal_quantile)
#undef COHORT_ELEMENTWISE

// z_j ← sign_j σ(u_j) with u_j = sign_j z_j, and into 16 virtual lanes: linear ← linear + max(u,
// 0), 1 + excess ← (1 + excess)(1 + e^−|u|), which is excess + e + excess e.
void add_logistic_all(double* z, const double* y, std::size_t n, double* linear, double* excess) {
  constexpr std::size_t registers = 16 / lanes;
  V64 sum[registers];
  V64 product[registers];
  for (std::size_t r = 0; r < registers; ++r) {
    sum[r] = load(linear + r * lanes);
    product[r] = load(excess + r * lanes);
  }
  const auto take = [&](std::size_t r, V64 margin, V64 label, V64& e) HWY_ATTR {
    const V64 sign = hn::NegMulAdd(set(2.0), label, set(1.0));
    const V64 u = hn::Mul(sign, margin);
    e = exp_of_minus_abs(u);
    sum[r] = hn::Add(sum[r], keep_nan(u, hn::Max(u, hn::Zero(F64()))));
    return hn::Mul(sign, sigmoid_from(u, e));
  };
  const auto join = [](V64 a, V64 b) HWY_ATTR { return hn::MulAdd(a, b, hn::Add(a, b)); };
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t r = 0; r < registers; ++r) {
      double* at = z + i + r * lanes;
      V64 e;
      hn::StoreU(take(r, load(at), load(y + i + r * lanes), e), F64(), at);
      product[r] = join(product[r], e);
    }
  }
  for (std::size_t r = 0; i < n; ++r, i += lanes) {
    const M64 rows = hn::FirstN(F64(), n - i);
    V64 e;
    const V64 slope =
        take(r, hn::MaskedLoad(rows, F64(), z + i), hn::MaskedLoad(rows, F64(), y + i), e);
    hn::BlendedStore(slope, rows, F64(), z + i);
    product[r] = join(product[r], hn::IfThenElseZero(rows, e));
  }
  for (std::size_t r = 0; r < registers; ++r) {
    hn::StoreU(sum[r], F64(), linear + r * lanes);
    hn::StoreU(product[r], F64(), excess + r * lanes);
  }
}

void pow_all(const double* x, const double* p, double* out, std::size_t n) {
  map(x, p, out, n, [](V64 v, V64 w) HWY_ATTR { return pow(v, w); });
}
void pow_scalar_all(const double* x, double p, double* out, std::size_t n) {
  const V64 w = set(p);
  map(x, out, n, [w](V64 v) HWY_ATTR { return pow(v, w); });
}
double pow_one(double x, double p) { return hn::GetLane(pow(set(x), set(p))); }

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {
namespace {

void check_same_size(std::size_t x, std::size_t y) {
  COHORT_CHECK(x == y, fmt::format("spans of {} and {} elements", x, y));
}

}  // namespace

#define COHORT_BOTH_FORMS(name)                                  \
  void name(std::span<const double> x, std::span<double> out) {  \
    check_same_size(x.size(), out.size());                       \
    COHORT_DISPATCH(name##_all)(x.data(), out.data(), x.size()); \
  }                                                              \
  double name(double x) { return COHORT_DISPATCH(name##_one)(x); }
COHORT_BOTH_FORMS(exp)
COHORT_BOTH_FORMS(log)
COHORT_BOTH_FORMS(log1p)
COHORT_BOTH_FORMS(expm1)
COHORT_BOTH_FORMS(tanh)
COHORT_BOTH_FORMS(erf)
COHORT_BOTH_FORMS(sin)
COHORT_BOTH_FORMS(cos)
COHORT_BOTH_FORMS(softplus)
COHORT_BOTH_FORMS(sigmoid)
COHORT_BOTH_FORMS(normal_quantile)
COHORT_BOTH_FORMS(centred_normal_quantile)
#undef COHORT_BOTH_FORMS

void LossSum::add_logistic(std::span<double> z, std::span<const double> y) {
  check_same_size(z.size(), y.size());
  constexpr std::size_t most = 1000;  // 2^1000 is finite
  while (!z.empty()) {
    const std::size_t n = std::min(most, z.size());
    if (rows_ + n > most) {
      const double sum = value();
      *this = LossSum();
      total_ = sum;
    }
    COHORT_DISPATCH(add_logistic_all)(z.data(), y.data(), n, linear_, excess_);
    rows_ += n;
    z = z.subspan(n);
    y = y.subspan(n);
  }
}
double LossSum::value() const {
  LossSum sum = *this;
  for (std::size_t half = lanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) {
      sum.linear_[l] += sum.linear_[l + half];
      const double other = sum.excess_[l + half];
      sum.excess_[l] = std::fma(sum.excess_[l], other, sum.excess_[l] + other);
    }
  }
  return detail::one_nan(total_ + (sum.linear_[0] + log1p(sum.excess_[0])));
}
void pow(std::span<const double> x, double p, std::span<double> out) {
  check_same_size(x.size(), out.size());
  COHORT_DISPATCH(pow_scalar_all)(x.data(), p, out.data(), x.size());
}
void pow(std::span<const double> x, std::span<const double> p, std::span<double> out) {
  check_same_size(x.size(), p.size());
  check_same_size(x.size(), out.size());
  COHORT_DISPATCH(pow_all)(x.data(), p.data(), out.data(), x.size());
}
double pow(double x, double p) { return COHORT_DISPATCH(pow_one)(x, p); }

}  // namespace cohort::kernels

#endif  // HWY_ONCE
