#include "core/linear_solver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/LU>

namespace cohort {
namespace {

const Mat h = Mat{{4.0, 1.0, 0.0}, {1.0, 3.0, 1.0}, {0.0, 1.0, 2.0}};
const Vec b = Vec{{1.0, -2.0, 0.5}};

template <class Solver>
Vec solved(Solver solver) {
  solver.start(b);
  while (!solver.is_done()) EXPECT_TRUE(static_cast<bool>(solver.take(h * solver.direction())));
  return solver.solution();
}

TEST(LinearSolver, ConjugateGradientIsExactAfterAsManyProductsAsCoordinates) {
  const Vec exact = h.partialPivLu().solve(b);
  EXPECT_TRUE(solved(ConjugateGradient{.steps = 3}).isApprox(exact, 1e-14));
  EXPECT_FALSE(solved(ConjugateGradient{.steps = 2}).isApprox(exact, 1e-3));
}

TEST(LinearSolver, NeumannErrorIsTheNextPower) {
  const Mat shrink = Mat::Identity(3, 3) - 0.2 * h;
  Mat power = shrink;
  for (int j = 0; j < 5; ++j) power = Mat(power * shrink);  // (I − αH)^{J+1}, J = 5
  const Vec exact = h.partialPivLu().solve(b);
  EXPECT_TRUE(
      solved(NeumannSeries{.step = 0.2, .terms = 5}).isApprox(exact - power * exact, 1e-13));
}

TEST(LinearSolver, RandomisedNeumannHasTheMeanOfTheSeries) {
  Vec mean = Vec::Zero(3);
  for (std::uint64_t p = 0; p < 6; ++p) {
    mean += solved(NeumannSeries{.step = 0.2, .terms = p, .scale = 6}) / 6;
  }
  EXPECT_TRUE(mean.isApprox(solved(NeumannSeries{.step = 0.2, .terms = 5}), 1e-13));
}

TEST(LinearSolver, IndefiniteMatricesAreTold) {
  ConjugateGradient solver{.steps = 3};
  solver.start(b);
  const auto told = solver.take(-h * solver.direction());
  ASSERT_FALSE(static_cast<bool>(told));
  EXPECT_THAT(told.error().message, testing::HasSubstr("indefinite"));
}

}  // namespace
}  // namespace cohort
