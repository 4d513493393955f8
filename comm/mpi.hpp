#pragma once
// Ranks as MPI processes: the fast path. Only the thread that started MPI communicates
// (MPI_THREAD_FUNNELED), through one progress loop of probes and tests; nothing blocks.
//
// A frame travels as a first message, with its sizes and whatever of it fits `inline_bytes`, and
// the larger blocks behind it, straight from and into their aligned storage, in chunks.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "comm/codec.hpp"
#include "comm/transport.hpp"

namespace cohort {

/// How this process was started, as its environment says.
struct Launch {
  std::string launcher;                // "mpirun", "srun", "a PMIx launcher"
  std::optional<std::uint32_t> tasks;  // started together, where the launcher says so
};

/// Looks at OMPI_COMM_WORLD_SIZE (mpirun of Open MPI), PMI_SIZE (of MPICH), SLURM_PROCID with
/// SLURM_STEP_NUM_TASKS (srun) and PMIX_RANK. Nothing: started alone. In a batch script Slurm sets
/// SLURM_PROCID and SLURM_NTASKS too, for the job and not for the process, so they do not count.
std::optional<Launch> detect_launch(const std::function<const char*(const char*)>& environment);
/// From this process's environment.
std::optional<Launch> detect_launch();

/// The same on all ranks.
struct MpiOptions {
  /// Blocks are sent in messages of at most this many bytes; MPI counts in int.
  std::size_t chunk_bytes = std::size_t{1} << 30;
  /// Header and parts of a frame go into its first message as long as they fit.
  std::size_t inline_bytes = 4096;
  /// What a rank accepts of one frame.
  Limits limits{};
  /// How long the first rank that ends waits for the last, which may still be writing results.
  Seconds shutdown{600};
  /// Ranks are connected in groups of so many neighbours, each with ranks of its own from 0; it
  /// divides the number of processes. 0: one group of all.
  std::uint32_t ranks_per_group = 0;
};

/// MPI from start to end, if the process was started by a launcher; else nothing at all: a run of
/// one process does not load what it does not need.
class MpiEnvironment {
 public:
  /// Code::environment if MPI does not see all processes that the launcher started; the text names
  /// the flag to use.
  static Result<std::unique_ptr<MpiEnvironment>> start();
  /// Ends MPI. All transports must be gone. Ends the job instead when an exception is on its way
  /// through, since the other ranks would wait for this one for ever.
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;

  /// Whether MPI runs.
  bool is_active() const { return active_; }
  /// Made by all ranks together, and destroyed by all of a group: the last one's end is waited for.
  /// Without MPI, a run of one rank. Several may exist at once.
  Result<std::unique_ptr<Transport>> transport(const MpiOptions& options = {});

 private:
  explicit MpiEnvironment(bool active) : active_(active) {}
  bool active_;
};

/// Prints "cohort: rank R on HOST: message" and ends all processes of the job with the exit status,
/// whatever they are waiting for. Without MPI it ends this process.
[[noreturn]] void abort_job(const std::string& message, int status);

/// body(), with the exit status it returns. An exception ends the job (Code::environment): to be
/// called inside the life of an MpiEnvironment.
int run_or_abort(const std::function<int()>& body);

}  // namespace cohort
