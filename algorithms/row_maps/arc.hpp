#pragma once
// Adaptive robust clipping: the k longest rows are cut to the length of the next.
//   k = ⌊(2f/n)(n − f)⌋,   C = the (k + 1)-th largest norm,   y_i = x_i min(1, C/‖x_i‖)
// Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan, "Adaptive gradient clipping for robust
// federated learning", ICLR 2025. C is at most the largest norm of any n − f rows, and a rule
// behind it that is (f, κ)-robust stays so with κ + 2f/(n − 2f).
//
// Tolerates f < n/2. Cost: norms (from the Gram matrix), and the weighted sum.

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "algorithms/aggregation.hpp"

namespace cohort {

struct Arc {
  static constexpr std::string_view name = "arc";
  static constexpr std::string_view summary =
      "the longest updates are cut to the next one's length";
  static constexpr std::string_view source = "Allouah et al., ICLR 2025";
  static constexpr bool needs_f = true;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }
  std::size_t rows_out(std::size_t n) const { return n; }

  Mat map(const Distances& distances, const RuleInput& input) const {
    const auto n = static_cast<std::size_t>(distances.rows());
    const std::size_t cut = 2 * input.f * (n - input.f) / n;
    std::vector<double> squares;
    for (Index i = 0; i < distances.rows(); ++i) {
      squares.push_back(distances.d2(i, distances.origin()));
    }
    std::sort(squares.begin(), squares.end(), std::greater<>());
    return clipping_map(distances, std::sqrt(squares[cut]));
  }
};

}  // namespace cohort
