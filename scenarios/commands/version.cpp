#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

class Version final : public Command {
 public:
  std::string name() const override { return "version"; }
  std::string help() const override { return "Version, commit, compiler, instruction set"; }
  int run(const Environment& environment) override {
    environment.print(about() + "\n");
    return 0;
  }
};

}  // namespace

std::unique_ptr<Command> version_command() { return std::make_unique<Version>(); }

}  // namespace cohort
