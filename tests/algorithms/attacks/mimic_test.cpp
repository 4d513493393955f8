#include "algorithms/attacks/mimic.hpp"

#include "tests/algorithms/attacks/crafted.hpp"

namespace cohort {
namespace {

// They spread along the first axis, where μ = 0. Row 2 is the longest, row 3 the farthest out.
const Mat honest = rows::matrix({{-2, 10}, {-1, 10}, {0, 10.5}, {3, 10}});

TEST(Mimic, CopiesTheFirstOrTheFarthestAlongTheSpread) {
  EXPECT_EQ(rows::crafted<Mimic>({Mimic::Whom::first}, honest, 1), rows::vector({-2, 10}));
  EXPECT_EQ(rows::crafted<Mimic>({Mimic::Whom::spread}, honest, 1), rows::vector({3, 10}));
}

TEST(Mimic, FindsTheFarthestOnEitherSide) {
  Mat mirrored = honest;
  mirrored.col(0) *= -1.0;
  EXPECT_EQ(rows::crafted<Mimic>({Mimic::Whom::spread}, mirrored, 1), rows::vector({-3, 10}));
}

TEST(Mimic, CopiesTheRowThatAllSend) {
  const Mat equal = rows::matrix({{1, 2}, {1, 2}, {1, 2}});
  EXPECT_EQ(rows::crafted<Mimic>({Mimic::Whom::spread}, equal, 1), rows::vector({1, 2}));
}

}  // namespace
}  // namespace cohort
