#include "algorithms/transforms/student_noise.hpp"

#include <numeric>

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

constexpr Index n = 200000;

Vec draws(double degrees) {
  const TransformOf<StudentNoise> noise({.scale = 1.0, .degrees = degrees});
  State state;
  return stages::transformed(noise, state, Vec::Zero(n), Vec::Zero(n));
}
double share_below(const Vec& x, double bound) {
  return static_cast<double>((x.array() < bound).count()) / static_cast<double>(x.size());
}

TEST(StudentNoise, HasTheQuantilesOfItsLaw) {
  // P(t < q) = 0.9 and 0.975: q = 1.6377, 3.1824 at ν = 3 and 3.0777, 12.7062 at ν = 1, tables.
  // A share of n draws has a standard deviation of √(p(1 − p)/n) < 7e-4.
  for (const auto& [degrees, q90, q975] :
       {std::tuple(3.0, 1.6377, 3.1824), std::tuple(1.0, 3.0777, 12.7062)}) {
    const Vec x = draws(degrees);
    EXPECT_NEAR(share_below(x, 0), 0.5, 5e-3);
    EXPECT_NEAR(share_below(x, q90), 0.9, 3e-3);
    EXPECT_NEAR(share_below(x, q975), 0.975, 2e-3);
  }
}

TEST(StudentNoise, WithManyDegreesItsVarianceIsThatOfTheLaw) {
  const Vec x = draws(20);
  EXPECT_NEAR(x.squaredNorm() / static_cast<double>(n), 20.0 / 18, 2e-2);  // 4 deviations
}

}  // namespace
}  // namespace cohort
