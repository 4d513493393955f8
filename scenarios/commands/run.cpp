#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"
#include "scenarios/explain.hpp"
#include "scenarios/loader.hpp"

namespace cohort {

namespace {

class Run final : public Command {
 public:
  std::string name() const override { return "run"; }
  std::string help() const override { return "Run a scenario"; }

  void declare(CLI::App& app) override {
    app.add_option("FILE", file_, "Scenario, as in scenarios/quickstart.toml")->required();
    app.add_option("--set", sets_, "key.path=value: replaces an option of the file")
        ->allow_extra_args(false);
    app.add_option("--out", options_.out, "Folder of the run; default runs/<name>/<hash>-s<seed>");
    app.add_flag("--resume", options_.resume, "Go on with an unfinished run");
    app.add_flag("--allow-mixed-numerics", options_.allow_mixed_numerics,
                 "Go on though processes compute differently; bits are then not reproducible");
    app.add_flag("--explain", explain_,
                 "Show every option's value and where it comes from, and run nothing");
    app.add_flag("--dry-run", dry_run_, "Show bytes, memory and time of a run, and run nothing");
  }

  int run(const Environment& environment) override {
    auto loaded = load_scenario(file_, sets_, environment.catalogue());
    if (!loaded) return environment.fail(loaded.error());
    if (explain_) {
      for (const Scenario& scenario : loaded->cases) {
        if (&scenario != &loaded->cases.front()) environment.print(std::string("\n"));
        environment.print(explain(scenario));
      }
      return 0;
    }
    return environment.on_all_ranks([&](const Job& job) {
      return dry_run_ ? cohort::dry_run(*loaded, job) : run_cases(*loaded, options_, job);
    });
  }

 private:
  std::string file_;
  std::vector<std::string> sets_;
  RunOptions options_;
  bool explain_ = false;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> run_command() { return std::make_unique<Run>(); }

}  // namespace cohort
