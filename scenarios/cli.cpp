#include "scenarios/cli.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "comm/exchange.hpp"
#include "comm/mpi.hpp"
#include "core/build_info.hpp"
#include "core/cpu.hpp"
#include "scenarios/compare.hpp"
#include "scenarios/doctor.hpp"
#include "scenarios/explain.hpp"
#include "scenarios/list.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/runner.hpp"

namespace cohort {

namespace {

constexpr int different = 1;  // of compare and verify

std::optional<std::uint32_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

struct RunArguments {
  std::string file;
  std::vector<std::string> sets;
  RunOptions options;
  bool explain = false;
  bool dry_run = false;
};

class Program {
 public:
  Program(const Catalogue& catalogue, const Bench& bench) : catalogue_(catalogue), bench_(bench) {}

  int main(int argc, const char* const* argv) {
    // The benchmarks parse their own options.
    if (bench_ && argc > 1 && std::string_view(argv[1]) == "bench") {
      return bench_(std::vector<std::string>(argv + 2, argv + argc));
    }
    CLI::App app("Cohort: distributed optimization where the data stays where it is", "cohort");
    app.require_subcommand(1);
    const std::string about =
        fmt::format("cohort {} ({}, {}, {})", version(), commit(), compiler(), isa_name());
    app.set_version_flag("--version", about);
    app.set_help_all_flag("--help-all", "Help of all commands");

    auto* run = app.add_subcommand("run", "Run a scenario");
    run->add_option("FILE", run_.file, "Scenario, as in scenarios/quickstart.toml")->required();
    run->add_option("--set", run_.sets, "key.path=value: replaces an option of the file")
        ->allow_extra_args(false);
    run->add_option("--out", run_.options.out,
                    "Folder of the run; default runs/<name>/<hash>-s<seed>");
    run->add_flag("--resume", run_.options.resume, "Go on with an unfinished run");
    run->add_flag("--allow-mixed-numerics", run_.options.allow_mixed_numerics,
                  "Go on though processes compute differently; bits are then not reproducible");
    run->add_flag("--explain", run_.explain,
                  "Show every option's value and where it comes from, and run nothing");
    run->add_flag("--dry-run", run_.dry_run,
                  "Show bytes, memory and time of a run, and run nothing");
    auto* list = app.add_subcommand("list", "What a scenario may name, and its options");
    list->add_option("KIND", kind_, fmt::format("{}", fmt::join(list_kinds(), ", ")));
    list->add_flag("--markdown", markdown_, "The reference, as Markdown");
    auto* compare = app.add_subcommand("compare", "Whether two runs computed the same bits");
    compare->add_option("RUN", runs_, "Folders of two runs")->required()->expected(2);
    auto* verify = app.add_subcommand("verify", "Run again and compare");
    verify->add_option("RUN", runs_, "Folder of a run")->required()->expected(1);
    app.add_subcommand("doctor", "What this machine lacks, and what to do about it");
    if (bench_)
      app.add_subcommand("bench", "Measure against this machine's limits; see cohort bench --help");
    app.add_subcommand("version", "Version, commit, compiler, instruction set");

    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return refuse(app, error, argc, argv);
    }
    const std::string command = app.get_subcommands().front()->get_name();
    if (command == "run") return do_run();
    if (command == "list") return print(cohort::list(catalogue_, kind_, markdown_));
    if (command == "compare") return do_compare(runs_[0], runs_[1]);
    if (command == "verify") return do_verify(runs_[0]);
    if (command == "doctor") return process_.prints() ? run_doctor(std::cout) : 0;
    print_text(about + "\n");
    return 0;
  }

  int fail(const Error& error) {
    if (process_.prints()) {
      std::cerr << error.message << '\n';
      const auto mistakes = 1 + std::count(error.message.begin(), error.message.end(), '\n');
      if (mistakes > 1) std::cerr << fmt::format("cohort: {} mistakes\n", mistakes);
    }
    return static_cast<int>(error.code);
  }

 private:
  int do_run() {
    auto loaded = load_scenario(run_.file, run_.sets, catalogue_);
    if (!loaded) return fail(loaded.error());
    if (run_.explain) {
      for (const Scenario& scenario : loaded->cases) {
        if (&scenario != &loaded->cases.front()) print_text("\n");
        print_text(explain(scenario));
      }
      return 0;
    }
    return on_all_ranks([&](const Job& job) {
      return run_.dry_run ? dry_run(*loaded, job) : run_cases(*loaded, run_.options, job);
    });
  }

  /// MPI, if a launcher started this process, for as long as the body takes.
  int on_all_ranks(const std::function<int(const Job&)>& body) {
    auto mpi = MpiEnvironment::start();
    if (!mpi) return fail(mpi.error());
    return run_or_abort([&] {
      auto transport = (*mpi)->transport();
      if (!transport) return fail(transport.error());
      Exchange exchange(**transport);
      return body({transport->get(), &exchange, &watch_signals()});
    });
  }

  int do_compare(const std::filesystem::path& a, const std::filesystem::path& b) {
    if (!process_.prints()) return 0;
    const auto comparison = compare_runs(a, b);
    if (!comparison) return fail(comparison.error());
    print_text(comparison->text + "\n");
    return comparison->is_equal ? 0 : different;
  }

  /// The replay is a run like any other, beside the first one; it stays where they differ.
  int do_verify(const std::filesystem::path& run) {
    auto loaded = load_scenario(run / "scenario.toml", {}, catalogue_);
    if (!loaded) return fail(loaded.error());
    auto again = run;
    if (!again.has_filename()) again = again.parent_path();
    again += fmt::format(".verify-{}", ::getpid());
    RunOptions options;
    options.out = again.string();
    options.is_quiet = true;
    const int status =
        on_all_ranks([&](const Job& job) { return run_cases(*loaded, options, job); });
    if (!process_.prints()) return status;
    // A run that diverged is replayed to its divergence.
    if (status != static_cast<int>(Code::done) && status != static_cast<int>(Code::diverged)) {
      return status;
    }
    const int compared = do_compare(run, again);
    if (compared == 0) {
      std::error_code error;
      std::filesystem::remove_all(again, error);
    } else if (compared == different) {
      print_text(fmt::format("the replay is in {}\n", again.string()));
    }
    return compared;
  }

  int print(const Result<std::string>& text) {
    if (!text) return fail(text.error());
    print_text(*text);
    return 0;
  }
  void print_text(const std::string& text) {
    if (process_.prints()) std::cout << text << std::flush;
  }

  /// Help is no error; anything else is bad input, with the nearest name.
  int refuse(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
    if (error.get_exit_code() == 0) {
      return process_.prints() ? app.exit(error) : 0;
    }
    if (argc < 2) {
      print_text(app.help());
      return static_cast<int>(Code::bad_input);
    }
    std::vector<std::string> commands, options;
    for (const auto* command : app.get_subcommands({})) commands.push_back(command->get_name());
    if (std::find(commands.begin(), commands.end(), argv[1]) == commands.end()) {
      return fail(bad_input(unknown_name_message("command", argv[1], "cohort", commands)));
    }
    const auto* command = app.get_subcommand(argv[1]);
    for (const auto* option : command->get_options()) {
      if (!option->get_lnames().empty()) options.push_back("--" + option->get_lnames().front());
    }
    const std::string where = fmt::format("cohort {}", argv[1]);
    for (int i = 2; i < argc; ++i) {
      const std::string_view argument(argv[i]);
      const std::string name(argument.substr(0, argument.find('=')));
      if (name.starts_with("--") &&
          std::find(options.begin(), options.end(), name) == options.end()) {
        return fail(bad_input(unknown_name_message("option", name, where, options)));
      }
    }
    return fail(bad_input(fmt::format("{}: {}; see {} --help", where, error.what(), where)));
  }

  const Catalogue& catalogue_;
  const Bench& bench_;
  Process process_ = process_from_environment();
  RunArguments run_;
  std::string kind_;
  bool markdown_ = false;
  std::vector<std::string> runs_;
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

int cli(int argc, const char* const* argv, const Catalogue& catalogue, const Bench& bench) {
  Program program(catalogue, bench);
  if (const auto pinned = pin_numerics(); !pinned) return program.fail(pinned.error());
  return program.main(argc, argv);
}

}  // namespace cohort
