#pragma once
// The gossip protocol: methods without a coordinator on the data path. Nodes are the vertices of a
// graph, each with a model x_i [d] of its own, its rows, and a state. A round is, at every node,
//
//   share   what the node's neighbours shall see of it: the blocks of the phase
//   step    the model and state after the neighbours' blocks are there
//
// for each phase of the method in turn. W = (w_ij) is the mixing matrix of the round; node i sees
// node j where w_ij ≠ 0. Nodes step together: what a neighbour shares is of the same round.
//
// Methods minimise f = Σ p_i f_i, p_i the clients' weights: the gradient of node i is N p_i ∇f_i,
// so that the mean over the N nodes is ∇f. With weights = "uniform" that is ∇f_i itself.

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "algorithms/local.hpp"

namespace cohort {

/// What a node sees of the run and of itself.
struct NodeContext {
  ClientContext client;        // the node as its local pipeline sees it
  double gradient_weight = 1;  // N p_i
  std::size_t phase = 0;       // of the method's phases

  NodeId node() const { return NodeId(client.client.value); }
  Round round() const { return client.round; }
  /// A vector that keeps its size and contents between calls on this thread.
  Vec& buffer(std::size_t slot) const { return client.buffer(slot); }
  /// The node's local loop in this round, on gradients of N p_i f_i.
  LocalLoop loop(const LocalWork& work, Oracle& oracle, const Layout& layout) const {
    return {client, work, oracle, layout.shared(), gradient_weight};
  }
  const Layout& layout() const { return *client.layout; }
};

/// What arrived at a node: the payloads of the nodes j with w_ij ≠ 0, its own among them, by
/// ascending id.
class Neighbours {
 public:
  struct Edge {
    NodeId from{};
    double weight = 0;  // w_ij
    const Payload* shared = nullptr;
  };
  Neighbours(NodeId self, std::span<const Edge> edges) : self_(self), edges_(edges) {}

  /// How many, the node itself included.
  std::size_t size() const { return edges_.size(); }
  NodeId from(std::size_t j) const { return edges_[j].from; }
  double weight(std::size_t j) const { return edges_[j].weight; }
  bool is_self(std::size_t j) const { return edges_[j].from == self_; }
  /// A dense or scalars block of the j-th of them.
  std::span<const double> row(std::size_t j, std::string_view block) const {
    return edges_[j].shared->at(block).doubles();
  }
  /// A block as the node's own neighbours have it: compressed where it was.
  const Block& own(std::string_view block) const;
  /// out ← Σ_j w_ij b_j, in the order of ids; out [length of the block].
  void mixed(std::string_view block, VecRef out) const;

 private:
  NodeId self_;
  std::span<const Edge> edges_;  // of the caller
};

/// What of W must sum to 1: with the columns the mean over the nodes is kept, with the rows
/// agreement is.
enum class MixingNeeds : std::uint8_t { doubly_stochastic, columns, rows };

/// What a method asks of the scenario.
struct GossipNeeds {
  Capabilities oracle{};  // besides what the local estimator needs
  MixingNeeds mixing = MixingNeeds::doubly_stochastic;
  /// W must be the same in every round.
  bool fixed_graph = false;
  /// What its theory asks of the compressor of [method.update]; none: no block takes one.
  std::optional<Compression> compression = std::nullopt;
};

class GossipMethod {
 public:
  virtual ~GossipMethod() = default;
  virtual std::string_view name() const = 0;
  virtual GossipNeeds needs() const = 0;
  /// Adds a mistake for each combination of options and local pipeline that the method cannot take.
  virtual void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                        Mistakes&) const = 0;
  /// Phase::up are the blocks that a node shares.
  virtual std::vector<Phase> phases(const Layout&) const = 0;
  virtual State node_state(const Layout&) const = 0;
  /// Writes every value of every block.
  virtual void share(const NodeContext&, VecRef x, State&, Oracle&, Reply& out) const = 0;
  virtual void step(const NodeContext&, VecRef x, State&, Oracle&, const Neighbours&) const = 0;
};

template <class M>
concept GossipHalves = requires(const M& m, const Layout& layout, const NodeContext& node, VecRef x,
                                typename M::NodeState& state, Oracle& oracle, Reply& out,
                                const Neighbours& neighbours) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::summary } -> std::convertible_to<std::string_view>;
  { M::source } -> std::convertible_to<std::string_view>;
  typename M::Options;
  { m.needs() } -> std::same_as<GossipNeeds>;
  { m.phases(layout) } -> std::same_as<std::vector<Phase>>;
  { m.share(node, x, state, oracle, out) } -> std::same_as<void>;
  { m.step(node, x, state, oracle, neighbours) } -> std::same_as<void>;
};

/// Gives a gossip method struct the virtual calls of the seam.
template <class M>
class GossipOf final : public GossipMethod {
  static_assert(GossipHalves<M>,
                "a gossip method has name, summary, source, Options, NodeState, needs(), "
                "phases(layout), share(node, x, state, oracle, out) and "
                "step(node, x, state, oracle, neighbours)");

 public:
  explicit GossipOf(typename M::Options options) : m_{std::move(options)} {}
  std::string_view name() const override { return M::name; }
  GossipNeeds needs() const override { return m_.needs(); }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const override {
    if constexpr (requires { m_.validate(local, given, path, mistakes); }) {
      m_.validate(local, given, path, mistakes);
    }
  }
  std::vector<Phase> phases(const Layout& layout) const override { return m_.phases(layout); }
  State node_state(const Layout& layout) const override {
    return method_detail::start<typename M::NodeState>(layout);
  }
  void share(const NodeContext& node, VecRef x, State& state, Oracle& oracle,
             Reply& out) const override {
    m_.share(node, x, state.as<typename M::NodeState>(), oracle, out);
  }
  void step(const NodeContext& node, VecRef x, State& state, Oracle& oracle,
            const Neighbours& neighbours) const override {
    m_.step(node, x, state.as<typename M::NodeState>(), oracle, neighbours);
  }

 private:
  M m_;
};

/// One exchange a round, of dense blocks of the model's length.
inline std::vector<Phase> one_exchange(const Layout& layout,
                                       std::initializer_list<std::string_view> blocks) {
  Phase phase;
  phase.name = "gossip";
  for (const std::string_view block : blocks) {
    BlockSpec& spec = phase.up.emplace_back();
    spec.name = block;
    spec.length = layout.shared();
  }
  return {std::move(phase)};
}

/// Options of methods that take one gradient a round.
struct OneGradient {
  std::uint64_t batch_size = 0;
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("batch_size", &O::batch_size, non_negative, "rows in a round's gradient; 0: all rows");
  }
  LocalWork work() const {
    LocalWork work;
    work.local_steps = 1;
    work.batch_size = batch_size;
    return work;
  }
};

/// g ← this round's surrogate gradient of N p_i f_i at x, its scale multiplied in; zero at a node
/// without rows.
void gradient_of(LocalLoop& loop, VecView x, VecRef g);

/// Methods whose corrections are differences of steps need steps that are a multiple of the
/// gradient: refuses every optimizer but sgd.
void refuse_other_than_sgd(std::string_view method, const LocalPipeline& local,
                           const ConfigNode& given, const std::string& path, Mistakes& mistakes);

}  // namespace cohort
