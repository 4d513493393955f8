#include "problems/neural/group_norm.hpp"

#include <algorithm>
#include <cmath>

namespace cohort {

namespace {

constexpr std::size_t chunk = 64;  // lanes at a time
constexpr double least_variance = 1e-5;

using Row = double[chunk];

}  // namespace

/// Statistics of a group for lanes [first, first + n) of a tile.
template <class T>
struct GroupNorm<T>::Lanes {
  const GroupNorm& layer;
  Tile tile;
  Dual<T> a;
  std::size_t channel;  // first of the group
  std::size_t first;
  std::size_t n;
  Row mean, scale;          // μ, s
  Row mean_tangent, slope;  // mean(ȧ), mean(x̂ ȧ)

  /// body(channel, place of its lanes) for the features of the group.
  template <class Body>
  void each(const Body& body) const {
    const std::size_t positions = layer.shape_.positions();
    for (std::size_t c = channel; c < channel + layer.of_group(); ++c) {
      for (std::size_t p = 0; p < positions; ++p) {
        body(c, (c * positions + p) * tile.ld + first);
      }
    }
  }
  /// out ← the mean over the group of term(channel, place, lane)
  template <class Term>
  void average(Row& out, const Term& term) const {
    std::fill_n(out, n, 0.0);
    each([&](std::size_t c, std::size_t at) {
      for (std::size_t j = 0; j < n; ++j) out[j] += term(c, at + j, j);
    });
    const double count = static_cast<double>(layer.of_group() * layer.shape_.positions());
    for (std::size_t j = 0; j < n; ++j) out[j] /= count;
  }

  double normal(std::size_t at, std::size_t j) const {  // x̂
    return scale[j] * (static_cast<double>(a.value[at]) - mean[j]);
  }
  double normal_tangent(std::size_t at, std::size_t j) const {
    if (a.tangent == nullptr) return 0;
    return scale[j] *
           (static_cast<double>(a.tangent[at]) - mean_tangent[j] - normal(at, j) * slope[j]);
  }

  void measure() {
    average(mean, [&](std::size_t, std::size_t at, std::size_t) {
      return static_cast<double>(a.value[at]);
    });
    average(scale, [&](std::size_t, std::size_t at, std::size_t j) {
      const double e = static_cast<double>(a.value[at]) - mean[j];
      return e * e;
    });
    for (std::size_t j = 0; j < n; ++j) scale[j] = 1 / std::sqrt(scale[j] + least_variance);
    if (a.tangent == nullptr) return;
    average(mean_tangent, [&](std::size_t, std::size_t at, std::size_t) {
      return static_cast<double>(a.tangent[at]);
    });
    average(slope, [&](std::size_t, std::size_t at, std::size_t j) {
      return normal(at, j) * static_cast<double>(a.tangent[at]);
    });
  }
};

template <class T>
template <class Body>
void GroupNorm<T>::each_group(Tile tile, Dual<T> a, const Body& body) const {
  for (std::size_t g = 0; g < groups_; ++g) {
    for (std::size_t first = 0; first < tile.rows; first += chunk) {
      Lanes lanes{*this, tile, a, g * of_group(), first, std::min(chunk, tile.rows - first), {},
                  {},    {},   {}};
      lanes.measure();
      body(lanes);
    }
  }
}

template <class T>
void GroupNorm<T>::append_to(Layout& layout, const std::string& name) const {
  layout.append(name + ".scale", shape_.channels, 1, SegmentKind::bias);
  layout.append(name + ".shift", shape_.channels, 1, SegmentKind::bias);
}

template <class T>
void GroupNorm<T>::initialize(Initialization, const Stream&, std::span<double> out) const {
  std::fill_n(out.begin(), shape_.channels, 1.0);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(shape_.channels), out.end(), 0.0);
}

template <class T>
void GroupNorm<T>::forward(Tile tile, const T* w, const T* a, T* z, std::span<T>) const {
  each_group(tile, {a, nullptr}, [&](const Lanes& lanes) {
    lanes.each([&](std::size_t c, std::size_t at) {
      const double scale = static_cast<double>(w[c]);
      const double shift = static_cast<double>(w[shape_.channels + c]);
      for (std::size_t j = 0; j < lanes.n; ++j) {
        z[at + j] = static_cast<T>(scale * lanes.normal(at + j, j) + shift);
      }
    });
  });
}

template <class T>
void GroupNorm<T>::tangent(Tile tile, Dual<T> w, Dual<T> a, const T*, T* z_tangent,
                           std::span<T>) const {
  each_group(tile, a, [&](const Lanes& lanes) {
    lanes.each([&](std::size_t c, std::size_t at) {
      const double scale = static_cast<double>(w.value[c]);
      const double scale_tangent = static_cast<double>(w.tangent[c]);
      const double shift_tangent = static_cast<double>(w.tangent[shape_.channels + c]);
      for (std::size_t j = 0; j < lanes.n; ++j) {
        z_tangent[at + j] = static_cast<T>(scale_tangent * lanes.normal(at + j, j) +
                                           scale * lanes.normal_tangent(at + j, j) + shift_tangent);
      }
    });
  });
}

template <class T>
void GroupNorm<T>::gradient(Tile tile, const T* a, const T* delta, double* g, bool adds,
                            std::span<T>) const {
  if (!adds) std::fill_n(g, parameters(), 0.0);
  each_group(tile, {a, nullptr}, [&](const Lanes& lanes) {
    lanes.each([&](std::size_t c, std::size_t at) {
      double of_scale = 0, of_shift = 0;
      for (std::size_t j = 0; j < lanes.n; ++j) {
        const double d = static_cast<double>(delta[at + j]);
        of_scale += d * lanes.normal(at + j, j);
        of_shift += d;
      }
      g[c] += of_scale;
      g[shape_.channels + c] += of_shift;
    });
  });
}

template <class T>
void GroupNorm<T>::propagate(Tile tile, const T* w, const T* a, const T*, const T* delta,
                             T* epsilon, std::span<T>) const {
  each_group(tile, {a, nullptr}, [&](const Lanes& lanes) {
    const auto h = [&](std::size_t c, std::size_t at) {
      return static_cast<double>(w[c]) * static_cast<double>(delta[at]);
    };
    Row mean, moment;
    lanes.average(mean, [&](std::size_t c, std::size_t at, std::size_t) { return h(c, at); });
    lanes.average(moment, [&](std::size_t c, std::size_t at, std::size_t j) {
      return lanes.normal(at, j) * h(c, at);
    });
    lanes.each([&](std::size_t c, std::size_t at) {
      for (std::size_t j = 0; j < lanes.n; ++j) {
        epsilon[at + j] = static_cast<T>(
            lanes.scale[j] * (h(c, at + j) - mean[j] - lanes.normal(at + j, j) * moment[j]));
      }
    });
  });
}

// ε̇ = ṡ/s ε + s (ḣ − mean(ḣ) − x̂̇ M − x̂ Ṁ) with M = mean(x̂ h), ṡ/s = −s mean(x̂ ȧ).
template <class T>
void GroupNorm<T>::second(Tile tile, Dual<T> w, Dual<T> a, Dual<T>, Dual<T> delta, T* epsilon,
                          T* epsilon_tangent, double* g, bool adds, std::span<T> room) const {
  if (!adds) std::fill_n(g, parameters(), 0.0);
  if (epsilon != nullptr) propagate(tile, w.value, a.value, nullptr, delta.value, epsilon, room);
  each_group(tile, a, [&](const Lanes& lanes) {
    lanes.each([&](std::size_t c, std::size_t at) {
      double of_scale = 0, of_shift = 0;
      for (std::size_t j = 0; j < lanes.n; ++j) {
        const double d = static_cast<double>(delta.value[at + j]);
        const double d_tangent = static_cast<double>(delta.tangent[at + j]);
        of_scale += d_tangent * lanes.normal(at + j, j) + d * lanes.normal_tangent(at + j, j);
        of_shift += d_tangent;
      }
      g[c] += of_scale;
      g[shape_.channels + c] += of_shift;
    });
    if (epsilon == nullptr) return;
    const auto h = [&](std::size_t c, std::size_t at) {
      return static_cast<double>(w.value[c]) * static_cast<double>(delta.value[at]);
    };
    const auto h_tangent = [&](std::size_t c, std::size_t at) {
      return static_cast<double>(w.tangent[c]) * static_cast<double>(delta.value[at]) +
             static_cast<double>(w.value[c]) * static_cast<double>(delta.tangent[at]);
    };
    Row mean_tangent, moment, moment_tangent;
    lanes.average(mean_tangent,
                  [&](std::size_t c, std::size_t at, std::size_t) { return h_tangent(c, at); });
    lanes.average(moment, [&](std::size_t c, std::size_t at, std::size_t j) {
      return lanes.normal(at, j) * h(c, at);
    });
    lanes.average(moment_tangent, [&](std::size_t c, std::size_t at, std::size_t j) {
      return lanes.normal_tangent(at, j) * h(c, at) + lanes.normal(at, j) * h_tangent(c, at);
    });
    lanes.each([&](std::size_t c, std::size_t at) {
      for (std::size_t j = 0; j < lanes.n; ++j) {
        const double s = lanes.scale[j];
        const double slope = a.tangent == nullptr ? 0 : lanes.slope[j];
        epsilon_tangent[at + j] = static_cast<T>(-s * slope * static_cast<double>(epsilon[at + j]) +
                                                 s * (h_tangent(c, at + j) - mean_tangent[j] -
                                                      lanes.normal_tangent(at + j, j) * moment[j] -
                                                      lanes.normal(at + j, j) * moment_tangent[j]));
      }
    });
  });
}

template class GroupNorm<float>;
template class GroupNorm<double>;

}  // namespace cohort
