#include "core/linalg.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/kernels.hpp"

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

bool GrowingCholesky::append(std::span<const double> entries, double diagonal) {
  const std::size_t n = size_;
  COHORT_CHECK(entries.size() == n, fmt::format("{} entries beside {} rows", entries.size(), n));
  if (n == stride_) {
    const std::size_t wider = std::max<std::size_t>(16, 2 * stride_);
    std::vector<double> moved(wider * wider);
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(row(i).begin(), i + 1, moved.begin() + static_cast<std::ptrdiff_t>(i * wider));
    }
    lower_ = std::move(moved);
    stride_ = wider;
  }
  const auto last = row(n);
  std::copy(entries.begin(), entries.end(), last.begin());
  solve_lower(last.first(n));
  const double pivot = diagonal - kernels::squared_norm(last.first(n));
  // What is left of the diagonal must stand out from its rounding.
  constexpr double rounding = 4e-16;
  if (!(pivot > static_cast<double>(n + 1) * rounding * diagonal) || !std::isfinite(pivot)) {
    return false;
  }
  last[n] = std::sqrt(pivot);
  ++size_;
  return true;
}

void GrowingCholesky::remove(std::size_t i) {
  COHORT_CHECK(i < size_, fmt::format("row {} of {}", i, size_));
  std::vector<double> column;  // of L behind i; it then turns the rows behind
  for (std::size_t j = i + 1; j < size_; ++j) {
    column.push_back(row(j)[i]);
    const auto from = row(j);
    const auto to = row(j - 1);
    std::copy_n(from.begin(), i, to.begin());
    std::copy(from.begin() + static_cast<std::ptrdiff_t>(i + 1), from.end(),
              to.begin() + static_cast<std::ptrdiff_t>(i));
  }
  --size_;
  for (std::size_t k = i; k < size_; ++k) {
    const double v = column[k - i];
    double& pivot = row(k)[k];
    const double next = std::sqrt(pivot * pivot + v * v);
    const double c = next / pivot, s = v / pivot;
    pivot = next;
    for (std::size_t j = k + 1; j < size_; ++j) {
      double& entry = row(j)[k];
      double& rest = column[j - i];
      entry = (entry + s * rest) / c;
      rest = c * rest - s * entry;
    }
  }
}

void GrowingCholesky::solve_lower(std::span<double> b) const {
  for (std::size_t i = 0; i < b.size(); ++i) {
    b[i] = (b[i] - kernels::dot(row(i).first(i), b.first(i))) / row(i)[i];
  }
}

void GrowingCholesky::solve(std::span<double> b) const {
  COHORT_CHECK(b.size() == size_, fmt::format("{} right-hand sides of {}", b.size(), size_));
  solve_lower(b);
  for (std::size_t i = size_; i-- > 0;) {
    b[i] /= row(i)[i];
    kernels::axpy(-b[i], row(i).first(i), b.first(i));
  }
}

Mat GrowingCholesky::inverse() const {
  const auto n = static_cast<Index>(size_);
  Mat w = Mat::Zero(n, n);  // column i: row i of L⁻¹
  const auto column = [](Mat& m, std::size_t j, std::size_t length) {
    return std::span<double>(m.col(static_cast<Index>(j)).data(), length);
  };
  for (std::size_t i = 0; i < size_; ++i) {
    const auto own = column(w, i, i + 1);
    for (std::size_t k = 0; k < i; ++k) {
      kernels::axpy(-row(i)[k], column(w, k, k + 1), own.first(k + 1));
    }
    own[i] = 1;
    kernels::scale(1 / row(i)[i], own);
  }
  Mat out = Mat::Zero(n, n);
  for (std::size_t i = 0; i < size_; ++i) {
    const auto own = column(w, i, i + 1);
    for (std::size_t j = 0; j <= i; ++j) {
      kernels::axpy(own[j], own.first(j + 1), column(out, j, j + 1));
    }
  }
  out.triangularView<Eigen::StrictlyLower>() = out.transpose();
  return out;
}

Mat GrowingCholesky::factor() const {
  const auto n = static_cast<Index>(size_);
  Mat out = Mat::Zero(n, n);
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      out(static_cast<Index>(i), static_cast<Index>(j)) = row(i)[j];
    }
  }
  return out;
}

}  // namespace cohort
