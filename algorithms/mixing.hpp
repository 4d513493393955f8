#pragma once
// A mixing matrix W: how each node weighs what it hears. One step of gossip is
//   x_i ← W_ii x_i + Σ_{j → i} W_ij x_j
// so row i has the weights that node i uses, over the nodes that it hears from. If the columns sum
// to 1 the sum over the nodes is kept; if the rows do, agreement is.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/graph.hpp"
#include "core/options.hpp"
#include "core/result.hpp"

namespace cohort {

struct MixingMatrix {
  std::vector<std::uint64_t> offsets{0};  // [n + 1]
  std::vector<std::uint32_t> sources;     // of row i: whom node i hears from, ascending
  std::vector<double> weights;            // W_ij, as sources
  std::vector<double> self;               // [n] W_ii

  std::uint64_t nodes() const { return self.size(); }
  std::span<const std::uint32_t> sources_of(std::uint64_t i) const {
    return std::span(sources).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  std::span<const double> weights_of(std::uint64_t i) const {
    return std::span(weights).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  friend bool operator==(const MixingMatrix&, const MixingMatrix&) = default;
};

class Mixing {
 public:
  virtual ~Mixing() = default;
  virtual std::string_view name() const = 0;
  /// Of a graph with at least one node. Errors (bad_input): a kind of graph that it is not for.
  virtual Result<MixingMatrix> matrix(const Graph&) const = 0;
};

/// Makes a Mixing of a struct with name, summary, source, Options and
///   MixingMatrix or Result<MixingMatrix> matrix(const Graph&) const
/// `undirected_only` refuses directed graphs.
template <class T>
class MixingOf final : public Mixing {
 public:
  explicit MixingOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  Result<MixingMatrix> matrix(const Graph& graph) const override {
    if constexpr (T::undirected_only) {
      if (graph.is_directed) {
        return bad_input("mixing " + std::string(T::name) +
                         ": expected an undirected graph; of a directed one take uniform or push");
      }
    }
    return impl_.matrix(graph);
  }

 private:
  T impl_;
};

/// Rounding allowed in a sum of weights.
inline constexpr double stochastic_tolerance = 1e-12;

/// How far the sums are from 1, and where; non-negative weights are not looked at.
struct Stochasticity {
  double row_error = 0;
  std::uint64_t row = 0;
  double column_error = 0;
  std::uint64_t column = 0;
  bool is_symmetric = true;
  bool rows() const { return row_error <= stochastic_tolerance; }
  bool columns() const { return column_error <= stochastic_tolerance; }
};
Stochasticity stochasticity(const MixingMatrix& w);

/// Errors (bad_input) name the mixing, the node, its sum and what would help.
Result<void> check_doubly_stochastic(std::string_view mixing, const MixingMatrix& w);
/// Columns only, which push-sum needs.
Result<void> check_column_stochastic(std::string_view mixing, const MixingMatrix& w);

/// ½ (I + W): the same averages, eigenvalues in [0, 1] if those of W are in [−1, 1].
MixingMatrix lazy_of(MixingMatrix w);

/// The rows of `graph` with weight(i, j) ≥ 0 from j to i, and what is left of 1 for itself.
template <class Weight>
MixingMatrix rows_of(const Graph& graph, Weight&& weight) {
  const Graph turned = graph.is_directed ? reversed(graph) : Graph();
  const Graph& hears = graph.is_directed ? turned : graph;
  MixingMatrix w;
  w.offsets = hears.offsets;
  w.sources = hears.neighbours;
  w.weights.reserve(w.sources.size());
  for (std::uint64_t i = 0; i < hears.nodes(); ++i) {
    double left = 1.0;
    for (const std::uint32_t j : hears.neighbours_of(i)) {
      const double given = weight(i, j);
      w.weights.push_back(given);
      left -= given;
    }
    w.self.push_back(left);
  }
  return w;
}

}  // namespace cohort
