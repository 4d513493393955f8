#pragma once
// Max pooling: the largest value of each square of side s, squares side by side,
//   z_c(y, x) = max_{i, j < s} a_c(s y + i, s x + j)
// The slope is 1 at the first of the largest, row by row, and 0 elsewhere; rows and columns that
// fill no square are not seen. Source: as of convolve.hpp, with the largest instead of the sum.

#include "problems/neural/image_shape.hpp"
#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class MaxPool final : public Layer<T> {
 public:
  /// 1 ≤ side ≤ height and width.
  MaxPool(ImageShape in, std::size_t side)
      : in_(in), out_{in.channels, in.height / side, in.width / side}, side_(side) {}

  std::size_t inputs() const override { return in_.features(); }
  std::size_t outputs() const override { return out_.features(); }

  void forward(Tile, const T* w, const T* a, T* z, std::span<T> room) const override;
  void tangent(Tile, Dual<T> w, Dual<T> a, const T* z, T* z_tangent,
               std::span<T> room) const override;
  void propagate(Tile, const T* w, const T* a, const T* z, const T* delta, T* epsilon,
                 std::span<T> room) const override;
  void second(Tile, Dual<T> w, Dual<T> a, Dual<T> z, Dual<T> delta, T* epsilon, T* epsilon_tangent,
              double* h, bool adds, std::span<T> room) const override;

  ImageShape shape() const { return out_; }

 private:
  /// body(output, its square): the square's inputs are the features square + i · width + j.
  template <class Body>
  void each_square(const Body& body) const;
  /// visit(lane, feature, output) where a is the largest of its square.
  template <class Visit>
  void each_largest(Tile, const T* a, const T* z, const Visit& visit) const;

  ImageShape in_;
  ImageShape out_;
  std::size_t side_;
};

}  // namespace cohort
