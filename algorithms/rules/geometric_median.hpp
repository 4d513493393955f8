#pragma once
// Geometric median: argmin_z Σ_i ω_i ‖z − x_i‖, ω_i = 1 or the weights of the rows about 1.
//
// 1. x_k, the row with the least sum of distances, is the minimiser if and only if the pull of the
//    others is at most its multiplicity (Kuhn 1973):
//      R = Σ_{x_j ≠ x_k} ω_j (x_j − x_k)/‖x_j − x_k‖,   ‖R‖ ≤ Σ_{x_j = x_k} ω_j
// 2. Else the step of Vardi and Zhang (PNAS 2000) leaves it downhill, for good: no row has a
//    smaller sum, so no later iterate can meet a row, where Weiszfeld's step is not defined.
// 3. Weiszfeld (1937): z ← T(z) = Σ u_i x_i / Σ u_i with u_i = ω_i/‖z − x_i‖, on the weights of
//    z = Σ w_i x_i, doubled while the sum still falls at twice the step: near a row the plain step
//    is slow. Until the gradient, ‖Σ u_i (x_i − z)‖, is at most accuracy · n/2; then T(z), whose
//    weights are positive. The step to it, ‖Σ u_i (x_i − z)‖ / Σ u_i, is at most `accuracy` of the
//    median ‖z − x_i‖, since half of the u_i are at least its inverse.
//
// No smoothing, unlike RFA (Pillutla et al. 2019) and ByzFL, which stop after 3 to 8 steps with
// ‖z − x_i‖ held above 0.1. If more than half of the rows are equal, they are the exact result.
// (f, κ)-robust with κ = 4 (1 + f/(n − 2f))² (Allouah et al., AISTATS 2023).
//
// Tolerates f < n/2. Cost: the Gram matrix (n²d/2), n² a step, one weighted sum.

#include <algorithm>
#include <cmath>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct GeometricMedian {
  static constexpr std::string_view name = "geometric_median";
  static constexpr std::string_view summary = "the point with the least sum of distances";
  static constexpr std::string_view source =
      "Weiszfeld 1937; Vardi and Zhang, PNAS 2000; Pillutla et al., IEEE TSP 2022";
  static constexpr std::string_view cost = "Gram matrix, n² a step, one weighted sum";
  static constexpr bool needs_f = false;
  static constexpr bool takes_weights = true;
  struct Options {
    double accuracy = 1e-6;
    static void declare(OptionTable<Options>& t) {
      t.add("accuracy", &Options::accuracy, Bounds{1e-12, 1, false, true},
            "length of the last step, relative to the median distance of an update");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  double kappa(std::size_t n, std::size_t f) const {
    return 4 * (1 + kappa_ratio(n, f)) * (1 + kappa_ratio(n, f));
  }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const Index n = distances.rows();
    const Vec omega = relative_weights(input, n);
    const Index k = least_sum(distances, omega);
    Vec w = Vec::Zero(distances.points());
    w[k] = 1.0;

    Vec pull = Vec::Zero(distances.points());
    double multiplicity = 0;
    for (Index j = 0; j < n; ++j) {
      if (distances.d2(j, k) > 0.0) {
        pull[j] = omega[j] / std::sqrt(distances.d2(j, k));
      } else {
        multiplicity += omega[j];
      }
    }
    const double total = kernels::sum(as_span(pull));
    Vec step = pull;
    step[k] = -total;
    const double force = length(step, distances.inner_times(step));
    if (force <= multiplicity) return w;
    const double share = (1.0 - multiplicity / force) / total;
    w = share * pull;
    w[k] = 1.0 - share * total;

    for (int i = 0; i < most_steps; ++i) {
      const Vec product = distances.inner_times(w);
      const double square = kernels::dot(as_span(w), as_span(product));
      // ‖z − x_j‖²
      const Vec d2 = (square + distances.inner.diagonal().array() - 2.0 * product.array()).head(n);
      if (touches_row(d2)) return w;  // on a row, as far as rounding can tell
      Vec next = Vec::Zero(distances.points());
      next.head(n) = omega.array() / d2.array().sqrt();
      const double inverse_distances = kernels::sum(as_span(next));
      next /= inverse_distances;

      step = next - w;
      const Vec change = distances.inner_times(step);
      const double step_length = length(step, change);
      if (step_length * inverse_distances <= 0.5 * options.accuracy * static_cast<double>(n)) {
        return next;
      }
      // The derivative of Σ ω_j ‖z + t step − x_j‖ in t, from that of the squares: c + t b, with
      // halves left out.
      const double b = step_length * step_length;
      const Vec c = kernels::dot(as_span(w), as_span(change)) - change.head(n).array();
      const auto falls_at = [&](double t) {
        const Vec at_t = d2.array() + t * (2.0 * c.array() + t * b);
        if (touches_row(at_t)) return false;
        const Vec slopes = omega.array() * (c.array() + t * b) / at_t.array().sqrt();
        return kernels::sum(as_span(slopes)) < 0.0;
      };
      double t = 1.0;
      while (t < most_stretch && falls_at(2.0 * t)) t *= 2.0;
      w += t * step;
    }
    return w;
  }

 private:
  // A few tens are usual. Only rounding stands in the way of the last digits.
  static constexpr int most_steps = 1000;
  static constexpr double most_stretch = 0x1p20;

  static bool touches_row(const Vec& squares) {
    return std::any_of(squares.begin(), squares.end(), [](double d2) { return !(d2 > 0.0); });
  }

  static Index least_sum(const Distances& distances, const Vec& omega) {
    const Index n = distances.rows();
    Index best = 0;
    double least = std::numeric_limits<double>::infinity();
    Vec distance(n);
    for (Index i = 0; i < n; ++i) {
      distance = omega.array() * distances.d2.col(i).head(n).array().sqrt();
      const double total = kernels::sum(as_span(distance));
      if (total < least) {
        least = total;
        best = i;
      }
    }
    return best;
  }

  /// ‖Σ v_i x_i‖ for Σ v_i = 0, from v and inner · v.
  static double length(const Vec& v, const Vec& product) {
    return std::sqrt(std::max(0.0, kernels::dot(as_span(v), as_span(product))));
  }
};

}  // namespace cohort
