#include "scenarios/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "core/build_info.hpp"
#include "core/config.hpp"
#include "core/cpu.hpp"
#include "scenarios/commands/command.hpp"

namespace cohort {

namespace {

std::optional<std::uint32_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

class Program {
 public:
  Program(const Catalogue& catalogue, const Bench& bench)
      : bench_(bench), environment_(catalogue, process_) {}

  int main(int argc, const char* const* argv) {
    // The benchmarks parse their own options.
    if (bench_ && argc > 1 && std::string_view(argv[1]) == "bench") {
      return bench_(std::vector<std::string>(argv + 2, argv + argc));
    }
    CLI::App app("Cohort: distributed optimization where the data stays where it is", "cohort");
    app.require_subcommand(1);
    app.set_version_flag("--version", about());
    app.set_help_all_flag("--help-all", "Help of all commands");
    const auto all = commands();
    for (const auto& command : all) {
      command->declare(*app.add_subcommand(command->name(), command->help()));
    }
    if (bench_)
      app.add_subcommand("bench", "Measure against this machine's limits; see cohort bench --help");

    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return refuse(app, error, argc, argv);
    }
    const std::string chosen = app.get_subcommands().front()->get_name();
    const auto command =
        std::find_if(all.begin(), all.end(), [&](const auto& c) { return c->name() == chosen; });
    return (*command)->run(environment_);
  }

  int fail(const Error& error) { return environment_.fail(error); }

 private:
  /// Help is no error; anything else is bad input, with the nearest name.
  int refuse(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
    if (error.get_exit_code() == 0) {
      return process_.prints() ? app.exit(error) : 0;
    }
    if (argc < 2) {
      environment_.print(app.help());
      return static_cast<int>(Code::bad_input);
    }
    std::vector<std::string> commands, options;
    for (const auto* command : app.get_subcommands({})) commands.push_back(command->get_name());
    if (std::find(commands.begin(), commands.end(), argv[1]) == commands.end()) {
      return fail(bad_input(unknown_name_message("command", argv[1], "cohort", commands)));
    }
    const auto* command = app.get_subcommand(argv[1]);
    std::string where = fmt::format("cohort {}", argv[1]);
    int first = 2;
    if (std::vector<std::string> parts; !command->get_subcommands({}).empty()) {
      for (const auto* part : command->get_subcommands({})) parts.push_back(part->get_name());
      if (argc < 3) return fail(bad_input(fmt::format("{}: {}", where, error.what())));
      if (std::find(parts.begin(), parts.end(), argv[2]) == parts.end()) {
        return fail(bad_input(unknown_name_message("command", argv[2], where, parts)));
      }
      command = command->get_subcommand(argv[2]);
      where += fmt::format(" {}", argv[2]);
      first = 3;
    }
    for (const auto* option : command->get_options()) {
      if (!option->get_lnames().empty()) options.push_back("--" + option->get_lnames().front());
    }
    for (int i = first; i < argc; ++i) {
      const std::string_view argument(argv[i]);
      const std::string name(argument.substr(0, argument.find('=')));
      if (name.starts_with("--") &&
          std::find(options.begin(), options.end(), name) == options.end()) {
        return fail(bad_input(unknown_name_message("option", name, where, options)));
      }
    }
    return fail(bad_input(fmt::format("{}: {}; see {} --help", where, error.what(), where)));
  }

  const Bench& bench_;
  Process process_ = process_from_environment();
  Environment environment_;
};

}  // namespace

Process process_from_environment() {
  // mpirun of Open MPI and of MPICH, another PMIx launcher, srun. In a batch script Slurm sets
  // SLURM_PROCID for the job and not for the process.
  std::vector<const char*> variables = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};
  if (std::getenv("SLURM_STEP_NUM_TASKS") != nullptr) variables.push_back("SLURM_PROCID");
  for (const char* variable : variables) {
    if (const auto rank = number_in(variable)) return {*rank};
  }
  return {};
}

std::string about() {
  return fmt::format("cohort {} ({}, {}, {})", version(), commit(), compiler(), isa_name());
}

int cli(int argc, const char* const* argv, const Catalogue& catalogue, const Bench& bench) {
  Program program(catalogue, bench);
  if (const auto pinned = pin_numerics(); !pinned) return program.fail(pinned.error());
  return program.main(argc, argv);
}

}  // namespace cohort
