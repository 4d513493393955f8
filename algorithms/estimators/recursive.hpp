#pragma once
// What the recursive estimators remember: the last model and the last surrogate.
//   v_t = ∇f_B(w_t) − ∇f_B(w_{t−1}) + v_{t−1}
// Biased given the past; its mean over all pasts is right.

#include "algorithms/pipeline.hpp"

namespace cohort {

struct RecursiveMemory {
  Vec w, v;               // w_{t−1}, v_{t−1} [d]
  Vec before;             // ∇f_B(w_{t−1}), room for a step
  std::uint64_t age = 0;  // steps since the last full gradient; 0: there was none
  double first = 0;       // ‖v‖² of that full gradient

  void start(std::size_t d) {
    w.setZero(static_cast<Index>(d));
    v.setZero(static_cast<Index>(d));
    age = 0;
    first = 0;
  }
  template <class V>
  void fields(V&& visit) {
    visit("w", w);
    visit("v", v);
    visit("age", age);
    visit("first", first);
  }

  /// v ← ∇f(w) on all rows; returns f(w).
  double refresh(Oracle& all, VecView at, VecRef g) {
    const double value = all.gradient(at, g);
    first = kernels::squared_norm(as_mutable_span(g));
    age = 1;
    w = at;
    v = g;
    return value;
  }
  /// v ← ∇f_B(w) − (1 − a)(∇f_B(w_{t−1}) − v); returns f_B(w).
  double recur(Oracle& batch, VecView at, VecRef g, double a = 0) {
    before.resize(at.size());
    const double value = batch.gradient(at, g);
    batch.gradient(w, before);
    g += (1 - a) * (v - before);
    ++age;
    w = at;
    v = g;
    return value;
  }
};

}  // namespace cohort
