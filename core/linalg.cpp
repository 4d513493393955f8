#include "core/linalg.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>

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

Eigenpair top_eigenpair(const Mat& a) {
  COHORT_CHECK(a.rows() > 0 && a.rows() == a.cols(), "a square matrix");
  const double scale = a.cwiseAbs().maxCoeff();
  if (!(scale > 0.0)) return {0.0, Vec::Unit(a.rows(), 0)};
  const Eigen::SelfAdjointEigenSolver<Mat> solver(a / scale);
  COHORT_CHECK(solver.info() == Eigen::Success, "the eigenvalues of a finite matrix converge");
  Eigenpair top{solver.eigenvalues().tail(1)[0] * scale, solver.eigenvectors().rightCols(1)};
  Index largest = 0;
  top.vector.cwiseAbs().maxCoeff(&largest);
  if (top.vector[largest] < 0.0) top.vector = -top.vector;
  return top;
}

Eigensystem symmetric_eigensystem(const Mat& a, bool with_vectors) {
  COHORT_CHECK(a.rows() > 0 && a.rows() == a.cols(), "a square matrix");
  const Eigen::SelfAdjointEigenSolver<Mat> solver(
      a, with_vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  COHORT_CHECK(solver.info() == Eigen::Success, "the eigenvalues of a finite matrix converge");
  return {solver.eigenvalues(), with_vectors ? Mat(solver.eigenvectors()) : Mat()};
}

Mat nearest_orthogonal(const Mat& a) {
  COHORT_CHECK(a.rows() > 0 && a.rows() == a.cols(), "a square matrix");
  const Eigen::JacobiSVD<Mat> svd(a, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

}  // namespace cohort
