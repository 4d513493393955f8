#pragma once
// The weights that the graph brings: W_ij = w_ij of the edge, W_ii = 1 − Σ_j w_ij. Of topologies
// that are made of weighted edges, such as base_k.

#include "algorithms/mixing.hpp"

namespace cohort {

struct EdgeWeights {
  static constexpr std::string_view name = "edge_weights";
  static constexpr std::string_view summary =
      "what the edges of the graph say, the rest for itself";
  static constexpr std::string_view source = "";
  static constexpr bool undirected_only = false;
  struct Options {};
  Options options;

  static Result<MixingMatrix> matrix(const Graph& graph) {
    if (graph.weights.empty() && !graph.neighbours.empty()) {
      return bad_input("mixing edge_weights: expected a graph with weighted edges, found none");
    }
    const Graph turned = graph.is_directed ? reversed(graph) : Graph();
    const Graph& hears = graph.is_directed ? turned : graph;
    MixingMatrix w;
    w.offsets = hears.offsets;
    w.sources = hears.neighbours;
    w.weights = hears.weights;
    for (std::uint64_t i = 0; i < hears.nodes(); ++i) {
      double left = 1.0;
      for (const double given : hears.weights_of(i)) left -= given;
      if (left < -stochastic_tolerance) {
        return bad_input("mixing edge_weights: expected weights that sum to 1 at most, at node " +
                         std::to_string(i) + " they exceed it by " + std::to_string(-left));
      }
      w.self.push_back(left);
    }
    return w;
  }
};

}  // namespace cohort
