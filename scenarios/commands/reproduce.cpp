#include "scenarios/reproduce.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

namespace fs = std::filesystem;

class Reproduce final : public Command {
 public:
  std::string name() const override { return "reproduce"; }
  std::string help() const override {
    return "Run scenarios that state what a paper says, and compare";
  }
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_,
                   "A shipped scenario with a [reference], or a file; default: show them all");
    app.add_flag("--all", all_, "Every shipped scenario with a [reference]");
    app.add_option("--out", out_, "Folder to keep the runs in; default: they are not kept");
  }

  int run(const Environment& environment) override {
    const auto files = chosen();
    if (!files) return environment.fail(files.error());
    std::vector<LoadedScenario> scenarios;
    for (const fs::path& file : *files) {
      auto loaded = load_scenario(file, {}, environment.catalogue());
      if (!loaded) return environment.fail(loaded.error());
      scenarios.push_back(*std::move(loaded));
    }
    if (name_.empty() && !all_) return show(scenarios, environment);
    // The name is the same on every rank: that of rank 0's parent, the launcher or the shell.
    const bool keeps = !out_.empty();
    const fs::path out =
        keeps ? fs::path(out_) : fs::path(fmt::format("runs/reproduce-{}", ::getppid()));
    const int status = environment.on_all_ranks(
        [&](const Job& job) { return run_all(scenarios, out, environment, job); });
    std::error_code ignored;
    if (!keeps && environment.prints()) fs::remove_all(out, ignored);
    return status;
  }

 private:
  Result<std::vector<fs::path>> chosen() const {
    if (!name_.empty() && all_) return bad_input("cohort reproduce: expected NAME or --all");
    std::error_code error;
    if (!name_.empty() && fs::is_regular_file(name_, error)) return std::vector<fs::path>{name_};
    const fs::path folder = shipped_scenarios();
    COHORT_TRY(std::vector<fs::path> files, scenarios_with_claims(folder));
    if (name_.empty()) return files;
    std::vector<std::string> names;
    for (const fs::path& file : files) {
      names.push_back(fs::relative(file, folder).replace_extension().string());
      if (names.back() == name_ || file.stem() == name_) return std::vector<fs::path>{file};
    }
    return bad_input(unknown_name_message("scenario", name_, "cohort reproduce", names));
  }

  static int show(const std::vector<LoadedScenario>& scenarios, const Environment& environment) {
    std::vector<Reproduction> all;
    for (const LoadedScenario& loaded : scenarios) {
      const auto claims = claims_of(loaded);
      if (!claims) return environment.fail(claims.error());
      all.insert(all.end(), claims->begin(), claims->end());
    }
    environment.print(reproduction_table(all) + "\ncohort reproduce NAME runs one, --all all.\n");
    return 0;
  }

  /// Only what could not be run is a failure.
  static int run_all(const std::vector<LoadedScenario>& scenarios, const fs::path& out,
                     const Environment& environment, const Job& job) {
    std::vector<Reproduction> all;
    for (const LoadedScenario& loaded : scenarios) {
      const auto reproduced = reproduce(loaded, out, job);
      if (!reproduced) return environment.fail(reproduced.error());
      all.insert(all.end(), reproduced->begin(), reproduced->end());
    }
    environment.print(reproduction_table(all));
    const bool is_whole =
        std::all_of(all.begin(), all.end(), [](const auto& r) { return r.failure.empty(); });
    return is_whole ? 0 : static_cast<int>(Code::environment);
  }

  std::string name_, out_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> reproduce_command() { return std::make_unique<Reproduce>(); }

}  // namespace cohort
