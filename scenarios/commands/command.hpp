#pragma once
// A command of `cohort`: its options and what it does, one file each in this folder. The list of
// them is commands.cpp.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/catalogue.hpp"
#include "scenarios/cli.hpp"
#include "scenarios/runner.hpp"

namespace CLI {
class App;
}

namespace cohort {

/// What a command is run in.
class Environment {
 public:
  Environment(const Catalogue& catalogue, Process process)
      : catalogue_(&catalogue), process_(process) {}

  const Catalogue& catalogue() const { return *catalogue_; }
  /// Whether this process is the one that prints.
  bool prints() const { return process_.prints(); }
  void print(const std::string& text) const;
  int print(const Result<std::string>& text) const;
  /// Tells every mistake on standard error; the exit status.
  int fail(const Error& error) const;
  /// MPI, if a launcher started this process, for as long as the body takes.
  int on_all_ranks(const std::function<int(const Job&)>& body) const;
  /// The same with ranks that work in groups of `ranks`, 0: all as one.
  int on_groups(std::uint32_t ranks,
                const std::function<int(const Job& all, const Job& group)>& body) const;
  /// Whether a launcher started this process.
  bool is_launched() const;

 private:
  const Catalogue* catalogue_;
  Process process_;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  /// One line for `cohort --help`.
  virtual std::string help() const = 0;
  virtual void declare(CLI::App&) {}
  /// The exit status. Called on every rank; only what takes a Job may talk to the others.
  virtual int run(const Environment& environment) = 0;
};

/// In the order of the help.
std::vector<std::unique_ptr<Command>> commands();

/// Exit status of compare and verify.
inline constexpr int different = 1;
/// "csv", "libsvm", or empty: to be found out. Error (bad_input): none of these.
Result<FileFormat> format_named(const std::string& name);
/// Whether two runs computed the same bits, printed.
int compare_and_print(const std::filesystem::path& a, const std::filesystem::path& b,
                      const Environment& environment);

// One a file.
std::unique_ptr<Command> run_command();
std::unique_ptr<Command> list_command();
std::unique_ptr<Command> data_command();
std::unique_ptr<Command> report_command();
std::unique_ptr<Command> compare_command();
std::unique_ptr<Command> verify_command();
std::unique_ptr<Command> reproduce_command();
std::unique_ptr<Command> predict_command();
std::unique_ptr<Command> evaluate_command();
std::unique_ptr<Command> new_command();
std::unique_ptr<Command> doctor_command();
std::unique_ptr<Command> version_command();
std::unique_ptr<Command> aggregate_command();
std::unique_ptr<Command> graph_command();
std::unique_ptr<Command> walk_command();

}  // namespace cohort
