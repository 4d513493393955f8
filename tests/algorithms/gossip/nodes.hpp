#pragma once
// Runs a gossip method over quadratic nodes in this process, without worker or wire.

#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/mixing.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::drive {

/// Nodes with f_i = ½‖x − c_i‖² [d], one row each; c_i drawn, mean c_i = i.
std::vector<QuadraticClient> centred_nodes(std::size_t n, Index d);

/// Each node with the next `reach` on both sides, all weights equal.
MixingMatrix ring_weights(std::uint32_t n, std::uint32_t reach = 1);
MixingMatrix complete_weights(std::uint32_t n);
/// W as a matrix.
Mat dense(const MixingMatrix& w);

class Nodes {
 public:
  /// `weights` are the p_i; `function` outlives it.
  Nodes(const ConfigNode& method, const Quadratics& function, std::vector<double> weights,
        std::uint64_t seed = 1);
  Nodes(const ConfigNode& method, const Quadratics& function)
      : Nodes(method, function, equal_weights(function.clients().size())) {}

  void round(const MixingMatrix& w);
  void rounds(std::uint64_t count, const MixingMatrix& w) {
    for (std::uint64_t r = 0; r < count; ++r) round(w);
  }

  std::size_t size() const { return nodes_.size(); }
  Vec& x(std::size_t i) { return nodes_[i].x; }
  Mat models() const;  // [d × nodes]
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
  void at(std::size_t i, std::size_t phase, Body body);

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
Vec optimum(const Quadratics& f, const std::vector<double>& weights);
/// Largest distance of a node from y, relative to ‖y‖.
double farthest(const Nodes& nodes, const Vec& y);
/// The nodes' mean.
Vec mean_model(const Nodes& nodes);

}  // namespace cohort::drive
