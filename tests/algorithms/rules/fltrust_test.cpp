#include "algorithms/rules/fltrust.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double rounding = 1e-14;  // a few sums of numbers about 10

Vec trusting(std::uint64_t client, const Mat& x) {
  return rows::apply(rows::rule<FlTrust>({client}), x, 0);
}

// The trusted row is (3, 0). (3, 4) has the cosine 0.6 and becomes (1.8, 2.4); (10, 0) has 1 and
// becomes (3, 0); those across and against it have no say.
//   (0.6 (1.8, 2.4) + (3, 0)) / 1.6 = (4.08, 1.44) / 1.6
TEST(FlTrust, WeighsDirectionsByTheirCosineAtTheTrustedLength) {
  const Mat x = rows::matrix({{3, 4}, {3, 0}, {0, 5}, {-1, 0}, {10, 0}});
  EXPECT_LT((trusting(1, x) - rows::vector({2.55, 0.9})).norm(), rounding);
}

TEST(FlTrust, DoesNotCareHowLongTheOthersAre) {
  const Mat x = rows::normal(6, 4, 1);
  Mat longer = x;
  longer.bottomRows(5) *= 1048576.0;
  EXPECT_LT((trusting(0, longer) - trusting(0, x)).norm(), rounding);
  EXPECT_LE(trusting(0, x).norm(), x.row(0).norm() * (1 + rounding));
}

TEST(FlTrust, DoesNotDependOnTheOrderOfTheOthers) {
  Mat x = rows::normal(8, 4, 2), turned = x;
  turned.bottomRows(7) = x.bottomRows(7).colwise().reverse();
  EXPECT_LT((trusting(0, x) - trusting(0, turned)).norm(), rounding);
}

TEST(FlTrust, IsZeroIfNobodyGoesTheTrustedWay) {
  EXPECT_EQ(trusting(0, rows::matrix({{1, 0}, {-2, 1}, {0, 3}, {0, 0}})), Vec::Zero(2));
  EXPECT_EQ(trusting(0, rows::matrix({{0, 0}, {2, 1}})), Vec::Zero(2));
  EXPECT_EQ(trusting(0, rows::matrix({{1, 2}})), Vec::Zero(2));
}

TEST(FlTrust, RefusesARoundWithoutTheTrustedClient) {
  const auto rule = rows::rule<FlTrust>({6});
  EXPECT_EQ(rule.trusted(), ClientId(6));
  const std::vector<ClientId> others{ClientId(2), ClientId(5), ClientId(9)};
  RuleInput input = rows::input(0);
  input.clients = others;
  const auto refused = rule.weights(rows::measured(rows::one_to_nine()), input);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "rule fltrust trusts client 6, who is not among the 3 updates");
}

TEST(FlTrust, ToleratesAllOthers) {
  EXPECT_FALSE(rows::rule<FlTrust>().needs_f());
  EXPECT_EQ(rows::rule<FlTrust>().tolerated(7), 6U);
}

}  // namespace
}  // namespace cohort
