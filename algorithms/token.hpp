#pragma once
// The token protocol: a model that learns as it walks. A token carries x [d] along the edges of a
// graph, by a kernel of algorithms/walk.hpp; where it comes by it is given to
//
//   visit   x, what the token remembers and what the node remembers, moved by the node's rows
//
// Hop h of all tokens is tick h. Those that are at one node in the same tick visit it one after
// another, by id.
//
// Methods minimise f = Σ p_i f_i, p_i the clients' weights. Visits go by the stationary law π of
// the kernel, so a gradient of node i counts p_i/π_i times: the mean over visits is then ∇f. A
// kernel whose π is not known counts by that of its base.

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "algorithms/local.hpp"

namespace cohort {

/// What is known where a token visits.
struct VisitContext {
  ClientContext client;    // the node as its local pipeline sees it; its round is the hop
  double visit_share = 1;  // π_i, sums to 1 over the nodes
  std::uint64_t token = 0;
  std::uint64_t tokens = 1;

  NodeId node() const { return NodeId(client.client.value); }
  /// From 1; rates are functions of it.
  std::uint64_t hop() const { return client.round.value; }
  std::uint64_t nodes() const { return client.clients; }
  const Layout& layout() const { return *client.layout; }
  /// p_i/π_i
  double importance() const { return client.weight / visit_share; }
  /// A vector that keeps its size and contents between calls on this thread.
  Vec& buffer(std::size_t slot) const { return client.buffer(slot); }
  /// The node's local loop at this visit, on gradients of weight · f_i.
  LocalLoop loop(const LocalWork& work, Oracle& oracle, double weight) const {
    return {client, work, oracle, layout().shared(), weight};
  }
};

/// What a method asks of the scenario.
struct TokenNeeds {
  Capabilities oracle{};    // besides what the local estimator needs
  bool takes_prox = false;  // applies the proximal operator of the layout's penalty itself
};

class TokenMethod {
 public:
  virtual ~TokenMethod() = default;
  virtual std::string_view name() const = 0;
  virtual TokenNeeds needs() const = 0;
  /// Adds a mistake for each combination of options and local pipeline that the method cannot take.
  virtual void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                        Mistakes&) const = 0;
  // Of a token before its first hop and of a node before its first visit, where models start at x.
  virtual State token_state(const Layout&, VecView x) const = 0;
  virtual State node_state(const Layout&, VecView x, std::uint64_t tokens) const = 0;
  virtual void visit(const VisitContext&, VecRef x, State& token, State& node, Oracle&) const = 0;
};

template <class M>
concept TokenHalves = requires(const M& m, const VisitContext& at, VecRef x,
                               typename M::TokenState& token, typename M::NodeState& node,
                               Oracle& oracle) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::summary } -> std::convertible_to<std::string_view>;
  { M::source } -> std::convertible_to<std::string_view>;
  typename M::Options;
  { m.needs() } -> std::same_as<TokenNeeds>;
  { m.visit(at, x, token, node, oracle) } -> std::same_as<void>;
};

/// Gives a token method struct the virtual calls of the seam. A state that does not start empty has
/// `static TokenState start(layout, x)`, or `static NodeState start(layout, x, tokens)`.
template <class M>
class TokenOf final : public TokenMethod {
  static_assert(TokenHalves<M>,
                "a token method has name, summary, source, Options, TokenState, NodeState, needs() "
                "and visit(at, x, token, node, oracle)");

 public:
  explicit TokenOf(typename M::Options options) : m_{std::move(options)} {}
  std::string_view name() const override { return M::name; }
  TokenNeeds needs() const override { return m_.needs(); }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const override {
    if constexpr (requires { m_.validate(local, given, path, mistakes); }) {
      m_.validate(local, given, path, mistakes);
    }
  }
  State token_state([[maybe_unused]] const Layout& layout,
                    [[maybe_unused]] VecView x) const override {
    using S = typename M::TokenState;
    if constexpr (requires { S::start(layout, x); }) {
      return State(S::start(layout, x));
    } else {
      return State(S{});
    }
  }
  State node_state([[maybe_unused]] const Layout& layout, [[maybe_unused]] VecView x,
                   [[maybe_unused]] std::uint64_t tokens) const override {
    using S = typename M::NodeState;
    if constexpr (requires { S::start(layout, x, tokens); }) {
      return State(S::start(layout, x, tokens));
    } else {
      return State(S{});
    }
  }
  void visit(const VisitContext& at, VecRef x, State& token, State& node,
             Oracle& oracle) const override {
    m_.visit(at, x, token.as<typename M::TokenState>(), node.as<typename M::NodeState>(), oracle);
  }

 private:
  M m_;
};

/// Options of methods that take local steps at a visit.
struct VisitWork {
  std::uint64_t local_steps = 1;
  std::uint64_t batch_size = 0;
  bool importance_weights = true;
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("local_steps", &O::local_steps, at_least(1), "steps at a visit");
    t.add("batch_size", &O::batch_size, non_negative, "rows in a step's batch; 0: all rows");
    t.add("importance_weights", &O::importance_weights,
          "whether gradients count p_i/π_i times, so that f is minimised; else Σ π_i f_i is");
  }
  LocalWork work() const {
    LocalWork work;
    work.local_steps = local_steps;
    work.batch_size = batch_size;
    return work;
  }
  double weight(const VisitContext& at) const { return importance_weights ? at.importance() : 1.0; }
};

/// x after the node's local steps; returns Σ η.
double learn(const VisitContext& at, const VisitWork& work, Oracle& oracle, VecRef x);

}  // namespace cohort
