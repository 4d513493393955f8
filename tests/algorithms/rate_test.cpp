#include "algorithms/rate.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::placed;
using drive::table;
using testing::ElementsAre;
using testing::HasSubstr;

// A handful of roundings; cos is within 2 ulp.
constexpr double rounding = 1e-15;

Rate read(const ConfigNode& node, std::vector<std::string>* messages = nullptr) {
  Mistakes mistakes;
  Rate rate(-1);
  const bool ok =
      OptionType<Rate>::read(node, "method.server.optimizer.learning_rate", {}, rate, mistakes);
  EXPECT_EQ(ok, mistakes.empty());
  if (messages != nullptr) {
    *messages = mistakes.messages();
  } else {
    EXPECT_THAT(mistakes.messages(), testing::IsEmpty());
  }
  return rate;
}
std::vector<std::string> mistakes_of(const ConfigNode& node) {
  std::vector<std::string> messages;
  read(placed(node), &messages);
  return messages;
}

TEST(Rate, NumberIsConstant) {
  const Rate rate = read(config_value(0.25));
  for (const std::uint64_t r : {0U, 1U, 2U, 1000U}) EXPECT_EQ(rate.at(Round(r)), 0.25);
  EXPECT_EQ(read(config_value(std::int64_t{2})).at(Round(1)), 2.0);
}

TEST(Rate, StepFallsEveryFewRounds) {
  const Rate rate = read(table({{"type", "step"}, {"start", 1.0}, {"every", 10}, {"factor", 0.5}}));
  EXPECT_EQ(rate.at(Round(1)), 1.0);
  EXPECT_EQ(rate.at(Round(10)), 1.0);
  EXPECT_EQ(rate.at(Round(11)), 0.5);
  EXPECT_EQ(rate.at(Round(31)), 0.125);
  EXPECT_NEAR(
      read(table({{"type", "step"}, {"start", 2.0}, {"every", 1}, {"factor", 0.9}})).at(Round(8)),
      2 * 0.4782969, rounding);
}

TEST(Rate, PowerFallsByItsExponent) {
  const Rate rate = read(table({{"type", "power"}, {"start", 2.0}, {"exponent", 0.75}}));
  EXPECT_EQ(rate.at(Round(1)), 2.0);
  EXPECT_NEAR(rate.at(Round(16)), 0.25, rounding);  // 16^−¾ = 1/8
  EXPECT_NEAR(read(table({{"type", "power"}, {"start", 1.0}, {"exponent", 1.0}, {"decay", 3.0}}))
                  .at(Round(4)),
              0.1, rounding);
}

TEST(Rate, CosineGoesFromStartToEndAndStays) {
  const Rate rate = read(table({{"type", "cosine"}, {"start", 1.0}, {"rounds", 12}, {"end", 0.2}}));
  EXPECT_EQ(rate.at(Round(1)), 1.0);
  EXPECT_NEAR(rate.at(Round(5)), 0.2 + 0.8 * 0.75, rounding);  // t = 4: cos 60° = ½
  EXPECT_NEAR(rate.at(Round(7)), 0.6, rounding);               // half-way
  EXPECT_EQ(rate.at(Round(13)), 0.2);
  EXPECT_EQ(rate.at(Round(1000)), 0.2);
}

TEST(Rate, InverseSchedulesAreThoseOfTheBoxes) {
  const Rate inverse = read(table({{"type", "inverse"}, {"start", 3.0}, {"decay", 0.5}}));
  EXPECT_EQ(inverse.at(Round(1)), 3.0);
  EXPECT_EQ(inverse.at(Round(5)), 1.0);  // t = 4
  const Rate root = read(table({{"type", "inverse_sqrt"}, {"start", 3.0}}));
  EXPECT_EQ(root.at(Round(9)), 1.0);  // t = 8
}

TEST(Rate, WarmupRisesLinearlyToTheSchedule) {
  const Rate rate = read(table({{"type", "constant"}, {"start", 1.0}, {"warmup", 4}}));
  EXPECT_EQ(rate.at(Round(1)), 0.25);
  EXPECT_EQ(rate.at(Round(3)), 0.75);
  EXPECT_EQ(rate.at(Round(4)), 1.0);
  EXPECT_EQ(rate.at(Round(5)), 1.0);
}

TEST(Rate, WhatIsWrittenReadsBackTheSame) {
  for (const ConfigNode& node :
       {config_value(0.5), table({{"type", "constant"}, {"start", 0.5}, {"warmup", 3}}),
        table({{"type", "step"}, {"start", 1}, {"every", 3}, {"factor", 0.1}}),
        table({{"type", "cosine"}, {"start", 1}, {"rounds", 3}, {"warmup", 2}}),
        table({{"type", "inverse"}, {"start", 1}}),
        table({{"type", "inverse_sqrt"}, {"start", 1}, {"decay", 0.25}})}) {
    const Rate rate = read(node);
    EXPECT_EQ(read(OptionType<Rate>::write(rate)), rate) << node.to_toml();
  }
}

TEST(Rate, EveryMistakeIsNamedWithPathAndSpot) {
  EXPECT_THAT(mistakes_of(config_value(-0.1)),
              ElementsAre("test.toml:7:3: method.server.optimizer.learning_rate: expected a number "
                          ">= 0, found a number -0.1"));
  EXPECT_THAT(mistakes_of(config_value(std::numeric_limits<double>::infinity())),
              ElementsAre(HasSubstr("expected a number")));
  EXPECT_THAT(mistakes_of(config_value(std::string("fast"))),
              ElementsAre(HasSubstr("expected a number or schedule (constant, step, cosine, "
                                    "inverse, inverse_sqrt, power), found a text \"fast\"")));
  EXPECT_THAT(mistakes_of(table({{"start", 1.0}})),
              ElementsAre(HasSubstr("expected the type of a schedule")));
  EXPECT_THAT(mistakes_of(table({{"type", "cosin"}})),
              ElementsAre(HasSubstr("unknown schedule 'cosin'")));
  EXPECT_THAT(
      mistakes_of(table({{"type", "cosine"}, {"start", -1.0}, {"every", 3}})),
      testing::UnorderedElementsAre(HasSubstr("unknown option 'every'"),
                                    HasSubstr("learning_rate.start: expected a number >= 0"),
                                    HasSubstr("a cosine schedule needs rounds")));
}

}  // namespace
}  // namespace cohort
