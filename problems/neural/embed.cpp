#include "problems/neural/embed.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/check.hpp"

namespace cohort {

template <class T>
template <class Body>
void Embed<T>::each_symbol(Tile tile, const T* a, const Body& body) const {
  for (std::size_t i = 0; i < features_; ++i) {
    for (std::size_t j = 0; j < tile.rows; ++j) {
      const T number = a[i * tile.ld + j];
      std::optional<std::size_t> vector;
      if (number >= 0 && number < static_cast<T>(symbols_)) {
        const auto symbol = static_cast<std::size_t>(number);
        if (static_cast<T>(symbol) == number) vector = symbol * width_;
      }
      body(i * width_ * tile.ld + j, vector);
    }
  }
}

template <class T>
void Embed<T>::append_to(Layout& layout, const std::string& name) const {
  layout.append(name + ".weight", symbols_, width_, SegmentKind::weight);
}

template <class T>
void Embed<T>::initialize(Initialization, const Stream& stream, std::span<double> out) const {
  stream.fill_normal(out);
}

template <class T>
void Embed<T>::forward(Tile tile, const T* w, const T* a, T* z, std::span<T>) const {
  each_symbol(tile, a, [&](std::size_t at, std::optional<std::size_t> vector) {
    for (std::size_t e = 0; e < width_; ++e) {
      z[at + e * tile.ld] = vector ? w[*vector + e] : std::numeric_limits<T>::quiet_NaN();
    }
  });
}

template <class T>
void Embed<T>::tangent(Tile tile, Dual<T> w, Dual<T> a, const T* z, T* z_tangent,
                       std::span<T> room) const {
  COHORT_CHECK(a.tangent == nullptr, "an embedding is the first layer");
  forward(tile, w.tangent, a.value, z_tangent, room);
  (void)z;
}

template <class T>
void Embed<T>::gradient(Tile tile, const T* a, const T* delta, double* g, bool adds,
                        std::span<T>) const {
  if (!adds) std::fill_n(g, parameters(), 0.0);
  each_symbol(tile, a, [&](std::size_t at, std::optional<std::size_t> vector) {
    if (!vector) return;
    for (std::size_t e = 0; e < width_; ++e) {
      g[*vector + e] += static_cast<double>(delta[at + e * tile.ld]);
    }
  });
}

template <class T>
void Embed<T>::propagate(Tile, const T*, const T*, const T*, const T*, T*, std::span<T>) const {
  check_failed("an embedding is the first layer", "numbers of symbols have no slope");
}

template <class T>
void Embed<T>::second(Tile tile, Dual<T>, Dual<T> a, Dual<T>, Dual<T> delta, T* epsilon, T*,
                      double* h, bool adds, std::span<T> room) const {
  COHORT_CHECK(epsilon == nullptr, "an embedding is the first layer");
  gradient(tile, a.value, delta.tangent, h, adds, room);
}

template class Embed<float>;
template class Embed<double>;

}  // namespace cohort
