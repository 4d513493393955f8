#include "tests/algorithms/gossip/nodes.hpp"

#include <algorithm>

namespace cohort::drive {

std::vector<QuadraticClient> centred_nodes(std::size_t n, Index d) {
  auto clients = different_clients(n, d, 1);
  for (QuadraticClient& c : clients) c.a = Mat::Identity(d, d);
  return clients;
}

MixingMatrix ring_weights(std::uint32_t n, std::uint32_t reach) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t k = 1; k <= reach; ++k) edges.push_back({i, (i + k) % n});
  }
  return rows_of(make_graph(n, edges),
                 [&](std::uint64_t, std::uint64_t) { return 1.0 / (1 + 2 * reach); });
}
MixingMatrix complete_weights(std::uint32_t n) {
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) edges.push_back({i, j});
  }
  return rows_of(make_graph(n, edges), [&](std::uint64_t, std::uint64_t) { return 1.0 / n; });
}
Mat dense(const MixingMatrix& w) {
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

Nodes::Nodes(const ConfigNode& method, const Quadratics& function, std::vector<double> weights,
             std::uint64_t seed)
    : function_(&function), weights_(std::move(weights)), seed_(seed) {
  Mistakes mistakes;
  setup_ = make_gossip_method(method, "method", gossip_methods(), Stages{}, mistakes);
  COHORT_CHECK(mistakes.empty(), mistakes.result().error().message);
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    Node node;
    node.x = function.start();
    node.method = setup_.method->node_state(function.layout());
    node.pipeline.start(setup_.local, {}, function.layout());
    nodes_.push_back(std::move(node));
  }
}

template <class Body>
void Nodes::at(std::size_t i, std::size_t phase, Body body) {
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

void Nodes::round(const MixingMatrix& w) {
  ++round_;
  const auto phases = setup_.method->phases(function_->layout());
  for (std::size_t phase = 0; phase < phases.size(); ++phase) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i].shared.start(phases[phase]);
      at(i, phase, [&](const NodeContext& node, Oracle& oracle) {
        setup_.method->share(node, nodes_[i].x, nodes_[i].method, oracle, nodes_[i].shared);
      });
      if (tamper) tamper(i, nodes_[i].shared);
      std::vector<Block>& blocks = nodes_[i].shared.payload().blocks;
      for (std::size_t b = 0; setup_.compressor && b < blocks.size(); ++b) {
        if (!phases[phase].up[b].takes_compressor()) continue;
        setup_.compressor->compress(Stream(seed_, Purpose::compressor, i, round_).sub(phase).sub(b),
                                    blocks[b]);
      }
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

Mat Nodes::models() const {
  Mat all(nodes_[0].x.size(), static_cast<Index>(nodes_.size()));
  for (std::size_t i = 0; i < nodes_.size(); ++i) all.col(static_cast<Index>(i)) = nodes_[i].x;
  return all;
}
Vec optimum(const Quadratics& f, const std::vector<double>& weights) {
  const Index d = f.clients().front().b.rows();
  Mat a = Mat::Zero(d, d);
  Vec b = Vec::Zero(d);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    a += weights[i] * f.clients()[i].a;
    b += weights[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  return solve(a, b);
}
double farthest(const Nodes& nodes, const Vec& y) {
  return (nodes.models().colwise() - y).colwise().norm().maxCoeff() / y.norm();
}
Vec mean_model(const Nodes& nodes) { return nodes.models().rowwise().mean(); }

}  // namespace cohort::drive
