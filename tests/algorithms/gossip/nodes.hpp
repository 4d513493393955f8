#pragma once
// Runs a gossip method over quadratic nodes in this process, without worker or wire.

#include <Eigen/Cholesky>

#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/mixing.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::drive {

/// Nodes with f_i = ½‖x − c_i‖² [d], one row each; c_i drawn, mean c_i = i.
inline std::vector<QuadraticClient> centred_nodes(std::size_t n, Index d) {
  auto clients = different_clients(n, d, 1);
  for (QuadraticClient& c : clients) c.a = Mat::Identity(d, d);
  return clients;
}

/// Each node with the next `reach` on both sides, all weights equal.
inline MixingMatrix ring_weights(std::uint32_t n, std::uint32_t reach = 1) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t k = 1; k <= reach; ++k) edges.push_back({i, (i + k) % n});
  }
  return rows_of(make_graph(n, edges),
                 [&](std::uint64_t, std::uint64_t) { return 1.0 / (1 + 2 * reach); });
}
inline MixingMatrix complete_weights(std::uint32_t n) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) edges.push_back({i, j});
  }
  return rows_of(make_graph(n, edges), [&](std::uint64_t, std::uint64_t) { return 1.0 / n; });
}
/// W as a matrix.
inline Mat dense(const MixingMatrix& w) {
  const auto n = static_cast<Index>(w.nodes());
  Mat m = Mat::Zero(n, n);
  for (Index i = 0; i < n; ++i) {
    const auto row = static_cast<std::uint64_t>(i);
    m(i, i) = w.self[row];
    for (std::size_t k = 0; k < w.sources_of(row).size(); ++k) {
      m(i, w.sources_of(row)[k]) = w.weights_of(row)[k];
    }
  }
  return m;
}

class Nodes {
 public:
  /// `weights` are the p_i; `function` outlives it.
  Nodes(const ConfigNode& method, const Quadratics& function, std::vector<double> weights,
        std::uint64_t seed = 1)
      : function_(&function), weights_(std::move(weights)), seed_(seed) {
    Mistakes mistakes;
    setup_ = make_gossip_method(method, "method", gossip_methods(), Stages{}, mistakes);
    COHORT_CHECK(mistakes.empty(), mistakes.result().error().message);
    const std::size_t d = function.layout().shared();
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      Node node;
      node.x = function.start();
      node.method = setup_.method->node_state(function.layout());
      node.pipeline.start(setup_.local, {}, d);
      nodes_.push_back(std::move(node));
    }
  }
  Nodes(const ConfigNode& method, const Quadratics& function)
      : Nodes(method, function, equal_weights(function.clients().size())) {}

  void round(const MixingMatrix& w) {
    ++round_;
    const auto phases = setup_.method->phases(function_->layout());
    for (std::size_t phase = 0; phase < phases.size(); ++phase) {
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i].shared.start(phases[phase]);
        at(i, phase, [&](const NodeContext& node, Oracle& oracle) {
          setup_.method->share(node, nodes_[i].x, nodes_[i].method, oracle, nodes_[i].shared);
        });
        if (tamper) tamper(i, nodes_[i].shared);
      }
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        std::vector<Neighbours::Edge> edges;
        edges.push_back({NodeId(i), w.self[i], &nodes_[i].shared.payload()});
        for (std::size_t k = 0; k < w.sources_of(i).size(); ++k) {
          const std::uint64_t j = w.sources_of(i)[k];
          edges.push_back({NodeId(j), w.weights_of(i)[k], &nodes_[j].shared.payload()});
        }
        std::sort(edges.begin(), edges.end(),
                  [](const auto& a, const auto& b) { return a.from < b.from; });
        at(i, phase, [&](const NodeContext& node, Oracle& oracle) {
          setup_.method->step(node, nodes_[i].x, nodes_[i].method, oracle,
                              Neighbours(NodeId(i), edges));
        });
      }
    }
  }
  void rounds(std::uint64_t count, const MixingMatrix& w) {
    for (std::uint64_t r = 0; r < count; ++r) round(w);
  }

  std::size_t size() const { return nodes_.size(); }
  Vec& x(std::size_t i) { return nodes_[i].x; }
  Mat models() const {  // [d × nodes]
    Mat all(nodes_[0].x.size(), static_cast<Index>(nodes_.size()));
    for (std::size_t i = 0; i < nodes_.size(); ++i) all.col(static_cast<Index>(i)) = nodes_[i].x;
    return all;
  }
  template <class S>
  const S& state(std::size_t i) const {
    return nodes_[i].method.as<S>();
  }
  const GossipMethod& method() const { return *setup_.method; }
  std::uint64_t rounds_done() const { return round_; }

  /// Changes what node i shares, if set.
  std::function<void(std::size_t i, Reply&)> tamper;

  template <class V>
  void fields(V&& v) {
    v("round", round_);
    for (Node& node : nodes_) {
      v("x", node.x);
      v("method", node.method);
      v("pipeline", node.pipeline);
    }
  }

 private:
  struct Node {
    Vec x;
    State method;
    ClientPipelineState pipeline;
    Reply shared;
  };
  template <class Body>
  void at(std::size_t i, std::size_t phase, Body body) {
    NodeContext node;
    node.client.client = ClientId(i);
    node.client.round = Round(round_);
    node.client.seed = seed_;
    node.client.weight = weights_[i];
    node.client.clients = nodes_.size();
    node.client.layout = &function_->layout();
    node.client.local = &setup_.local;
    node.client.pipeline_state = &nodes_[i].pipeline;
    node.client.buffers = &buffers_;
    node.gradient_weight = static_cast<double>(nodes_.size()) * weights_[i];
    node.phase = phase;
    Oracle oracle(*function_, ClientId(i), {pool_, scratch_}, counts_);
    body(node, oracle);
  }

  const Quadratics* function_;
  std::vector<double> weights_;
  std::uint64_t seed_;
  GossipMethodSetup setup_;
  std::vector<Node> nodes_;
  std::uint64_t round_ = 0;
  ThreadPool pool_{1};
  Scratch scratch_;
  OracleCounts counts_;
  ClientBuffers buffers_;
};

/// The minimiser of Σ p_i f_i.
inline Vec optimum(const Quadratics& f, const std::vector<double>& weights) {
  const Index d = f.clients().front().b.rows();
  Mat a = Mat::Zero(d, d);
  Vec b = Vec::Zero(d);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    a += weights[i] * f.clients()[i].a;
    b += weights[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  return a.ldlt().solve(b);
}
/// Largest distance of a node from y, relative to ‖y‖.
inline double farthest(const Nodes& nodes, const Vec& y) {
  return (nodes.models().colwise() - y).colwise().norm().maxCoeff() / y.norm();
}
/// The nodes' mean.
inline Vec mean_model(const Nodes& nodes) { return nodes.models().rowwise().mean(); }

}  // namespace cohort::drive
