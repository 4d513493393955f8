#include "scenarios/doctor.hpp"

#include <iostream>

#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

class Doctor final : public Command {
 public:
  std::string name() const override { return "doctor"; }
  std::string help() const override { return "What this machine lacks, and what to do about it"; }
  int run(const Environment& environment) override {
    return environment.prints() ? run_doctor(std::cout) : 0;
  }
};

}  // namespace

std::unique_ptr<Command> doctor_command() { return std::make_unique<Doctor>(); }

}  // namespace cohort
