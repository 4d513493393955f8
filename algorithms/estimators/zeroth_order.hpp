#pragma once
// Zeroth order: a gradient from function values alone.
//   central    g ← (c/q) Σ_k (f_B(w + μ z_k) − f_B(w − μ z_k)) / (2μ) · z_k
//   forward    g ← (c/q) Σ_k (f_B(w + μ z_k) − f_B(w)) / μ · z_k
//   one_point  g ← (c/q) Σ_k f_B(w + μ z_k) / μ · z_k
// -----------------------------------------------------------------------------------------------
// w, z_k, g [d]; B the step's batch, the same for all values; μ = radius; q = count; directions and
// their constant c as in directions.hpp. g is unbiased for the gradient of f_B smoothed over the
// directions; central is exact along a direction of a quadratic. The variance of one_point does not
// vanish with ∇f: it is for functions that can be asked once only.
// Sources: Nesterov, Spokoiny, FoCM 17 (2017); Spall, IEEE TAC 37 (1992) for rademacher; Flaxman,
//   Kalai, McMahan, SODA 2005 for one_point.
// Cost a step: 2q, q + 1, q values of |B| rows; memory 1 vector, q for orthonormal.

#include "algorithms/estimators/directions.hpp"

namespace cohort {

enum class Difference : std::uint8_t { central, forward, one_point };
inline std::vector<std::pair<std::string, Difference>> option_names(Difference) {
  return {{"central", Difference::central},
          {"forward", Difference::forward},
          {"one_point", Difference::one_point}};
}

/// Which differences, along which directions: what every zeroth-order estimator is told.
struct Differences {
  Difference difference = Difference::central;
  Direction direction = Direction::gaussian;
  std::uint64_t count = 1;
  double radius = 1e-4;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("difference", &O::difference, "which values are subtracted");
    t.add("direction", &O::direction, "law of the directions");
    t.add("count", &O::count, at_least(1), "directions a step");
    t.add("radius", &O::radius, positive, "μ: how far along a direction f is asked");
  }

  /// g ← the estimate at w along `directions` of these that `stream` stands for; `probe` is room
  /// for a point. Returns f(w) where it was asked, else NaN.
  double estimate(const Stream& stream, std::uint64_t directions, Oracle& f, VecView w, Vec& probe,
                  VecRef g) const {
    Directions z(direction, directions, w.size(), stream);
    double value = std::numeric_limits<double>::quiet_NaN();
    if (difference == Difference::forward) value = f.value(w);
    g.setZero();
    for (std::uint64_t k = 0; k < z.count(); ++k) {
      z.take(k);
      const auto value_at = [&](double t) {
        probe = w;
        z.add(t, probe);
        return f.value(probe);
      };
      double slope = value_at(radius) / radius;
      if (difference == Difference::forward) slope -= value / radius;
      if (difference == Difference::central) slope = (slope - value_at(-radius) / radius) / 2;
      z.add(z.scale() * slope, g);
    }
    return value;
  }
};

struct ZerothOrder {
  static constexpr std::string_view name = "zeroth_order";
  static constexpr std::string_view summary = "differences of values along random directions";
  static constexpr std::string_view source =
      "Nesterov, Spokoiny, FoCM 17 (2017); Spall, IEEE TAC 37 (1992); Flaxman, Kalai, McMahan, "
      "SODA 2005";
  static constexpr Capabilities needs{Query::value};
  static constexpr bool uses_batches = true;
  struct Options : Differences {};
  Options options;
  struct Memory {
    Vec probe;  // room for a step
    void start(std::size_t) {}
    template <class V>
    void fields(V&&) {}
  };

  double estimate(const StepInfo& info, Memory& memory, Oracle&, Oracle& batch, VecView w,
                  VecRef g) const {
    return options.estimate(info.stream, options.count, batch, w, memory.probe, g);
  }
};

}  // namespace cohort
