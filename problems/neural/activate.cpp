#include "problems/neural/activate.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

constexpr std::size_t chunk = 256;

/// φ, φ', φ'' of up to `chunk` values, to the order that is wanted.
template <class T>
class Slopes {
 public:
  Slopes(Activation kind, int order) : kind_(kind), order_(order) {}

  void at(const T* a, std::size_t n) {
    std::copy_n(a, n, a_);
    if (kind_ == Activation::tanh) {
      kernels::tanh({a_, n}, {f[0], n});
      for (std::size_t i = 0; i < (order_ < 1 ? 0 : n); ++i) f[1][i] = 1 - f[0][i] * f[0][i];
      for (std::size_t i = 0; i < (order_ < 2 ? 0 : n); ++i) f[2][i] = -2 * f[0][i] * f[1][i];
      return;
    }
    constexpr double root_half = 0.70710678118654752440;
    constexpr double density_at_0 = 0.39894228040143267794;  // 1/√(2π)
    for (std::size_t i = 0; i < n; ++i) work_[i] = root_half * a_[i];
    kernels::erf({work_, n}, {distribution_, n});
    for (std::size_t i = 0; i < n; ++i) distribution_[i] = 0.5 + 0.5 * distribution_[i];
    for (std::size_t i = 0; i < n; ++i) f[0][i] = a_[i] * distribution_[i];
    if (order_ < 1) return;
    for (std::size_t i = 0; i < n; ++i) work_[i] = -0.5 * a_[i] * a_[i];
    kernels::exp({work_, n}, {work_, n});
    for (std::size_t i = 0; i < n; ++i) {
      const double density = density_at_0 * work_[i];
      f[1][i] = distribution_[i] + a_[i] * density;
      f[2][i] = density * (2 - a_[i] * a_[i]);
    }
  }

  double f[3][chunk];

 private:
  Activation kind_;
  int order_;
  double a_[chunk];
  double work_[chunk];
  double distribution_[chunk];
};

/// body(first, count) for pieces of the rows of a tile of `features`.
template <class Body>
void each_piece(Tile tile, std::size_t features, const Body& body) {
  for (std::size_t k = 0; k < features; ++k) {
    for (std::size_t j = 0; j < tile.rows; j += chunk) {
      body(k * tile.ld + j, std::min(chunk, tile.rows - j));
    }
  }
}

}  // namespace

template <class T>
void Activate<T>::forward(Tile tile, const T*, const T* a, T* z, std::span<T>) const {
  if (kind_ == Activation::relu) {
    each_piece(tile, features_, [&](std::size_t first, std::size_t n) {
      for (std::size_t i = first; i < first + n; ++i) z[i] = a[i] <= 0 ? T{0} : a[i];
    });
    return;
  }
  Slopes<T> slopes(kind_, 0);
  each_piece(tile, features_, [&](std::size_t first, std::size_t n) {
    slopes.at(a + first, n);
    for (std::size_t i = 0; i < n; ++i) z[first + i] = static_cast<T>(slopes.f[0][i]);
  });
}

template <class T>
void Activate<T>::tangent(Tile tile, Dual<T>, Dual<T> a, const T* z, T* z_tangent,
                          std::span<T> room) const {
  if (a.tangent == nullptr) {
    each_piece(tile, features_,
               [&](std::size_t first, std::size_t n) { std::fill_n(z_tangent + first, n, T{0}); });
    return;
  }
  propagate(tile, nullptr, a.value, z, a.tangent, z_tangent, room);
}

template <class T>
void Activate<T>::propagate(Tile tile, const T*, const T* a, const T*, const T* delta, T* epsilon,
                            std::span<T>) const {
  if (kind_ == Activation::relu) {
    each_piece(tile, features_, [&](std::size_t first, std::size_t n) {
      for (std::size_t i = first; i < first + n; ++i) epsilon[i] = a[i] > 0 ? delta[i] : T{0};
    });
    return;
  }
  Slopes<T> slopes(kind_, 1);
  each_piece(tile, features_, [&](std::size_t first, std::size_t n) {
    slopes.at(a + first, n);
    for (std::size_t i = 0; i < n; ++i) {
      epsilon[first + i] = static_cast<T>(slopes.f[1][i]) * delta[first + i];
    }
  });
}

template <class T>
void Activate<T>::second(Tile tile, Dual<T>, Dual<T> a, Dual<T>, Dual<T> delta, T* epsilon,
                         T* epsilon_tangent, double*, bool, std::span<T> room) const {
  if (epsilon == nullptr) return;
  propagate(tile, nullptr, a.value, nullptr, delta.value, epsilon, room);
  propagate(tile, nullptr, a.value, nullptr, delta.tangent, epsilon_tangent, room);
  if (kind_ == Activation::relu || a.tangent == nullptr) return;
  Slopes<T> slopes(kind_, 2);
  each_piece(tile, features_, [&](std::size_t first, std::size_t n) {
    slopes.at(a.value + first, n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = first + i;
      epsilon_tangent[at] += static_cast<T>(slopes.f[2][i]) * a.tangent[at] * delta.value[at];
    }
  });
}

template class Activate<float>;
template class Activate<double>;

}  // namespace cohort
