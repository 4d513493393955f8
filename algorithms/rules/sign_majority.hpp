#pragma once
// Majority of signs: per coordinate, the sign of Σ sign(x_i); 0 where the votes are even.
// Bernstein, Zhao, Azizzadenesheli, Anandkumar, "signSGD with majority vote is communication
// efficient and fault tolerant", ICLR 2019. The result is a direction, not a mean: translation and
// scale of the rows do not carry over, and no κ exists. The server's learning rate is the length of
// a step in each coordinate.
//
// Tolerates f < n/2 where the noise of a coordinate is unimodal and symmetric. Cost: one pass.

#include <algorithm>

#include "algorithms/aggregation.hpp"

namespace cohort {

struct SignMajority {
  static constexpr std::string_view name = "sign_majority";
  static constexpr std::string_view summary = "the sign of each coordinate that most updates have";
  static constexpr std::string_view source = "Bernstein et al., ICLR 2019";
  static constexpr std::string_view cost = "one pass";
  static constexpr bool needs_f = false;
  struct Options {};
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  template <class T>
  void tile(std::span<const T* const> rows, std::size_t width, const RuleInput&,
            double* out) const {
    constexpr std::size_t strip = 512;  // votes that stay in cache
    for (std::size_t first = 0; first < width; first += strip) {
      const std::size_t count = std::min(strip, width - first);
      double* votes = out + first;
      std::fill_n(votes, count, 0.0);
      for (const T* row : rows) {
        const T* x = row + first;
        for (std::size_t k = 0; k < count; ++k) votes[k] += sign(static_cast<double>(x[k]));
      }
      for (std::size_t k = 0; k < count; ++k) votes[k] = sign(votes[k]);
    }
  }

 private:
  static double sign(double x) { return (x > 0.0 ? 1.0 : 0.0) - (x < 0.0 ? 1.0 : 0.0); }
};

}  // namespace cohort
