#pragma once
// Embedding: every feature of a row is the number of a symbol, 0 … symbols − 1, and becomes the
// vector of that symbol,
//   z_{i·width + e} = E_{a_i, e}          ∂L/∂E_{v, e} = Σ_{i: a_i = v} δ_{i·width + e}
// Source: Bengio, Ducharme, Vincent, Jauvin, A neural probabilistic language model, JMLR 3 (2003).
//
// Segment E [symbols × width], from N(0, 1). It is the first layer: numbers have no slope. A
// feature that is no symbol gives NaN. Cost of a row: a copy, and an addition an output.

#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class Embed final : public Layer<T> {
 public:
  Embed(std::size_t features, std::size_t symbols, std::size_t width)
      : features_(features), symbols_(symbols), width_(width) {}

  std::size_t inputs() const override { return features_; }
  std::size_t outputs() const override { return features_ * width_; }
  std::size_t parameters() const override { return symbols_ * width_; }
  void append_to(Layout& layout, const std::string& name) const override;
  void initialize(Initialization, const Stream&, std::span<double> out) const override;

  void forward(Tile, const T* w, const T* a, T* z, std::span<T> room) const override;
  void tangent(Tile, Dual<T> w, Dual<T> a, const T* z, T* z_tangent,
               std::span<T> room) const override;
  void gradient(Tile, const T* a, const T* delta, double* g, bool adds,
                std::span<T> room) const override;
  void propagate(Tile, const T* w, const T* a, const T* z, const T* delta, T* epsilon,
                 std::span<T> room) const override;
  void second(Tile, Dual<T> w, Dual<T> a, Dual<T> z, Dual<T> delta, T* epsilon, T* epsilon_tangent,
              double* h, bool adds, std::span<T> room) const override;

 private:
  /// body(place of the value, place of δ, symbol · width, or none) of every feature of every row.
  template <class Body>
  void each_symbol(Tile, const T* a, const Body& body) const;

  std::size_t features_;
  std::size_t symbols_;
  std::size_t width_;
};

}  // namespace cohort
