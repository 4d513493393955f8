#include <fmt/format.h>

#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/graph_catalogue.hpp"
#include "bench/benches.hpp"
#include "bench/yardstick.hpp"
#include "comm/inproc.hpp"
#include "core/kernels.hpp"
#include "scenarios/graph_spec.hpp"
#include "worker/gossip.hpp"

namespace cohort::bench {

namespace {

/// Times the traffic that the project allows itself for what every node takes from its neighbours.
constexpr double most_traffic = 1.5;

// Nodes without rows: a round is what gossip itself costs.
class NoRows final : public Function {
 public:
  explicit NoRows(std::uint64_t d) { layout_.append("x", d, 1, SegmentKind::weight); }
  std::string_view name() const override { return "no rows"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::gradient}; }
  std::uint64_t rows(RowSource, ClientId) const override { return 0; }
  double value(Context, const Sample&, VecView) const override { return 0; }

 private:
  Layout layout_;
};

}  // namespace

cohort::Result<std::vector<Result>> gossip(const GossipArgs& args) {
  const std::uint64_t d = args.coordinates, n = args.nodes;
  Mistakes mistakes;
  COHORT_TRY(const ConfigNode spec, parse_graph_spec(args.graph));
  const NamedGraph named = make_named_graph(graphs(), spec, "--graph", {}, mistakes);
  COHORT_DO(mistakes.result());
  COHORT_TRY(const Graph graph, named.topology->graph({n, 1, 0}));
  const auto mixing =
      mixings().make(config_value(std::string(named.topology->mixing())), "mixing", mistakes);
  COHORT_TRY(const MixingMatrix w, mixing.object->matrix(graph));
  const GossipMethodSetup method = make_gossip_method(config_value(std::string("d_psgd")), "method",
                                                      gossip_methods(), Stages{}, mistakes);
  COHORT_DO(mistakes.result());

  std::vector<Payload> shared(w.nodes());
  std::vector<Vec> mixed(w.nodes(), Vec::Zero(static_cast<Index>(d)));
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    std::vector<double> x(d);
    Stream(1, Purpose::test, i).fill_normal(x);
    shared[i].blocks = {dense_block("x", x)};
  }
  std::vector<std::vector<Neighbours::Edge>> edges(w.nodes());
  const MixingPlan plan(w, {{0, w.nodes()}}, 0);
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    for (const auto& source : plan.row(i)) {
      edges[i].push_back({source.from, source.weight, &shared[source.place]});
    }
  }
  const auto mix = [&] {
    for (std::uint64_t i = 0; i < w.nodes(); ++i) {
      Neighbours(NodeId(i), edges[i]).mixed("x", mixed[i]);
    }
  };
  // Each value read for each edge that it goes over, those of the node itself read and written.
  volatile double kept = 0;
  const auto traffic = [&] {
    for (std::uint64_t i = 0; i < w.nodes(); ++i) {
      for (const auto& edge : edges[i]) {
        const auto row = edge.shared->at("x").doubles();
        if (edge.from == NodeId(i)) {
          copy_all(row, as_mutable_span(mixed[i]));
        } else {
          kept = read_all(std::as_bytes(row));
        }
      }
    }
  };

  const NoRows function(d);
  GossipSetup setup;
  setup.method = method.method.get();
  setup.function = &function;
  setup.local = method.local;
  setup.client_weight = [&](ClientId) { return 1.0 / static_cast<double>(w.nodes()); };
  setup.ranks = {{0, w.nodes()}};
  setup.subtrees = rank_subtrees(w.nodes(), 0, 1);
  ThreadPool pool(1);
  const auto transport = InprocNetwork(1).endpoint(Rank(0));
  GossipWorker worker(std::move(setup), shared[0].at("x").to_vec(), pool, *transport);
  std::optional<Error> failure;
  std::uint64_t t = 0;
  const auto round = [&] {
    if (const auto done = worker.round(++t, plan); !done) failure = done.error();
  };

  const auto line = [&](const char* target, const Pair& seconds) {
    Result r;
    r.bench = "gossip";
    r.args = {{"target", target},
              {"graph", args.graph},
              {"nodes", std::to_string(w.nodes())},
              {"directed_edges", std::to_string(w.sources.size())},
              {"d", std::to_string(d)}};
    r.unit = "ms";
    r.target = scaled(seconds.target, 1e3);
    r.yardstick_name = "traffic: each value read for each edge, written once";
    r.yardstick = scaled(seconds.yardstick, 1e3);
    r.ratio = r.target.median / r.yardstick.median;
    return r;
  };
  std::vector<Result> results = {line("mixing at every node", interleave(mix, traffic))};
  results.front().bound = most_traffic;
  results.push_back(
      line("round with sharing and hashes, without gradients", interleave(round, traffic)));
  if (failure) return *failure;
  return results;
}

}  // namespace cohort::bench
