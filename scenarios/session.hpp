#pragma once
// One rank's part of a run: rank 0 drives the schedule and hosts clients, the others host clients.
// The same code runs in one process, as threads over the in-process transport, and under mpirun.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "comm/exchange.hpp"
#include "comm/transport.hpp"
#include "coordinator/asynchronous.hpp"
#include "coordinator/checkpoint.hpp"
#include "coordinator/synchronous.hpp"
#include "core/thread_pool.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/timing.hpp"
#include "worker/worker.hpp"

namespace cohort {

/// What a rank needs of a scenario before it can take part: the rows it holds and the function on
/// them. Immovable: the function points into the data.
class Prepared {
 public:
  static Result<std::unique_ptr<Prepared>> make(const Scenario& scenario, std::uint32_t rank,
                                                std::uint32_t ranks);
  /// `scenario` must outlive it; stopping rules may still change.
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  const Scenario& scenario() const { return *scenario_; }
  const Function& function() const { return *function_; }
  /// Where the model starts, [shared].
  const Vec& start() const { return start_; }
  /// Null for a [problem].
  const DataSet* data() const { return data_ ? &*data_ : nullptr; }
  /// What was read.
  std::span<const DataFile> files() const {
    return data_ ? std::span<const DataFile>(data_->files) : std::span<const DataFile>();
  }
  /// p_i of any client.
  double client_weight(ClientId client) const;
  /// Whether a metric compares with the minimiser of scenarios/reference.hpp.
  bool needs_reference() const;
  WorkerSetup worker_setup(std::uint32_t rank, std::uint32_t ranks) const;
  /// Of the synchronous and the asynchronous schedule.
  SynchronousPlan plan(std::uint32_t ranks, bool clients_remember) const;
  AsynchronousPlan asynchronous_plan(std::uint32_t ranks) const;
  /// An empty checkpoint of the scenario's schedule whose states have their types.
  ServerCheckpoint blank() const;

 private:
  Prepared() = default;
  RoundPlan round_plan(std::uint32_t ranks, bool clients_remember) const;
  const Scenario* scenario_ = nullptr;
  std::optional<DataSet> data_;
  std::shared_ptr<const Function> function_;  // made by the objective, which keeps no copy
  std::optional<DataStore> flipped_data_;     // of an attack that flips labels
  std::shared_ptr<const Function> flipped_;   // on it
  Vec start_;
};

/// Told on rank 0 what happens. An error ends the run.
class Observer {
 public:
  virtual ~Observer() = default;
  /// `state` is that after the round.
  virtual Result<void> round(const RoundReport&, const ServerCheckpoint& state,
                             const RoundTiming&) = 0;
  virtual Result<void> checkpoint(const WriteCheckpoint&) = 0;
  /// At the end of a run that measures each client.
  virtual Result<void> clients(const ClientTable&) { return {}; }
  virtual void note(const std::string&) = 0;
  /// Where workers save their clients' states.
  virtual std::string checkpoint_directory() const = 0;
};

/// Where a run goes on from: the same on every rank.
struct ResumePoint {
  ServerCheckpoint server;  // read on rank 0 only
  std::vector<std::filesystem::path> client_files;
};

struct SessionResult {
  Code code = Code::done;
  std::string why;
  std::uint64_t rounds = 0;
  Vec x;  // rank 0
  Measured best;
  std::map<std::string, std::map<std::string, std::uint64_t>> best_round;
  PhaseTimes phases;  // of this rank; on rank 0, whose rounds were observed, since the last one
};

struct SessionInput {
  const Prepared* prepared = nullptr;
  Transport* transport = nullptr;
  Exchange* exchange = nullptr;  // of that transport
  ThreadPool* pool = nullptr;
  Observer* observer = nullptr;  // rank 0
  std::optional<ResumePoint> resume;
  std::optional<Journal> journal;                 // of a run that is replayed, on rank 0
  const std::atomic<int>* stop_signal = nullptr;  // number of a signal, 0: none
  Seconds silence_limit{1800};                    // longest wait for a peer
};

/// Runs until the schedule is finished. Errors: what made this rank unable to go on.
Result<SessionResult> run_session(SessionInput input);

}  // namespace cohort
