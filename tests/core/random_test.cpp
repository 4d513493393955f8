#include "core/random.hpp"

#include <bit>
#include <cmath>
#include <numeric>
#include <set>

#include "core/cpu.hpp"
#include "core/kernels.hpp"
#include "core/kernels_random.hpp"

namespace cohort {
namespace {

using Values = std::vector<double>;
__extension__ using Wide = unsigned __int128;

// Statistical tests use fixed seeds, so they pass or fail for ever. Five standard errors would be
// exceeded by one honest seed in two million.
constexpr double standard_errors = 5.0;

void expect_mean(double got, double expected, double deviation, std::size_t n) {
  EXPECT_NEAR(got, expected, standard_errors * deviation / std::sqrt(static_cast<double>(n)));
}

// χ² of counts against expected ones; its mean is df and its variance 2 df.
void expect_counts(const std::vector<std::size_t>& counts, const Values& expected) {
  double chi2 = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double difference = static_cast<double>(counts[i]) - expected[i];
    chi2 += difference * difference / expected[i];
  }
  const auto df = static_cast<double>(counts.size() - 1);
  EXPECT_LT(chi2, df + standard_errors * std::sqrt(2.0 * df));
}

std::vector<Isa> supported_isas() {
  std::vector<Isa> all{Isa::avx2};
  if (supports(Isa::avx512)) all.push_back(Isa::avx512);
  return all;
}

// ---- Philox and the counter ---------------------------------------------------------------------

// The known-answer vectors that Random123 publishes for philox4x32-10 (examples/kat_vectors):
// zeros, ones, digits of π.
TEST(Philox, GivesThePublishedAnswers) {
  struct Answer {
    std::uint64_t low, high, key, first, second;
  };
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  const Answer answers[] = {
      {0, 0, 0, 0xe169c58d6627e8d5, 0x9b00dbd8bc57ac4c},
      {ones, ones, ones, 0x41c83b0e408f276d, 0x6d5451fda20bc7c6},
      {0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822, 0x94fdccebd16cfe09,
       0x24126ea15001e420},
  };
  for (const Isa used : supported_isas()) {
    set_isa(used);
    for (const Answer& a : answers) {
      std::uint64_t words[2];
      kernels::philox(a.key, a.low, a.high, words);
      EXPECT_EQ(words[0], a.first);
      EXPECT_EQ(words[1], a.second);
    }
  }
  set_isa(Isa::avx2);
}

TEST(Stream, PacksPurposeEntityStepAndDrawIntoTheCounter) {
  const std::uint64_t seed = 0x0123456789ABCDEF;
  const std::uint64_t entity = 0xAB12345678;
  const std::uint64_t step = 0xFEDCBA9876;
  const Stream stream(seed, Purpose::test, entity, step);
  for (const std::uint64_t j : {std::uint64_t{0}, std::uint64_t{7}, (std::uint64_t{1} << 40) - 1}) {
    const Wide counter = Wide{static_cast<std::uint8_t>(Purpose::test)} << 120 |
                         Wide{entity} << 80 | Wide{step} << 40 | Wide{j / 2};
    std::uint64_t words[2];
    kernels::philox(seed, static_cast<std::uint64_t>(counter),
                    static_cast<std::uint64_t>(counter >> 64), words);
    EXPECT_EQ(stream.bits_at(j), words[j % 2]);
  }
  const Wide counter = Wide{static_cast<std::uint8_t>(Purpose::test)} << 120 | Wide{entity} << 80 |
                       Wide{step} << 40 | Wide{(std::uint64_t{1} << 40) - 1 - 3};
  std::uint64_t key[2];
  kernels::philox(seed, static_cast<std::uint64_t>(counter),
                  static_cast<std::uint64_t>(counter >> 64), key);
  EXPECT_EQ(stream.sub(3).bits_at(5), Stream(key[0], Purpose::test, entity, step).bits_at(5));
}

TEST(Stream, FillsAreTheSameNumbersWhateverTheSlice) {
  const Stream stream(7, Purpose::test, 3, 9);
  constexpr std::size_t n = 1300;  // more than two chunks of a fill
  for (const Isa used : supported_isas()) {
    set_isa(used);
    std::vector<std::uint64_t> bits(n);
    Values uniforms(n);
    Values normals(n);
    Values signs(n);
    std::vector<float> narrow(n);
    std::vector<float> narrow_normals(n);
    stream.fill_bits(bits);
    stream.fill_uniform(uniforms);
    stream.fill_normal(normals);
    stream.fill_rademacher(signs);
    stream.fill_uniform(narrow);
    stream.fill_normal(narrow_normals);
    for (std::size_t j = 0; j < n; ++j) {
      ASSERT_EQ(bits[j], stream.bits_at(j));
      ASSERT_EQ(uniforms[j], stream.uniform_at(j));
      ASSERT_EQ(normals[j], stream.normal_at(j));
      ASSERT_EQ(signs[j], bits[j] >> 63 != 0 ? -1.0 : 1.0);
    }
    for (const std::size_t first : {0U, 1U, 2U, 3U, 5U, 511U, 600U}) {
      for (const std::size_t size : {0U, 1U, 2U, 7U, 16U, 33U, 640U}) {
        const auto check = [&](auto whole, auto fill) {
          auto part = whole;
          part.resize(size);
          fill(std::span(part));
          ASSERT_TRUE(std::equal(part.begin(), part.end(),
                                 whole.begin() + static_cast<std::ptrdiff_t>(first)))
              << first << " " << size;
        };
        check(bits, [&](auto out) { stream.fill_bits(out, first); });
        check(uniforms, [&](auto out) { stream.fill_uniform(out, first); });
        check(normals, [&](auto out) { stream.fill_normal(out, first); });
        check(signs, [&](auto out) { stream.fill_rademacher(out, first); });
        check(narrow, [&](auto out) { stream.fill_uniform(out, first); });
        check(narrow_normals, [&](auto out) { stream.fill_normal(out, first); });
      }
    }
  }
  set_isa(Isa::avx2);
}

TEST(Stream, SequenceAndRandomAccessAreTheSameNumbers) {
  Stream sequence(7, Purpose::test);
  const Stream fixed = sequence;
  EXPECT_EQ(sequence.bits(), fixed.bits_at(0));
  EXPECT_EQ(sequence.uniform(), fixed.uniform_at(1));
  EXPECT_EQ(sequence.normal(), fixed.normal_at(2));
  EXPECT_EQ(sequence.exponential(), -kernels::log(fixed.uniform_at(3)));
  EXPECT_EQ(sequence.below(1000),
            static_cast<std::uint64_t>((Wide{fixed.bits_at(4)} * 1000) >> 64));
  EXPECT_EQ(sequence.rademacher(), fixed.bits_at(5) >> 63 != 0 ? -1.0 : 1.0);
  EXPECT_EQ(sequence.bits(), fixed.bits_at(6));
  EXPECT_EQ(sequence.sub(4).bits(), fixed.sub(4).bits_at(0));
}

TEST(Stream, StreamsThatDifferInOneFieldAreDisjoint) {
  std::vector<Stream> streams;
  for (std::uint64_t k = 0; k < 4; ++k) {
    streams.emplace_back(100 + k, Purpose::test);
    streams.emplace_back(1, Purpose::test, 10 + k);
    streams.emplace_back(1, Purpose::test, 0, 10 + k);
    streams.push_back(Stream(1, Purpose::test).sub(k));
    streams.push_back(Stream(1, Purpose::test).sub(7).sub(k));
  }
  for (std::uint8_t p = 1; p <= 17; ++p) streams.emplace_back(1, static_cast<Purpose>(p));
  std::set<std::uint64_t> seen;
  for (const Stream& stream : streams) {
    std::vector<std::uint64_t> bits(256);
    stream.fill_bits(bits);
    seen.insert(bits.begin(), bits.end());
  }
  // Two equal values among 10^4 of 64 bits have probability 3e-12.
  EXPECT_EQ(seen.size(), streams.size() * 256);
}

TEST(StreamDeathTest, ExhaustedFieldsAbortWithTheNumbers) {
  constexpr std::uint64_t field = std::uint64_t{1} << 40;
  EXPECT_DEATH(Stream(1, Purpose::test, field), "entity 1099511627776");
  EXPECT_DEATH(Stream(1, Purpose::test, 0, field), "step 1099511627776");
  const Stream stream(1, Purpose::test);
  EXPECT_DEATH((void)stream.bits_at(field), "numbers 1099511627776");
  EXPECT_DEATH((void)stream.sub(field / 2), "sub-stream 549755813888");
  Values out(2);
  EXPECT_DEATH(stream.fill_normal(out, field - 1), "numbers 1099511627775");
}

// ---- Numbers ------------------------------------------------------------------------------------

TEST(Stream, UniformsStayInsideTheUnitInterval) {
  const std::vector<std::uint64_t> words{0, ~std::uint64_t{0}, std::uint64_t{1} << 63,
                                         (std::uint64_t{1} << 63) - 1};
  Values u(words.size());
  for (const Isa used : supported_isas()) {
    set_isa(used);
    kernels::uniforms(words, u);
    EXPECT_EQ(u, (Values{0x1p-54, 1.0 - 0x1p-53, 0.5, 0.5 - 0x1p-54}));
    kernels::centred_uniforms(words, u);
    EXPECT_EQ(u, (Values{0x1p-54 - 0.5, 0.5 - 0x1p-54, 0x1p-54, -0x1p-54}));
  }
  set_isa(Isa::avx2);
  // The word of this element has its 24 high bits set (found by search).
  constexpr std::uint64_t top = 6132610;
  const Stream stream(1, Purpose::test);
  ASSERT_EQ(static_cast<std::uint32_t>(stream.bits_at(top / 2)) >> 8, 0xFFFFFFU);
  float narrow = 0.0F;
  stream.fill_uniform(std::span(&narrow, 1), top);
  EXPECT_EQ(narrow, 1.0F - 0x1p-24F);
}

constexpr std::size_t many = 1U << 20;

template <class T>
void expect_uniform(const std::vector<T>& u) {
  constexpr std::size_t bins = 256;
  std::vector<std::size_t> counts(bins, 0);
  for (const T v : u) ++counts[static_cast<std::size_t>(v * T{bins})];
  expect_counts(counts, Values(bins, static_cast<double>(u.size()) / bins));
}

template <class T>
void expect_normal(const std::vector<T>& z) {
  double moments[4] = {};
  constexpr std::size_t bins = 64;
  std::vector<std::size_t> counts(bins, 0);
  for (const T v : z) {
    const auto x = static_cast<double>(v);
    moments[0] += x;
    moments[1] += x * x;
    moments[2] += x * x * x;
    moments[3] += x * x * x * x;
    ++counts[std::min(bins - 1,
                      static_cast<std::size_t>(std::erfc(-x / std::sqrt(2.0)) / 2 * double{bins}))];
  }
  const std::size_t n = z.size();
  const auto mean = [&](int k) { return moments[k] / static_cast<double>(n); };
  // Variances of the first four powers of a standard normal: 1, 2, 15, 96.
  expect_mean(mean(0), 0.0, 1.0, n);
  expect_mean(mean(1), 1.0, std::sqrt(2.0), n);
  expect_mean(mean(2), 0.0, std::sqrt(15.0), n);
  expect_mean(mean(3), 3.0, std::sqrt(96.0), n);
  expect_counts(counts, Values(bins, static_cast<double>(n) / bins));
}

TEST(Stream, UniformsAndNormalsHaveTheirDistributions) {
  const Stream stream(11, Purpose::test);
  Values x(many);
  std::vector<float> f(many);
  stream.fill_uniform(x);
  expect_uniform(x);
  stream.fill_uniform(f);
  expect_uniform(f);
  stream.fill_normal(x);
  expect_normal(x);
  // Neighbours are uncorrelated.
  double product = 0.0;
  for (std::size_t i = 0; i + 1 < many; ++i) product += x[i] * x[i + 1];
  expect_mean(product / static_cast<double>(many - 1), 0.0, 1.0, many - 1);
  stream.fill_normal(f);
  expect_normal(f);
  stream.fill_rademacher(x);
  expect_mean(kernels::sum(x) / static_cast<double>(many), 0.0, 1.0, many);
}

TEST(Stream, NormalsInSinglePrecisionAreNearThoseInDouble) {
  // Words of both tails, the centre, and evenly spread ones.
  std::vector<std::uint32_t> k{0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
  for (std::uint32_t i = 0; i < 20000; ++i) k.push_back(i * 214748U);
  for (std::uint32_t i = 0; i < 5000; ++i) k.push_back(i * i);
  k.push_back(12345);  // an odd number of them
  std::vector<std::uint64_t> words((k.size() + 1) / 2);
  for (std::size_t j = 0; j < k.size(); ++j) words[j / 2] |= std::uint64_t{k[j]} << (32 * (j % 2));
  std::vector<float> x(k.size());
  for (const Isa used : supported_isas()) {
    set_isa(used);
    std::vector<float> again(k.size());
    kernels::normals(words, again);
    if (used != Isa::avx2) {
      EXPECT_EQ(again, x);
    }
    x = again;
  }
  set_isa(Isa::avx2);
  for (std::size_t j = 0; j < k.size(); ++j) {
    const double exact = kernels::centred_normal_quantile((k[j] + 0.5) * 0x1p-32 - 0.5);
    EXPECT_NEAR(x[j], exact, 1e-6 * std::abs(exact)) << k[j];
  }
  EXPECT_EQ(x[0], -x[6]);
  EXPECT_EQ(x[3], -x[4]);
}

TEST(Stream, ExponentialsAndIntegersHaveTheirDistributions) {
  Stream stream(12, Purpose::test);
  constexpr std::size_t n = 100000;
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = stream.exponential();
    sum += x;
    squares += x * x;
  }
  expect_mean(sum / n, 1.0, 1.0, n);
  expect_mean(squares / n, 2.0, std::sqrt(20.0), n);
  std::vector<std::size_t> counts(7, 0);
  for (std::size_t i = 0; i < n; ++i) ++counts[stream.below(7)];
  expect_counts(counts, Values(7, n / 7.0));
  EXPECT_EQ(stream.below(1), 0U);
}

// ---- Combinatorics ------------------------------------------------------------------------------

TEST(Random, PermutationsAreUniformAndTheirPrefixesNeedNoMore) {
  std::vector<std::size_t> counts(24, 0);
  const std::size_t n = 24000;
  for (std::uint64_t k = 0; k < n; ++k) {
    const auto p = permutation(Stream(13, Purpose::test, k), 4);
    std::size_t code = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      std::size_t smaller = 0;
      for (std::size_t j = i + 1; j < 4; ++j) smaller += p[j] < p[i] ? 1U : 0U;
      code = code * (4 - i) + smaller;
    }
    ++counts[code];
  }
  expect_counts(counts, Values(24, n / 24.0));

  const Stream stream(14, Purpose::test);
  std::vector<std::uint32_t> p = permutation(stream, 2000);
  // Position 0 holds what number 0 chose.
  EXPECT_EQ(p[0], static_cast<std::uint32_t>((Wide{stream.bits_at(0)} * 2000) >> 64));
  std::sort(p.begin(), p.end());
  for (std::uint32_t i = 0; i < 2000; ++i) ASSERT_EQ(p[i], i);
  EXPECT_TRUE(permutation(stream, 0).empty());
}

TEST(Random, SamplesWithoutReplacementAreUniformAscendingSubsets) {
  std::vector<std::size_t> counts(10, 0);  // of the subsets {i < j} of five elements
  const std::size_t n = 20000;
  for (std::uint64_t k = 0; k < n; ++k) {
    const auto s = sample_without_replacement(Stream(15, Purpose::test, k), 2, 5);
    ASSERT_EQ(s.size(), 2U);
    ASSERT_LT(s[0], s[1]);
    ASSERT_LT(s[1], 5U);
    ++counts[s[1] * (s[1] - 1) / 2 + s[0]];
  }
  expect_counts(counts, Values(10, n / 10.0));

  const Stream stream(16, Purpose::test);
  const auto all = sample_without_replacement(stream, 1000, 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_EQ(all[i], i);
  const auto few = sample_without_replacement(stream, 5000, std::uint64_t{1} << 50);
  EXPECT_TRUE(std::adjacent_find(few.begin(), few.end(), std::greater_equal<>()) == few.end());
  EXPECT_TRUE(sample_without_replacement(stream, 0, 10).empty());
}

TEST(RandomDeathTest, ImpossibleRequestsAbortWithTheNumbers) {
  Stream stream(1, Purpose::test);
  EXPECT_DEATH((void)sample_without_replacement(stream, 11, 10), "11 different elements of 10");
  EXPECT_DEATH((void)gamma(stream, 0.0), "gamma of shape 0");
  EXPECT_DEATH((void)dirichlet(stream, 0.0, 3), "alpha = 0");
  EXPECT_DEATH((void)categorical(stream, Values{0.0, 0.0}), "sum to 0");
  EXPECT_DEATH((void)categorical(stream, Values{1.0, -1.0}), "weight of -1");
}

// ---- Distributions ------------------------------------------------------------------------------

TEST(Random, GammasHaveTheirMoments) {
  for (const double shape : {0.1, 0.7, 1.0, 2.5, 100.0}) {
    Stream stream(17, Purpose::test);
    constexpr std::size_t n = 100000;
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double x = gamma(stream, shape);
      sum += x;
      squares += x * x;
    }
    // E x² = a(a + 1) and Var x² = a(a + 1)(4a + 6).
    expect_mean(sum / n, shape, std::sqrt(shape), n);
    const double second = shape * (shape + 1.0);
    expect_mean(squares / n, second, std::sqrt(second * (4.0 * shape + 6.0)), n);
  }
}

TEST(Random, DirichletsHaveTheirMomentsAndNeverFail) {
  const Values alpha{0.3, 1.0, 2.7};
  constexpr std::size_t n = 50000;
  Values mean(3, 0.0);
  double first_squared = 0.0;
  for (std::uint64_t k = 0; k < n; ++k) {
    const Values p = dirichlet(Stream(18, Purpose::test, k), alpha);
    for (std::size_t i = 0; i < 3; ++i) mean[i] += p[i] / n;
    first_squared += p[0] * p[0] / n;
  }
  const double total = 4.0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double m = alpha[i] / total;
    expect_mean(mean[i], m, std::sqrt(m * (1.0 - m) / (total + 1.0)), n);
  }
  // E p₀² = a(a + 1) / (A(A + 1)); p₀² lies in [0, 1], so its deviation is at most ½.
  expect_mean(first_squared, 0.3 * 1.3 / (4.0 * 5.0), 0.5, n);

  for (const double small : {1e-3, 1e-6}) {
    for (std::uint64_t k = 0; k < 1000; ++k) {
      const Values p = dirichlet(Stream(19, Purpose::test, k), small, 10);
      double sum = 0.0;
      for (const double v : p) {
        ASSERT_GE(v, 0.0);
        sum += v;
      }
      ASSERT_NEAR(sum, 1.0, 10 * 0x1p-53);
    }
  }
  EXPECT_EQ(dirichlet(Stream(1, Purpose::test), 0.5, 1), Values{1.0});
}

TEST(Random, CategoriesFollowTheirWeights) {
  Stream stream(20, Purpose::test);
  const Values weights{0.0, 3.0, 0.0, 1.0, 4.0, 0.0};
  std::vector<std::size_t> counts(weights.size(), 0);
  constexpr std::size_t n = 80000;
  for (std::size_t i = 0; i < n; ++i) ++counts[categorical(stream, weights)];
  EXPECT_EQ(counts[0] + counts[2] + counts[5], 0U);
  expect_counts({counts[1], counts[3], counts[4]}, {n * 3 / 8.0, n / 8.0, n / 2.0});
}

}  // namespace
}  // namespace cohort
