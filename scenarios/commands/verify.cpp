#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"
#include "scenarios/loader.hpp"

namespace cohort {

namespace {

class Verify final : public Command {
 public:
  std::string name() const override { return "verify"; }
  std::string help() const override { return "Run again and compare"; }
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "Folder of a run")->required();
  }

  /// The replay is a run like any other, beside the first one; it stays where they differ.
  int run(const Environment& environment) override {
    const std::filesystem::path run = run_;
    auto loaded = load_scenario(run / "scenario.toml", {}, environment.catalogue());
    if (!loaded) return environment.fail(loaded.error());
    auto again = run;
    if (!again.has_filename()) again = again.parent_path();
    again += fmt::format(".verify-{}", ::getpid());
    RunOptions options;
    options.out = again.string();
    options.is_quiet = true;
    const int status =
        environment.on_all_ranks([&](const Job& job) { return run_cases(*loaded, options, job); });
    if (!environment.prints()) return status;
    // A run that diverged is replayed to its divergence.
    if (status != static_cast<int>(Code::done) && status != static_cast<int>(Code::diverged)) {
      return status;
    }
    const int compared = compare_and_print(run, again, environment);
    if (compared == 0) {
      std::error_code error;
      std::filesystem::remove_all(again, error);
    } else if (compared == different) {
      environment.print(fmt::format("the replay is in {}\n", again.string()));
    }
    return compared;
  }

 private:
  std::string run_;
};

}  // namespace

std::unique_ptr<Command> verify_command() { return std::make_unique<Verify>(); }

}  // namespace cohort
