#include "algorithms/rules/monna.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Vec weights(std::uint64_t trusted, const Mat& x, std::size_t f) {
  const auto ids = rows::clients(x.rows());
  RuleInput input = rows::input(f);
  input.clients = ids;
  return *rows::rule<Monna>({trusted}).weights(rows::measured(x), input);
}

TEST(Monna, IsTheMeanOfTheNearestToTheTrustedRow) {
  const Mat x = rows::matrix({{0}, {1}, {3}, {7}});
  const double third = 1.0 / 3;
  EXPECT_EQ(weights(2, x, 1), rows::vector({third, third, third, 0, 0}));  // 9, 4, itself, 16
  EXPECT_EQ(weights(3, x, 1), rows::vector({0, third, third, third, 0}));  // 49, 36, 16, itself
  EXPECT_EQ(weights(3, x, 0), rows::vector({.25, .25, .25, .25, 0}));
}

// MoNNA(f = 1, idx = 1) of ByzFL's documentation.
TEST(Monna, GivesTheExampleOfThePublicLibrary) {
  EXPECT_EQ(rows::apply(rows::rule<Monna>({1}), rows::one_to_nine(), 1),
            rows::vector({2.5, 3.5, 4.5}));
}

TEST(Monna, DoesNotDependOnTheOrderOfTheOthers) {
  Mat x = rows::normal(8, 4, 1), turned = x;
  turned.bottomRows(7) = x.bottomRows(7).colwise().reverse();
  const auto rule = rows::rule<Monna>({0});
  EXPECT_LT((rows::apply(rule, x, 3) - rows::apply(rule, turned, 3)).norm(), 1e-14);
}

TEST(Monna, OfEqualRowsTakesTheTrustedOneFirst) {
  EXPECT_EQ(weights(2, Mat::Constant(3, 2, 5.0), 1), rows::vector({.5, 0, .5, 0}));
}

TEST(Monna, FindsTheTrustedRowByItsClient) {
  const auto rule = rows::rule<Monna>({8});
  EXPECT_EQ(rule.trusted(), ClientId(8));
  const std::vector<ClientId> ids{ClientId(3), ClientId(5), ClientId(8)};
  RuleInput input = rows::input(1);
  input.clients = ids;
  EXPECT_EQ(*rule.weights(rows::measured(rows::one_to_nine()), input),
            rows::vector({0, .5, .5, 0}));
  const auto refused = rows::rule<Monna>({4}).weights(rows::measured(rows::one_to_nine()), input);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "rule monna trusts client 4, who is not among the 3 updates");
}

TEST(Monna, ToleratesLessThanHalf) {
  EXPECT_TRUE(rows::rule<Monna>().needs_f());
  EXPECT_EQ(rows::rule<Monna>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Monna>().tolerated(8), 3U);
}

}  // namespace
}  // namespace cohort
