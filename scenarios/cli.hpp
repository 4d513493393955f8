#pragma once
// The command line over any catalogue.

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "scenarios/catalogue.hpp"
#include "scenarios/loader.hpp"

namespace cohort {

/// Which process of a job this is. Rank 0 prints.
struct Process {
  std::uint32_t rank = 0;
  std::uint32_t ranks = 1;
  bool prints() const { return rank == 0; }
};
/// What mpirun or srun tell before any message is sent; one process if they tell nothing.
Process process_from_environment();

/// How a loaded scenario is run.
struct RunOptions {
  bool resume = false;    // go on with an unfinished run
  bool dry_run = false;   // say what it would cost, write nothing
  bool is_quiet = false;  // no progress, no summary
};

/// What the command line hands on. Each returns an exit status (DESIGN section 6).
struct Commands {
  std::function<int(const LoadedScenario&, const RunOptions&)> run;
  std::function<int(std::span<const std::string> arguments)> bench;
};

/// The whole program. Mistakes go to standard error with status 2, before anything is written.
int cli(int argc, const char* const* argv, const Catalogue& catalogue, const Commands& commands);

}  // namespace cohort
