#pragma once
// A list of layers, and what is computed through it on a tile of rows: values, tangents (forward
// mode), gradients (reverse mode), Hessian products (forward over reverse), per-row Gram matrices.

#include <memory>
#include <vector>

#include "problems/neural/layer.hpp"

namespace cohort {

template <class T>
class Network {
 public:
  using Layers = std::vector<std::unique_ptr<const Layer<T>>>;

  /// The outputs of each layer are the inputs of the next. At least one layer has parameters.
  explicit Network(Layers layers);

  std::size_t inputs() const { return layers_.front()->inputs(); }
  std::size_t outputs() const { return layers_.back()->outputs(); }
  /// Rows that go through it together: few enough that the values of all layers stay in cache.
  /// Depends on the layers alone.
  std::size_t tile_rows() const { return tile_rows_; }
  /// Whether every layer has its part of a Gram matrix.
  bool has_gram() const;

  enum class Kind { forward, tangent, backward, second, gram };

  /// Working memory for tiles of ld rows, and the places in it.
  class Pass {
   public:
    static std::size_t size(const Network& network, Kind kind, std::size_t ld);
    Pass(const Network& network, Kind kind, std::size_t ld, std::span<T> memory);

    std::size_t ld() const { return ld_; }
    T* input() { return values_; }               // [inputs × ld]
    const T* output() const { return output_; }  // [outputs × ld]
    const T* output_tangent() const { return output_tangent_; }
    T* delta() { return delta_[0]; }  // [outputs × ld]: ∂L/∂output, overwritten by what reads it
    T* delta_tangent() { return delta_tangent_[0]; }

    /// output ← network(input; w)
    void forward(std::size_t rows, const T* w);
    /// The same, and output_tangent ← its derivative along v.
    void tangent(std::size_t rows, const T* w, const T* v);
    /// g [parameters] ← or + ∂L/∂w; after forward().
    void backward(std::size_t rows, const T* w, double* g, bool adds);
    /// h [parameters] ← or + the derivative of ∂L/∂w along v; after tangent().
    void second(std::size_t rows, const T* w, const T* v, double* h, bool adds);
    /// out [rows × rows] += ⟨∂ℓ_i/∂w, ∂ℓ_j/∂w⟩ for i ≤ j; after forward().
    void add_gram(std::size_t rows, const T* w, double* out);

   private:
    const T* value(std::size_t place) const { return values_ + network_->place_[place] * ld_; }
    /// Null at the input, which has none.
    const T* tangent_at(std::size_t place) const {
      return place == 0 ? nullptr
                        : tangents_ + (network_->place_[place] - network_->place_[1]) * ld_;
    }
    /// From the last layer to the first trained one: body(i, δ and δ̇ behind layer i, which of the
    /// two places is for those before it).
    template <class Body>
    void each_backward(const Body& body);
    /// ∂L/∂output back through the layers; gradient(layer, i, δ) at each.
    template <class Gradient>
    void reverse(std::size_t rows, const T* w, const Gradient& gradient);

    const Network* network_;
    std::size_t ld_;
    T* values_ = nullptr;    // at every place
    T* tangents_ = nullptr;  // at every place but the first
    T* delta_[2] = {};       // two places that alternate
    T* delta_tangent_[2] = {};
    std::span<T> room_;
    const T* output_ = nullptr;
    const T* output_tangent_ = nullptr;
  };

 private:
  Layers layers_;
  std::vector<std::size_t> place_;   // features before place i: layer i leads from place i to i + 1
  std::vector<std::size_t> offset_;  // parameters before layer i
  std::size_t first_trained_ = 0;    // layers before it have no parameters
  std::size_t widest_ = 0;           // features at a place that needs δ
  std::size_t tile_rows_ = 0;
};

}  // namespace cohort
