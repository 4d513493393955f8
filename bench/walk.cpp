#include <fmt/format.h>

#include "algorithms/graph_catalogue.hpp"
#include "algorithms/walk_sampling.hpp"
#include "algorithms/walks/srrw.hpp"
#include "bench/benches.hpp"
#include "scenarios/graph_spec.hpp"

namespace cohort::bench {

namespace {

/// Hops a second on one core that the project sets itself for α = 5.
std::optional<double> least_hops(const Graph& graph, BaseChain base) {
  if (graph.nodes() == 4039 && graph.edges() == 88234) {  // SNAP's ego-Facebook, mean degree 44
    return base == BaseChain::simple ? 2.5e6 : 5e6;
  }
  if (graph.nodes() == 1000000 && graph.edges() == 4000000) return 1e6;
  return std::nullopt;
}
constexpr double most_bytes_a_node = 32;

double bytes_a_node(const Graph& graph, const Walk& walk, const WalkState& state) {
  const double bytes = static_cast<double>(
      graph.nodes() * sizeof(graph.offsets[0]) +
      (state.mass.size() + state.weights.size() + walk.base()->q.size()) * sizeof(double));
  return bytes / static_cast<double>(graph.nodes());
}

}  // namespace

cohort::Result<std::vector<Result>> walk(const WalkArgs& args) {
  Mistakes mistakes;
  COHORT_TRY(const ConfigNode node, parse_graph_spec(args.graph));
  const NamedGraph named = make_named_graph(graphs(), node, "--graph", {}, mistakes);
  ConfigNode kernel_node = config_table();
  kernel_node.set("type", config_value(std::string("srrw")));
  kernel_node.set("base", config_value(args.base));
  kernel_node.set("alpha", config_value(args.alpha));
  const auto kernel = walks().make(kernel_node, "walk", mistakes).object;
  COHORT_DO(mistakes.result());
  COHORT_TRY(const Graph graph, named.topology->graph({0, 1, 0}));
  COHORT_TRY(const auto bound, kernel->on(graph, {}));

  // The path is kept, so that the yardstick reads the rows that the walk read.
  WalkState state = bound->start(walk_start(1, 0, graph.nodes()));
  std::vector<std::uint32_t> path(args.hops);
  const auto hop = [&] {
    for (std::uint32_t& visited : path) {
      visited = state.node;
      bound->hop(state, Stream(1, Purpose::walk, 0, state.hops));
    }
  };
  volatile double kept = 0;
  const auto read_rows = [&] {
    double total = 0.0;
    for (const std::uint32_t i : path) {
      double row = 0.0;
      for (const std::uint32_t j : graph.neighbours_of(i)) row += state.weights[j];
      total += row;
    }
    kept = total;
  };
  const Pair pair = interleave(hop, read_rows);
  const double hops = static_cast<double>(args.hops);
  const auto rate = [&](const Quantiles& seconds) {
    return Quantiles{hops / seconds.median, hops / seconds.p90, hops / seconds.p10};
  };
  Result r;
  r.bench = "walk";
  r.args = {{"graph", args.graph},
            {"base", args.base},
            {"alpha", fmt::format("{}", args.alpha)},
            {"nodes", std::to_string(graph.nodes())},
            {"mean_degree", fmt::format("{:.4g}", degrees(graph).mean)},
            {"hops", std::to_string(args.hops)}};
  r.unit = "hops/s";
  r.target = rate(pair.target);
  r.yardstick_name = "reading the weights of the same rows";
  r.yardstick = rate(pair.yardstick);
  std::vector<Result> results{r};
  results[0].ratio = r.target.median / r.yardstick.median;
  if (const auto least =
          least_hops(graph, args.base == "simple" ? BaseChain::simple : BaseChain::metropolis)) {
    results[0].ratio = r.target.median / *least;
    results[0].ratio_of = fmt::format("hops / {:.2g} a second", *least);
    results[0].bound = 1.0;
    results[0].bound_is_least = true;
  }
  r.unit = "bytes/node";
  const double bytes = bytes_a_node(graph, *bound, state);
  r.target = {bytes, bytes, bytes};
  r.yardstick_name = "offsets alone";
  r.yardstick = {8, 8, 8};
  r.ratio = bytes / most_bytes_a_node;
  r.ratio_of = "bytes a node beside the edges / 32";
  r.bound = 1.0;
  results.push_back(r);
  return results;
}

}  // namespace cohort::bench
