#include "tests/algorithms/tokens/walking.hpp"

#include "algorithms/graph_catalogue.hpp"
#include "algorithms/walk_sampling.hpp"

namespace cohort::drive {

Graph chorded_ring(std::uint32_t n) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) edges.push_back({i, (i + 1) % n});
  edges.push_back({0, 3});
  return make_graph(n, edges);
}

Tokens::Tokens(const ConfigNode& method, const Quadratics& function, const Graph& graph,
               const ConfigNode& kernel, std::uint64_t tokens, std::vector<double> weights,
               std::uint64_t seed)
    : function_(&function),
      weights_(weights.empty() ? equal_weights(function.clients().size()) : std::move(weights)),
      seed_(seed) {
  Mistakes mistakes;
  setup_ = make_token_method(method, "method", token_methods(), Stages{}, mistakes);
  const auto walks = cohort::walks().make(kernel, "walk", mistakes);
  COHORT_CHECK(mistakes.empty(), mistakes.result().error().message);
  walk_ = *walks.object->on(graph, {});
  shares_ = walk_->stationary();
  const Layout& layout = function.layout();
  const Vec start = function.start();
  for (std::uint64_t m = 0; m < tokens; ++m) {
    Token token;
    token.x = start;
    token.method = setup_.method->token_state(layout, start);
    setup_.local.chain.start(token.pipeline.local, layout.shared());
    setup_.local.optimizer->start(token.pipeline.optimizer, layout.shared());
    token.walk = walk_->start(walk_start(seed, m, weights_.size()));
    tokens_.push_back(std::move(token));
  }
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    Node node;
    node.method = setup_.method->node_state(layout, start, tokens);
    setup_.local.estimator->start(node.estimator, layout.shared());
    nodes_.push_back(std::move(node));
  }
}

void Tokens::hop() {
  ++hop_;
  for (std::uint64_t m = 0; m < tokens_.size(); ++m) {
    Token& token = tokens_[m];
    if (tamper && hop_ > 1) tamper(token.walk.node, token.x);
    walk_->hop(token.walk, Stream(seed_, Purpose::walk, m, token.walk.hops));
    if (!token.walk.visits()) continue;
    const std::uint32_t i = token.walk.node;
    VisitContext at;
    at.client.client = ClientId(i);
    at.client.round = Round(hop_);
    at.client.ask_index = static_cast<std::uint32_t>(m);
    at.client.seed = seed_;
    at.client.weight = weights_[i];
    at.client.clients = weights_.size();
    at.client.layout = &function_->layout();
    at.client.local = &setup_.local;
    at.client.pipeline_state = &token.pipeline;
    at.client.buffers = &buffers_;
    at.visit_share = shares_[i];
    at.token = m;
    at.tokens = tokens_.size();
    std::swap(token.pipeline.estimator, nodes_[i].estimator);
    Oracle oracle(*function_, ClientId(i), {pool_, scratch_}, counts_);
    setup_.method->visit(at, token.x, token.method, nodes_[i].method, oracle);
    std::swap(token.pipeline.estimator, nodes_[i].estimator);
  }
}

}  // namespace cohort::drive
