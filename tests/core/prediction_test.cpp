#include "core/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace cohort {
namespace {

using testing::DoubleNear;
using testing::Pointwise;

/// A handful of operations on numbers of about 1.
constexpr double rounding = 1e-14;

TEST(Prediction, AMarginOfZeroAndTheFirstOfTheLargestWin) {
  const auto of = [](std::vector<double> row) { return predicted_class(row); };
  EXPECT_EQ(of({-0.5}), 0U);
  EXPECT_EQ(of({0.0}), 1U);
  EXPECT_EQ(of({1.0, 3.0, 3.0}), 1U);
  EXPECT_EQ(of({-1.0, -2.0}), 0U);
}

TEST(Prediction, KnowsItsClasses) {
  EXPECT_EQ((Prediction{Outcome::binary, 1, true}.classes()), 2U);
  EXPECT_EQ((Prediction{Outcome::classes, 7, true}.classes()), 7U);
  EXPECT_FALSE((Prediction{Outcome::value, 1, false}.has_classes()));
  EXPECT_FALSE(Prediction{}.has_classes());
}

TEST(Prediction, MarginsBecomeTheProbabilityOfTheLargerLabel) {
  std::vector<double> z{0, std::log(3.0), -800};  // σ(log 3) = 3/4
  to_probabilities({Outcome::binary, 1, true}, z);
  EXPECT_THAT(z, Pointwise(DoubleNear(rounding), {0.5, 0.75, 0.0}));
}

TEST(Prediction, RowsBecomeTheirSoftmaxHoweverManyAndHoweverLarge) {
  // e^{log 2}, e^0, e^0 over 4; then the same shifted by 1000, which exp alone would not survive.
  std::vector<double> z, expected;
  for (int j = 0; j < 600; ++j) {  // more than a chunk
    const double shift = j % 2 == 0 ? 0 : 1000;
    z.insert(z.end(), {shift + std::log(2.0), shift, shift});
    expected.insert(expected.end(), {0.5, 0.25, 0.25});
  }
  to_probabilities({Outcome::classes, 3, true}, z);
  // log 2 + 1000 loses the digits of log 2 below 1e-13.
  EXPECT_THAT(z, Pointwise(DoubleNear(1e-12), expected));
}

}  // namespace
}  // namespace cohort
