#pragma once
// D-PSGD: gradient descent with averaging among neighbours instead of over all.
//   adapt_then_combine   x_i ← Σ_j w_ij y_j,  y_j ← x_j after K local steps, one is x_j − η
//   g_j(x_j) combine_then_adapt   x_i ← Σ_j w_ij x_j − η g_i(x_i)
// -----------------------------------------------------------------------------------------------
// x_i, g_i [d] model and surrogate gradient of node i; W = (w_ij) doubly stochastic, N nodes.
// Source: Lian et al., Can decentralized algorithms outperform centralized algorithms?, NeurIPS
//   2017, algorithm 1 (combine then adapt); the two orders: Sayed, Adaptation, learning and
//   optimization over networks, Found. Trends Mach. Learn. 7 (2014).
// Invariant: mean x_i moves by the mean of the local steps alone.
// With a constant rate it stops beside the optimum where the f_i differ. On f_i = ½‖x − c_i‖² the
// limit is, row by row, η(ηI + I − W)⁻¹ C (combine_then_adapt) and η(I − (1−η)W)⁻¹ W C, where C has
// the rows c_i. W with one eigenvalue −1 needs adapt_then_combine or a lazy W.
// Cost a round: 1 vector an edge and direction; K gradients a node; no state but the pipeline's.

#include "algorithms/decentralized.hpp"

namespace cohort {

enum class GossipOrder : std::uint8_t { adapt_then_combine, combine_then_adapt };
inline std::vector<std::pair<std::string, GossipOrder>> option_names(GossipOrder) {
  return {{"adapt_then_combine", GossipOrder::adapt_then_combine},
          {"combine_then_adapt", GossipOrder::combine_then_adapt}};
}

/// y ← x after the node's local steps.
inline void adapt(const NodeContext& node, const LocalWork& work, Oracle& oracle, VecView x,
                  VecRef y) {
  LocalLoop loop = node.loop(work, oracle, node.layout());
  Vec& g = node.buffer(0);
  g.resize(x.size());
  y = x;
  for (std::uint64_t k = 0; k < loop.steps(); ++k) {
    const double scale = loop.gradient(y, g);
    loop.step(y, g, scale);
  }
}

/// Options of methods that average after local steps.
struct LocalSteps : OneGradient {
  std::uint64_t local_steps = 1;
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("local_steps", &O::local_steps, at_least(1), "steps between two averages");
    OneGradient::declare(t);
  }
  LocalWork work() const {
    LocalWork work = OneGradient::work();
    work.local_steps = local_steps;
    return work;
  }
};

struct DPsgd {
  static constexpr std::string_view name = "d_psgd";
  static constexpr std::string_view summary = "local steps, averaged among neighbours";
  static constexpr std::string_view source = "Lian et al., NeurIPS 2017";
  struct Options : LocalSteps {
    GossipOrder order = GossipOrder::adapt_then_combine;
    static void declare(OptionTable<Options>& t) {
      t.add("order", &Options::order,
            "whether nodes step before they average, or after (one step then)");
      LocalSteps::declare(t);
    }
  };
  using NodeState = NoState;
  Options options;

  GossipNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (options.order == GossipOrder::adapt_then_combine || options.local_steps == 1) return;
    mistakes.add(given.find("local_steps")->spot,
                 path +
                     ".local_steps: combine_then_adapt takes one step a round, at the model "
                     "before the average; expected 1, or order = \"adapt_then_combine\"");
  }
  std::vector<Phase> phases(const Layout& layout) const { return one_exchange(layout, {"x"}); }

  void share(const NodeContext& node, VecRef x, NodeState&, Oracle& oracle, Reply& out) const {
    auto y = out.values("x");
    if (options.order == GossipOrder::adapt_then_combine) {
      adapt(node, options.work(), oracle, x, y);
    } else {
      y = x;
    }
  }
  void step(const NodeContext& node, VecRef x, NodeState&, Oracle& oracle,
            const Neighbours& neighbours) const {
    if (options.order == GossipOrder::adapt_then_combine) {
      neighbours.mixed("x", x);
      return;
    }
    LocalLoop loop = node.loop(options.work(), oracle, node.layout());
    Vec& g = node.buffer(0);
    g.resize(x.size());
    gradient_of(loop, x, g);
    neighbours.mixed("x", x);
    loop.step(x, g, 1.0);
  }
};

}  // namespace cohort
