#pragma once
// Dense: every output sees every input.
//   z = W a + b          ∂L/∂W = Σ_j δ_j a_jᵀ,  ∂L/∂b = Σ_j δ_j,  ε = Wᵀ δ
// Segments W [outputs × inputs] row-major, b [outputs]. Cost of a row: 2 · inputs · outputs flops
// forward, twice that backward, once without ε.

#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class Dense final : public Layer<T> {
 public:
  Dense(std::size_t inputs, std::size_t outputs) : inputs_(inputs), outputs_(outputs) {}

  std::size_t inputs() const override { return inputs_; }
  std::size_t outputs() const override { return outputs_; }
  std::size_t parameters() const override { return outputs_ * (inputs_ + 1); }
  std::size_t room(std::size_t ld) const override;
  void append_to(Layout& layout, const std::string& name) const override;
  /// As initialize.hpp has it; biases are zero.
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
  bool has_gram() const override { return true; }
  void add_gram(Tile, const T* a, const T* delta, double* out, std::span<T> room) const override;
  std::size_t gram_room(std::size_t rows) const override;

 private:
  std::size_t inputs_;
  std::size_t outputs_;
};

}  // namespace cohort
