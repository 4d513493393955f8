#pragma once
// What an objective adds to its smooth part and no gradient shows: the nonsmooth convex ψ of
//   F(w) + ψ(w),   ψ(W) = λ₁ Σ |W_kj| + λ_g Σ_G √|G| ‖W_G‖   of a segment W [rows × cols].
// A group G is `group_size` consecutive columns with all their rows, the last one maybe fewer: of a
// linear model, features with the weights that every output gives them. A layout says which penalty
// each of its segments has; optimizers that step by the proximal operator apply it:
//   prox_ηψ(w) = argmin_u ψ(u) + ‖u − w‖²/(2η) = (shrink groups by η λ_g √|G|) ∘ (soft threshold η
//   λ₁).
// Source: Parikh, Boyd, Proximal algorithms, Found. Trends Optim. 1 (2014), section 6.5; that the
// two operators compose: Yu, On decomposing the proximal map, NIPS 2013.

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort {

struct Penalty {
  double l1 = 0;     // λ₁
  double group = 0;  // λ_g
  std::uint64_t group_size = 1;

  bool empty() const { return l1 == 0 && group == 0; }
  /// ψ(w) of a segment of `cols` columns, row-major.
  double value(std::span<const double> w, std::size_t cols) const;
  /// w ← prox_ηψ(w), η = step ≥ 0.
  void prox(double step, std::span<double> w, std::size_t cols) const;

  friend bool operator==(const Penalty&, const Penalty&) = default;
  template <class V>
  void fields(V&& v) {
    v("l1", l1);
    v("group", group);
    v("group_size", group_size);
  }
};

}  // namespace cohort
