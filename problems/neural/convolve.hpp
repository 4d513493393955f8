#pragma once
// Convolution: each output is the same product of what lies around its position,
//   z_k(y, x) = b_k + Σ_{c, i, j < s} W_k(c, i, j) a_c(y + i − p, x + j − p),   a = 0 outside,
// for k < outputs, with square kernels of side s, stride 1 and p zeros around the image. Source:
// LeCun et al., Gradient-based learning applied to document recognition, Proc. IEEE 86 (1998).
//
// Segments W [outputs × channels s²] row-major, b [outputs]. With the lanes of a tile innermost,
// what an output row y sees is a matrix P_y [channels s² × width · ld] of pieces of input rows, so
// z_y = W P_y, ∂L/∂W = Σ_y δ_y P_yᵀ, and Wᵀ δ_y is added back to where the pieces lie. Bits: chains
// run within an output row; output rows are added in order, those of gradients in double.
// Cost of a row: 2 · outputs · channels s² · positions flops forward, twice that backward, once
// without ε.

#include "problems/neural/image_shape.hpp"
#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class Convolve final : public Layer<T> {
 public:
  /// The kernel is not larger than the image with its zeros.
  Convolve(ImageShape in, std::size_t outputs, std::size_t side, std::size_t zeros);

  std::size_t inputs() const override { return in_.features(); }
  std::size_t outputs() const override { return out_.features(); }
  std::size_t parameters() const override { return out_.channels * (patch() + 1); }
  std::size_t room(std::size_t ld) const override;
  void append_to(Layout& layout, const std::string& name) const override;
  /// As initialize.hpp has it, of channels · s² inputs and outputs · s² outputs; biases are zero.
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

  ImageShape shape() const { return out_; }

 private:
  /// Rows of P_y.
  std::size_t patch() const { return in_.channels * side_ * side_; }
  struct Buffers;
  Buffers buffers(std::size_t ld, std::span<T> room) const;
  /// P_y; lanes beyond the rows are zero.
  void gather(Tile, const T* a, std::size_t y, T* patches) const;
  /// ε ← ε + pieces of P_y.
  void scatter(Tile, const T* patches, std::size_t y, T* epsilon) const;
  /// body(row of P_y, feature, first, end): outputs [first, end) see the image from `feature` on,
  /// the others zeros.
  template <class Body>
  void each_piece(std::size_t y, const Body& body) const;
  void add_products(Tile, const T* w, const T* a, T* z, const Buffers&) const;
  void add_weight_gradient(Tile, const T* a, const T* delta, double* g, bool adds,
                           const Buffers&) const;
  /// δ of an output row, [outputs × width · ld], lanes beyond the rows zero.
  struct DeltaRow;

  ImageShape in_;
  ImageShape out_;
  std::size_t side_;
  std::size_t zeros_;
};

}  // namespace cohort
