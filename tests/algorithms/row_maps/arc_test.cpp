#include "algorithms/row_maps/arc.hpp"

#include <algorithm>
#include <functional>

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Mat clipped(const Mat& x, std::size_t f) {
  return rows::mapped(RowMapOf<Arc>({}).map(rows::measured(x), rows::input(f)), x);
}

// n = 5, f = 2: k = ⌊(4/5) · 3⌋ = 2. Lengths 20, 5, 1, 10, 5: the longest two are cut to 5.
TEST(Arc, CutsTheLongestToTheLengthOfTheNext) {
  const Mat x = rows::matrix({{12, 16}, {3, 4}, {1, 0}, {-6, 8}, {0, -5}});
  EXPECT_EQ(clipped(x, 2), rows::matrix({{3, 4}, {3, 4}, {1, 0}, {-3, 4}, {0, -5}}));
}

// k = 1 and C = ‖(4, 5, 6)‖ = √77. Eight digits, as published.
TEST(Arc, CutsTheLastOfOneToNine) {
  Mat expected = rows::one_to_nine();
  expected.row(2) = rows::vector({4.41004009, 5.04004582, 5.67005155}).transpose();
  EXPECT_LT((clipped(rows::one_to_nine(), 1) - expected).cwiseAbs().maxCoeff(), 5e-9);
}

TEST(Arc, CutsSoMany) {
  struct Case {
    Index n;
    std::size_t f;
    int k;  // ⌊2f(n − f)/n⌋
  };
  for (const auto& [n, f, k] : {Case{7, 0, 0}, Case{4, 1, 1}, Case{8, 2, 3}, Case{10, 3, 4},
                                Case{11, 5, 5}, Case{20, 9, 9}}) {
    const Mat x = rows::normal(n, 3, 1);
    const Mat y = clipped(x, f);
    int cut = 0;
    for (Index i = 0; i < n; ++i) cut += y.row(i) != x.row(i);
    EXPECT_EQ(cut, k) << n << " " << f;
  }
}

// What makes it robust: no row stays longer than the longest of any n − f, which are least long
// without the f longest.
TEST(Arc, LeavesNoRowLongerThanTheLongestOfAnyHonestSet) {
  for (Index n = 1; n <= 12; ++n) {
    const Mat x = rows::normal(n, 3, static_cast<std::uint64_t>(n));
    Vec lengths = x.rowwise().norm();
    std::sort(lengths.begin(), lengths.end(), std::greater<>());
    for (Index f = 0; 2 * f < n; ++f) {
      EXPECT_LE(clipped(x, static_cast<std::size_t>(f)).rowwise().norm().maxCoeff(),
                lengths[f] * (1 + 1e-14))
          << n << " " << f;
    }
  }
}

}  // namespace
}  // namespace cohort
