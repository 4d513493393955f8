#pragma once
// The row that an attack makes of honest rows, and what it does to a rule, both the obvious way.

#include <functional>

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort::rows {

inline Vec mean(const Mat& x) { return x.colwise().mean().transpose(); }
/// Per column, of n − 1.
inline Vec deviation(const Mat& x) {
  const Mat centred = x.rowwise() - x.colwise().mean();
  return (centred.colwise().squaredNorm() / static_cast<double>(x.rows() - 1))
      .cwiseSqrt()
      .transpose();
}

using Damage = std::function<double(const Vec& row)>;

/// Of which `byzantine` copies are sent; `damage` for attacks that ask what a row does to the rule.
template <class T>
Vec crafted(typename T::Options options, const Mat& x, std::size_t byzantine,
            const Damage& damage = {}) {
  const AttackOf<T> attack(options);
  Mat points = x;
  if (attack.direction() != HonestDirection::none) {
    points.conservativeResize(x.rows() + 1, x.cols());
    points.row(x.rows()) = attack.direction() == HonestDirection::sign
                               ? Mat(mean(x).array().sign().matrix().transpose())
                               : Mat(deviation(x).transpose());
  }
  const auto row = [&points](const Vec& a) {
    Mat map(1, a.size());
    map.row(0) = a.transpose();
    return Vec(mapped(map, points).row(0).transpose());
  };
  const Distances honest = measured(points, points.rows() - x.rows());
  const Vec a =
      *attack.collude({honest, byzantine, Stream(1, Purpose::attack),
                       [&](const Vec& tried) -> Result<double> { return damage(row(tried)); }});
  EXPECT_NEAR(a.sum(), 1.0, 1e-12);
  return row(a);
}

/// What a rule gives when `byzantine` copies of a row are sent along with x.
inline Vec poisoned(const Rule& rule, const Mat& x, const Vec& row, Index byzantine) {
  Mat all(x.rows() + byzantine, x.cols());
  all << x, row.transpose().replicate(byzantine, 1);
  return apply(rule, all, static_cast<std::size_t>(byzantine));
}
/// ‖F − μ‖² of it.
inline Damage damage(const Rule& rule, const Mat& x, Index byzantine) {
  return [&rule, x, byzantine](const Vec& row) {
    return (poisoned(rule, x, row, byzantine) - mean(x)).squaredNorm();
  };
}

}  // namespace cohort::rows
