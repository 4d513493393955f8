#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "algorithms/bisection.hpp"
#include "algorithms/graph_catalogue.hpp"
#include "algorithms/spectrum.hpp"
#include "scenarios/commands/command.hpp"
#include "scenarios/graph_drawing.hpp"
#include "scenarios/graph_spec.hpp"

namespace cohort {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t most_rounds = 64;         // of a cycle that is looked at
constexpr std::uint64_t searched_nodes = 200000;  // more: no diameter

/// Without rounding about zero.
double tidy(double x) { return std::abs(x) < 1e-12 ? 0.0 : x; }

std::string with_residual(const Gap& gap) {
  return gap.residual > 0.0 ? fmt::format(" (Lanczos, residual {:.1e})", gap.residual) : "";
}

class GraphCommand final : public Command {
 public:
  std::string name() const override { return "graph"; }
  std::string help() const override { return "Tell what a graph is like and how fast it mixes"; }

  void declare(CLI::App& app) override {
    app.footer(
        "SPEC is a topology of `cohort list graphs` with its options, a graph that ships (karate,\n"
        "dolphins, lesmis, football, power) or a file (edge list or GraphML).\n\n"
        "  cohort graph ring nodes=16\n"
        "  cohort graph '{ type = \"random_regular\", nodes = 100, degree = 4 }' --mixing "
        "max_degree\n"
        "  cohort graph dolphins --svg dolphins.svg\n"
        "  cohort graph my/edges.txt --json");
    app.add_option("SPEC", spec_, "A name and name=value …, { type = …, … }, or a path")
        ->required();
    app.add_option("--mixing", mixing_,
                   "As `cohort list mixings` names; by default what suits the graph");
    app.add_option("--seed", seed_, "Of graphs that are drawn")->capture_default_str();
    app.add_option("--svg", svg_, "File for a drawing");
    app.add_option("--ranks", ranks_, "Tell which share of the edges crosses so many processes")
        ->check(CLI::Range(1U, 1U << 20));
    app.add_flag("--json", as_json_, "One JSON object");
  }

  int run(const Environment& environment) override {
    return environment.print(describe(*environment.catalogue().graphs));
  }

 private:
  Result<std::string> describe(const Registry<Topology>& graphs) const {
    const std::string spec = fmt::format("{}", fmt::join(spec_, " "));
    COHORT_TRY(const ConfigNode node, parse_graph_spec(spec));
    Mistakes mistakes;
    const NamedGraph named = make_named_graph(graphs, node, "SPEC", {}, mistakes);
    const std::string mixing_spec =
        !mixing_.empty() ? mixing_
                         : std::string(named.topology ? named.topology->mixing() : "push");
    COHORT_TRY(const ConfigNode mixing_node, parse_named_spec(mixing_spec));
    const auto mixing = mixings().make(mixing_node, "--mixing", mistakes).object;
    COHORT_DO(mistakes.result());
    const GraphInput input{0, seed_, 0};
    COHORT_TRY(const std::uint64_t period, named.topology->period(input));
    COHORT_TRY(const Graph graph, named.topology->graph(input));

    Json json = {{"graph", named.options.to_toml()}};
    std::string text = named.options.to_toml() + "\n";
    for (const std::string& note : named.notes) text += "  " + note + "\n";
    if (!named.notes.empty()) json["notes"] = named.notes;
    if (period == 0) text += "  drawn anew as the rounds go on; this is the first\n";
    if (period > 1) text += fmt::format("  a cycle of {} graphs; this is the first\n", period);
    json["period"] = period;
    describe_edges(graph, period, text, json);
    if (ranks_ > 0) describe_placement(graph, text, json);
    COHORT_DO(describe_mixing(*named.topology, *mixing, graph, period, text, json));
    describe_chains(graph, text, json);
    if (!svg_.empty()) {
      COHORT_TRY(const std::string drawing, draw_graph(graph, spec));
      std::ofstream file(svg_, std::ios::binary);
      file << drawing;
      if (!file.flush()) return bad_environment(fmt::format("{}: cannot be written", svg_));
    }
    return as_json_ ? json.dump() + "\n" : text;
  }

  static void describe_edges(const Graph& graph, std::uint64_t period, std::string& text,
                             Json& json) {
    const Degrees d = degrees(graph);
    const Components parts = components(graph);
    const bool connected = is_connected(graph), bipartite = is_bipartite(graph);
    text += fmt::format("  {} nodes, {} {}edges, {}degrees {} to {}, mean {:.4g}\n", graph.nodes(),
                        graph.edges(), graph.is_directed ? "directed " : "",
                        graph.is_directed ? "out-" : "", d.min, d.max, d.mean);
    json["nodes"] = graph.nodes();
    json["edges"] = graph.edges();
    json["directed"] = graph.is_directed;
    json["degree"] = {{"min", d.min}, {"mean", d.mean}, {"max", d.max}};
    json["connected"] = connected;
    json["components"] = parts.count;
    json["bipartite"] = bipartite;
    std::string shape = connected          ? graph.is_directed ? "strongly connected" : "connected"
                        : parts.count == 1 ? "not strongly connected"
                                           : fmt::format("{} components, the largest of {} nodes",
                                                         parts.count, parts.largest);
    if (bipartite) shape += ", bipartite";
    if (connected && !graph.is_directed && period == 1 && graph.nodes() <= searched_nodes) {
      const Diameter across = diameter(graph);
      json["diameter"] = {{"lower", across.lower}, {"upper", across.upper}};
      shape += across.is_exact() ? fmt::format(", diameter {}", across.lower)
                                 : fmt::format(", diameter {} to {} ({} searches)", across.lower,
                                               across.upper, across.searches);
    }
    text += "  " + shape + "\n";
  }

  void describe_placement(const Graph& graph, std::string& text, Json& json) const {
    std::vector<IdRange> parts;
    for (std::uint32_t r = 0; r < ranks_; ++r)
      parts.push_back(rank_range(graph.nodes(), r, ranks_));
    const std::vector<std::uint32_t> order = local_order(graph);
    const double edges = static_cast<double>(std::max<std::uint64_t>(graph.edges(), 1));
    const auto share = [&](const Graph& g) {
      return static_cast<double>(cut_edges(g, parts)) / edges;
    };
    const double by_ids = share(graph), local = share(renumbered(graph, order));
    text += fmt::format(
        "  on {} ranks {:.1f} % of the edges cross with placement \"ids\", {:.1f} % with "
        "\"local\"\n",
        ranks_, 100 * by_ids, 100 * local);
    json["placement"] = {{"ranks", ranks_}, {"cut_by_ids", by_ids}, {"cut_local", local}};
    json["placement"]["local_order"] = order;
  }

  Result<void> describe_mixing(const Topology& topology, const Mixing& mixing, const Graph& first,
                               std::uint64_t period, std::string& text, Json& json) const {
    std::vector<MixingMatrix> rounds;
    for (std::uint64_t t = 0; t < std::clamp<std::uint64_t>(period, 1, most_rounds); ++t) {
      COHORT_TRY(const Graph graph, t == 0 ? Result<Graph>(first) : topology.graph({0, seed_, t}));
      COHORT_TRY(auto matrix, mixing.matrix(graph));
      rounds.push_back(std::move(matrix));
    }
    json["mixing"]["name"] = mixing.name();
    for (const MixingMatrix& w : rounds) {
      const auto sound = check_doubly_stochastic(mixing.name(), w);
      if (sound) continue;
      json["mixing"]["refused"] = sound.error().message;
      text += "  " + sound.error().message + "\n";
      return {};
    }
    if (first.nodes() < 2) return {};
    const Gap gap = consensus_gap(rounds);
    Json& out = json["mixing"];
    out["gap"] = gap.gap();
    out["rate"] = gap.rate;
    out["residual"] = gap.residual;
    out["relaxation_rounds"] =
        std::isfinite(relaxation_time(gap)) ? Json(relaxation_time(gap)) : Json();
    text += fmt::format(
        "  mixing {}: gap {:.6g}, the distance from the mean shrinks by {:.6g} a round{}",
        mixing.name(), tidy(gap.gap()), tidy(gap.rate), with_residual(gap));
    if (tidy(gap.rate) == 0.0) {
      text += fmt::format(", exact after {}\n", rounds.size());
    } else if (gap.gap() > 1e-12) {
      text += fmt::format(", by e in {:.4g} rounds\n", relaxation_time(gap));
    } else {
      text += ": no agreement\n";
    }
    return {};
  }

  static void describe_chains(const Graph& graph, std::string& text, Json& json) {
    const auto simple = make_chain(graph, BaseChain::simple, {});
    if (!simple) return;  // why, the shape says above
    const Gap simple_gap = spectral_gap(*simple);
    const auto metropolis = make_chain(graph, BaseChain::metropolis, {});
    // Of equal degrees the two are one; the lazy chain has the eigenvalues (1 + λ)/2.
    const Gap metropolis_gap = metropolis->q.empty() ? simple_gap : spectral_gap(*metropolis);
    Gap lazy_gap = simple_gap;
    lazy_gap.second = lazy_gap.rate = (1.0 + simple_gap.second) / 2.0;
    lazy_gap.last = (1.0 + simple_gap.last) / 2.0;
    lazy_gap.residual = simple_gap.residual / 2.0;
    for (const auto& [name, gap] :
         {std::pair{"simple", simple_gap}, {"metropolis", metropolis_gap}, {"lazy", lazy_gap}}) {
      json["chains"][name] = {{"gap", gap.gap()},
                              {"second_eigenvalue", gap.second},
                              {"last_eigenvalue", gap.last},
                              {"residual", gap.residual}};
      text += fmt::format("  chain {}: gap {:.6g}, eigenvalues {:.6g} to {:.6g} beside 1{}\n", name,
                          tidy(gap.gap()), tidy(gap.last), tidy(gap.second), with_residual(gap));
    }
  }

  std::vector<std::string> spec_;
  std::string mixing_;
  std::uint64_t seed_ = 1;
  std::uint32_t ranks_ = 0;  // 0: not asked for
  std::string svg_;
  bool as_json_ = false;
};

}  // namespace

std::unique_ptr<Command> graph_command() { return std::make_unique<GraphCommand>(); }

}  // namespace cohort
