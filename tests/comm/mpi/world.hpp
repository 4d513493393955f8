#pragma once
#include "comm/mpi.hpp"

namespace cohort {

/// MPI of this process, for the length of the program.
MpiEnvironment& world();

}  // namespace cohort
