#include "core/linalg.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>

namespace cohort {

Result<Vec> solve_spd(const Mat& a, const Vec& b) {
  COHORT_CHECK(
      a.rows() == a.cols() && a.rows() == b.size(),
      fmt::format("a {} × {} matrix and {} right-hand sides", a.rows(), a.cols(), b.size()));
  const Eigen::LLT<Mat> factor(a);
  if (factor.info() != Eigen::Success) {
    return bad_input(fmt::format("a {} × {} matrix is not positive definite", a.rows(), a.cols()));
  }
  return Vec(factor.solve(b));
}

}  // namespace cohort
