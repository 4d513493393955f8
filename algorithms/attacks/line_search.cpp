#include "algorithms/attacks/line_search.hpp"

namespace cohort {

Result<Vec> most_damage(const LineSearchOptions& options, const Collusion& collusion,
                        const std::function<Vec(double)>& row) {
  constexpr double shrink = 0.8;
  double t = 0.0, step = options.step;
  COHORT_TRY(double most, collusion.damage(row(t)));
  bool expands = true;
  for (std::size_t k = 1; k < options.evaluations; ++k) {
    COHORT_TRY(const double damage, collusion.damage(row(t + step)));
    const bool is_worse = damage > most;
    if (is_worse) {
      most = damage;
      t += step;
    }
    expands &= is_worse;
    step *= expands ? 2.0 : shrink;
  }
  return row(t);
}

}  // namespace cohort
