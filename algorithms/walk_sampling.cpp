#include "algorithms/walk_sampling.hpp"

#include <cmath>
#include <vector>

#include "core/kernels.hpp"

namespace cohort {

namespace {

/// x_T of one walk.
std::vector<double> frequencies(const Walk& walk, std::uint64_t nodes, std::uint64_t hops,
                                std::uint64_t seed, std::uint64_t run) {
  WalkState state = walk.start(walk_start(seed, run, nodes));
  const bool has_own = !state.mass.empty();
  std::vector<double> visits(has_own ? 0 : nodes, 1.0);
  double total = static_cast<double>(nodes);
  for (std::uint64_t t = 0; t < hops; ++t) {
    walk.hop(state, Stream(seed, Purpose::walk, run, t));
    if (has_own || !state.visits()) continue;
    visits[state.node] += 1.0;
    total += 1.0;
  }
  std::vector<double> x = has_own ? std::move(state.mass) : std::move(visits);
  kernels::scale(1.0 / (has_own ? state.total : total), x);
  return x;
}

}  // namespace

std::uint32_t walk_start(std::uint64_t seed, std::uint64_t token, std::uint64_t nodes) {
  Stream stream = Stream(seed, Purpose::walk, token).sub(0);
  return static_cast<std::uint32_t>(stream.below(nodes));
}

WalkErrors sample_walks(const Walk& walk, const Graph& graph, std::span<const double> target,
                        std::uint64_t hops, std::uint64_t runs, std::uint64_t seed,
                        ThreadPool& pool) {
  std::vector<double> tv(runs), mse(runs);
  pool.parallel_for(runs, [&](std::size_t run, std::size_t) {
    std::vector<double> x = frequencies(walk, graph.nodes(), hops, seed, run);
    kernels::subtract(target, x);
    mse[run] = static_cast<double>(hops) * kernels::squared_norm(x);
    for (double& v : x) v = std::abs(v);
    tv[run] = 0.5 * kernels::sum(x);
  });
  const double count = static_cast<double>(runs);
  WalkErrors out;
  out.tv = kernels::sum(tv) / count;
  out.n_mse = kernels::sum(mse) / count;
  for (double& v : mse) v -= out.n_mse;
  if (runs > 1) out.n_mse_error = std::sqrt(kernels::squared_norm(mse) / (count * (count - 1.0)));
  return out;
}

double theoretical_n_mse(const ChainModes& modes, const WalkTheory& theory, std::uint64_t hops) {
  std::vector<double> terms;
  for (Index i = 0; i < modes.values.size(); ++i) {
    const double eigenvalue = modes.values[i];
    const Vec u = modes.left.col(i);
    terms.push_back(theory.weight(eigenvalue) * (1.0 + eigenvalue) / (1.0 - eigenvalue) *
                    kernels::squared_norm(as_span(u)));
  }
  const double t = static_cast<double>(hops);
  const double step =
      theory.step_exponent == 1.0 ? 1.0 / t : kernels::pow(t + 1.0, -theory.step_exponent);
  return t * step * kernels::sum(terms);
}

}  // namespace cohort
