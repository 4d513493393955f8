#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/benches.hpp"
#include "core/cpu.hpp"

namespace cohort::bench {

int run(const std::vector<std::string>& arguments) {
  CLI::App app("Measures the platform against what the machine can do.", "cohort bench");
  app.require_subcommand(1);
  bool as_json = false;
  GradientArgs gradient_args;
  RoundsArgs rounds_args;
  ClientsArgs clients_args;
  ReadArgs read_args;
  AggregateArgs aggregate_args;
  CompressArgs compress_args;
  GossipArgs gossip_args;
  WalkArgs walk_args;
  MlpArgs mlp_args;
  ExternalArgs external_args;
  ZerothOrderArgs zeroth_order_args;
  SurrogateArgs surrogate_args;
  ScalingArgs scaling_args;
  std::string mode = "strong";
  std::function<cohort::Result<std::vector<Result>>()> chosen;

  const auto add = [&](const char* name, const char* help, auto&& body) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->add_flag("--json", as_json, "one JSON object a line");
    sub->callback([&chosen, body] { chosen = body; });
    return sub;
  };
  CLI::App* sub = add("gradient", "one gradient over all rows of a file, on one core",
                      [&] { return gradient(gradient_args); });
  sub->add_option("--data", gradient_args.data, "LIBSVM or CSV file")->required();
  sub->add_option("--objective", gradient_args.objective, "a model, as `cohort list models` names")
      ->capture_default_str();
  sub->add_option("--bytes", gradient_args.bytes, "to which the rows are repeated; 0: left out")
      ->capture_default_str();
  sub = add("rounds", "FedAvg rounds with one local step, on one core",
            [&] { return rounds(rounds_args); });
  sub->add_option("--data", rounds_args.data, "LIBSVM or CSV file of two classes")->required();
  sub->add_option("--clients", rounds_args.clients)->capture_default_str();
  sub->add_option("--cohort", rounds_args.cohort, "clients a round")->capture_default_str();
  sub->add_option("--rounds", rounds_args.rounds, "of one measurement")->capture_default_str();
  sub = add("clients", "bytes of an idle client", [&] { return clients(clients_args); });
  sub->add_option("--count", clients_args.count)->capture_default_str();
  sub = add("read", "parsing LIBSVM text, plain and gzip", [&] { return read(read_args); });
  sub->add_option("--data", read_args.data, "LIBSVM file that is repeated")->required();
  sub->add_option("--bytes", read_args.bytes, "of text")->capture_default_str();
  sub = add("mlp", "gradients of a neural network, on one core", [&] { return mlp(mlp_args); });
  sub->add_option("--batch", mlp_args.batch, "rows of a gradient")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  sub = add("external", "a gradient of another program, against a bare pipe",
            [&] { return external(external_args); });
  sub->add_option("--python", external_args.python, "a Python with NumPy")->capture_default_str();
  sub->add_option("--dimension", external_args.dimension, "length of the model")
      ->capture_default_str();
  sub = add("aggregate", "a robust rule on rows in memory",
            [&] { return aggregate(aggregate_args); });
  sub->add_option("--rule", aggregate_args.rule, "as `cohort list rules` names")
      ->capture_default_str();
  sub->add_option("--pre", aggregate_args.maps, "pre-aggregators, in order");
  sub->add_option("--n", aggregate_args.rows, "rows")->capture_default_str();
  sub->add_option("--d", aggregate_args.coordinates, "coordinates")->capture_default_str();
  sub->add_option("--f", aggregate_args.f, "Byzantine rows")->capture_default_str();
  sub->add_option("--precision", aggregate_args.precision, "of the rows")
      ->check(CLI::IsMember({"single", "double"}))
      ->capture_default_str();
  sub->add_option("--threads", aggregate_args.threads)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub = add("walk", "a self-repellent walk, hops a second on one core",
            [&] { return walk(walk_args); });
  sub->add_option("--graph", walk_args.graph, "as of `cohort graph`")->capture_default_str();
  sub->add_option("--base", walk_args.base, "metropolis, simple, …")->capture_default_str();
  sub->add_option("--alpha", walk_args.alpha)->capture_default_str();
  sub->add_option("--hops", walk_args.hops, "of one measurement")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub = add("gossip", "a step of gossip against its traffic, on one core",
            [&] { return gossip(gossip_args); });
  sub->add_option("--graph", gossip_args.graph, "as of `cohort graph`")->capture_default_str();
  sub->add_option("--nodes", gossip_args.nodes)->check(CLI::PositiveNumber)->capture_default_str();
  sub->add_option("--d", gossip_args.coordinates, "coordinates")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub = add("surrogate", "a query of a Gaussian-process surrogate, on one core",
            [&] { return surrogate(surrogate_args); });
  sub->add_option("--points", surrogate_args.points, "in the window")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--d", surrogate_args.dimension, "coordinates")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--features", surrogate_args.features, "random features")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub = add("compress", "selection of the largest, and every compressor, on one core",
            [&] { return compress(compress_args); });
  sub->add_option("--d", compress_args.coordinates, "coordinates")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--only", compress_args.only, "one, as `cohort list compressors` names");
  sub = add("zeroth_order", "normals, two-point queries and seed-only steps, on one core",
            [&] { return zeroth_order(zeroth_order_args); });
  sub->add_option("--d", zeroth_order_args.coordinates, "coordinates of the seed-only step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--rows", zeroth_order_args.rows, "of the two-point query")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--features", zeroth_order_args.features, "of these rows")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub = add("scaling", "round times over numbers of ranks, and a model that predicts them", [&] {
    scaling_args.is_weak = mode == "weak";
    scaling_args.as_json = as_json;
    return scaling(scaling_args);
  });
  sub->add_option("FILE", scaling_args.file, "scenario")->required();
  sub->add_option("--ranks", scaling_args.ranks, "ascending, from 1 on")
      ->delimiter(',')
      ->capture_default_str();
  sub->add_option("--mode", mode, "weak: the clients of the file are those of one rank")
      ->check(CLI::IsMember({"strong", "weak"}))
      ->capture_default_str();
  sub->add_option("--rounds", scaling_args.rounds, "of each job")
      ->check(CLI::Range(20, 1000000))
      ->capture_default_str();
  sub->add_option("--threads", scaling_args.threads, "a rank")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  sub->add_option("--set", scaling_args.sets, "key.path=value, as of cohort run")
      ->allow_extra_args(false);
  sub->add_option("--launcher", scaling_args.launcher, "what takes -n RANKS PROGRAM")
      ->capture_default_str();
  sub->add_option("--svg", scaling_args.svg, "writes a figure");
  add("kernels", "reductions, updates and elementary functions", [] { return kernels(); });

  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  const auto results = chosen();
  if (!results) {
    fmt::print(stderr, "cohort bench: {}\n", results.error().message);
    return static_cast<int>(results.error().code);
  }
  for (const Result& r : *results) {
    fmt::print("{}", as_json ? to_json(r) + "\n" : to_text(r));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace cohort::bench
