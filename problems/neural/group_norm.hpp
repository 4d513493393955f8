#pragma once
// Group normalisation: the channels of a row are divided into groups, each to mean 0 and deviation
// 1 over its channels and positions; then every channel has a scale and a shift.
//   μ, σ² over the m values of a group     x̂ = s (a − μ),  s = 1/√(σ² + 1e-5)     z = γ_c x̂ + β_c
//   with h = γ_c δ:   ε = s (h − mean(h) − x̂ mean(x̂ h))      ∂L/∂γ_c = Σ δ x̂,  ∂L/∂β_c = Σ δ
// Source: Wu, He, Group normalization, ECCV 2018; with one group it is layer normalisation (Ba,
// Kiros, Hinton 2016), with a group a channel instance normalisation. A row's values do not depend
// on the rows it comes with, as those of batch normalisation would.
//
// Segments γ [channels], from 1, and β [channels], from 0. Means are sums in double in the order of
// the features. Cost of a row: about 10 flops a feature, in double.

#include "problems/neural/image_shape.hpp"
#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class GroupNorm final : public Layer<T> {
 public:
  /// `groups` divides the channels.
  GroupNorm(ImageShape shape, std::size_t groups) : shape_(shape), groups_(groups) {}

  std::size_t inputs() const override { return shape_.features(); }
  std::size_t outputs() const override { return shape_.features(); }
  std::size_t parameters() const override { return 2 * shape_.channels; }
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
  struct Lanes;
  /// body(lanes with the statistics of a, first channel and feature of the group) for every group
  /// and some lanes at a time.
  template <class Body>
  void each_group(Tile, Dual<T> a, const Body& body) const;
  std::size_t of_group() const { return shape_.channels / groups_; }

  ImageShape shape_;
  std::size_t groups_;
};

}  // namespace cohort
