#include "scenarios/verify.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

class Verify final : public Command {
 public:
  std::string name() const override { return "verify"; }
  std::string help() const override { return "Run again and compare"; }
  void declare(CLI::App& app) override {
    app.add_option("RUN", run_, "Folder of a run, or of the runs of a sweep")->required();
    app.add_option("--rounds", rounds_, "Only the first so many rounds; default all")
        ->check(CLI::PositiveNumber);
    app.add_option("--points", points_, "Of a sweep, so many runs, spread evenly; default all")
        ->check(CLI::PositiveNumber);
  }

  int run(const Environment& environment) override {
    const auto runs = runs_to_verify(run_, points_);
    if (!runs) return environment.fail(runs.error());
    std::vector<Scenario> scenarios;
    for (const auto& run : *runs) {
      auto loaded = load_scenario(run / "scenario.toml", {}, environment.catalogue());
      if (!loaded) return environment.fail(loaded.error());
      scenarios.push_back(std::move(loaded->cases.front()));
    }
    return environment.on_all_ranks(
        [&](const Job& job) { return verify_all(*runs, scenarios, environment, job); });
  }

 private:
  int verify_all(const std::vector<std::filesystem::path>& runs,
                 const std::vector<Scenario>& scenarios, const Environment& environment,
                 const Job& job) const {
    int status = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto comparison = verify_run(runs[i], scenarios[i], rounds_, job);
      if (!comparison) return environment.fail(comparison.error());
      const std::string name = runs.size() > 1 ? runs[i].string() + ": " : "";
      environment.print(fmt::format("{}{}\n", name, comparison->text));
      if (!comparison->is_equal) status = different;
    }
    return status;
  }

  std::string run_;
  std::optional<std::uint64_t> rounds_;
  std::uint64_t points_ = 0;
};

}  // namespace

std::unique_ptr<Command> verify_command() { return std::make_unique<Verify>(); }

}  // namespace cohort
