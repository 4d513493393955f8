#include "algorithms/optimizers/sps.hpp"

#include "tests/algorithms/stages.hpp"

namespace cohort {
namespace {

double stepped(const Sps::Options& options, State& state, Vec& w, const Vec& g, double value) {
  const OptimizerOf<Sps> sps(options);
  if (state.empty()) sps.start(state, static_cast<std::size_t>(w.size()));
  StepInfo info = stages::info();
  info.value = value;
  return sps.step(info, state, w, g, 1.0);
}

TEST(Sps, SolvesAnIsotropicQuadraticInOneStep) {
  // f = (h/2)‖w‖², c = 1/2: η = f / (½ h² ‖w‖²) = 1/h.
  constexpr double h = 8;
  Vec w = stages::surrogate(0);
  State state;
  const double value = h / 2 * w.squaredNorm();
  EXPECT_NEAR(stepped({}, state, w, h * w, value), 1 / h, 1e-15);
  EXPECT_LE(w.norm(), 1e-14);
}

TEST(Sps, TheDistanceNeverGrowsOnAConvexFunction) {
  // f = max_i |w_i| has f* = 0 and the minimiser 0; g is a subgradient.
  Vec w = stages::surrogate(1);
  State state;
  double distance = w.norm();
  for (int k = 0; k < 50; ++k) {
    Index i = 0;
    const double value = w.cwiseAbs().maxCoeff(&i);
    Vec g = Vec::Zero(w.size());
    g[i] = w[i] > 0 ? 1 : -1;
    stepped({.learning_rate = 1e9, .share = 1}, state, w, g, value);
    EXPECT_LE(w.norm(), distance * (1 + 1e-15));
    distance = w.norm();
  }
}

TEST(Sps, IsBoundedByTheRateAndByItsGrowth) {
  Vec w = Vec::Ones(1);
  State state;
  const Sps::Options options{.learning_rate = 2.0, .share = 0.5, .growth = 0.5};
  EXPECT_EQ(stepped(options, state, w, Vec::Constant(1, 1e-3), 1.0), 2.0);
  EXPECT_DOUBLE_EQ(stepped(options, state, w, Vec::Ones(1), 0.1), 0.2);
  EXPECT_DOUBLE_EQ(stepped(options, state, w, Vec::Ones(1), 10.0), 0.3);
}

TEST(Sps, StaysWhereTheBatchIsSolved) {
  Vec w = Vec::Ones(2);
  State state;
  EXPECT_EQ(stepped({}, state, w, Vec::Zero(2), 0.0), 0);
  EXPECT_EQ(w, Vec::Ones(2));
}

// f_i = ½ (a_iᵀ w − y_i)² with more unknowns than rows have a common solution; unclipped steps with
// c = ½ lie between 1/(2cL_i) and 1/(2cμ_i), here both 1/‖a_i‖².
TEST(Sps, FindsWhatSolvesAllRowsExactly) {
  const auto rows = stages::surrogates(5);
  const Vec solution = stages::surrogate(9);
  Vec w = Vec::Zero(solution.size());
  State state;
  double residual = 0;
  for (std::size_t k = 0; k < 2000; ++k) {
    const Vec& a = rows[k % rows.size()];
    residual = a.dot(w - solution);
    const double rate =
        stepped({.learning_rate = 1e9}, state, w, residual * a, residual * residual / 2);
    if (std::abs(residual) > 1e-6) {
      EXPECT_NEAR(rate * a.squaredNorm(), 1, 1e-9);
    }
  }
  for (const Vec& a : rows) EXPECT_NEAR(a.dot(w - solution), 0, 1e-12);
}

}  // namespace
}  // namespace cohort
