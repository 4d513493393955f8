#include "problems/neural/max_pool.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cohort {

namespace {

constexpr std::size_t chunk = 64;  // lanes at a time

}  // namespace

template <class T>
template <class Body>
void MaxPool<T>::each_square(const Body& body) const {
  std::size_t output = 0;
  for (std::size_t c = 0; c < in_.channels; ++c) {
    for (std::size_t y = 0; y < out_.height; ++y) {
      for (std::size_t x = 0; x < out_.width; ++x, ++output) {
        body(output, (c * in_.height + y * side_) * in_.width + x * side_);
      }
    }
  }
}

// A NaN is the largest, so that it is seen.
template <class T>
void MaxPool<T>::forward(Tile tile, const T*, const T* a, T* z, std::span<T>) const {
  each_square([&](std::size_t output, std::size_t square) {
    T* to = z + output * tile.ld;
    std::copy_n(a + square * tile.ld, tile.rows, to);
    for (std::size_t k = 1; k < side_ * side_; ++k) {
      const T* from = a + (square + k / side_ * in_.width + k % side_) * tile.ld;
      for (std::size_t j = 0; j < tile.rows; ++j) {
        to[j] = from[j] > to[j] || std::isnan(from[j]) ? from[j] : to[j];
      }
    }
  });
}

template <class T>
template <class Visit>
void MaxPool<T>::each_largest(Tile tile, const T* a, const T* z, const Visit& visit) const {
  each_square([&](std::size_t output, std::size_t square) {
    const T* largest = z + output * tile.ld;
    for (std::size_t first = 0; first < tile.rows; first += chunk) {
      const std::size_t n = std::min(chunk, tile.rows - first);
      bool is_taken[chunk] = {};
      for (std::size_t k = 0; k < side_ * side_; ++k) {
        const std::size_t feature = square + k / side_ * in_.width + k % side_;
        const T* from = a + feature * tile.ld + first;
        for (std::size_t j = 0; j < n; ++j) {
          const bool is_largest = !is_taken[j] && from[j] == largest[first + j];
          is_taken[j] = is_taken[j] || is_largest;
          visit(is_largest, first + j, feature, output);
        }
      }
    }
  });
}

template <class T>
void MaxPool<T>::tangent(Tile tile, Dual<T>, Dual<T> a, const T* z, T* z_tangent,
                         std::span<T>) const {
  for (std::size_t f = 0; f < outputs(); ++f) std::fill_n(z_tangent + f * tile.ld, tile.rows, T{0});
  if (a.tangent == nullptr) return;
  each_largest(tile, a.value, z,
               [&](bool is_largest, std::size_t j, std::size_t feature, std::size_t output) {
                 if (is_largest) z_tangent[output * tile.ld + j] = a.tangent[feature * tile.ld + j];
               });
}

template <class T>
void MaxPool<T>::propagate(Tile tile, const T*, const T* a, const T* z, const T* delta, T* epsilon,
                           std::span<T>) const {
  const bool leaves_some = in_.height % side_ != 0 || in_.width % side_ != 0;
  if (leaves_some) std::fill_n(epsilon, inputs() * tile.ld, T{0});
  each_largest(tile, a, z,
               [&](bool is_largest, std::size_t j, std::size_t feature, std::size_t output) {
                 epsilon[feature * tile.ld + j] = is_largest ? delta[output * tile.ld + j] : T{0};
               });
}

template <class T>
void MaxPool<T>::second(Tile tile, Dual<T> w, Dual<T> a, Dual<T> z, Dual<T> delta, T* epsilon,
                        T* epsilon_tangent, double*, bool, std::span<T> room) const {
  if (epsilon == nullptr) return;
  propagate(tile, w.value, a.value, z.value, delta.value, epsilon, room);
  propagate(tile, w.value, a.value, z.value, delta.tangent, epsilon_tangent, room);
}

template class MaxPool<float>;
template class MaxPool<double>;

}  // namespace cohort
