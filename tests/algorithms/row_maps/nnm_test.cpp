#include "algorithms/row_maps/nnm.hpp"

#include "algorithms/rules/krum.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Mat map(const Mat& x, std::size_t f) {
  return RowMapOf<Nnm>({}).map(rows::measured(x), rows::input(f));
}

TEST(Nnm, MixesOneToNineWithTheNearest) {
  EXPECT_EQ(rows::mapped(map(rows::one_to_nine(), 1), rows::one_to_nine()),
            rows::matrix({{2.5, 3.5, 4.5}, {2.5, 3.5, 4.5}, {5.5, 6.5, 7.5}}));
}

TEST(Nnm, WithoutByzantineRowsGivesTheMean) {
  const Mat m = map(rows::normal(5, 3, 1), 0);
  EXPECT_EQ(m.leftCols(5), Mat::Constant(5, 5, 0.2));
  EXPECT_EQ(m.col(5), Vec::Zero(5));
}

TEST(Nnm, ARowComesBeforeItsDuplicatesAndTiesGoToTheLowerIndex) {
  const Mat equal = map(Mat::Constant(5, 2, 1.0), 2);
  EXPECT_EQ(equal.row(4), rows::vector({1, 1, 0, 0, 1, 0}).transpose() / 3.0);
  EXPECT_EQ(equal.row(1), rows::vector({1, 1, 1, 0, 0, 0}).transpose() / 3.0);
}

TEST(Nnm, PermutesWithTheRows) {
  const Mat x = rows::normal(8, 3, 2), y = rows::permuted(x, 5);
  const Mat of_x = rows::mapped(map(x, 3), x), of_y = rows::mapped(map(y, 3), y);
  // Means of five numbers in another order: 1e-15 relative.
  EXPECT_LT((rows::permuted(of_x, 5) - of_y).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(Nnm, GivesKrumItsPublishedConstant) {
  const auto mixed_krum = [](const Mat& x) {
    const Mat m = map(x, 2);
    const Mat y = rows::mapped(m, x);
    return rows::apply(rows::rule<Krum>(), y, 2);
  };
  const double krum = 6 * (1 + rows::r(8, 2));
  rows::expect_robust(mixed_krum, 8, 2, 8.0 * 2 / 6 * (krum + 1));
}

TEST(Nnm, NeedsFAndToleratesLessThanHalf) {
  const RowMapOf<Nnm> nnm({});
  EXPECT_TRUE(nnm.needs_f());
  EXPECT_EQ(nnm.tolerated(6), 2U);
  EXPECT_EQ(nnm.rows_out(6), 6U);
}

}  // namespace
}  // namespace cohort
