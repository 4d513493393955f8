#pragma once
// A layer of a neural network, z = f(a; w), on a tile of n rows. A network is a list of them.
//
//   a [inputs], z [outputs]      what goes in and comes out, of one row
//   w [parameters]               its parameters, in the precision T of the products
//   δ = ∂L/∂z, ε = ∂L/∂a         of L = Σ_j ω_j ℓ_j over the rows of the tile
//   ẇ, ȧ, ż, δ̇, ε̇                derivatives along a direction ẇ of all parameters
//
// Values of a tile are feature-major: that of feature f of row j is x[f · ld + j], n ≤ ld, so that
// the rows of a tile are the lanes of a vector and a layer is a product with a row-major weight.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/layout.hpp"
#include "core/random.hpp"

namespace cohort {

enum class Initialization : std::uint8_t { he, xavier };

struct Tile {
  std::size_t rows = 0;  // n
  std::size_t ld = 0;
};

/// A value and its derivative along the direction; one without a tangent does not change.
template <class T>
struct Dual {
  const T* value = nullptr;
  const T* tangent = nullptr;
};

template <class T>
class Layer {
 public:
  virtual ~Layer() = default;

  virtual std::size_t inputs() const = 0;
  virtual std::size_t outputs() const = 0;
  virtual std::size_t parameters() const { return 0; }
  /// Elements of working memory that any of the calls below needs, for tiles of ld rows.
  virtual std::size_t room(std::size_t /*ld*/) const { return 0; }
  /// Appends a segment for each tensor of the layer, named "<name>.weight" …
  virtual void append_to(Layout&, const std::string& /*name*/) const {}
  /// out [parameters] ← where training starts.
  virtual void initialize(Initialization, const Stream&, std::span<double> /*out*/) const {}

  /// z ← f(a; w)
  virtual void forward(Tile, const T* w, const T* a, T* z, std::span<T> room) const = 0;
  /// ż ← ∂f/∂a ȧ + ∂f/∂w ẇ; a without a tangent has ȧ = 0.
  virtual void tangent(Tile, Dual<T> w, Dual<T> a, const T* z, T* z_tangent,
                       std::span<T> room) const = 0;
  /// g [parameters] ← ∂L/∂w, or g + ∂L/∂w if it `adds`.
  virtual void gradient(Tile, const T* /*a*/, const T* /*delta*/, double* /*g*/, bool /*adds*/,
                        std::span<T> /*room*/) const {}
  /// ε ← ∂L/∂a
  virtual void propagate(Tile, const T* w, const T* a, const T* z, const T* delta, T* epsilon,
                         std::span<T> room) const = 0;
  /// The derivative of both along the direction: h [parameters] ← or + that of ∂L/∂w; and ε, ε̇
  /// unless null.
  virtual void second(Tile, Dual<T> w, Dual<T> a, Dual<T> z, Dual<T> delta, T* epsilon,
                      T* epsilon_tangent, double* h, bool adds, std::span<T> room) const = 0;
  /// Whether add_gram is there; nothing to add where nothing is trained.
  virtual bool has_gram() const { return parameters() == 0; }
  /// out [n × n], row-major: out_ij += ⟨∂ℓ_i/∂w, ∂ℓ_j/∂w⟩ for i ≤ j, δ with ω = 1.
  virtual void add_gram(Tile, const T* /*a*/, const T* /*delta*/, double* /*out*/,
                        std::span<T> /*room*/) const {}
  /// Working memory of add_gram.
  virtual std::size_t gram_room(std::size_t /*rows*/) const { return 0; }
};

}  // namespace cohort
