#include "algorithms/rules/mean.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

TEST(Mean, GivesEveryRowTheSameWeight) {
  const auto mean = rows::rule<Mean>();
  EXPECT_EQ(mean.kind(), RuleKind::linear);
  const Vec w = *mean.weights(rows::measured(rows::one_to_nine()), rows::input(0));
  EXPECT_EQ(w, rows::vector({1.0 / 3, 1.0 / 3, 1.0 / 3, 0}));
}

TEST(Mean, ToleratesNothing) {
  const auto mean = rows::rule<Mean>();
  EXPECT_EQ(mean.tolerated(100), 0U);
  EXPECT_FALSE(mean.needs_f());
}

}  // namespace
}  // namespace cohort
