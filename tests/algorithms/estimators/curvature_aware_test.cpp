#include "algorithms/estimators/curvature_aware.hpp"

#include "tests/algorithms/estimators/value_oracle.hpp"

namespace cohort {
namespace {

using namespace stages;

constexpr Index d = 4;
const Vec curvature = (Vec(d) << 0.5, 1, 2, 4).finished();
const Vec slope = (Vec(d) << 1, -2, 0.5, 1).finished();

// f = Gᵀw + ½ Σ h_i w_i², for which both expectations are exact.
ByValues quadratic() {
  return {d, [](VecView w) { return slope.dot(w) + 0.5 * w.cwiseAbs2().dot(curvature); }};
}

struct Asked {
  explicit Asked(const CurvatureAware::Options& options) : impl{options} {
    memory.start(static_cast<std::size_t>(d));
  }
  Vec at(const Vec& w, std::uint64_t step) {
    const ByValues f = quadratic();
    Oracle oracle(f, ClientId(0), {pool, scratch}, counts);
    Vec g(d);
    impl.estimate(info(1, step), memory, oracle, oracle, w, g);
    return g;
  }
  CurvatureAware impl;
  CurvatureAware::Memory memory;
  ThreadPool pool{1};
  Scratch scratch;
  OracleCounts counts;
};

TEST(CurvatureAware, IsThePreconditionedGradientInTheMean) {
  constexpr std::uint64_t n = 40000;
  Asked ask({.rate = 0});
  ask.memory.h = curvature;
  Vec mean = Vec::Zero(d);
  for (std::uint64_t k = 0; k < n; ++k) mean += ask.at(Vec::Zero(d), k) / double{n};
  // Draws of size √(d + 2)‖H^{−1}G‖ at most; 5 standard errors.
  const Vec expected = slope.cwiseQuotient(curvature);
  EXPECT_LT((mean - expected).norm(), 5 * std::sqrt(6.0 / n) * slope.norm() * 2);
}

TEST(CurvatureAware, LearnsTheDiagonalOfTheHessian) {
  Asked ask({.count = 20000, .rate = 1, .floor = 1e-6});
  ask.at(Vec::Zero(d), 0);  // from H = 1
  // h_i = ½ c (u_i² − 1) has a deviation of a few times the curvature: 3 % of 4 after 20000.
  EXPECT_LT((ask.memory.h - curvature).cwiseAbs().maxCoeff(), 0.4);
  ask.at(Vec::Zero(d), 1);  // from near the right one
  EXPECT_LT((ask.memory.h - curvature).cwiseAbs().maxCoeff(), 0.4);
}

TEST(CurvatureAware, KeepsItsFloorAndCountsItsQueries) {
  Asked ask({.count = 3, .rate = 1, .floor = 100});
  ask.at(Vec::Zero(d), 0);
  EXPECT_EQ(ask.memory.h, Vec::Constant(d, 100).cwiseMax(ask.memory.h));
  EXPECT_EQ(ask.counts.calls[static_cast<std::size_t>(Query::value)], 7U);
}

}  // namespace
}  // namespace cohort
