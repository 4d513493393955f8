#pragma once
// Bilevel quadratics with a known solution, for the tests of bilevel methods.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "problems/bilevel/quadratic_levels.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::bilevel {

struct Problem {
  std::unique_ptr<Function> function;
  std::vector<double> weights;

  explicit Problem(const BilevelQuadraticOptions& options = {}, std::uint64_t clients = 3)
      : function(*BilevelQuadraticProblem::make(options, 5, clients)),
        weights(drive::equal_weights(clients)) {}
  const BilevelQuadratic& quadratic() const {
    return dynamic_cast<const BilevelQuadratic&>(*function);
  }
  Index upper() const { return static_cast<Index>(function->layout().upper()); }
  Vec x(const drive::Run& run) const { return run.x.head(upper()); }
  Vec y(const drive::Run& run) const { return run.x.tail(run.x.size() - upper()); }
  Vec solution(const drive::Run& run) const { return quadratic().lower_solution(weights, x(run)); }
  /// ‖x − x*‖ / ‖x*‖
  double error(const drive::Run& run) const {
    const Vec best = function->minimiser(weights).head(upper());
    return (x(run) - best).norm() / best.norm();
  }
  double gradient_norm(const drive::Run& run) const {
    return quadratic().hypergradient(weights, x(run)).norm();
  }
  drive::Run run(const ConfigNode& method, std::uint64_t seed = 1) const {
    return {method, *function, weights, seed};
  }
};

/// What a round would step x along, read off the step of one round from `start` with rate `rate`.
inline Vec step_direction(const Problem& problem, const ConfigNode& method, double rate,
                          const Vec& start) {
  drive::Run run = problem.run(method);
  run.x = start;
  run.round();
  return (start.head(problem.upper()) - problem.x(run)) / rate;
}

}  // namespace cohort::bilevel
