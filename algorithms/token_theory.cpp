#include "algorithms/token_theory.hpp"

#include <vector>

#include "core/kernels.hpp"

namespace cohort {

double token_spread(const ChainModes& modes, const Mat& h, const TokenRegime& regime,
                    std::uint64_t hops) {
  const double a = regime.memory_exponent, b = regime.rate_exponent;
  const double n = static_cast<double>(hops);
  std::vector<double> terms;
  for (Index i = 0; i < modes.values.size(); ++i) {
    const double eigenvalue = modes.values[i];
    const double s = 1.0 / (regime.alpha * (1.0 + eigenvalue) + 1.0);
    const double share = b > a ? 0.5 * s * s : b == a ? 0.5 * s : 0.5;
    const Vec u = modes.left.col(i);
    for (Index k = 0; k < h.cols(); ++k) {
      const Vec column = h.col(k);
      const double along = kernels::dot(as_span(column), as_span(u));
      terms.push_back(share * along * along * (1.0 + eigenvalue) / (1.0 - eigenvalue));
    }
  }
  const double rate = kernels::pow(n, -b);
  return rate * kernels::sum(terms) / (1.0 - 0.5 * b * kernels::pow(n, b - 1.0));
}

}  // namespace cohort
