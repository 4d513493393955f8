#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "algorithms/walk_sampling.hpp"
#include "scenarios/commands/command.hpp"
#include "scenarios/graph_spec.hpp"
#include "scenarios/matrix_file.hpp"

namespace cohort {

namespace {

using Json = nlohmann::ordered_json;

// What an asymptotic formula takes for granted.
constexpr double most_nodes_a_hop = 0.02;
constexpr double least_relaxations = 200.0;

class WalkCommand final : public Command {
 public:
  std::string name() const override { return "walk"; }
  std::string help() const override {
    return "Sample a graph by random walks and compare with theory";
  }

  void declare(CLI::App& app) override {
    app.footer(
        "Runs walks of T hops and tells how far their visits are from where they should go, "
        "beside\n"
        "the asymptotic value from the eigenpairs of the base chain (up to 1200 nodes).\n\n"
        "  cohort walk --graph dolphins --base metropolis --kernel srrw --alpha 5 --steps 20000 "
        "--runs 500\n"
        "  cohort walk --graph 'ring nodes=33' --kernel simple --json\n"
        "  cohort walk --graph my/edges.txt --kernel 'hdt cache=100' --alpha 5");
    app.add_option("--graph", graph_, "As of `cohort graph`")->required();
    app.add_option("--kernel", kernel_, "As `cohort list walks` names, with options")
        ->capture_default_str();
    app.add_option("--base", base_,
                   "The chain under srrw, hdt or lazy_walk: metropolis, simple, lazy …");
    app.add_option("--alpha", alpha_, "Strength of srrw and hdt, at least 0");
    app.add_option("--step-exponent", step_exponent_, "Of srrw, in (0.5, 1]; 1: visit counts");
    app.add_option("--target", target_,
                   "Where visits should go: uniform, or a file of positive weights, one a node")
        ->capture_default_str();
    app.add_option("--steps", steps_, "Hops of a walk, T")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--runs", runs_, "Walks")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--seed", seed_)->capture_default_str();
    app.add_option("--threads", threads_, "0: all that there are")->capture_default_str();
    app.add_flag("--json", as_json_, "One JSON object");
  }

  int run(const Environment& environment) override {
    return environment.print(sample(environment.catalogue()));
  }

 private:
  Result<std::string> sample(const Catalogue& catalogue) const {
    COHORT_TRY(const ConfigNode graph_node, parse_graph_spec(graph_));
    COHORT_TRY(ConfigNode kernel_node, parse_named_spec(kernel_));
    if (!base_.empty()) kernel_node.set("base", config_value(base_));
    if (alpha_) kernel_node.set("alpha", config_value(*alpha_));
    if (step_exponent_) kernel_node.set("step_exponent", config_value(*step_exponent_));
    Mistakes mistakes;
    const NamedGraph named =
        make_named_graph(*catalogue.graphs, graph_node, "--graph", {}, mistakes);
    const auto kernel = catalogue.walks->make(kernel_node, "--kernel", mistakes);
    COHORT_DO(mistakes.result());
    COHORT_TRY(const std::uint64_t period, named.topology->period({0, seed_, 0}));
    if (period != 1) {
      return bad_input(
          fmt::format("--graph: expected a graph that stays, {} changes over the rounds",
                      named.topology->name()));
    }
    COHORT_TRY(const Graph graph, named.topology->graph({0, seed_, 0}));
    COHORT_TRY(const std::vector<double> wanted, target(graph));
    COHORT_TRY(const auto walk, kernel.object->on(graph, wanted));

    ThreadPool pool(threads_ == 0 ? available_threads() : threads_);
    std::vector<double> pi = walk->stationary();
    if (pi.empty()) pi = walk->base()->stationary();
    const WalkErrors errors = sample_walks(*walk, graph, pi, steps_, runs_, seed_, pool);

    const double n = static_cast<double>(graph.nodes()), t = static_cast<double>(steps_);
    const ReversibleChain* base = walk->base();
    std::optional<double> gap, theory;
    if (base != nullptr) gap = 1.0 - spectral_gap(*base).second;
    if (base != nullptr && walk->theory() && graph.nodes() <= dense_nodes) {
      theory = theoretical_n_mse(chain_modes(*base), *walk->theory(), steps_);
    }
    const bool is_asymptotic =
        gap && walk->theory() && n / t < most_nodes_a_hop && t * *gap > least_relaxations;
    const auto or_null = [](const std::optional<double>& x) { return x ? Json(*x) : Json(); };
    if (as_json_) {
      const Json json = {{"graph", named.options.to_toml()},
                         {"kernel", kernel.options.to_toml()},
                         {"nodes", graph.nodes()},
                         {"edges", graph.edges()},
                         {"steps", steps_},
                         {"runs", runs_},
                         {"seed", seed_},
                         {"tv", errors.tv},
                         {"n_mse", errors.n_mse},
                         {"n_mse_error", errors.n_mse_error},
                         {"theory", or_null(theory)},
                         {"nodes_per_step", n / t},
                         {"steps_times_gap", gap ? Json(t * *gap) : Json()},
                         {"asymptotic", is_asymptotic}};
      return json.dump() + "\n";
    }
    std::string text = fmt::format("{} on {}: {} nodes, {} edges; {} walks of {} hops, seed {}\n",
                                   kernel.options.to_toml(), named.options.to_toml(), graph.nodes(),
                                   graph.edges(), runs_, steps_, seed_);
    for (const std::string& note : named.notes) text += "  " + note + "\n";
    text += fmt::format("  tv     {:.6g}\n  n_mse  {:.6g} ± {:.2g}\n", errors.tv, errors.n_mse,
                        errors.n_mse_error);
    text += theory ? fmt::format("  theory {:.6g}, measured / theory {:.4g}\n", *theory,
                                 errors.n_mse / *theory)
                   : std::string("  theory none\n");
    text += fmt::format("  N/T {:.4g}", n / t);
    if (gap) text += fmt::format(", T gap {:.4g}", t * *gap);
    text += is_asymptotic ? ": asymptotic\n" : ": not asymptotic\n";
    return text;
  }

  Result<std::vector<double>> target(const Graph& graph) const {
    if (target_ == "uniform") return std::vector<double>();
    std::ifstream file(target_, std::ios::binary);
    if (!file) return bad_input(fmt::format("{}: cannot be read", target_));
    COHORT_TRY(const MatrixFile matrix, read_matrix(file, target_));
    std::vector<double> weights;
    std::visit([&](const auto& values) { weights.assign(values.begin(), values.end()); },
               matrix.values);
    if (weights.size() != graph.nodes()) {
      return bad_input(fmt::format("{}: expected {} weights, one a node, found {}", target_,
                                   graph.nodes(), weights.size()));
    }
    return weights;
  }

  std::string graph_;
  std::string kernel_ = "srrw";
  std::string base_;
  std::optional<double> alpha_;
  std::optional<double> step_exponent_;
  std::string target_ = "uniform";
  std::uint64_t steps_ = 20000;
  std::uint64_t runs_ = 100;
  std::uint64_t seed_ = 1;
  std::size_t threads_ = 0;
  bool as_json_ = false;
};

}  // namespace

std::unique_ptr<Command> walk_command() { return std::make_unique<WalkCommand>(); }

}  // namespace cohort
