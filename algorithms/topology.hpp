#pragma once
// A topology: who may talk to whom, as a graph for every round. Most have one graph for ever; some
// (one_peer_exponential, base_k) have a cycle of them, some are drawn anew as the rounds go on.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/graph.hpp"
#include "core/options.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace cohort {

struct GraphInput {
  std::uint64_t nodes = 0;  // of a topology whose options do not say; 0: nobody says
  std::uint64_t seed = 1;
  std::uint64_t round = 0;
};

class Topology {
 public:
  virtual ~Topology() = default;
  virtual std::string_view name() const = 0;
  /// After how many rounds the graphs repeat; 1: one for ever, 0: never, they are drawn.
  virtual Result<std::uint64_t> period(const GraphInput&) const = 0;
  /// Of GraphInput::round. Every graph has the same nodes; one that stays for ever, or for all of
  /// its nodes' life, is connected. Errors (bad_input): options that do not fit, with why.
  virtual Result<Graph> graph(const GraphInput&) const = 0;
  /// The mixing matrix that suits it, as `cohort list mixings` names them.
  virtual std::string_view mixing() const = 0;
};

/// Makes a Topology of a struct with name, summary, source, Options and
///   Result<Graph> graph(const GraphInput&) const
/// and maybe period(input) and `mixing`; without them 1 and metropolis.
template <class T>
class TopologyOf final : public Topology {
 public:
  explicit TopologyOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  Result<std::uint64_t> period(const GraphInput& input) const override {
    if constexpr (requires { impl_.period(input); }) return impl_.period(input);
    return std::uint64_t{1};
  }
  Result<Graph> graph(const GraphInput& input) const override { return impl_.graph(input); }
  std::string_view mixing() const override {
    if constexpr (requires { T::mixing; }) return T::mixing;
    return "metropolis";
  }

 private:
  T impl_;
};

/// A graph that is there already, such as one from a file.
class FixedTopology final : public Topology {
 public:
  FixedTopology(std::string name, Graph graph) : name_(std::move(name)), graph_(std::move(graph)) {}
  std::string_view name() const override { return name_; }
  Result<std::uint64_t> period(const GraphInput&) const override { return std::uint64_t{1}; }
  Result<Graph> graph(const GraphInput&) const override { return graph_; }
  std::string_view mixing() const override { return graph_.is_directed ? "push" : "metropolis"; }

 private:
  std::string name_;
  Graph graph_;
};

/// The option `nodes`, or what the input says. Error (bad_input): fewer than `least`, or both say
/// something else, or nobody says.
Result<std::uint32_t> node_count(std::string_view topology, std::uint64_t option,
                                 const GraphInput& input, std::uint64_t least);

/// Options of topologies with any number of nodes.
struct NodesOption {
  std::uint64_t nodes = 0;
  template <class O>
  static void declare_nodes(OptionTable<O>& t) {
    t.add("nodes", &O::nodes, non_negative, "number of nodes; 0: one a client");
  }
};

/// Of topologies that are drawn.
struct DrawnOptions : NodesOption {
  std::uint64_t redraw = 0;
  template <class O>
  static void declare_drawn(OptionTable<O>& t) {
    declare_nodes(t);
    t.add("redraw", &O::redraw, non_negative,
          "rounds after which the graph is drawn anew; 0: never, and then it is connected");
  }
  std::uint64_t period() const { return redraw == 0 ? 1 : 0; }
  Stream stream(const GraphInput& input) const {
    return {input.seed, Purpose::topology, 0, redraw == 0 ? 0 : input.round / redraw};
  }
};

/// How often a graph that came out unconnected is drawn again before the options are blamed.
inline constexpr std::uint64_t connection_attempts = 100;

/// draw(stream) → Graph, again until it is connected if it is to stay; `advice` is what to change.
template <class Draw>
Result<Graph> drawn_graph(std::string_view topology, const DrawnOptions& options,
                          const GraphInput& input, std::string_view advice, Draw&& draw) {
  const Stream stream = options.stream(input);
  if (options.redraw > 0) return draw(stream);
  for (std::uint64_t attempt = 0; attempt < connection_attempts; ++attempt) {
    Graph graph = draw(stream.sub(attempt));
    if (is_connected(graph)) return graph;
  }
  return bad_input("graph " + std::string(topology) + ": none of " +
                   std::to_string(connection_attempts) + " draws is connected; " +
                   std::string(advice));
}

}  // namespace cohort
