#include "core/kernels.hpp"

#include <xmmintrin.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numbers>
#include <random>

#include "core/cpu.hpp"
#include "core/kernels_sparse.hpp"

namespace cohort {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double tiny = std::numeric_limits<double>::denorm_min();
constexpr double smallest = std::numeric_limits<double>::min();
constexpr double largest = std::numeric_limits<double>::max();

using Values = std::vector<double>;
using Function = void (*)(std::span<const double>, std::span<double>);

struct UsedIsa {
  explicit UsedIsa(Isa wanted) { set_isa(wanted); }
  ~UsedIsa() { set_isa(before); }
  UsedIsa(const UsedIsa&) = delete;
  UsedIsa& operator=(const UsedIsa&) = delete;
  Isa before = isa();
};

std::vector<Isa> supported_isas() {
  std::vector<Isa> all{Isa::avx2};
  if (supports(Isa::avx512)) all.push_back(Isa::avx512);
  return all;
}

std::vector<std::uint64_t> bits_of(std::span<const double> x) {
  std::vector<std::uint64_t> bits(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) bits[i] = std::bit_cast<std::uint64_t>(x[i]);
  return bits;
}

std::mt19937_64 engine(20);  // the bounds hold whatever it gives, so tests may run alone

Values uniform(double low, double high, std::size_t n) {
  Values x(n);
  for (double& v : x) v = low + (high - low) * (static_cast<double>(engine() >> 11) * 0x1p-53);
  return x;
}
// Magnitudes spread over binary orders, with random signs where wanted.
Values orders(int low, int high, bool signs, std::size_t n) {
  Values x(n);
  for (double& v : x) {
    const int exponent = low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
    v = std::ldexp(1.0 + static_cast<double>(engine() >> 12) * 0x1p-52, exponent);
    if (signs && (engine() & 1U) != 0) v = -v;
  }
  return x;
}
Values labels_of(std::size_t n) {
  Values y(n);
  for (std::size_t j = 0; j < n; ++j) y[j] = j % 3 == 0 ? 1 : 0;
  return y;
}
Values joined(std::initializer_list<Values> parts) {
  Values all;
  for (const Values& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}
const Values specials{0.0,  -0.0,  inf,     -inf,      nan,    -nan,   tiny,  -tiny, smallest,
                      1.0,  -1.0,  largest, -largest,  0.5,    -0.5,   709.8, 745.2, -745.2,
                      2.0,  3.0,   -3.0,    1e300,     -1e300, 0x1p52, 1.5,   4.0,   -0.25,
                      -2.0, 0.425, 0x1p-54, -smallest, 1e-300, 0x1p45, 1e15,  -1e15, 0x1p53};
Values hostile(std::size_t n) {
  Values x = orders(-3, 3, true, n);
  for (double& v : x) {
    if (engine() % 3 == 0) v = specials[engine() % specials.size()];
  }
  return x;
}

// ---- The same bits ------------------------------------------------------------------------------

// The results of every dispatched kernel on x and y, in one list.
Values all_kernels(std::span<const double> x, std::span<const double> y) {
  Values all{kernels::sum(x),  kernels::dot(x, y),  kernels::squared_norm(x),
             kernels::norm(x), kernels::max_abs(x), kernels::squared_distance(x, y)};
  const std::vector<float> fx(x.begin(), x.end());
  const std::vector<float> fy(y.begin(), y.end());
  all.push_back(kernels::dot(fx, fy));
  all.push_back(kernels::squared_norm(fx));
  all.push_back(kernels::squared_distance(fx, fy));
  const auto keep = [&](auto&& write) {
    Values out(y.begin(), y.end());
    write(std::span<double>(out));
    all.insert(all.end(), out.begin(), out.end());
  };
  for (const double a : {0.3, -inf}) {
    keep([&](auto out) { kernels::axpy(a, x, out); });
    keep([&](auto out) { kernels::axpy(a, std::span<const float>(fx), out); });
    keep([&](auto out) { kernels::axpby(a, x, -1.7, out); });
    keep([&](auto out) { kernels::scale(a, out); });
    keep([&](auto out) { kernels::scaled_copy(a, x, out); });
    keep([&](auto out) { kernels::pow(x, a, out); });
  }
  keep([&](auto out) { kernels::add(x, out); });
  keep([&](auto out) { kernels::subtract(x, out); });
  keep([&](auto out) { kernels::pow(x, y, out); });
  for (const Function f :
       {Function{kernels::exp}, Function{kernels::log}, Function{kernels::log1p},
        Function{kernels::expm1}, Function{kernels::tanh}, Function{kernels::erf},
        Function{kernels::sin}, Function{kernels::cos}, Function{kernels::softplus},
        Function{kernels::sigmoid}, Function{kernels::normal_quantile},
        Function{kernels::centred_normal_quantile}}) {
    keep([&](auto out) { f(x, out); });
  }
  const Values labels = labels_of(x.size());
  kernels::LossSum losses;
  keep([&](auto out) { losses.add_logistic(out, labels); });
  all.push_back(losses.value());
  return all;
}

TEST(Kernels, BothInstructionSetsReturnTheSameBits) {
  if (!supports(Isa::avx512)) GTEST_SKIP() << "this machine has no AVX-512";
  std::vector<std::size_t> sizes(71);
  std::iota(sizes.begin(), sizes.end(), std::size_t{0});
  sizes.insert(sizes.end(), {255, 1000, 4099});
  for (const std::size_t n : sizes) {
    for (std::size_t start = 0; start < 4; ++start) {
      const bool plain = (n + start) % 2 == 0;
      const Values x = plain ? orders(-8, 8, true, n + start) : hostile(n + start);
      const Values y = plain ? uniform(0, 1, n + start) : hostile(n + start);
      const std::span<const double> from_x = std::span(x).subspan(start);
      const std::span<const double> from_y = std::span(y).subspan(start);
      const UsedIsa two(Isa::avx2);
      const Values narrow = all_kernels(from_x, from_y);
      set_isa(Isa::avx512);
      const Values wide = all_kernels(from_x, from_y);
      ASSERT_EQ(bits_of(narrow), bits_of(wide)) << "n = " << n << ", start = " << start;
    }
  }
}

TEST(Kernels, LeaveOneNanWhateverMeets) {
  const double payload = std::bit_cast<double>(std::uint64_t{0xFFF8'0000'0000'1234});
  const Values x{payload, inf, payload, 1.0};
  const Values y{nan, 0.0, 2.0, payload};
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    for (const double v : all_kernels(x, y)) {
      if (std::isnan(v)) {
        ASSERT_EQ(std::bit_cast<std::uint64_t>(v), std::bit_cast<std::uint64_t>(nan));
      }
    }
  }
}

TEST(Kernels, ScalarFormsReturnTheBitsOfTheArrayForms) {
  const Values x = joined({specials, orders(-20, 8, true, 301), uniform(0, 1, 100)});
  const auto check = [&](Function array, double (*scalar)(double)) {
    Values out(x.size());
    array(x, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(scalar(x[i])), std::bit_cast<std::uint64_t>(out[i]))
          << x[i];
    }
  };
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    check(kernels::exp, kernels::exp);
    check(kernels::log, kernels::log);
    check(kernels::log1p, kernels::log1p);
    check(kernels::expm1, kernels::expm1);
    check(kernels::tanh, kernels::tanh);
    check(kernels::erf, kernels::erf);
    check(kernels::sin, kernels::sin);
    check(kernels::cos, kernels::cos);
    check(kernels::softplus, kernels::softplus);
    check(kernels::sigmoid, kernels::sigmoid);
    check(kernels::normal_quantile, kernels::normal_quantile);
    check(kernels::centred_normal_quantile, kernels::centred_normal_quantile);
    Values out(x.size());
    kernels::pow(x, 1.5, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(kernels::pow(x[i], 1.5)),
                std::bit_cast<std::uint64_t>(out[i]));
    }
  }
}

TEST(Kernels, WriteInPlaceAndNothingPastTheEnd) {
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    for (std::size_t n = 0; n < 40; ++n) {
      const Values x = orders(-3, 3, true, n);
      Values apart(n + 1, -77.0);
      kernels::exp(x, std::span(apart).first(n));
      EXPECT_EQ(apart[n], -77.0);
      Values in_place = x;
      in_place.push_back(-77.0);
      kernels::exp(std::span(in_place).first(n), std::span(in_place).first(n));
      EXPECT_EQ(in_place, apart);
      Values y(n + 1, -77.0);
      kernels::axpy(2.0, x, std::span(y).first(n));
      EXPECT_EQ(y[n], -77.0);
    }
  }
}

// ---- Reductions ---------------------------------------------------------------------------------

// The shape that the header promises, one element after the other.
template <class Take>
double in_16_lanes(std::size_t n, Take take) {
  double lane[16] = {};
  for (std::size_t i = 0; i < n; ++i) lane[i % 16] = take(lane[i % 16], i);
  for (std::size_t half = 8; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
  }
  return lane[0];
}

TEST(Kernels, ReductionsHaveTheShapeOfSixteenLanes) {
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    for (const std::size_t n : {0U, 1U, 3U, 4U, 7U, 8U, 15U, 16U, 17U, 31U, 33U, 64U, 1001U}) {
      const Values x = orders(-20, 20, true, n);
      const Values y = orders(-20, 20, true, n);
      const std::vector<float> fx(x.begin(), x.end());
      const std::vector<float> fy(y.begin(), y.end());
      EXPECT_EQ(kernels::sum(x), in_16_lanes(n, [&](double s, auto i) { return s + x[i]; }));
      EXPECT_EQ(kernels::dot(x, y),
                in_16_lanes(n, [&](double s, auto i) { return std::fma(x[i], y[i], s); }));
      EXPECT_EQ(kernels::squared_norm(x),
                in_16_lanes(n, [&](double s, auto i) { return std::fma(x[i], x[i], s); }));
      EXPECT_EQ(kernels::norm(x), std::sqrt(kernels::squared_norm(x)));
      const auto squared_distance = [](auto& a, auto& b) {
        return [&](double s, std::size_t i) {
          const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
          return std::fma(d, d, s);
        };
      };
      EXPECT_EQ(kernels::squared_distance(x, y), in_16_lanes(n, squared_distance(x, y)));
      EXPECT_EQ(kernels::squared_distance(std::span(fx), std::span(fy)),
                in_16_lanes(n, squared_distance(fx, fy)));
      EXPECT_EQ(kernels::dot(std::span(fx), std::span(fy)), in_16_lanes(n, [&](double s, auto i) {
                  return std::fma(static_cast<double>(fx[i]), static_cast<double>(fy[i]), s);
                }));
      double most = 0.0;
      for (const double v : x) most = std::max(most, std::abs(v));
      EXPECT_EQ(kernels::max_abs(x), most);
    }
  }
}

TEST(Kernels, ReductionsKeepTheirErrorBound) {
  for (const std::size_t n : {10U, 1000U, 100000U}) {
    const Values x = orders(-30, 30, true, n);
    const Values y = orders(-30, 30, true, n);
    long double exact = 0.0L;
    long double size = 0.0L;
    for (std::size_t i = 0; i < n; ++i) {
      exact += static_cast<long double>(x[i]) * y[i];
      size += std::fabs(static_cast<long double>(x[i]) * y[i]);
    }
    const auto bound = static_cast<long double>((n + 15) / 16 + 5) * 0x1p-53L * size;
    EXPECT_LE(std::fabs(kernels::dot(x, y) - exact), bound);
  }
}

TEST(Kernels, ReductionsReportWhatIsNotFinite) {
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    for (std::size_t at = 0; at < 37; ++at) {
      Values x(37, 1.0);
      x[at] = 1e200;
      EXPECT_EQ(kernels::squared_norm(x), inf);
      EXPECT_EQ(kernels::max_abs(x), 1e200);
      x[at] = -inf;
      EXPECT_EQ(kernels::sum(x), -inf);
      EXPECT_EQ(kernels::max_abs(x), inf);
      x[at] = nan;
      EXPECT_TRUE(std::isnan(kernels::sum(x)));
      EXPECT_TRUE(std::isnan(kernels::max_abs(x)));
    }
  }
}

TEST(Kernels, UpdatesAreFusedElementByElement) {
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    const std::size_t n = 37;
    const Values x = orders(-3, 3, true, n);
    const Values y = orders(-3, 3, true, n);
    const std::vector<float> fx(x.begin(), x.end());
    const double a = 0.1;
    const double b = -0.7;
    const auto check = [&](auto&& write, auto&& expected) {
      Values out = y;
      write(std::span<double>(out));
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], expected(i)) << i;
    };
    check([&](auto out) { kernels::axpy(a, x, out); },
          [&](auto i) { return std::fma(a, x[i], y[i]); });
    check([&](auto out) { kernels::axpy(a, std::span(fx), out); },
          [&](auto i) { return std::fma(a, static_cast<double>(fx[i]), y[i]); });
    check([&](auto out) { kernels::axpby(a, x, b, out); },
          [&](auto i) { return std::fma(a, x[i], b * y[i]); });
    check([&](auto out) { kernels::scale(a, out); }, [&](auto i) { return a * y[i]; });
    check([&](auto out) { kernels::scaled_copy(a, x, out); }, [&](auto i) { return a * x[i]; });
    check([&](auto out) { kernels::add(x, out); }, [&](auto i) { return y[i] + x[i]; });
    check([&](auto out) { kernels::subtract(x, out); }, [&](auto i) { return y[i] - x[i]; });
  }
}

TEST(KernelsDeathTest, SpansOfDifferentSizesAbortWithTheNumbers) {
  const Values x(3);
  Values y(4);
  EXPECT_DEATH((void)kernels::dot(x, y), "spans of 3 and 4 elements");
  EXPECT_DEATH(kernels::exp(x, y), "spans of 3 and 4 elements");
}

// ---- Elementary functions -----------------------------------------------------------------------

using Reference = long double (*)(long double);

// |got − exact| in units in the last place of a double of exact's size.
double ulps(double got, long double exact) {
  const auto rounded = static_cast<double>(exact);
  if (std::isnan(got) && std::isnan(rounded)) return 0.0;
  if (got == rounded) {  // also equal infinities
    return std::isinf(got)
               ? 0.0
               : static_cast<double>(std::fabs(got - exact) /
                                     std::ldexp(1.0L, std::max(std::ilogb(rounded), -1022) - 52));
  }
  if (!std::isfinite(got) || !std::isfinite(rounded)) return inf;
  const int exponent = exact == 0.0L ? -1022 : std::max(std::ilogb(exact), -1022);
  return static_cast<double>(std::fabs(got - exact) / std::ldexp(1.0L, exponent - 52));
}

void expect_within(double bound, Function f, Reference exact, const Values& x) {
  Values out(x.size());
  f(x, out);
  double worst = 0.0;
  double where = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = ulps(out[i], exact(x[i]));
    if (!(error <= worst)) {
      worst = error;
      where = x[i];
    }
  }
  EXPECT_LE(worst, bound) << "at " << std::hexfloat << where;
}

constexpr std::size_t samples = 20000;

TEST(Kernels, ExpAndExpm1KeepTheirBounds) {
  const Values x = joined({uniform(-746, 710, samples), uniform(-1, 1, samples),
                           orders(-1060, -1, true, samples), specials});
  expect_within(kernels::ulp_bounds.exp, kernels::exp, std::exp, x);
  expect_within(kernels::ulp_bounds.expm1, kernels::expm1, std::expm1, x);
}

TEST(Kernels, LogAndLog1pKeepTheirBounds) {
  const Values x = joined({orders(-1074, 1023, false, samples), uniform(0.5, 2, samples),
                           uniform(0.99, 1.01, samples), specials});
  expect_within(kernels::ulp_bounds.log, kernels::log, std::log, x);
  expect_within(kernels::ulp_bounds.log1p, kernels::log1p, std::log1p,
                joined({x, uniform(-1, 1, samples), orders(-1060, -1, true, samples)}));
}

TEST(Kernels, TanhAndErfKeepTheirBounds) {
  const Values x = joined({uniform(-7, 7, samples), uniform(-1, 1, samples),
                           uniform(0.99, 1.5, samples), orders(-1060, 9, true, samples), specials});
  expect_within(kernels::ulp_bounds.tanh, kernels::tanh, std::tanh, x);
  expect_within(kernels::ulp_bounds.erf, kernels::erf, std::erf, x);
}

TEST(Kernels, SinAndCosKeepTheirBoundsUpToTheirLimit) {
  Values x = joined({uniform(-10, 10, samples),
                     orders(-1060, 44, true, samples),
                     {0.0, -0.0, nan, kernels::trigonometric_limit}});
  // The doubles nearest to multiples of π/2 are the worst cases of argument reduction.
  for (std::size_t i = 0; i < samples; ++i) {
    const auto multiple = static_cast<long double>(engine() >> (20 + engine() % 43));
    x.push_back(static_cast<double>(multiple * (std::numbers::pi_v<long double> / 2)));
  }
  expect_within(kernels::ulp_bounds.sin, kernels::sin, std::sin, x);
  expect_within(kernels::ulp_bounds.cos, kernels::cos, std::cos, x);
  const double beyond = std::nextafter(kernels::trigonometric_limit, inf);
  for (const double v : {beyond, -beyond, inf, -inf, largest}) {
    EXPECT_TRUE(std::isnan(kernels::sin(v)));
    EXPECT_TRUE(std::isnan(kernels::cos(v)));
  }
}

TEST(Kernels, LogisticFunctionsKeepTheirBounds) {
  const Values x = joined({uniform(-745, 750, samples), uniform(-5, 5, samples),
                           orders(-1060, -1, true, samples), specials});
  expect_within(
      kernels::ulp_bounds.softplus, kernels::softplus,
      [](long double v) { return std::max(v, 0.0L) + std::log1p(std::exp(-std::fabs(v))); },
      joined({uniform(-745, 750, samples), uniform(-5, 5, samples)}));
  expect_within(
      kernels::ulp_bounds.sigmoid, kernels::sigmoid,
      [](long double v) { return 1.0L / (1.0L + std::exp(-v)); }, x);
  EXPECT_EQ(kernels::softplus(-inf), 0.0);
  EXPECT_EQ(kernels::softplus(inf), inf);
  EXPECT_TRUE(std::isnan(kernels::softplus(nan)));
}

TEST(Kernels, PowKeepsItsBound) {
  const auto check = [](const Values& x, const Values& p) {
    Values out(x.size());
    kernels::pow(x, p, out);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error =
          ulps(out[i], std::pow(static_cast<long double>(x[i]), static_cast<long double>(p[i])));
      ASSERT_LE(error, kernels::ulp_bounds.pow) << std::hexfloat << x[i] << " ^ " << p[i];
    }
  };
  check(uniform(0, 10, samples), uniform(-50, 50, samples));
  check(uniform(0.5, 2, samples), uniform(-1000, 1000, samples));
  check(uniform(0.99, 1.01, samples), orders(0, 16, true, samples));
  check(orders(-1074, 1023, false, samples), uniform(-1, 1, samples));
  // All pairs of specials: the edges of C99.
  Values x;
  Values p;
  for (const double a : specials) {
    for (const double b : specials) {
      x.push_back(a);
      p.push_back(b);
    }
  }
  check(x, p);
}

// Φ^−1(½ + q) by Newton's method in long double, from the double result.
long double exact_quantile(long double q) {
  constexpr long double root_half = std::numbers::sqrt2_v<long double> / 2;
  const bool central = std::fabs(q) < 0.3L;
  const long double tail = 0.5L - std::fabs(q);
  long double z = -std::fabs(kernels::centred_normal_quantile(static_cast<double>(q)));
  if (central) z = kernels::centred_normal_quantile(static_cast<double>(q));
  for (int i = 0; i < 4; ++i) {
    const long double density =
        std::exp(-z * z / 2) * root_half * std::numbers::inv_sqrtpi_v<long double>;
    z -= (central ? std::erf(z * root_half) / 2 - q : std::erfc(-z * root_half) / 2 - tail) /
         density;
  }
  return central || q < 0 ? z : -z;
}

TEST(Kernels, NormalQuantileKeepsItsBound) {
  // Multiples of 2^−54, so that ½ + q and ½ − |q| are exact.
  Values q;
  for (const double v : joined({uniform(-0.5, 0.5, samples), uniform(-1e-4, 1e-4, 1000)})) {
    q.push_back(std::round(v * 0x1p54) * 0x1p-54);
  }
  for (const double tail : orders(-53, -2, false, samples)) {
    q.push_back(0.5 - std::max(std::round(tail * 0x1p54), 1.0) * 0x1p-54);
  }
  expect_within(kernels::ulp_bounds.normal_quantile, kernels::centred_normal_quantile,
                exact_quantile, q);
  // In the lower tail, where p itself is more precise than p − ½.
  for (const double p : orders(-1000, -2, false, 2000)) {
    long double z = kernels::normal_quantile(p);
    for (int i = 0; i < 4; ++i) {
      z -= (std::erfc(-z * std::numbers::sqrt2_v<long double> / 2) / 2 - p) /
           (std::exp(-z * z / 2) * std::numbers::sqrt2_v<long double> / 2 *
            std::numbers::inv_sqrtpi_v<long double>);
    }
    ASSERT_LE(ulps(kernels::normal_quantile(p), z), kernels::ulp_bounds.normal_quantile) << p;
  }
  EXPECT_EQ(kernels::normal_quantile(0.0), -inf);
  EXPECT_EQ(kernels::normal_quantile(1.0), inf);
  EXPECT_EQ(kernels::normal_quantile(0.5), 0.0);
  for (const double v : {-tiny, std::nextafter(1.0, 2.0), inf, -inf, nan}) {
    EXPECT_TRUE(std::isnan(kernels::normal_quantile(v)));
  }
}

TEST(Kernels, SignedZerosStay) {
  for (const Function f :
       {Function{kernels::expm1}, Function{kernels::log1p}, Function{kernels::tanh},
        Function{kernels::erf}, Function{kernels::sin}}) {
    Values zeros{0.0, -0.0};
    f(zeros, zeros);
    EXPECT_FALSE(std::signbit(zeros[0]));
    EXPECT_TRUE(std::signbit(zeros[1]));
    EXPECT_EQ(zeros[1], 0.0);
  }
}

// ---- Losses -------------------------------------------------------------------------------------

TEST(LossSum, DerivativesAreThoseOfSigmoidAndTheSumIsThatOfSoftplus) {
  for (const Isa used : supported_isas()) {
    const UsedIsa scope(used);
    // Margins of all sizes: a product of 1 + e^−|u| alone would lose the small losses.
    for (const int size : {-12, -3, 0, 3, 8}) {
      for (const std::size_t n : {0U, 1U, 5U, 16U, 37U, 1000U, 1001U, 5000U}) {
        const Values margins = orders(size - 2, size, true, n);
        const Values y = labels_of(n);
        Values u(n);
        for (std::size_t j = 0; j < n; ++j) u[j] = y[j] == 1 ? -margins[j] : margins[j];
        Values slope(n);
        kernels::sigmoid(u, slope);
        Values z = margins;
        kernels::LossSum losses;
        losses.add(0.0);
        losses.add_logistic(z, y);
        long double sum = 0;
        for (std::size_t j = 0; j < n; ++j) {
          ASSERT_EQ(z[j], y[j] == 1 ? -slope[j] : slope[j]) << margins[j];
          sum += u[j] > 0 ? u[j] + log1pl(expl(-static_cast<long double>(u[j])))
                          : log1pl(expl(static_cast<long double>(u[j])));
        }
        const double bound = (2.0 * std::ceil(static_cast<double>(n) / 16) + 16) * 0x1p-53;
        ASSERT_LE(std::abs(losses.value() - static_cast<double>(sum)),
                  bound * static_cast<double>(sum))
            << n << " margins up to 2^" << size;
      }
    }
    // Confident rows alone: every loss is below the last place of 1.
    Values z(100, 50.0);
    kernels::LossSum losses;
    losses.add_logistic(z, Values(100, 1.0));
    EXPECT_NEAR(losses.value() / (100 * std::exp(-50.0)), 1.0, 1e-14);  // see the bound
  }
}

TEST(LossSum, AddsInPartsWhatItAddsAtOnceAndLeavesOneNan) {
  const Values margins = orders(-2, 2, true, 4000);
  const Values y = labels_of(4000);
  Values z = margins;
  kernels::LossSum whole;
  whole.add_logistic(z, y);
  Values parts = margins;
  kernels::LossSum sum;
  for (std::size_t first = 0; first < 4000; first += 80) {
    sum.add_logistic(std::span(parts).subspan(first, 80), std::span(y).subspan(first, 80));
  }
  EXPECT_EQ(parts, z);
  EXPECT_NEAR(sum.value() / whole.value(), 1.0, 1e-13);  // (2 · 250 + 16) 2^−53 each
  for (const double v : {nan, inf, -inf}) {
    Values one{0.5, v};
    kernels::LossSum losses;
    losses.add_logistic(one, Values{0.0, 0.0});
    const double value = losses.value();
    if (std::isnan(v)) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(value), std::bit_cast<std::uint64_t>(nan));
      EXPECT_TRUE(std::isnan(one[1]));
    } else {
      EXPECT_EQ(std::isinf(value), v > 0);
      EXPECT_EQ(one[1], v > 0 ? 1.0 : 0.0);
    }
  }
}

// ---- Sparse rows --------------------------------------------------------------------------------

// Runs of equal lengths, of all lengths modulo 16 and beyond, single rows among them, empty ones.
struct RandomRows {
  std::vector<std::uint64_t> offsets{7};  // what lies before the first row is not read
  std::vector<std::uint32_t> index = std::vector<std::uint32_t>(7, 1U << 31);
  Values value = Values(7, nan);
  std::vector<float> narrow;

  explicit RandomRows(std::size_t width) {
    const auto add = [&](std::size_t n) {
      for (std::size_t k = 0; k < n; ++k) {
        index.push_back(static_cast<std::uint32_t>(1 + engine() % (width - 1)));
      }
      const Values values = orders(-5, 5, true, n);
      value.insert(value.end(), values.begin(), values.end());
      offsets.push_back(index.size());
    };
    for (std::size_t n = 0; n < 70; ++n) {
      for (std::size_t times = 0; times < 1 + n % 11; ++times) add(n);
    }
    for (const std::size_t n : {0U, 3U, 0U, 1000U, 1000U, 2U, 1U, 2U, 16U, 0U}) add(n);
    narrow.assign(value.begin(), value.end());
  }
  std::size_t count() const { return offsets.size() - 1; }
  template <class Value>
  kernels::CompressedRows<Value> rows(const std::vector<Value>& values) const {
    return {offsets, index.data(), values.data()};
  }
};

TEST(SparseKernels, DotsHaveTheShapeOfFourLanes) {
  Values x = orders(-5, 5, true, 50);
  x[0] = inf;  // no row uses it
  const RandomRows random(x.size());
  const auto check = [&](const auto& values) {
    for (const std::size_t stride : {1U, 3U}) {
      Values z(random.count() * stride, 7.0);
      kernels::sparse_dots(random.rows(values), x, 0.25, z.data(), stride);
      for (std::size_t i = 0; i < random.count(); ++i) {
        double lane[4] = {};
        for (std::uint64_t k = random.offsets[i]; k < random.offsets[i + 1]; ++k) {
          double& sum = lane[(k - random.offsets[i]) % 4];
          sum = std::fma(static_cast<double>(values[k]), x[random.index[k]], sum);
        }
        ASSERT_EQ(z[i * stride], 0.25 + ((lane[0] + lane[2]) + (lane[1] + lane[3]))) << i;
        for (std::size_t s = 1; s < stride; ++s) ASSERT_EQ(z[i * stride + s], 7.0);
      }
    }
  };
  check(random.value);
  check(random.narrow);
  double untouched = 1;
  kernels::sparse_dots(kernels::CompressedRows<double>{std::span(random.offsets).first(1),
                                                       random.index.data(), random.value.data()},
                       x, 0, &untouched, 1);
  EXPECT_EQ(untouched, 1);
}

TEST(SparseKernels, AxpysAddEveryElementInOrder) {
  const RandomRows random(50);
  const auto check = [&](const auto& values) {
    for (const std::size_t stride : {1U, 3U}) {
      const Values a = orders(-2, 2, true, random.count() * stride);
      Values y = orders(-2, 2, true, 50);
      Values expected = y;
      for (std::size_t i = 0; i < random.count(); ++i) {
        for (std::uint64_t k = random.offsets[i]; k < random.offsets[i + 1]; ++k) {
          double& sum = expected[random.index[k]];
          sum = std::fma(a[i * stride], static_cast<double>(values[k]), sum);
        }
      }
      kernels::sparse_axpys(a.data(), stride, random.rows(values), y);
      ASSERT_EQ(y, expected);
    }
  };
  check(random.value);
  check(random.narrow);
}

// ---- The processor ------------------------------------------------------------------------------

TEST(Cpu, InstructionSetFollowsTheEnvironmentAndRefusesWhatItDoesNotKnow) {
  const UsedIsa scope(Isa::avx2);
  ASSERT_EQ(setenv("COHORT_ISA", "sse9", 1), 0);
  const Result<void> unknown = init_isa();
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::environment);
  EXPECT_THAT(unknown.error().message, testing::HasSubstr("expected avx2 or avx512"));
  ASSERT_EQ(setenv("COHORT_ISA", "avx512", 1), 0);
  EXPECT_EQ(static_cast<bool>(init_isa()), supports(Isa::avx512));
  EXPECT_EQ(isa() == Isa::avx512, supports(Isa::avx512));
  ASSERT_EQ(setenv("COHORT_ISA", "avx2", 1), 0);
  ASSERT_TRUE(init_isa());
  EXPECT_EQ(isa_name(), "avx2");
  ASSERT_EQ(unsetenv("COHORT_ISA"), 0);
  ASSERT_TRUE(init_isa());
  EXPECT_EQ(isa_name(), supports(Isa::avx512) ? "avx512" : "avx2");
}

TEST(Cpu, FloatEnvironmentKeepsSubnormals) {
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040U);  // flush to zero, denormals are zero
  set_float_environment();
  volatile double x = smallest;
  EXPECT_GT(x / 4.0, 0.0);
  EXPECT_EQ(_mm_getcsr() & 0xFFC0U, 0x1F80U);
  _mm_setcsr(before);
}

}  // namespace
}  // namespace cohort
