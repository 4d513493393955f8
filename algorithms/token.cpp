#include "algorithms/token.hpp"

namespace cohort {

double learn(const VisitContext& at, const VisitWork& work, Oracle& oracle, VecRef x) {
  LocalLoop loop = at.loop(work.work(), oracle, work.weight(at));
  Vec& g = at.buffer(0);
  g.resize(x.size());
  double rates = 0;
  for (std::uint64_t k = 0; k < loop.steps(); ++k) {
    const double scale = loop.gradient(x, g);
    rates += loop.step(x, g, scale);
  }
  return rates;
}

}  // namespace cohort
