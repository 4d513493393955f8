#include "core/kernels_gemm.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/cpu.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

using kernels::MatrixRef;
using kernels::Product;
using kernels::ProductShape;

template <class T>
std::vector<T> numbers(std::size_t n, std::uint64_t seed) {
  std::vector<T> out(n);
  Stream(seed, Purpose::test).fill_normal(std::span<T>(out));
  return out;
}

/// A matrix among elements that nobody may touch.
template <class T>
struct Padded {
  std::size_t rows, columns, stride;
  std::vector<T> data;
  Padded(std::size_t r, std::size_t c, std::uint64_t seed)
      : rows(r), columns(c), stride(c + 3), data(numbers<T>(r * (c + 3) + 1, seed)) {}
  T& at(std::size_t i, std::size_t j) { return data[1 + i * stride + j]; }
  T at(std::size_t i, std::size_t j) const { return data[1 + i * stride + j]; }
  MatrixRef<const T> view() const { return {data.data() + 1, stride}; }
  MatrixRef<T> view() { return {data.data() + 1, stride}; }
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// What the header says, one operation at a time.
template <class T>
T chain(Product form, const Padded<T>& a, const Padded<T>& b, std::size_t i, std::size_t j,
        std::size_t k, T start) {
  for (std::size_t l = 0; l < k; ++l) {
    const T x = form == Product::tn ? a.at(l, i) : a.at(i, l);
    const T y = form == Product::nt ? b.at(j, l) : b.at(l, j);
    start = std::fma(x, y, start);
  }
  return start;
}

template <class T>
void expect_chains(Product form, const ProductShape& s) {
  const bool a_turned = form == Product::tn, b_turned = form == Product::nt;
  const Padded<T> a(a_turned ? s.k : s.m, a_turned ? s.m : s.k, 1);
  const Padded<T> b(b_turned ? s.n : s.k, b_turned ? s.k : s.n, 2);
  std::vector<T> room(kernels::gemm_room(s));
  for (const bool continues : {false, true}) {
    Padded<T> c(s.m, s.n, 3), expected = c;
    Padded<double> total(s.m, s.n, 4), sums = total;
    for (std::size_t i = 0; i < s.m; ++i) {
      for (std::size_t j = 0; j < s.n; ++j) {
        const T start = continues ? expected.at(i, j) : T{0};
        expected.at(i, j) = chain(form, a, b, i, j, s.k, start);
        const auto product = static_cast<double>(chain(form, a, b, i, j, s.k, T{0}));
        sums.at(i, j) = continues ? sums.at(i, j) + product : product;
      }
    }
    kernels::gemm(form, s, a.view(), b.view(), c.view(), continues, std::span<T>(room));
    kernels::gemm_sum(form, s, a.view(), b.view(), total.view(), continues, std::span<T>(room));
    ASSERT_TRUE(same_bits(c.data, expected.data))
        << isa_name() << ", " << s.m << " × " << s.n << " × " << s.k;
    ASSERT_TRUE(same_bits(total.data, sums.data))
        << isa_name() << ", " << s.m << " × " << s.n << " × " << s.k << " in double";
  }
}

/// Runs `body` with each instruction set of this machine.
template <class Body>
void with_every_isa(const Body& body) {
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    body();
  }
  set_isa(before);
}

TEST(KernelsGemm, EveryElementIsOneChainWithEveryInstructionSet) {
  with_every_isa([] {
    for (const Product form : {Product::nn, Product::nt, Product::tn}) {
      // Whole and partial blocks of rows (12 + 8 + 4 + 2 + 1), panels and vectors; nothing to add.
      for (const std::size_t m : {1U, 2U, 6U, 11U, 27U}) {
        for (const std::size_t n : {1U, 4U, 8U, 13U, 16U, 32U, 45U}) {
          for (const std::size_t k : {0U, 1U, 7U, 64U}) {
            expect_chains<float>(form, {m, n, k});
            expect_chains<double>(form, {m, n, k});
          }
        }
      }
      expect_chains<float>(form, {3, 150, 900});  // packed in several pieces
      expect_chains<double>(form, {3, 150, 900});
    }
  });
}

template <class T>
void expect_transposed(std::size_t rows, std::size_t columns) {
  const Padded<T> from(rows, columns, 1);
  Padded<T> to(columns, rows, 2), expected = to;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) expected.at(j, i) = from.at(i, j);
  }
  kernels::transpose(rows, columns, from.view(), to.view());
  EXPECT_TRUE(same_bits(to.data, expected.data)) << rows << " × " << columns;
}

TEST(KernelsGemm, ATransposeMovesEveryElementAndNothingElse) {
  with_every_isa([] {
    for (const std::size_t rows : {1U, 2U, 4U, 7U, 12U}) {
      for (const std::size_t columns : {1U, 3U, 4U, 9U}) {
        expect_transposed<float>(rows, columns);
        expect_transposed<double>(rows, columns);
      }
    }
  });
}

TEST(KernelsGemm, EmptyProductsTouchNothing) {
  expect_chains<float>(Product::nn, {0, 5, 3});
  expect_chains<double>(Product::tn, {5, 0, 3});
}

TEST(KernelsGemm, EveryNanIsTheSame) {
  with_every_isa([] {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> a{infinity, -std::numeric_limits<float>::quiet_NaN()}, b{0, 1};
    std::vector<float> room(kernels::gemm_room({1, 1, 2})), c(1);
    std::vector<double> total(1);
    kernels::gemm(Product::nn, {1, 1, 2}, {a.data(), 2}, {b.data(), 1}, {c.data(), 1}, false, room);
    kernels::gemm_sum(Product::nn, {1, 1, 2}, {a.data(), 2}, {b.data(), 1}, {total.data(), 1},
                      false, room);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(c[0]), 0x7fc00000U);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(total[0]), 0x7ff8000000000000U);
  });
}

}  // namespace
}  // namespace cohort
