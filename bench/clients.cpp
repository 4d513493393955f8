#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "bench/benches.hpp"
#include "bench/quiet_run.hpp"
#include "scenarios/loader.hpp"

namespace cohort::bench {

namespace {

constexpr double allowed_bytes = 16;  // an idle client

// Bytes of this process that are resident and belong to no file.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0, shared = 0;
  statm >> total >> resident >> shared;
  return (resident - shared) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// What a run holds after its rounds with this many clients, all but a few of them idle.
cohort::Result<double> held_by(std::uint64_t count) {
  const std::string text = fmt::format(
      R"(name = "bench-clients"
[data]
name = "breast_cancer"
[model]
type = "logistic"
[clients]
count = {}
cohort_size = 10
[method]
type = "scaffold"
local_steps = 1
[schedule]
rounds = 3
[evaluation]
metrics = []
)",
      count);
  COHORT_TRY(LoadedScenario loaded, load_scenario_text(text, "bench", {}, shipped_catalogue()));
  Scenario& scenario = loaded.cases.front();
  // In memory, not mapped: what is counted is what the clients cost, wherever it lies.
  scenario.data->cache.directory.clear();
  const double before = resident_bytes();
  COHORT_TRY(const auto prepared, Prepared::make(scenario, 0, 1));
  ThreadPool pool(1);
  COHORT_TRY(const SessionResult done, run_quietly(*prepared, pool));
  static_cast<void>(done);
  return resident_bytes() - before;
}

}  // namespace

cohort::Result<std::vector<Result>> clients(const ClientsArgs& args) {
  constexpr std::uint64_t few = 1000;
  COHORT_TRY(const double warm_up, held_by(few));  // caches and pools of the process itself
  static_cast<void>(warm_up);
  COHORT_TRY(const double small, held_by(few));
  COHORT_TRY(const double large, held_by(args.count));
  const double each = (large - small) / static_cast<double>(args.count - few);
  Result r;
  r.bench = "clients";
  r.args = {{"count", std::to_string(args.count)}};
  r.unit = "bytes/client";
  r.target = {each, each, each};
  r.ratio = each;
  r.ratio_of = "bytes an idle client";
  r.bound = allowed_bytes;
  return std::vector<Result>{r};
}

}  // namespace cohort::bench
