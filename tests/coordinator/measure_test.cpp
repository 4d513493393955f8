#include "coordinator/measure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A few operations on numbers of about 1.
constexpr double rounding = 1e-14;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

TEST(Spread, IsItsFormula) {
  EXPECT_EQ(spread_of(Spread::mean, Metric::accuracy, {0.5, 0.75, 1.0}), 0.75);
  EXPECT_EQ(spread_of(Spread::std, Metric::accuracy, {1, 3}), 1);  // divided by n, not by n − 1
  EXPECT_NEAR(spread_of(Spread::jain, Metric::loss, {1, 2, 3}), 36.0 / (3 * 14), rounding);
  EXPECT_NEAR(spread_of(Spread::jain, Metric::loss, {0, 5, 0, 0}), 0.25, rounding);
  EXPECT_EQ(spread_of(Spread::jain, Metric::accuracy, {0, 0}), 1);
}

TEST(Spread, WorstTenthIsRoundedUpAndKnowsTheDirection) {
  std::vector<double> v;
  for (int i = 1; i <= 21; ++i) v.push_back(i * 8 % 21);          // 0 … 20 in some order
  EXPECT_EQ(spread_of(Spread::worst10, Metric::accuracy, v), 1);  // of 0, 1, 2
  EXPECT_EQ(spread_of(Spread::worst10, Metric::loss, v), 19);     // of 18, 19, 20
  EXPECT_EQ(spread_of(Spread::worst10, Metric::loss, {3, 4}), 4);
}

EvaluationPlan plan_of(std::vector<Metric> metrics, bool per_client) {
  EvaluationPlan plan;
  plan.prediction = {Outcome::binary, 1, true};
  plan.metrics = std::move(metrics);
  plan.per_client = per_client;
  return plan;
}

RowStatistics rows(std::uint64_t n, std::uint64_t correct, double loss) {
  RowStatistics s;
  s.rows = n;
  s.correct = correct;
  s.loss = loss;
  return s;
}

// Clients 0 (1 row, right) and 1 (no rows) on rank 0, client 2 (3 rows, none right) on rank 1.
std::vector<EvaluatedMessage> two_ranks() {
  std::vector<EvaluatedMessage> messages(2);
  messages[0].statistics["train"] = {{0, rows(1, 1, 0.5)}};
  messages[0].clients["train"] = {{0}, {1.0, 0.5}};
  messages[0].regulariser = messages[1].regulariser = 0.25;
  messages[1].statistics["train"] = {{2, rows(3, 0, 4.5)}};
  messages[1].clients["train"] = {{2}, {0.0, 1.5}};
  return messages;
}

TEST(Measure, TheGapIsTheTrainingObjectiveLessItsMinimum) {
  auto plan = plan_of({Metric::optimality_gap}, false);
  plan.minimum = 0.125;
  auto messages = two_ranks();
  for (auto& m : messages) m.clients.clear();
  const auto measured = measure(plan, messages, 4);
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->values.at("").at("optimality_gap"), 1.25 + 0.25 - 0.125);
}

TEST(Measure, PoolsRowsAndAveragesClients) {
  const auto plan = plan_of({Metric::accuracy, Metric::loss}, true);
  const auto measured = measure(plan, two_ranks(), 4);
  ASSERT_TRUE(measured);
  const auto& train = measured->values.at("train");
  EXPECT_EQ(train.at("accuracy"), 0.25);
  EXPECT_EQ(train.at("loss"), 1.25);
  EXPECT_EQ(train.at("accuracy_mean"), 0.5);
  EXPECT_EQ(train.at("loss_mean"), 1.0);
  EXPECT_EQ(train.at("accuracy_std"), 0.5);
  EXPECT_EQ(train.at("accuracy_worst10"), 0.0);
  EXPECT_EQ(train.at("loss_worst10"), 1.5);
  EXPECT_EQ(train.at("accuracy_jain"), 0.5);
  EXPECT_EQ(train.count("objective"), 0U);
  EXPECT_THAT(measured->columns, ElementsAre("train_accuracy", "train_loss"));
  ASSERT_EQ(measured->client_values.size(), 8U);
  EXPECT_EQ(measured->client_values[0], 1.0);
  EXPECT_TRUE(std::isnan(measured->client_values[2]));
  EXPECT_EQ(measured->client_values[5], 1.5);
  EXPECT_TRUE(std::isnan(measured->client_values[7]));
}

TEST(Measure, LeavesClientsOutUnlessAsked) {
  const auto measured = measure(plan_of({Metric::objective}, false), two_ranks(), 4);
  ASSERT_FALSE(measured);  // two values a client do not fit one metric
  auto messages = two_ranks();
  for (auto& m : messages) m.clients.clear();
  const auto pooled = measure(plan_of({Metric::objective}, false), std::move(messages), 4);
  ASSERT_TRUE(pooled);
  EXPECT_EQ(pooled->values.at("train").at("objective"), 1.5);
  EXPECT_EQ(pooled->values.at("train").size(), 2U);  // and the loss, to see a divergence
  EXPECT_TRUE(pooled->columns.empty());
}

TEST(Measure, UndefinedValuesAreNotedAndDoNotCount) {
  const auto plan = plan_of({Metric::auroc}, true);
  std::vector<EvaluatedMessage> messages(1);
  RowStatistics s = rows(2, 0, 1);
  s.ranks = {{{1, 2}, {1, 1}, {0, 0}}};  // both of one class
  messages[0].statistics["test"] = {{0, s}};
  messages[0].clients["client_test"] = {{0, 1, 2}, {none, 0.75, 0.25}};
  const auto measured = measure(plan, messages, 3);
  ASSERT_TRUE(measured);
  EXPECT_TRUE(std::isnan(measured->values.at("test").at("auroc")));
  EXPECT_EQ(measured->notes.at("test_auroc"), "test auroc is undefined: its rows are of one class");
  EXPECT_EQ(measured->values.at("client_test").at("auroc_mean"), 0.5);
  StopRules rules;
  rules.rounds = 9;
  EXPECT_EQ(decide_stop(rules, {}, &measured->values).verdict, Verdict::go_on);
}

TEST(Measure, NamesTheRankWhoseMessageDoesNotFit) {
  const auto plan = plan_of({Metric::accuracy, Metric::loss}, true);
  const auto text = [&](auto&& spoil) {
    auto messages = two_ranks();
    spoil(messages[1]);
    const auto measured = measure(plan, std::move(messages), 4);
    EXPECT_FALSE(measured);
    return measured ? std::string() : measured.error().message;
  };
  EXPECT_THAT(text([](auto& m) {
                m.statistics["train"][0].value.by_class = {1, 2, 3};
              }),
              HasSubstr("rank 1: its evaluation has statistics of train"));
  EXPECT_THAT(text([](auto& m) { m.clients["train"].values.pop_back(); }),
              HasSubstr("rank 1: its evaluation has values of clients in train"));
  EXPECT_THAT(text([](auto& m) { m.clients["train"].clients = {4}; }), HasSubstr("rank 1"));
  EXPECT_THAT(text([](auto& m) { m.clients.clear(); }), HasSubstr("sets of clients"));
}

TEST(Measure, DescribesEveryClientOnce) {
  const auto plan = plan_of({Metric::loss}, true);
  std::vector<EvaluatedMessage> messages(2);
  messages[0].holdings = {0, {3, 0}, {1, 2, 0, 0}};
  messages[1].holdings = {2, {1}, {0, 1}};
  const auto table = describe_clients(plan, messages, 3);
  ASSERT_TRUE(table);
  EXPECT_THAT(table->rows, ElementsAre(3, 0, 1));
  EXPECT_THAT(table->labels, ElementsAre(1, 2, 0, 0, 0, 1));
  EXPECT_FALSE(describe_clients(plan, messages, 4));
  messages[1].holdings->first = 1;
  EXPECT_THAT(describe_clients(plan, messages, 3).error().message, HasSubstr("rank 1"));
}

}  // namespace
}  // namespace cohort
