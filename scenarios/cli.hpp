#pragma once
// The command line over any catalogue.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/catalogue.hpp"

namespace cohort {

/// Which process of a job this is. Rank 0 prints.
struct Process {
  std::uint32_t rank = 0;
  bool prints() const { return rank == 0; }
};
/// What mpirun or srun tell before any message is sent; rank 0 if they tell nothing.
Process process_from_environment();

/// Version, commit, compiler and instruction set on one line.
std::string about();

/// `cohort bench`, which is a room of its own.
using Bench = std::function<int(const std::vector<std::string>& arguments)>;

/// The whole program; returns its exit status (DESIGN section 6). Mistakes go to standard error
/// with status 2, before anything is written and before MPI is started. Under a launcher every rank
/// calls it. Without `bench` there is no such command.
int cli(int argc, const char* const* argv, const Catalogue& catalogue, const Bench& bench = {});

}  // namespace cohort
