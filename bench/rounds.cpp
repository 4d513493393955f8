#include <fmt/format.h>

#include <numeric>

#include "bench/benches.hpp"
#include "bench/quiet_run.hpp"
#include "bench/yardstick.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"
#include "scenarios/loader.hpp"

namespace cohort::bench {

namespace {

constexpr double allowed_seconds = 1e-6;  // a client-visit, beside the passes
constexpr double allowed_passes = 4;      // over d doubles

// TOML writes a text in quotes as JSON does, for the paths that people have.
std::string quoted(const std::string& text) { return config_value(text).to_toml(); }

}  // namespace

cohort::Result<std::vector<Result>> rounds(const RoundsArgs& args) {
  const std::string text = fmt::format(
      R"(name = "bench-rounds"
[data]
train = {}
split = {{ train = 1.0 }}
[model]
type = "logistic"
[clients]
count = {}
cohort_size = {}
[method]
type = "fedavg"
local_steps = 1
[schedule]
rounds = {}
[evaluation]
metrics = []
)",
      quoted(args.data), args.clients, args.cohort, args.rounds);
  COHORT_TRY(const LoadedScenario loaded,
             load_scenario_text(text, "bench", {}, shipped_catalogue()));
  const Scenario& scenario = loaded.cases.front();
  COHORT_TRY(const auto prepared, Prepared::make(scenario, 0, 1));
  ThreadPool pool(1);
  std::optional<Error> failure;

  const auto target = [&] {
    if (const auto done = run_quietly(*prepared, pool); !done) failure = done.error();
  };
  // The oracle alone: the same gradients of the same clients in the same order.
  const Function& f = prepared->function();
  Scratch scratch;
  OracleCounts counts;
  const Index d = static_cast<Index>(f.layout().size());
  const Vec w = Vec::Zero(d);
  Vec g(d);
  std::vector<std::vector<std::uint64_t>> cohorts;
  for (std::uint64_t r = 1; r <= args.rounds; ++r) {
    cohorts.push_back(sample_without_replacement(
        Stream(scenario.seeds.run, Purpose::cohort_sampling, 0, r), args.cohort, args.clients));
  }
  const auto oracle_alone = [&] {
    for (const auto& cohort : cohorts) {
      for (const std::uint64_t c : cohort) {
        Oracle(f, ClientId(c), {pool, scratch}, counts).gradient(w, g);
      }
    }
  };
  const Pair pair = interleave(target, oracle_alone);
  if (failure) return *failure;

  // One pass over d doubles, as often as there are visits.
  const double visits = static_cast<double>(args.cohort * args.rounds);
  std::vector<double> a(static_cast<std::size_t>(d)), b(a), c(a);
  std::vector<double> passes;
  for (int i = 0; i < repetitions; ++i) {
    passes.push_back(seconds_of([&] {
      for (std::uint64_t v = 0; v < args.cohort * args.rounds; ++v) triad(a, b, 0.5, c);
    }));
  }
  const double pass = quantiles(passes).median / visits;

  Result r;
  r.bench = "rounds";
  r.args = {{"data", args.data},
            {"clients", std::to_string(args.clients)},
            {"cohort", std::to_string(args.cohort)},
            {"d", std::to_string(d)},
            {"ms_a_round",
             fmt::format("{:.4f}", pair.target.median * 1e3 / static_cast<double>(args.rounds))}};
  r.unit = "us/visit";
  r.target = scaled(pair.target, 1e6 / visits);
  r.yardstick_name = "the oracle alone";
  r.yardstick = scaled(pair.yardstick, 1e6 / visits);
  r.ratio = (pair.target.median - pair.yardstick.median) / visits /
            (allowed_seconds + allowed_passes * pass);
  r.ratio_of = "own share / (1 us + 4 passes over d)";
  r.bound = 1.0;
  return std::vector<Result>{r};
}

}  // namespace cohort::bench
