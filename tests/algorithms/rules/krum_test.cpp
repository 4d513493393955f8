#include "algorithms/rules/krum.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Index chosen(const Krum::Options& options, const Mat& x, std::size_t f) {
  const Vec w = *rows::rule<Krum>(options).weights(rows::measured(x), rows::input(f));
  Index best = 0;
  EXPECT_EQ(w.maxCoeff(&best), 1.0);
  EXPECT_EQ((w.array() != 0.0).count(), 1);
  return best;
}
Index chosen(const Mat& x, std::size_t f) { return chosen(Krum::Options{}, x, f); }

TEST(Krum, OfOneToNineIsTheFirstRowByTheTie) {
  EXPECT_EQ(rows::apply(rows::rule<Krum>(), rows::one_to_nine(), 0), rows::vector({1, 2, 3}));
  EXPECT_EQ(rows::apply(rows::rule<Krum>({KrumNeighbours::n_f_1}), rows::one_to_nine(), 1),
            rows::vector({1, 2, 3}));
}

TEST(Krum, SumsSquaredDistancesToTheNearest) {
  // n = 6, f = 1: three neighbours. Scores by hand: 0: 1 + 4 + 9 (of 1, 2, −3), 1: 1 + 1 + 16,
  // 2: 1 + 4 + 25, −3: 9 + 16 + 25, 30 and 31 far.
  const Mat x = rows::matrix({{1}, {2}, {0}, {-3}, {30}, {31}});
  EXPECT_EQ(chosen(x, 1), 2);
  // Not squared, 0 has 1 + 2 + 3 and 1 has 1 + 1 + 4: a tie that 1 would win.
}

TEST(Krum, TheOtherPublishedNumberOfNeighboursIsAnOption) {
  // With n = 5 and f = 1, 2 neighbours and 3: a tight trio with a far pair, or the one between.
  const Mat x = rows::matrix({{0}, {0.9}, {3}, {5}, {5.2}});
  EXPECT_EQ(chosen({KrumNeighbours::n_f_2}, x, 1), 3);  // 5: 0.04 + 4
  EXPECT_EQ(chosen({KrumNeighbours::n_f_1}, x, 1), 2);  // 3: 4 + 4.41 + 4.84
}

TEST(Krum, TiesGoToTheLowerIndex) {
  EXPECT_EQ(chosen(Mat::Constant(5, 2, 3.0), 1), 0);
  EXPECT_EQ(chosen(rows::matrix({{1, 0}, {0, 1}}), 0), 0);
  EXPECT_EQ(chosen(rows::matrix({{7, 7}}), 0), 0);
}

TEST(Krum, ChoosesTheSameRowInAnyOrder) {
  const Mat x = rows::normal(11, 6, 2);
  EXPECT_EQ(rows::apply(rows::rule<Krum>(), x, 3),
            rows::apply(rows::rule<Krum>(), rows::permuted(x, 4), 3));
}

TEST(Krum, ToleratesUpToHalfOfAllButThree) {
  const auto krum = rows::rule<Krum>();
  EXPECT_TRUE(krum.needs_f());
  EXPECT_EQ(krum.tolerated(2), 0U);
  EXPECT_EQ(krum.tolerated(7), 2U);
  EXPECT_EQ(krum.tolerated(8), 2U);
  EXPECT_EQ(krum.tolerated(9), 3U);
}

TEST(Krum, NeverChoosesARowThatIsFarAway) {
  for (const double far : {1e3, 1e12, 1e150}) {
    Mat x = rows::normal(9, 4, 6);
    x.row(0).setConstant(far);
    x.row(4).setConstant(far);
    x.row(5).setConstant(-far);
    const Index i = chosen(x, 3);
    EXPECT_TRUE(i != 0 && i != 4 && i != 5) << far;
  }
}

TEST(Krum, IsRobustWithItsPublishedConstant) {
  rows::expect_robust([](const Mat& x) { return rows::apply(rows::rule<Krum>(), x, 2); }, 7, 2,
                      6 * (1 + rows::r(7, 2)));
}

}  // namespace
}  // namespace cohort
