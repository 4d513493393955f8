#pragma once
// A walk: which node a token goes to next, from where it is and, for some, from where it has been.
// Hop t of token k draws from the stream (walk, k, t), so the path is a function of the seed alone.
//
// A token carries a WalkState. Kernels with a history count visits x̃ (`mass`): every node counts
// once before the first hop, and the node where a walk starts is not counted for being there. A
// node's fair share is π_j, so x̃_j/(π_j Σ x̃) is 1 where a node has had what it should.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "algorithms/chain.hpp"
#include "core/graph.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace cohort {

/// A node whose visits a bounded memory remembers.
struct Remembered {
  std::uint32_t node = 0;
  double mass = 0;
  template <class V>
  void fields(V&& v) {
    v("node", node);
    v("mass", mass);
  }
  friend bool operator==(const Remembered&, const Remembered&) = default;
};

struct WalkState {
  static constexpr std::uint32_t nowhere = 0xffff'ffff;

  std::uint32_t node = 0;
  std::uint32_t previous = nowhere;  // of kernels that look back
  std::uint64_t hops = 0;
  std::uint64_t passing = 0;  // hops of a jump still to go; the node is only passed while there are
  std::vector<double> mass;   // [n] visits, of any scale; of kernels with a full history
  double total = 0;           // Σ mass
  double reference = 0;       // total at which the weights were made
  std::vector<Remembered> remembered;  // least recent first; of kernels with a bounded history

  std::vector<double> weights;  // [n] made of mass, by restore(); not a field

  /// Whether this node is a visit that counts, where a token learns.
  bool visits() const { return passing == 0; }
  template <class V>
  void fields(V&& v) {
    v("node", node);
    v("previous", previous);
    v("hops", hops);
    v("passing", passing);
    v("mass", mass);
    v("total", total);
    v("reference", reference);
    v("remembered", remembered);
  }
};

/// What is known of the covariance of the visit frequencies x_n, a mode λ of the base chain each:
/// (x_n − π)/√γ_n has mode variance weight(λ) (1 + λ)/(1 − λ), γ_n = n^−step_exponent.
struct WalkTheory {
  double alpha = 0;
  double step_exponent = 1;
  bool is_history_driven = false;
  double weight(double eigenvalue) const;
};

/// A kernel on a graph: constant, shared by all tokens of a process. The graph outlives it.
class Walk {
 public:
  virtual ~Walk() = default;
  virtual WalkState start(std::uint32_t node) const = 0;
  /// To the next node. `stream` is that of (walk, token, state.hops).
  virtual void hop(WalkState& state, Stream stream) const = 0;
  /// Makes what is not a field, after a state was read.
  virtual void restore(WalkState&) const {}
  /// P(next = j) for the neighbours j of state.node, and last for staying. O(degree). For tests and
  /// for what weighs by it; of a jump, of its first hop.
  virtual std::vector<double> law(const WalkState& state) const = 0;
  /// [n] where visits go in the long run, sum 1; empty: not known.
  virtual std::vector<double> stationary() const = 0;
  /// Null: no reversible chain is under it.
  virtual const ReversibleChain* base() const = 0;
  virtual std::optional<WalkTheory> theory() const = 0;
};

class WalkKernel {
 public:
  virtual ~WalkKernel() = default;
  virtual std::string_view name() const = 0;
  /// `target` [n] of any scale: where visits should go, of kernels that take one; empty: uniform.
  /// Errors (bad_input): a graph, base or target that the kernel cannot take, with why.
  virtual Result<std::unique_ptr<const Walk>> on(const Graph& graph,
                                                 std::span<const double> target) const = 0;
};

/// Makes a WalkKernel of a struct with name, summary, source, Options and
///   Result<std::unique_ptr<const Walk>> on(const Graph&, std::span<const double>) const
template <class T>
class WalkKernelOf final : public WalkKernel {
 public:
  explicit WalkKernelOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  Result<std::unique_ptr<const Walk>> on(const Graph& graph,
                                         std::span<const double> target) const override {
    return impl_.on(graph, target);
  }

 private:
  T impl_;
};

/// A chain without a history, by proposal and acceptance: O(1) a hop.
Result<std::unique_ptr<const Walk>> chain_walk(const Graph&, BaseChain, std::span<const double>);

/// A neighbour of i, all alike.
inline std::uint32_t any_neighbour(const Graph& graph, std::uint32_t i, Stream& stream) {
  return graph.neighbours[graph.offsets[i] + stream.below(graph.degree(i))];
}

/// One hop of the chain.
std::uint32_t chain_hop(const ReversibleChain& chain, std::uint32_t i, Stream& stream);
/// Its law at i, neighbours and last staying.
std::vector<double> chain_law(const ReversibleChain& chain, std::uint32_t i);

}  // namespace cohort
