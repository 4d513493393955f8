#pragma once
// Many walks of one kernel: how far the frequencies of their visits are from where they should go.
//   tv    = E ½ Σ_j |x_j − π_j|
//   n_mse = T E ‖x_T − π‖²
// x_T are the visits of a walk of T hops that starts at a random node, every node counted once
// before; of a kernel that weighs visits, its own weights.

#include <cstdint>

#include "algorithms/spectrum.hpp"
#include "algorithms/walk.hpp"
#include "core/thread_pool.hpp"

namespace cohort {

struct WalkErrors {
  double tv = 0;
  double n_mse = 0;
  double n_mse_error = 0;  // standard error over the runs
};
/// `target` [n] is π; hops, runs ≥ 1. Run r is token r of `seed`; the same bits on any pool.
WalkErrors sample_walks(const Walk& walk, const Graph& graph, std::span<const double> target,
                        std::uint64_t hops, std::uint64_t runs, std::uint64_t seed,
                        ThreadPool& pool);

/// Where token k of n nodes starts: at random.
std::uint32_t walk_start(std::uint64_t seed, std::uint64_t token, std::uint64_t nodes);

/// What n_mse tends to, as a function of T: T γ_T Σ_i weight(λ_i) (1 + λ_i)/(1 − λ_i) ‖u_i‖².
double theoretical_n_mse(const ChainModes& modes, const WalkTheory& theory, std::uint64_t hops);

}  // namespace cohort
