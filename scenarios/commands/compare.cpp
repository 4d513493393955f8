#include "scenarios/compare.hpp"

#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

class Compare final : public Command {
 public:
  std::string name() const override { return "compare"; }
  std::string help() const override { return "Whether two runs computed the same bits"; }
  void declare(CLI::App& app) override {
    app.add_option("RUN", runs_, "Folders of two runs")->required()->expected(2);
  }
  int run(const Environment& environment) override {
    return compare_and_print(runs_[0], runs_[1], environment);
  }

 private:
  std::vector<std::string> runs_;
};

}  // namespace

int compare_and_print(const std::filesystem::path& a, const std::filesystem::path& b,
                      const Environment& environment) {
  if (!environment.prints()) return 0;
  const auto comparison = compare_runs(a, b);
  if (!comparison) return environment.fail(comparison.error());
  environment.print(comparison->text + "\n");
  return comparison->is_equal ? 0 : different;
}

std::unique_ptr<Command> compare_command() { return std::make_unique<Compare>(); }

}  // namespace cohort
