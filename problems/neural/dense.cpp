#include "problems/neural/dense.hpp"

#include <algorithm>

#include "core/kernels_gemm.hpp"
#include "problems/neural/initialize.hpp"

namespace cohort {

using kernels::gemm;
using kernels::gemm_room;
using kernels::gemm_sum;
using kernels::Product;

namespace {

constexpr std::size_t gram_rows = 64;  // of the Gram matrix that are made at a time

/// b_k ← or + Σ_j δ_kj, in the order of the rows; four at a time, so that none waits for its last
/// addition.
template <class T>
void bias_sums(Tile tile, const T* delta, std::size_t outputs, double* b, bool adds) {
  constexpr std::size_t together = 4;
  for (std::size_t k = 0; k < outputs; k += together) {
    const std::size_t n = std::min(together, outputs - k);
    double sums[together] = {};
    for (std::size_t j = 0; j < tile.rows; ++j) {
      for (std::size_t i = 0; i < n; ++i) {
        sums[i] += static_cast<double>(delta[(k + i) * tile.ld + j]);
      }
    }
    for (std::size_t i = 0; i < n; ++i) b[k + i] = adds ? b[k + i] + sums[i] : sums[i];
  }
}

/// z_kj ← b_k
template <class T>
void fill_bias(Tile tile, const T* b, std::size_t outputs, T* z) {
  for (std::size_t k = 0; k < outputs; ++k) std::fill_n(z + k * tile.ld, tile.rows, b[k]);
}

}  // namespace

template <class T>
std::size_t Dense<T>::room(std::size_t ld) const {
  return std::max({gemm_room({outputs_, ld, inputs_}), gemm_room({inputs_, ld, outputs_}),
                   gemm_room({outputs_, inputs_, ld})});
}

template <class T>
void Dense<T>::append_to(Layout& layout, const std::string& name) const {
  layout.append(name + ".weight", outputs_, inputs_, SegmentKind::weight);
  layout.append(name + ".bias", outputs_, 1, SegmentKind::bias);
}

template <class T>
void Dense<T>::initialize(Initialization kind, const Stream& stream, std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  initialize_weights(kind, inputs_, outputs_, stream, out.first(outputs_ * inputs_));
}

template <class T>
void Dense<T>::forward(Tile tile, const T* w, const T* a, T* z, std::span<T> room) const {
  fill_bias(tile, w + outputs_ * inputs_, outputs_, z);
  gemm(Product::nn, {outputs_, tile.rows, inputs_}, {w, inputs_}, {a, tile.ld}, {z, tile.ld}, true,
       room);
}

template <class T>
void Dense<T>::tangent(Tile tile, Dual<T> w, Dual<T> a, const T*, T* z_tangent,
                       std::span<T> room) const {
  forward(tile, w.tangent, a.value, z_tangent, room);
  if (a.tangent == nullptr) return;
  gemm(Product::nn, {outputs_, tile.rows, inputs_}, {w.value, inputs_}, {a.tangent, tile.ld},
       {z_tangent, tile.ld}, true, room);
}

template <class T>
void Dense<T>::gradient(Tile tile, const T* a, const T* delta, double* g, bool adds,
                        std::span<T> room) const {
  gemm_sum(Product::nt, {outputs_, inputs_, tile.rows}, {delta, tile.ld}, {a, tile.ld},
           {g, inputs_}, adds, room);
  bias_sums(tile, delta, outputs_, g + outputs_ * inputs_, adds);
}

template <class T>
void Dense<T>::propagate(Tile tile, const T* w, const T*, const T*, const T* delta, T* epsilon,
                         std::span<T> room) const {
  gemm(Product::tn, {inputs_, tile.rows, outputs_}, {w, inputs_}, {delta, tile.ld},
       {epsilon, tile.ld}, false, room);
}

// ∂L/∂W = Σ δ aᵀ, so its tangent is Σ δ̇ aᵀ + δ ȧᵀ; ε̇ = Wᵀ δ̇ + Ẇᵀ δ.
template <class T>
void Dense<T>::second(Tile tile, Dual<T> w, Dual<T> a, Dual<T>, Dual<T> delta, T* epsilon,
                      T* epsilon_tangent, double* h, bool adds, std::span<T> room) const {
  gradient(tile, a.value, delta.tangent, h, adds, room);
  if (a.tangent != nullptr) {
    gemm_sum(Product::nt, {outputs_, inputs_, tile.rows}, {delta.value, tile.ld},
             {a.tangent, tile.ld}, {h, inputs_}, true, room);
  }
  if (epsilon == nullptr) return;
  propagate(tile, w.value, nullptr, nullptr, delta.value, epsilon, room);
  propagate(tile, w.value, nullptr, nullptr, delta.tangent, epsilon_tangent, room);
  gemm(Product::tn, {inputs_, tile.rows, outputs_}, {w.tangent, inputs_}, {delta.value, tile.ld},
       {epsilon_tangent, tile.ld}, true, room);
}

// ⟨δ_i (a_i, 1)ᵀ, δ_j (a_j, 1)ᵀ⟩ = ⟨δ_i, δ_j⟩ (⟨a_i, a_j⟩ + 1)
template <class T>
void Dense<T>::add_gram(Tile tile, const T* a, const T* delta, double* out,
                        std::span<T> room) const {
  const std::size_t n = tile.rows;
  const auto of_inputs = room.first(gram_rows * n);
  const auto of_deltas = room.subspan(gram_rows * n, gram_rows * n);
  const auto packed = room.subspan(2 * gram_rows * n);
  for (std::size_t first = 0; first < n; first += gram_rows) {
    const std::size_t rows = std::min(gram_rows, n - first);
    const std::size_t columns = n - first;
    const auto products = [&](const T* x, std::size_t features, std::span<T> to) {
      gemm(Product::tn, {rows, columns, features}, {x + first, tile.ld}, {x + first, tile.ld},
           {to.data(), n}, false, packed);
    };
    products(a, inputs_, of_inputs);
    products(delta, outputs_, of_deltas);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = i; j < columns; ++j) {
        out[(first + i) * n + first + j] += static_cast<double>(of_deltas[i * n + j]) *
                                            (static_cast<double>(of_inputs[i * n + j]) + 1);
      }
    }
  }
}

template <class T>
std::size_t Dense<T>::gram_room(std::size_t rows) const {
  return 2 * gram_rows * rows + gemm_room({gram_rows, rows, std::max(inputs_, outputs_)});
}

template class Dense<float>;
template class Dense<double>;

}  // namespace cohort
