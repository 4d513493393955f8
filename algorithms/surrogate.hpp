#pragma once
// Gaussian-process surrogates: a function from its values alone, and what they say of its gradient.
//
//   k(r²) a radial kernel, h its slope: ∇_x k(‖x − x_j‖²) = h_j (x_j − x), of length ℓ:
//     rbf         k = exp(−r²/2ℓ²)                              h = k/ℓ²
//     matern52    k = (1 + a + a²/3) e^{−a}, a = √5 r/ℓ         h = 5/(3ℓ²) (1 + a) e^{−a}
//   μ(x) = ȳ + Σ_j α_j k_j,      α = (K + σ²I)⁻¹ (y − ȳ)        the mean of f given y
//   ∇μ(x) = Σ_j α_j h_j (x_j − x)                               exact derivative of the mean
//   S(x) = h(0) I − J (K + σ²I)⁻¹ Jᵀ                            covariance of ∇f(x)
//   u(x) = tr S(x)/(d h(0))                                     in [0, 1]; 1: nothing is known
// -----------------------------------------------------------------------------------------------
// x, x_j [d]; y_j = f(x_j) + noise of variance σ² in units of the kernel's, n of them; ȳ their
// mean; K [n × n] of the pairs; J [d × n] with columns h_j (x_j − x). With P = (K + σ²I)⁻¹, r_j and
// D_ij squared distances to x and between points, ⟨x_i − x, x_j − x⟩ = ½ (r_i + r_j − D_ij), so
//   tr (J P Jᵀ) = Σ_i r_i h_i (P h)_i − ½ hᵀ (P ∘ D) h         n² for a point, without J.
// μ is linear in y, so a factor of f is one of μ, and σ² needs no scale of f.
//
// Random features of the same kernel:
//   φ_m(x) = √(2/M) cos(⟨v_m, x⟩ + b_m), E ⟨φ(x), φ(x')⟩ = k;  b_m uniform in [0, 2π),
//   v_m = z_m/ℓ (rbf) or z_m/ℓ · √(5/c_m), c_m ~ χ²_5 (matern52), z_m ~ N(0, I)
//   w = Φᵀ (ΦΦᵀ + σ²I)⁻¹ (y − ȳ),   ∇μ̂(x) = −√(2/M) Σ_m w_m sin(⟨v_m, x⟩ + b_m) v_m
// Those who share z, b and c have surrogates whose mean is the surrogate of the mean of their w.
// Sources: Rasmussen, Williams, Gaussian processes for machine learning, 2006; Rahimi, Recht,
// NeurIPS
//   2007.

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/linalg.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/vec.hpp"

namespace cohort {

enum class KernelName : std::uint8_t { rbf, matern52 };
inline std::vector<std::pair<std::string, KernelName>> option_names(KernelName) {
  return {{"rbf", KernelName::rbf}, {"matern52", KernelName::matern52}};
}

struct RadialKernel {
  KernelName name = KernelName::rbf;
  double length = 1;  // ℓ

  /// k and h of squared distances; either may be empty: not wanted, and k may be the distances.
  void evaluate(std::span<const double> squared, std::span<double> k, std::span<double> h) const;
  /// h(0)
  double slope_at_zero() const;
};

/// Points and values that were asked, oldest first.
class QueryStore {
 public:
  void start(std::size_t d) {
    d_ = d;
    points_.clear();
    values_.clear();
  }
  std::size_t size() const { return values_.size(); }
  std::span<const double> point(std::size_t j) const {
    return std::span(points_).subspan(j * d_, d_);
  }
  double value(std::size_t j) const { return values_[j]; }
  void add(std::span<const double> x, double y);
  /// Keeps the last `most`.
  void forget(std::size_t most);
  /// The `most` points nearest to x, ascending; ties go to the older.
  std::vector<std::uint32_t> nearest(std::span<const double> x, std::size_t most) const;

  template <class V>
  void fields(V&& v) {
    v("d", d_);
    v("points", points_);
    v("values", values_);
  }

 private:
  std::uint64_t d_ = 0;
  std::vector<double> points_;  // [size × d]
  std::vector<double> values_;
};

/// The process on a window of a store. Nothing of it is a state: it is made anew from a store.
class GaussianProcess {
 public:
  GaussianProcess() = default;
  /// `noise` σ² is at least 1e-10, so that points may repeat.
  GaussianProcess(const RadialKernel& kernel, double noise, std::size_t d)
      : kernel_(kernel), noise_(noise), d_(d) {}

  std::size_t size() const { return ids_.size(); }
  void clear();
  /// The window becomes the `most` points of the store nearest to x: those that are new to it join
  /// the factor, those that left go, O(size (size + d)) each. Points that are not finite stay out.
  void move_to(const QueryStore& store, std::span<const double> x, std::size_t most);

  double mean(VecView x);
  /// g ← ∇μ(x)
  void gradient(VecView x, VecRef g);
  /// out [m] ← u of each of the m points [m × d].
  void uncertainties(std::span<const double> points, std::span<double> out);

 private:
  void add(const QueryStore& store, std::uint32_t id);
  void remove(std::size_t position);
  /// r_j of all points of the window.
  std::span<const double> distances_to(std::span<const double> x);
  void solve();

  std::span<double> pair_row(std::size_t i) { return {pairs_.data() + i * room_, room_}; }

  RadialKernel kernel_;
  double noise_ = 1e-6;
  std::size_t d_ = 0;
  std::vector<std::uint32_t> ids_;  // in the store
  std::vector<double> points_;      // [size × d]
  std::vector<double> values_;
  std::size_t room_ = 0;
  std::vector<double> pairs_;  // [room × room] D
  GrowingCholesky factor_;
  bool is_solved_ = false;
  std::vector<double> alpha_;
  double level_ = 0;  // ȳ
  std::vector<double> squared_, k_, h_;
};

/// z, b and √(5/c): what those who compare weights share. A function of the stream alone.
struct FeatureBasis {
  std::size_t d = 0;
  std::vector<double> normals;  // [M × d]
  std::vector<double> phases;   // [M]
  std::vector<double> scales;   // [M] √(5/c)

  FeatureBasis() = default;
  FeatureBasis(std::size_t features, std::size_t dimension, const Stream& stream);
  std::size_t size() const { return phases.size(); }
};

/// Features of a kernel over a basis, which outlives them.
class RandomFeatures {
 public:
  RandomFeatures(const FeatureBasis& basis, const RadialKernel& kernel);

  /// φ(x) of points [n × d] → [n × M], row-major.
  std::vector<double> of(std::span<const double> points) const;
  /// w [M] of the `most` points of a store nearest to x; zero of an empty one, NaN where a value or
  /// a point is not finite.
  Vec fit(const QueryStore& store, std::span<const double> x, std::size_t most, double noise) const;
  /// ⟨w, φ(x)⟩
  double value(VecView w, VecView x) const;
  /// g ← g + a ∇⟨w, φ(x)⟩
  void add_gradient(double a, VecView w, VecView x, VecRef g) const;

 private:
  double frequency(std::size_t m) const {
    return is_scaled_ ? inverse_length_ * basis_->scales[m] : inverse_length_;
  }
  const FeatureBasis* basis_;
  double inverse_length_;
  bool is_scaled_;
};

}  // namespace cohort
