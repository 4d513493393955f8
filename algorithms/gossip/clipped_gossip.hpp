#pragma once
// Clipped gossip: a node moves towards each neighbour by a bounded length, whatever that neighbour
// sends. The node that receives enforces the bound, so nobody else need be trusted.
//   y_j ← x_j after K local steps
//   x_i ← y_i + Σ_{j≠i} w_ij clip(y_j − y_i, τ_i),   clip(z, τ) = min(1, τ/‖z‖) z
// -----------------------------------------------------------------------------------------------
// x_i, y_i [d] model before and after the local steps; W = (w_ij) doubly stochastic; τ_i the
// radius: a number, or, with byzantine_weight = δ,
//   τ_i² = (1/δ) Σ_{j∈K_i} w_ij ‖y_j − y_i‖²,
// K_i the neighbours that remain when the farthest are left out until their weights sum to δ.
// Source: He, Karimireddy, Jaggi, Byzantine-robust decentralized learning via ClippedGossip, arXiv
//   2202.01545 (2022), algorithm 1. Deviation: their τ_i sums over the honest neighbours; K_i is
//   what a node can know of them.
// What is not finite counts as the node's own value. With τ = ∞ it is D-PSGD; the mean is kept only
// where nothing is clipped.
// Cost a round: as D-PSGD and one more pass over the neighbours' vectors.

#include "algorithms/gossip/d_psgd.hpp"

namespace cohort {

struct ClippedGossip {
  static constexpr std::string_view name = "clipped_gossip";
  static constexpr std::string_view summary = "moves towards each neighbour by a bounded length";
  static constexpr std::string_view source = "He, Karimireddy, Jaggi, arXiv 2202.01545 (2022)";
  struct Options : LocalSteps {
    std::optional<double> radius;
    std::optional<double> byzantine_weight;
    static void declare(OptionTable<Options>& t) {
      t.add("radius", &Options::radius, positive, "longest move towards a neighbour");
      t.add("byzantine_weight", &Options::byzantine_weight, Bounds{0, 1, true, true},
            "instead of radius: weight of a node's neighbours that may lie; the radius follows "
            "from the others' distances");
      LocalSteps::declare(t);
    }
  };
  using NodeState = NoState;
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (options.radius.has_value() != options.byzantine_weight.has_value()) return;
    mistakes.add(given.spot, path + ": expected radius or byzantine_weight, found " +
                                 (options.radius ? "both" : "neither"));
  }
  std::vector<Phase> phases(const Layout& layout) const { return one_exchange(layout, {"x"}); }

  void share(const NodeContext& node, VecRef x, NodeState&, Oracle& oracle, Reply& out) const {
    auto y = out.values("x");
    adapt(node, options.work(), oracle, x, y);
    x = y;
  }
  void step(const NodeContext& node, VecRef x, NodeState&, Oracle&,
            const Neighbours& neighbours) const {
    const std::size_t n = neighbours.size();
    Vec& own = node.buffer(1);
    own = x;
    std::vector<double> distance(n);
    for (std::size_t j = 0; j < n; ++j) {
      if (neighbours.is_self(j)) continue;
      distance[j] = std::sqrt(kernels::squared_distance(neighbours.row(j, "x"), as_span(own)));
    }
    const double radius = options.radius ? *options.radius : radius_of(neighbours, distance);
    for (std::size_t j = 0; j < n; ++j) {
      if (distance[j] == 0 || !std::isfinite(distance[j])) continue;
      const double w = neighbours.weight(j) * std::min(1.0, radius / distance[j]);
      x += w * (as_vec(neighbours.row(j, "x")) - own);
    }
  }

 private:
  double radius_of(const Neighbours& neighbours, const std::vector<double>& distance) const {
    std::vector<std::size_t> order;
    for (std::size_t j = 0; j < distance.size(); ++j) {
      if (!neighbours.is_self(j)) order.push_back(j);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::isfinite(distance[a]) && !(distance[a] >= distance[b]);
    });
    double rest = 0;  // of the weight that may lie
    while (!order.empty() && rest < *options.byzantine_weight) {
      rest += neighbours.weight(order.back());
      order.pop_back();
    }
    double sum = 0;
    for (const std::size_t j : order) {
      if (std::isfinite(distance[j])) sum += neighbours.weight(j) * (distance[j] * distance[j]);
    }
    return std::sqrt(sum / *options.byzantine_weight);
  }
};

}  // namespace cohort
