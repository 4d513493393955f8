#pragma once
// A function of every input by itself:
//   z = φ(a)          ε = φ'(a) δ          ε̇ = φ'(a) δ̇ + φ''(a) ȧ δ
// relu: max(a, 0), with φ'(0) = 0 and φ'' = 0. tanh. gelu: a Φ(a), Φ the normal distribution
// function (Hendrycks, Gimpel, Gaussian error linear units, 2016; exact, not the tanh formula).
// tanh and gelu are computed in double and rounded to T.

#include "problems/neural/layer.hpp"
#include "problems/neural/layer_spec.hpp"

namespace cohort {

template <class T>
class Activate final : public Layer<T> {
 public:
  Activate(std::size_t features, Activation kind) : features_(features), kind_(kind) {}

  std::size_t inputs() const override { return features_; }
  std::size_t outputs() const override { return features_; }

  void forward(Tile, const T* w, const T* a, T* z, std::span<T> room) const override;
  void tangent(Tile, Dual<T> w, Dual<T> a, const T* z, T* z_tangent,
               std::span<T> room) const override;
  void propagate(Tile, const T* w, const T* a, const T* z, const T* delta, T* epsilon,
                 std::span<T> room) const override;
  void second(Tile, Dual<T> w, Dual<T> a, Dual<T> z, Dual<T> delta, T* epsilon, T* epsilon_tangent,
              double* h, bool adds, std::span<T> room) const override;

 private:
  std::size_t features_;
  Activation kind_;
};

}  // namespace cohort
