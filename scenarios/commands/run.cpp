#include <CLI/CLI.hpp>
#include <cstdlib>

#include "scenarios/commands/command.hpp"
#include "scenarios/explain.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/sweep/board.hpp"
#include "scenarios/sweep/reporter.hpp"
#include "scenarios/sweep/run_sweep.hpp"

namespace cohort {

namespace {

const char* variable(const char* name) { return std::getenv(name); }

class Run final : public Command {
 public:
  std::string name() const override { return "run"; }
  std::string help() const override { return "Run a scenario, or a sweep of them"; }

  void declare(CLI::App& app) override {
    app.add_option("FILE", file_, "Scenario, as in scenarios/quickstart.toml")->required();
    app.add_option("--set", sets_, "key.path=value: replaces an option of the file")
        ->allow_extra_args(false);
    app.add_option("--out", options_.out, "Folder of the run; default runs/<name>/<hash>-s<seed>");
    app.add_flag("--resume", options_.resume, "Go on with what is unfinished");
    app.add_flag("--allow-mixed-numerics", options_.allow_mixed_numerics,
                 "Go on though processes compute differently; bits are then not reproducible");
    app.add_flag("--explain", explain_,
                 "Show every option's value and where it comes from, and run nothing");
    app.add_flag("--dry-run", dry_run_, "Show bytes, memory and time of a run, and run nothing");
    app.add_flag("--list", list_, "Show the points of a sweep and what is done of them");
    app.add_option("--point", point_,
                   "Run one point of a sweep: 17/60, or slurm for that of an array task");
    app.add_option("--jobs", jobs_, "Run so many points of a sweep at a time, as processes")
        ->check(CLI::Range(1, 4096));
    app.add_option("--ranks-per-point", ranks_per_point_,
                   "Under mpirun: deal the points of a sweep to groups of so many ranks")
        ->check(CLI::PositiveNumber);
  }

  int run(const Environment& environment) override {
    auto loaded = load_scenario(file_, sets_, environment.catalogue());
    if (!loaded) return environment.fail(loaded.error());
    if (const auto fits = check_options(*loaded, environment); !fits) {
      return environment.fail(fits.error());
    }
    if (explain_) return show(*loaded, environment);
    if (list_) return list(*loaded->sweep, environment);
    if (!loaded->sweep) {
      const Scenario& scenario = loaded->cases.front();
      return environment.on_all_ranks([&](const Job& job) {
        return dry_run_ ? cohort::dry_run(scenario, job) : run_alone(scenario, options_, job);
      });
    }
    if (dry_run_) {
      return environment.on_all_ranks(
          [&](const Job& job) { return dry_run_sweep(*loaded->sweep, loaded->cases, job); });
    }
    SweepOptions options{options_, {}, jobs_};
    if (!point_.empty()) {
      const auto number = point_number(point_, loaded->sweep->points(), variable);
      if (!number) return environment.fail(number.error());
      options.points = {*number};
    }
    return environment.on_groups(ranks_per_point_, [&](const Job& all, const Job& group) {
      return run_sweep(*loaded->sweep, options, all, group);
    });
  }

 private:
  Result<void> check_options(const LoadedScenario& loaded, const Environment& environment) const {
    if (!loaded.sweep && (list_ || !point_.empty() || jobs_ > 1 || ranks_per_point_ > 0)) {
      return bad_input(
          "--list, --point, --jobs and --ranks-per-point are for a scenario with [sweep]");
    }
    if (jobs_ > 1 && environment.is_launched()) {
      return bad_input(
          "--jobs starts processes of its own; under mpirun or srun use --ranks-per-point");
    }
    if (ranks_per_point_ > 0 && !environment.is_launched()) {
      return bad_input("--ranks-per-point is for mpirun or srun; here use --jobs");
    }
    return {};
  }

  static int show(const LoadedScenario& loaded, const Environment& environment) {
    if (loaded.sweep) {
      environment.print("# " + loaded.sweep->shape() +
                        "\n# Each case with the first value of what varies:\n\n");
    }
    for (const Scenario& scenario : loaded.cases) {
      if (&scenario != &loaded.cases.front()) environment.print(std::string("\n"));
      environment.print(explain(scenario));
    }
    return 0;
  }

  int list(const Sweep& sweep, const Environment& environment) const {
    const auto board = Board::look_at(sweep, options_.out);
    if (!board) return environment.fail(board.error());
    environment.print(list_points(*board));
    return 0;
  }

  std::string file_;
  std::vector<std::string> sets_;
  RunOptions options_;
  bool explain_ = false;
  bool dry_run_ = false;
  bool list_ = false;
  std::string point_;
  std::size_t jobs_ = 1;
  std::uint32_t ranks_per_point_ = 0;
};

}  // namespace

std::unique_ptr<Command> run_command() { return std::make_unique<Run>(); }

}  // namespace cohort
