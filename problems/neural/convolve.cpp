#include "problems/neural/convolve.hpp"

#include <algorithm>

#include "core/kernels_gemm.hpp"
#include "problems/neural/initialize.hpp"

namespace cohort {

using kernels::gemm;
using kernels::gemm_room;
using kernels::gemm_sum;
using kernels::MatrixRef;
using kernels::Product;

template <class T>
struct Convolve<T>::Buffers {
  T* patches;  // [patch × width · ld]
  T* deltas;   // [outputs × width · ld]
  std::span<T> packed;
};

template <class T>
Convolve<T>::Convolve(ImageShape in, std::size_t outputs, std::size_t side, std::size_t zeros)
    : in_(in),
      out_{outputs, in.height + 2 * zeros - side + 1, in.width + 2 * zeros - side + 1},
      side_(side),
      zeros_(zeros) {}

template <class T>
std::size_t Convolve<T>::room(std::size_t ld) const {
  const std::size_t columns = out_.width * ld;
  return (patch() + out_.channels) * columns +
         std::max({gemm_room({out_.channels, columns, patch()}),
                   gemm_room({out_.channels, patch(), columns}),
                   gemm_room({patch(), columns, out_.channels})});
}

template <class T>
typename Convolve<T>::Buffers Convolve<T>::buffers(std::size_t ld, std::span<T> room) const {
  const std::size_t columns = out_.width * ld;
  T* deltas = room.data() + patch() * columns;
  return {room.data(), deltas, room.subspan((patch() + out_.channels) * columns)};
}

template <class T>
void Convolve<T>::append_to(Layout& layout, const std::string& name) const {
  layout.append(name + ".weight", out_.channels, patch(), SegmentKind::weight);
  layout.append(name + ".bias", out_.channels, 1, SegmentKind::bias);
}

template <class T>
void Convolve<T>::initialize(Initialization kind, const Stream& stream,
                             std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  initialize_weights(kind, patch(), out_.channels * side_ * side_, stream,
                     out.first(out_.channels * patch()));
}

template <class T>
template <class Body>
void Convolve<T>::each_piece(std::size_t y, const Body& body) const {
  std::size_t row = 0;
  for (std::size_t c = 0; c < in_.channels; ++c) {
    for (std::size_t i = 0; i < side_; ++i) {
      for (std::size_t j = 0; j < side_; ++j, ++row) {
        // Output x sees input x + j − zeros, of row y + i − zeros.
        const bool is_outside = y + i < zeros_ || y + i - zeros_ >= in_.height;
        const std::size_t first = std::min(out_.width, zeros_ - std::min(zeros_, j));
        const std::size_t end =
            std::min(out_.width, in_.width + zeros_ - std::min(j, in_.width + zeros_));
        if (is_outside || first >= end) {
          body(row, std::size_t{0}, std::size_t{0}, std::size_t{0});
          continue;
        }
        const std::size_t feature =
            (c * in_.height + y + i - zeros_) * in_.width + first + j - zeros_;
        body(row, feature, first, end);
      }
    }
  }
}

template <class T>
void Convolve<T>::gather(Tile tile, const T* a, std::size_t y, T* patches) const {
  const std::size_t columns = out_.width * tile.ld;
  each_piece(y, [&](std::size_t row, std::size_t feature, std::size_t first, std::size_t end) {
    T* to = patches + row * columns;
    std::fill_n(to, first * tile.ld, T{0});
    std::copy_n(a + feature * tile.ld, (end - first) * tile.ld, to + first * tile.ld);
    std::fill(to + end * tile.ld, to + columns, T{0});
    for (std::size_t x = first; x < end && tile.rows < tile.ld; ++x) {
      std::fill(to + x * tile.ld + tile.rows, to + (x + 1) * tile.ld, T{0});
    }
  });
}

template <class T>
void Convolve<T>::scatter(Tile tile, const T* patches, std::size_t y, T* epsilon) const {
  const std::size_t columns = out_.width * tile.ld;
  each_piece(y, [&](std::size_t row, std::size_t feature, std::size_t first, std::size_t end) {
    const T* from = patches + row * columns + first * tile.ld;
    T* to = epsilon + feature * tile.ld;
    for (std::size_t i = 0; i < (end - first) * tile.ld; ++i) to[i] += from[i];
  });
}

template <class T>
void Convolve<T>::add_products(Tile tile, const T* w, const T* a, T* z,
                               const Buffers& buffers) const {
  const std::size_t columns = out_.width * tile.ld;
  for (std::size_t y = 0; y < out_.height; ++y) {
    gather(tile, a, y, buffers.patches);
    gemm(Product::nn, {out_.channels, columns, patch()}, {w, patch()}, {buffers.patches, columns},
         {z + y * columns, out_.height * columns}, true, buffers.packed);
  }
}

template <class T>
void Convolve<T>::forward(Tile tile, const T* w, const T* a, T* z, std::span<T> room) const {
  const T* bias = w + out_.channels * patch();
  const std::size_t plane = out_.positions() * tile.ld;
  for (std::size_t k = 0; k < out_.channels; ++k) std::fill_n(z + k * plane, plane, bias[k]);
  add_products(tile, w, a, z, buffers(tile.ld, room));
}

template <class T>
void Convolve<T>::tangent(Tile tile, Dual<T> w, Dual<T> a, const T*, T* z_tangent,
                          std::span<T> room) const {
  forward(tile, w.tangent, a.value, z_tangent, room);
  if (a.tangent != nullptr) {
    add_products(tile, w.value, a.tangent, z_tangent, buffers(tile.ld, room));
  }
}

/// Where it lies, unless lanes must be cleared.
template <class T>
struct Convolve<T>::DeltaRow {
  DeltaRow(const Convolve& layer, Tile tile, const T* delta, std::size_t y,
           const Buffers& buffers) {
    const std::size_t columns = layer.out_.width * tile.ld;
    const std::size_t stride = layer.out_.height * columns;
    matrix = {delta + y * columns, stride};
    if (tile.rows == tile.ld) return;
    for (std::size_t k = 0; k < layer.out_.channels; ++k) {
      for (std::size_t x = 0; x < layer.out_.width; ++x) {
        const T* from = matrix.first + k * stride + x * tile.ld;
        T* to = buffers.deltas + k * columns + x * tile.ld;
        std::copy_n(from, tile.rows, to);
        std::fill(to + tile.rows, to + tile.ld, T{0});
      }
    }
    matrix = {buffers.deltas, columns};
  }
  MatrixRef<const T> matrix;
};

template <class T>
void Convolve<T>::add_weight_gradient(Tile tile, const T* a, const T* delta, double* g, bool adds,
                                      const Buffers& buffers) const {
  const std::size_t columns = out_.width * tile.ld;
  for (std::size_t y = 0; y < out_.height; ++y) {
    gather(tile, a, y, buffers.patches);
    gemm_sum(Product::nt, {out_.channels, patch(), columns},
             DeltaRow(*this, tile, delta, y, buffers).matrix, {buffers.patches, columns},
             {g, patch()}, adds || y > 0, buffers.packed);
  }
}

template <class T>
void Convolve<T>::gradient(Tile tile, const T* a, const T* delta, double* g, bool adds,
                           std::span<T> room) const {
  add_weight_gradient(tile, a, delta, g, adds, buffers(tile.ld, room));
  // Σ δ, of four channels at a time, so that none waits for its last addition.
  constexpr std::size_t together = 4;
  double* b = g + out_.channels * patch();
  const std::size_t plane = out_.positions() * tile.ld;
  for (std::size_t k = 0; k < out_.channels; k += together) {
    const std::size_t n = std::min(together, out_.channels - k);
    double sums[together] = {};
    for (std::size_t p = 0; p < out_.positions(); ++p) {
      for (std::size_t j = 0; j < tile.rows; ++j) {
        for (std::size_t i = 0; i < n; ++i) {
          sums[i] += static_cast<double>(delta[(k + i) * plane + p * tile.ld + j]);
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) b[k + i] = adds ? b[k + i] + sums[i] : sums[i];
  }
}

template <class T>
void Convolve<T>::propagate(Tile tile, const T* w, const T*, const T*, const T* delta, T* epsilon,
                            std::span<T> room) const {
  const Buffers work = buffers(tile.ld, room);
  const std::size_t columns = out_.width * tile.ld;
  std::fill_n(epsilon, in_.features() * tile.ld, T{0});
  for (std::size_t y = 0; y < out_.height; ++y) {
    gemm(Product::tn, {patch(), columns, out_.channels}, {w, patch()},
         DeltaRow(*this, tile, delta, y, work).matrix, {work.patches, columns}, false, work.packed);
    scatter(tile, work.patches, y, epsilon);
  }
}

template <class T>
void Convolve<T>::second(Tile tile, Dual<T> w, Dual<T> a, Dual<T>, Dual<T> delta, T* epsilon,
                         T* epsilon_tangent, double* h, bool adds, std::span<T> room) const {
  gradient(tile, a.value, delta.tangent, h, adds, room);
  const Buffers work = buffers(tile.ld, room);
  if (a.tangent != nullptr) add_weight_gradient(tile, a.tangent, delta.value, h, true, work);
  if (epsilon == nullptr) return;
  propagate(tile, w.tangent, nullptr, nullptr, delta.value, epsilon, room);
  propagate(tile, w.value, nullptr, nullptr, delta.tangent, epsilon_tangent, room);
  for (std::size_t i = 0; i < in_.features() * tile.ld; ++i) epsilon_tangent[i] += epsilon[i];
  propagate(tile, w.value, nullptr, nullptr, delta.value, epsilon, room);
}

template class Convolve<float>;
template class Convolve<double>;

}  // namespace cohort
