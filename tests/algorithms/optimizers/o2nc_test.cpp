#include "algorithms/optimizers/o2nc.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

using namespace stages;

constexpr Index d = 3;
const Vec curvature = (Vec(d) << 1, 2, 5).finished();
double f(const Vec& w) { return 0.5 * w.cwiseAbs2().dot(curvature); }
Vec gradient(const Vec& w) { return curvature.cwiseProduct(w); }

// The steps of many seeds from one state, with a surrogate of zero, which leaves Δ as it is.
struct Means {
  double fall = 0, asked = 0;  // of f(w) − f(before), and of ⟨∇f(w), Δ⟩
  Means(O2nc::Options options, const Vec& from, const Vec& delta) {
    constexpr std::uint64_t n = 200000;
    for (std::uint64_t k = 0; k < n; ++k) {
      O2nc::Memory memory{delta, options.variant == Conversion::block ? from : Vec(), 0};
      Vec w = from;
      O2nc{options}.step(info(1, k), memory, w, Vec::Zero(d), 1);
      fall += (f(w) - f(from)) / double{n};
      asked += gradient(w).dot(delta) / double{n};
    }
  }
};

// For a quadratic both sides are ⟨∇f(x), Δ⟩ + ΔᵀAΔ.
TEST(O2nc, ExponentialStepsFallByWhatTheGradientsSay) {
  O2nc::Options options;
  options.beta = 1;
  const Vec x = (Vec(d) << 1, -1, 0.5).finished();
  const Vec delta = (Vec(d) << -0.3, 0.2, -0.4).finished();
  const Means means(options, x, delta);
  const double expected = gradient(x).dot(delta) + delta.cwiseAbs2().dot(curvature);
  // Deviations of s and s² of about 4, and 5 standard errors of 2e5 draws.
  EXPECT_NEAR(means.fall, expected, 0.05);
  EXPECT_NEAR(means.asked, expected, 0.05);
}

// E_s⟨∇f(x + sΔ), Δ⟩ = f(x + Δ) − f(x), s uniform.
TEST(O2nc, BlockStepsAskTheMeanSlopeOfTheIncrement) {
  O2nc::Options options;
  options.variant = Conversion::block;
  options.diameter = 100;
  const Vec before = (Vec(d) << 1, -1, 0.5).finished();
  const Vec delta = (Vec(d) << -0.3, 0.2, -0.4).finished();
  const Means means(options, before, delta);
  const Vec x = before + delta;  // the increment before was made
  EXPECT_NEAR(means.asked, f(x + delta) - f(x), 0.01);
}

TEST(O2nc, IncrementsStayInTheBallAndStartAnewWithEachBlock) {
  O2nc::Options options;
  options.variant = Conversion::block;
  options.learning_rate = 10.0;
  options.diameter = 0.25;
  options.period = 4;
  O2nc::Memory memory;
  memory.start(static_cast<std::size_t>(d));
  Vec w = Vec::Ones(d);
  for (std::uint64_t k = 1; k <= 12; ++k) {
    O2nc{options}.step(info(1, k), memory, w, gradient(w), 1);
    EXPECT_LE(memory.delta.norm(), 0.25 * (1 + 1e-15));
    EXPECT_EQ(memory.delta.norm() == 0, k % 4 == 0);
  }
}

// |x| in one dimension: a block that straddles the kink sees gradients of both signs.
TEST(O2nc, ABlockAcrossAKinkHasASmallMeanGradient) {
  O2nc::Options options;
  options.variant = Conversion::block;
  options.learning_rate = 0.01;
  options.diameter = 0.02;
  options.period = 1000;
  O2nc::Memory memory;
  memory.start(1);
  Vec w = Vec::Constant(1, 0.1);
  double mean = 0;
  for (std::uint64_t k = 1; k <= 2000; ++k) {
    const Vec g = Vec::Constant(1, w[0] >= 0 ? 1 : -1);
    if (k > 1000) mean += g[0] / 1000;
    O2nc{options}.step(info(1, k), memory, w, g, 1);
  }
  EXPECT_LT(std::abs(mean), 0.05);
}

}  // namespace
}  // namespace cohort
