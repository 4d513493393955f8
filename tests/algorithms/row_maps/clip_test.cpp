#include "algorithms/row_maps/clip.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Mat map(const Mat& x, double norm) {
  return RowMapOf<ClipRows>({norm}).map(rows::measured(x), rows::input(0));
}

TEST(ClipRows, CutsOneToNineToLengthTwo) {
  const Mat y = rows::mapped(map(rows::one_to_nine(), 2.0), rows::one_to_nine());
  // Eight digits, as published.
  const Mat published = rows::matrix({{.53452248, 1.06904497, 1.60356745},
                                      {.91168461, 1.13960576, 1.36752692},
                                      {1.00514142, 1.14873305, 1.29232469}});
  EXPECT_LT((y - published).cwiseAbs().maxCoeff(), 5e-9);
}

TEST(ClipRows, LeavesShorterRowsAndPutsTheRestOnTheOrigin) {
  const Mat m = map(rows::matrix({{3, 4}, {0, 0}, {6, 8}}), 5.0);
  EXPECT_EQ(m, rows::matrix({{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 0.5, 0.5}}));
}

TEST(ClipRows, HasNoLimitOfItsOwn) {
  const RowMapOf<ClipRows> clip({1.0});
  EXPECT_EQ(clip.tolerated(5), 5U);
  EXPECT_EQ(clip.rows_out(5), 5U);
  EXPECT_FALSE(clip.needs_f());
}

}  // namespace
}  // namespace cohort
