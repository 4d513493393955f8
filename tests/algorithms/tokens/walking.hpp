#pragma once
// Runs a token method over quadratic nodes in this process, without worker or wire.

#include <functional>

#include "algorithms/token_catalogue.hpp"
#include "algorithms/walk.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::drive {

/// A ring of n nodes with a chord from 0 to 3, so that degrees differ; n ≥ 6.
Graph chorded_ring(std::uint32_t n);

class Tokens {
 public:
  /// `kernel` as in [walk]; `weights` are the p_i. What it is given outlives it.
  Tokens(const ConfigNode& method, const Quadratics& function, const Graph& graph,
         const ConfigNode& kernel, std::uint64_t tokens = 1, std::vector<double> weights = {},
         std::uint64_t seed = 1);

  void hop();
  void hops(std::uint64_t count) {
    for (std::uint64_t h = 0; h < count; ++h) hop();
  }

  Vec& x(std::size_t token = 0) { return tokens_[token].x; }
  std::uint64_t hops_done() const { return hop_; }
  std::uint32_t node(std::size_t token = 0) const { return tokens_[token].walk.node; }
  template <class S>
  const S& token_state(std::size_t token = 0) const {
    return tokens_[token].method.as<S>();
  }
  template <class S>
  const S& node_state(std::size_t i) const {
    return nodes_[i].method.as<S>();
  }
  std::size_t nodes() const { return nodes_.size(); }

  /// Changes a token when it has left node `from`, if set.
  std::function<void(std::uint32_t from, Vec& x)> tamper;

  template <class V>
  void fields(V&& v) {
    v("hop", hop_);
    for (Token& token : tokens_) {
      v("x", token.x);
      v("method", token.method);
      v("pipeline", token.pipeline);
      v("walk", token.walk);
      walk_->restore(token.walk);
    }
    for (Node& node : nodes_) {
      v("method", node.method);
      v("estimator", node.estimator);
    }
  }

 private:
  struct Token {
    Vec x;
    State method;
    ClientPipelineState pipeline;
    WalkState walk;
  };
  struct Node {
    State method;
    State estimator;
  };
  const Quadratics* function_;
  std::vector<double> weights_;
  std::uint64_t seed_;
  std::unique_ptr<const Walk> walk_;
  std::vector<double> shares_;
  TokenMethodSetup setup_;
  std::vector<Token> tokens_;
  std::vector<Node> nodes_;
  std::uint64_t hop_ = 0;
  ThreadPool pool_{1};
  Scratch scratch_;
  OracleCounts counts_;
  ClientBuffers buffers_;
};

}  // namespace cohort::drive
