#include "algorithms/row_maps/bucketing.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Mat map(const Mat& x, std::size_t size, std::uint64_t seed = 1) {
  RuleInput input = rows::input(0);
  input.stream = Stream(seed, Purpose::aggregation);
  return RowMapOf<Bucketing>({size}).map(rows::measured(x), input);
}

// Seven rows in threes: buckets of 3, 3 and 1; the origin, last, is in none.
TEST(Bucketing, PutsEachRowIntoOneBucketTheLastShort) {
  const Mat m = map(rows::normal(7, 2, 1), 3);
  ASSERT_EQ(m.rows(), 3);
  ASSERT_EQ(m.cols(), 8);
  const double third = 1.0 / 3;
  EXPECT_EQ((m.row(0).array() == third).count(), 3);
  EXPECT_EQ((m.row(1).array() == third).count(), 3);
  EXPECT_EQ((m.row(2).array() == 1.0).count(), 1);
  for (Index i = 0; i < 7; ++i) EXPECT_EQ((m.col(i).array() != 0.0).count(), 1) << i;
  EXPECT_EQ(m.col(7), Vec::Zero(3));
}

TEST(Bucketing, GivesTheMeansOfConsecutiveRowsOfThePermutation) {
  const Mat x = rows::normal(5, 3, 2);
  const auto order = permutation(Stream(1, Purpose::aggregation).sub(0), 5);
  Mat expected(3, 3);
  expected << (x.row(order[0]) + x.row(order[1])) / 2, (x.row(order[2]) + x.row(order[3])) / 2,
      x.row(order[4]);
  EXPECT_LT((rows::mapped(map(x, 2), x) - expected).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(Bucketing, KeepsTheMeanWhereBucketsAreFull) {
  const Mat x = rows::normal(12, 3, 3);
  for (const std::size_t size : {2U, 3U, 4U, 12U}) {
    const Mat y = rows::mapped(map(x, size), x);
    EXPECT_EQ(y.rows(), 12 / static_cast<Index>(size));
    // Means of twelve numbers in another order.
    EXPECT_LT((y.colwise().mean() - x.colwise().mean()).norm(), 1e-14) << size;
  }
}

TEST(Bucketing, DrawsAnotherOrderFromAnotherStream) {
  const Mat x = rows::normal(8, 2, 4);
  EXPECT_EQ(map(x, 2, 1), map(x, 2, 1));
  EXPECT_NE(map(x, 2, 1), map(x, 2, 2));
}

TEST(Bucketing, TellsHowManyRowsAreLeft) {
  const RowMapOf<Bucketing> pairs({2});
  EXPECT_EQ(pairs.rows_out(8), 4U);
  EXPECT_EQ(pairs.rows_out(9), 5U);
  EXPECT_EQ(pairs.tolerated(9), 9U);
  EXPECT_FALSE(pairs.needs_f());
}

}  // namespace
}  // namespace cohort
