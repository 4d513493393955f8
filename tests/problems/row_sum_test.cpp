// Sums over rows have the bits of core/ordered_sum.hpp.

#include "problems/objectives/row_sum.hpp"

#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

constexpr std::size_t width = 3;

double term(std::uint64_t row, std::size_t k) {
  return Stream(1, Purpose::test).uniform_at(row * width + k) - 0.5;
}

/// The sum of the last value is the scalar.
std::vector<double> reference(std::uint64_t n) {
  const auto add = [](std::vector<double>& left, std::vector<double>&& right) {
    for (std::size_t k = 0; k < left.size(); ++k) left[k] += right[k];
  };
  OrderedSum<std::vector<double>, decltype(add)> sum(add);
  const std::uint64_t size = row_block(n);
  for (std::uint64_t block = 0; block * size < n; ++block) {
    std::vector<double> leaf(width, 0.0);
    for (std::uint64_t j = block * size; j < std::min(n, (block + 1) * size); ++j) {
      for (std::size_t k = 0; k < width; ++k) leaf[k] += term(j, k);
    }
    sum.add(block, std::move(leaf));
  }
  return *std::move(sum).total();
}

std::vector<double> summed(std::uint64_t n, std::size_t threads, double start) {
  test::Asker asker(threads);
  std::vector<double> out(width - 1, start);
  const double scalar = sum_over_rows(
      asker.context(), n, out,
      [](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double> sum) {
        double last = 0;
        for (std::uint64_t j = first; j < first + count; ++j) {
          for (std::size_t k = 0; k + 1 < width; ++k) sum[k] += term(j, k);
          last += term(j, width - 1);
        }
        return last;
      });
  out.push_back(scalar);
  return out;
}

TEST(RowSum, HasTheBitsOfTheOrderedSumOnAnyNumberOfThreads) {
  for (const std::uint64_t n : {1U, 512U, 513U, 1537U, 20000U, 40000U, 100001U}) {
    const auto expected = reference(n);
    for (const std::size_t threads : {1U, 2U, 5U}) {
      EXPECT_TRUE(test::same_bits(summed(n, threads, 0.0), expected)) << n << " rows, " << threads;
    }
  }
}

TEST(RowSum, IsAddedToWhatIsThere) {
  const std::uint64_t n = 1537;
  const auto sum = reference(n);
  EXPECT_EQ(summed(n, 2, 1.5), (std::vector<double>{1.5 + sum[0], 1.5 + sum[1], sum[2]}));
}

TEST(RowSum, InsideALoopOverClientsHasTheSameBits) {
  test::Asker outer(3);
  const auto expected = reference(20000);
  std::vector<int> same(4, 0);
  outer.pool.parallel_for(same.size(), [&](std::size_t task, std::size_t) {
    Scratch own;
    std::vector<double> out(width, 0.0);
    sum_over_rows({outer.pool, own}, 20000, out,
                  [](std::uint64_t first, std::uint64_t count, std::size_t, std::span<double> s) {
                    for (std::uint64_t j = first; j < first + count; ++j) {
                      for (std::size_t k = 0; k < width; ++k) s[k] += term(j, k);
                    }
                    return 0.0;
                  });
    same[task] = test::same_bits(out, expected) ? 1 : 0;
  });
  EXPECT_THAT(same, testing::Each(1));
}

}  // namespace
}  // namespace cohort
