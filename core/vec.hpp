#pragma once
// Vectors and matrices of the mathematics: double, column-major, owned by Eigen. Element-wise
// expressions are written with Eigen; reductions and transcendentals come from core/kernels.

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace cohort {

using Vec = Eigen::VectorXd;            // [d]
using Mat = Eigen::MatrixXd;            // [rows × cols], column-major
using VecRef = Eigen::Ref<Vec>;         // written by the callee
using VecView = Eigen::Ref<const Vec>;  // read by the callee
using Index = Eigen::Index;

inline std::span<const double> as_span(const VecView& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
inline std::span<const double> as_span(const Vec& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
inline std::span<double> as_mutable_span(Vec& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
inline std::span<double> as_mutable_span(VecRef& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
inline Eigen::Map<const Vec> as_vec(std::span<const double> s) {
  return {s.data(), static_cast<Index>(s.size())};
}
inline Eigen::Map<Vec> as_vec(std::span<double> s) {
  return {s.data(), static_cast<Index>(s.size())};
}

}  // namespace cohort
