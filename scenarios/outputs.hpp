#pragma once
// What a run writes while it goes on, and what it says at its end. A run is a folder of
//   metrics.jsonl   one object a round, the same bytes on every machine (compare with cmp)
//   timing.jsonl    seconds, by phase, and bytes on the wire, which are not
//   rounds.csv      the numbers of metrics.jsonl, in columns that are those of the whole run
//   clients.csv     with evaluation.per_client: what each client holds and has at the end
//   journal.jsonl   of a run with a deadline in real time: who was late; what `cohort verify`
//   replays trace.jsonl     with run.trace = "clients": a hash of every block of every reply
//   events.jsonl    what a person should know: drops, repeats, checkpoints
//   summary.json    result and provenance
// Doubles are the shortest text that reads back to the same bits; what is not finite is null.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "comm/messages.hpp"
#include "coordinator/measure.hpp"
#include "coordinator/stopping.hpp"
#include "coordinator/synchronous.hpp"
#include "core/clock.hpp"
#include "core/oracle.hpp"
#include "core/result.hpp"
#include "scenarios/scenario.hpp"
#include "scenarios/timing.hpp"

namespace cohort {

/// Round 0 is the start.
struct RoundRecord {
  std::uint64_t round = 0;
  std::string state_hash;
  std::uint64_t cohort = 0;
  std::uint64_t accepted = 0;
  std::uint64_t dropped = 0;
  std::uint64_t byzantine_in_cohort = 0;
  std::uint64_t f = 0;
  std::uint64_t bytes_up = 0;  // protocol bytes of this round
  std::uint64_t bytes_down = 0;
  OracleCounts oracle;     // of this round
  double data_passes = 0;  // gradient rows so far / rows of the run
  std::optional<double> sim_seconds;
  std::optional<RoundReport::Staleness> staleness;
  std::optional<Measured> measured;
};

struct TimingRecord {
  std::uint64_t round = 0;
  RoundTiming timing;
  std::uint64_t wire_bytes = 0;  // that left this process so far
};

/// The replies to one Ask of a traced run.
struct TraceRecord {
  std::uint64_t round = 0;
  std::uint64_t ask = 0;
  std::vector<ReplyTrace> replies;  // ascending by client
};

/// Of an Ask that was closed before everybody had replied.
struct JournalRecord {
  AskId ask;
  std::vector<ClientId> late;  // ascending
};

struct EventRecord {
  std::uint64_t round = 0;
  std::string event;  // "note", "checkpoint", "resume", "stop"
  std::string message;
};

/// A file that only grows, except when a run goes on from a checkpoint. Every write is checked.
class AppendLog {
 public:
  static Result<AppendLog> open(const std::filesystem::path& path);
  AppendLog(AppendLog&& other) noexcept { swap(other); }
  AppendLog& operator=(AppendLog&& other) noexcept {
    swap(other);
    return *this;
  }
  ~AppendLog();

  /// Error (environment): names the file, the cause, and how the run can go on.
  Result<void> append(std::string_view text);
  std::uint64_t size() const { return size_; }
  /// Back to a size that it had. Error (environment): the file has become shorter than that.
  Result<void> truncate(std::uint64_t size);

 private:
  AppendLog() = default;
  void swap(AppendLog& other) noexcept;
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// The logs of a run directory.
class RunLogs {
 public:
  /// (set, metric) that may be measured, set empty for a metric of the model.
  using Columns = std::vector<std::pair<std::string, std::string>>;
  /// `columns` of rounds.csv.
  static Result<RunLogs> open(const std::filesystem::path& directory, Columns columns);

  Result<void> write(const RoundRecord& record);
  Result<void> write(const TimingRecord& record);
  Result<void> write(const EventRecord& record);
  Result<void> write(const JournalRecord& record);
  Result<void> write(const TraceRecord& record);

  /// Bytes of each log, by file name, for a checkpoint.
  std::map<std::string, std::uint64_t> offsets() const;
  /// Back to where a checkpoint was; logs that it does not name are emptied.
  Result<void> truncate_to(const std::map<std::string, std::uint64_t>& offsets);

 private:
  RunLogs(std::vector<std::pair<std::string, AppendLog>> logs, Columns columns)
      : logs_(std::move(logs)), columns_(std::move(columns)) {}
  AppendLog& log(std::string_view name);
  std::vector<std::pair<std::string, AppendLog>> logs_;
  Columns columns_;
};

/// The journal of a run directory; none, if nobody was late there. Error (bad_input): names the
/// line that is none.
Result<std::optional<Journal>> read_journal(const std::filesystem::path& directory);

/// clients.csv, atomically. `byzantine` ascends; `classes` are the labels that the table counts.
Result<void> write_clients(const std::filesystem::path& directory, const ClientTable& table,
                           std::span<const ClientId> byzantine, std::span<const double> classes);

struct Summary {
  std::string name;
  std::string case_name;  // written only where there is one
  std::string status;     // "finished", "diverged", "stopped" (it can be resumed), "failed"
  std::string stop_reason;
  std::uint64_t rounds = 0;
  std::string model_hash;
  std::string scenario_hash;
  std::string commit;
  std::string compiler;
  std::string isa;
  std::string fingerprint;
  struct Data {
    std::string path;
    std::string checksum;
  };
  std::vector<Data> data;
  Seeds seeds;
  std::uint32_t ranks = 1;
  std::uint64_t threads = 1;  // of a rank
  Seconds elapsed{0};
  Measured final;
  Measured best;
  std::string model_best;      // "validation_loss": what chose model_best.npz; empty without one
  std::optional<Claim> claim;  // [reference]
  std::map<std::string, std::map<std::string, std::uint64_t>> best_round;
};

/// Atomically, as summary.json of a run directory.
Result<void> write_summary(const std::filesystem::path& directory, const Summary& summary);
/// What later commands need of it: names, status, why it stopped, rounds, hashes, commit, data,
/// seeds, final and best. Error (bad_input): there is none, or it is none.
Result<Summary> read_summary(const std::filesystem::path& directory);

/// ("test_accuracy", 0.91), …: sets and metrics in their usual order.
std::vector<std::pair<std::string, double>> flattened(const Measured& measured);
/// "test accuracy 0.91, test loss 0.32": sets and metrics in their usual order.
std::string to_text(const Measured& measured);

}  // namespace cohort
