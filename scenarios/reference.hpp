#pragma once
// What a run could have reached: the minimiser of
//   F(w) = Σ_i p_i f_i(w) / Σ_i p_i    over the honest clients i,
// for the metrics `distance` ‖x − w*‖ and `optimality_gap` F(x) − F(w*). In closed form where the
// function has one, else by Newton's method (scenarios/newton_cg.hpp) over all ranks, once: the
// result is kept in the cache. The same bits on any number of ranks and threads.
//
// With F μ-strongly convex (μ ≥ l2 of a regularised model) the error is at most
//   ‖w − w*‖ ≤ ‖∇F(w)‖ / μ,    F(w) − F(w*) ≤ ‖∇F(w)‖² / (2μ).

#include "core/result.hpp"
#include "core/thread_pool.hpp"
#include "scenarios/newton_cg.hpp"
#include "scenarios/runner.hpp"
#include "scenarios/session.hpp"

namespace cohort {

/// Every rank calls it; each has the minimiser then. Errors: those of `minimise`, and of a peer.
Result<Minimiser> reference_solution(const Prepared& prepared, const Job& job, ThreadPool& pool);

}  // namespace cohort
