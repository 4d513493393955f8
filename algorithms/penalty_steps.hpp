#pragma once
// What the methods share that descend the penalty f + λ g of a bilevel problem: the steps
//   γ_k = γ_0 τ^−c,  λ_k = λ_0 τ^(a − c),  α_k = γ_k/(2 λ_k),  τ = 1 + (k − 1)/offset
// by a method's table of exponents (a, c), one row for each kind of noise, and the check that the
// penalty has a minimiser.

#include <array>

#include "algorithms/bilevel.hpp"
#include "core/kernels.hpp"

namespace cohort {

/// Whose gradients are noisy.
enum class BilevelNoise : std::uint8_t { both, upper, none };
inline std::vector<std::pair<std::string, BilevelNoise>> option_names(BilevelNoise) {
  return {
      {"both", BilevelNoise::both}, {"upper", BilevelNoise::upper}, {"none", BilevelNoise::none}};
}

/// α_k ~ k^−a, γ_k ~ k^−c, and the power of k by which E‖∇F‖² falls.
struct PenaltyExponents {
  BilevelNoise noise{};
  double a = 0;
  double c = 0;
  double rate = 0;
};

/// The steps and the multiplier of a round.
struct PenaltySchedule {
  double alpha = 0;
  double gamma = 0;
  double lambda = 0;
};

struct PenaltyWork : LevelBatches {
  BilevelNoise noise = BilevelNoise::both;
  double lower_rate = 0.1;
  double multiplier = 10;
  double ratio = 1;
  double offset = 10;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("noise", &O::noise, "the levels with noisy gradients, which decides the exponents");
    t.add("lower_rate", &O::lower_rate, positive, "γ_0, of z");
    t.add("multiplier", &O::multiplier, positive, "λ_0; at least 2 L_f/μ_g");
    t.add("ratio", &O::ratio, non_negative, "ξ, of the steps of x to those of y");
    t.add("offset", &O::offset, positive, "rounds after which the schedule starts to change");
    LevelBatches::declare(t);
  }
  template <std::size_t N>
  PenaltySchedule at(Round round, const std::array<PenaltyExponents, N>& table) const {
    PenaltySchedule s;
    for (const PenaltyExponents& e : table) {
      if (e.noise != noise) continue;
      const double log_time = kernels::log(1 + static_cast<double>(round.value - 1) / offset);
      s.gamma = lower_rate * kernels::exp(-e.c * log_time);
      s.lambda = multiplier * kernels::exp((e.a - e.c) * log_time);
      s.alpha = s.gamma / (2 * s.lambda);
    }
    return s;
  }
};

/// Curvature along a path of exact gradients: negative where what is descended has no minimiser.
struct PathCurvature {
  /// Of ‖Δy‖² to ‖y‖²: the differences of closer points are rounding.
  static constexpr double closest = 1e-18;
  Vec y;                        // [n] the point before
  Vec gradient;                 // [n] there; both empty at the start
  std::vector<ClientId> heard;  // whose gradient that was
  /// ⟨Δgradient, Δy⟩/‖Δy‖² since the last point with this λ; 0 at the first, and where other
  /// clients answered than there.
  double next(VecView at, VecView g, const std::vector<ClientId>& clients) {
    double curvature = 0;
    if (y.size() == at.size() && heard == clients) {
      y = at - y;
      gradient = g - gradient;
      const double length = kernels::squared_norm(as_span(y));
      const double size = kernels::squared_norm(as_span(at));
      if (length > closest * size) curvature = kernels::dot(as_span(y), as_span(gradient)) / length;
    }
    y = at;
    gradient = g;
    heard = clients;
    return curvature;
  }
  template <class V>
  void fields(V&& v) {
    v("path_point", y);
    v("path_gradient", gradient);
    v("path_clients", heard);
  }
};
/// What is told where f + λ g curves down.
Error lambda_too_small(std::string_view method, double lambda, double curvature);

}  // namespace cohort
