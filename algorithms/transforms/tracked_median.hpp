#pragma once
// What VClip, CClip and Huber share: the point m that tracks a median of the surrogates.
//
// Each is a step of the stochastic proximal point method on E D(m − g), with g a surrogate:
//   m ← argmin_z D(z − g) + ‖z − m‖² / (2τ)
// D the l2 norm gives the geometric median, the l1 norm that of each coordinate, the Huber function
// what lies between a median and the mean; ½‖·‖² gives the moving average (Momentum with
// dampening). Schaipp, Garrigos, Şimşekli, Gower, arXiv 2402.12828.

#include <cmath>

#include "algorithms/pipeline.hpp"

namespace cohort {

struct TrackedMedian {
  Vec m;  // [d], 0 at the start

  void start(std::size_t d) { m.setZero(static_cast<Index>(d)); }
  template <class V>
  void fields(V&& visit) {
    visit("m", m);
  }

  /// ‖g − m‖; infinite also where its square is.
  double distance(VecView g) const {
    return std::sqrt(kernels::squared_distance(as_span(g), as_span(m)));
  }
  /// m ← keep m + take g; g ← m.
  void move(double keep, double take, VecRef g) {
    for (Index j = 0; j < g.size(); ++j) {
      const double taken = take * g[j];
      m[j] = keep * m[j] + taken;
      g[j] = m[j];
    }
  }
};

}  // namespace cohort
