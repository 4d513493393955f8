#include "scenarios/list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

class List final : public Command {
 public:
  std::string name() const override { return "list"; }
  std::string help() const override { return "What a scenario may name, and its options"; }
  void declare(CLI::App& app) override {
    app.add_option("KIND", kind_, fmt::format("{}", fmt::join(list_kinds(), ", ")));
    app.add_option("--updates", updates_, "Of rules: what they tolerate of so many updates")
        ->check(CLI::PositiveNumber);
    app.add_flag("--markdown", markdown_, "The reference, as Markdown");
  }
  int run(const Environment& environment) override {
    return environment.print(cohort::list(environment.catalogue(), kind_, markdown_, updates_));
  }

 private:
  std::string kind_;
  std::optional<std::size_t> updates_;
  bool markdown_ = false;
};

}  // namespace

std::unique_ptr<Command> list_command() { return std::make_unique<List>(); }

}  // namespace cohort
