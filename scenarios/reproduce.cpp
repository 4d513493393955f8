#include "scenarios/reproduce.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "comm/mpi.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace fs = std::filesystem;

namespace {

/// A run and the claim that it is for.
struct Run {
  Scenario scenario;
  std::string name;  // of the runs that only their seeds tell apart
  fs::path folder;   // of this one
};

Result<std::vector<Run>> runs_of(const LoadedScenario& loaded) {
  std::vector<Run> runs;
  if (!loaded.sweep) {
    const Scenario& scenario = loaded.cases.front();
    if (scenario.claim) runs.push_back({scenario, loaded.name, loaded.name});
    return runs;
  }
  const Sweep& sweep = *loaded.sweep;
  for (std::uint64_t number = 1; number <= sweep.points(); ++number) {
    const SweepRun run = sweep.point(number);
    if (sweep.case_of(run.variant).tuning) {
      return bad_input(
          fmt::format("{}: a case that tunes has no [reference] to reproduce: give the "
                      "values that it found",
                      sweep.file.string()));
    }
    COHORT_TRY(Scenario scenario, sweep.scenario(run));
    if (!scenario.claim) continue;
    const std::string variant = sweep.variant_title(run.variant);
    runs.push_back({std::move(scenario),
                    variant.empty() ? loaded.name : loaded.name + ", " + variant,
                    fs::path(loaded.name) / std::to_string(number)});
  }
  return runs;
}

/// The one for these runs, made if there is none yet.
Reproduction& reproduction_of(const Run& run, std::vector<Reproduction>& all) {
  for (Reproduction& r : all) {
    if (r.name == run.name) return r;
  }
  return all.emplace_back(Reproduction{run.name, *run.scenario.claim, {}, {}});
}

std::string pad(std::string text, std::size_t width) {
  // Widths count characters, not bytes: "±" has two.
  const auto characters =
      static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      }));
  return text + std::string(width > characters ? width - characters : 0, ' ');
}

std::string here_text(const report::Estimate& here) {
  if (here.n == 0) return "-";
  if (here.n == 1) return fmt::format("{:.6g} (n = 1)", here.mean);
  return fmt::format("{:.6g} ± {:.2g} (n = {})", here.mean, here.half_width, here.n);
}

}  // namespace

std::string_view to_string(Fate fate) {
  switch (fate) {
    case Fate::within:
      return "within";
    case Fate::outside:
      return "outside";
    case Fate::refuted:
      return "refuted";
  }
  return "?";
}

Fate fate_of(const Claim& claim, const report::Estimate& here) {
  const double apart = std::abs(here.mean - claim.value);
  if (apart <= claim.tolerance) return Fate::within;
  // NaN, of one run, is not greater.
  return apart - here.half_width > claim.tolerance ? Fate::refuted : Fate::outside;
}

fs::path shipped_scenarios() {
  std::error_code error;
  const char* source = COHORT_SHIPPED_SCENARIOS_DIR;
  if (fs::is_directory(source, error)) return source;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path() / "share" / "cohort" / "scenarios";
}

Result<std::vector<fs::path>> scenarios_with_claims(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".toml") files.push_back(at->path());
  }
  if (error) return bad_input(fmt::format("{}: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  std::vector<fs::path> found;
  for (const fs::path& file : files) {
    COHORT_TRY(const std::string text, read_scenario_text(file));
    COHORT_TRY(const ConfigNode root, parse_toml(text, file.string()));
    bool claims = root.find("reference") != nullptr;
    const ConfigNode* sweep = root.find("sweep");
    const ConfigNode* cases = sweep != nullptr ? sweep->find("cases") : nullptr;
    if (cases != nullptr && cases->is_list()) {
      for (const ConfigNode& c : cases->list()) claims = claims || c.find("reference") != nullptr;
    }
    if (claims) found.push_back(file);
  }
  return found;
}

Result<std::vector<Reproduction>> claims_of(const LoadedScenario& loaded) {
  COHORT_TRY(const std::vector<Run> runs, runs_of(loaded));
  std::vector<Reproduction> all;
  for (const Run& run : runs) reproduction_of(run, all);
  return all;
}

Result<std::vector<Reproduction>> reproduce(const LoadedScenario& loaded, const fs::path& out,
                                            const Job& job) {
  COHORT_TRY(const std::vector<Run> runs, runs_of(loaded));
  std::vector<Reproduction> all;
  for (const Run& run : runs) {
    Reproduction& reproduction = reproduction_of(run, all);
    RunOptions options;
    options.resume = true;
    options.is_quiet = true;
    const auto ended = run_case(run.scenario, out / run.folder, options, job);
    if (!ended) abort_job(ended.error().message, static_cast<int>(ended.error().code));
    const CaseOutcome& outcome = *ended;
    if (outcome.code == Code::resumable) {
      return Error{Code::resumable, "stopped; with the same --out the same command goes on"};
    }
    const Claim& claim = reproduction.claim;
    const auto set = outcome.summary.final.find(claim.set);
    const bool has_set = set != outcome.summary.final.end();
    const auto value = has_set ? set->second.find(claim.metric) : decltype(set->second.end()){};
    if (!outcome.error && outcome.code == Code::done && has_set && value != set->second.end() &&
        std::isfinite(value->second)) {
      reproduction.values.push_back(value->second);
    } else if (reproduction.failure.empty() && job.rank() == 0) {
      reproduction.failure =
          outcome.error ? outcome.error->message
                        : fmt::format("{}: {}, without a value of {}", outcome.directory.string(),
                                      outcome.summary.stop_reason, claim.flat_name());
    }
  }
  return all;
}

std::string reproduction_table(const std::vector<Reproduction>& reproductions) {
  std::vector<std::array<std::string, 5>> cells = {
      {"scenario", "metric", "paper", "here", "the claim is"}};
  for (const Reproduction& r : reproductions) {
    const report::Estimate here = report::estimate(r.values);
    const bool is_judged = r.failure.empty() && here.n > 0;
    cells.push_back({r.name, r.claim.flat_name(),
                     fmt::format("{:.6g} ± {:.2g}", r.claim.value, r.claim.tolerance),
                     here_text(here),
                     is_judged           ? std::string(to_string(fate_of(r.claim, here)))
                     : r.failure.empty() ? "not run"
                                         : "not run: " + r.failure});
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : cells) {
    for (std::size_t c = 0; c < widths.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (std::size_t c = 0; c < widths.size(); ++c) out += pad(cells[i][c], widths[c]) + "  ";
    out += cells[i].back() + "\n";
    if (i == 0) continue;
    const Claim& claim = reproductions[i - 1].claim;
    out += fmt::format("    {}: {}\n", claim.paper, claim.source);
    if (!claim.differs.empty()) out += fmt::format("    here: {}\n", claim.differs);
  }
  return out;
}

}  // namespace cohort
