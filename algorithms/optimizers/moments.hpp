#pragma once
// What the family of Adam remembers, and the loop over it.

#include "algorithms/pipeline.hpp"

namespace cohort {

struct Moments {
  Vec m, v;                       // [d], first and second moment
  double power1 = 1, power2 = 1;  // β₁ᵗ, β₂ᵗ after t steps

  void start(std::size_t d) {
    m.setZero(static_cast<Index>(d));
    v.setZero(static_cast<Index>(d));
    power1 = power2 = 1;
  }
  void advance(double beta1, double beta2) {
    power1 *= beta1;
    power2 *= beta2;
  }
  /// m̂ = correction1 · m, v̂ = correction2 · v: the moments without the weight of their zero start.
  double correction1() const { return 1 / (1 - power1); }
  double correction2() const { return 1 / (1 - power2); }

  template <class V>
  void fields(V&& visit) {
    visit("m", m);
    visit("v", v);
    visit("power1", power1);
    visit("power2", power2);
  }
};

/// body(w, scale · g, m, v) on pieces that stay in the cache, as arrays, so that memory is passed
/// over once.
template <class Body>
void in_pieces(VecRef w, VecView g, Moments& memory, double scale, const Body& body) {
  constexpr Index piece = 512;
  using Piece = Eigen::Map<Eigen::ArrayXd>;
  for (Index first = 0; first < w.size(); first += piece) {
    const Index n = std::min(piece, w.size() - first);
    body(Piece(w.data() + first, n), scale * Eigen::Map<const Eigen::ArrayXd>(g.data() + first, n),
         Piece(memory.m.data() + first, n), Piece(memory.v.data() + first, n));
  }
}

}  // namespace cohort
