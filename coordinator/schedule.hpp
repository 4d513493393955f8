#pragma once
// What the schedules of a run have in common: a schedule is a pure state machine, events in,
// actions out. It never touches data, files, threads or a wire: whoever drives it
// (scenarios/session, or a test) carries out its actions and feeds it what comes back. Its time is
// what events carry.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "algorithms/method.hpp"
#include "comm/messages.hpp"
#include "coordinator/measure.hpp"
#include "coordinator/stopping.hpp"
#include "core/clock.hpp"
#include "core/hash.hpp"

namespace cohort {

struct CheckpointPlan {
  std::optional<Seconds> every;
  std::optional<std::uint64_t> every_rounds;
  /// After this many incremental saves the next one is complete.
  std::uint32_t complete_after = 16;
};

/// Everything that the next round reads, beside the clients' states.
struct ServerCheckpoint {
  std::uint64_t round = 0;
  Vec x;
  State method;
  ServerPipelineState pipeline;
  std::map<std::string, Bytes> aggregates;  // last result of a rule that uses it, by block
  std::map<ClientId, AskId> accepted;       // last accepted Ask of each client that had one
  OracleCounts counts;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  std::uint64_t sequence = 0;
  double elapsed = 0;                     // seconds of earlier runs
  double sim_seconds = 0;                 // simulated time
  State schedule;                         // of a schedule that has more to remember
  std::vector<std::string> client_files;  // of the chain of saves, oldest first
  std::uint32_t incremental = 0;          // saves since the last complete one
  Measured best;                          // best value of each metric so far
  std::map<std::string, std::map<std::string, std::uint64_t>> best_round;
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("x", x);
    v("method", method);
    v("pipeline", pipeline);
    v("aggregates", aggregates);
    v("accepted", accepted);
    v("counts", counts);
    v("bytes_up", bytes_up);
    v("bytes_down", bytes_down);
    v("sequence", sequence);
    v("elapsed", elapsed);
    v("sim_seconds", sim_seconds);
    v("schedule", schedule);
    v("client_files", client_files);
    v("incremental", incremental);
    v("best", best);
    v("best_round", best_round);
  }
};

/// Keeps what is better than any round before, and the round that it is of.
void keep_best(const Measured& measured, std::uint64_t round, ServerCheckpoint& state);

/// What is known of a finished round (round 0: the start).
struct RoundReport {
  std::uint64_t round = 0;
  Hash128 state_hash;
  std::uint64_t cohort = 0;
  std::uint64_t accepted = 0;
  std::uint64_t dropped = 0;  // asked in this round and not counted in some Ask
  std::uint64_t byzantine_in_cohort = 0;
  std::uint64_t f = 0;
  std::uint64_t bytes_up = 0;  // of this round
  std::uint64_t bytes_down = 0;
  OracleCounts counts;                // of this round
  std::optional<double> sim_seconds;  // since the start, where time is simulated
  /// Server steps between the start and the arrival of the replies that counted, of a schedule
  /// where there may be some.
  struct Staleness {
    double mean = 0;
    std::uint64_t max = 0;
  };
  std::optional<Staleness> staleness;
  /// By index of the Ask: who had not replied when it was closed in real time, ascending.
  std::map<std::uint32_t, std::vector<ClientId>> late;
  std::optional<Measured> measured;
  /// By index of the Ask, of a traced run.
  std::vector<std::vector<ReplyTrace>> traces;
};

// Actions, to be carried out in order.
struct SendAsk {
  Rank to{};
  AskMessage message;
};
struct SendCollect {
  Rank to{};
  CollectMessage message;
};
struct SendAggregate {  // to every worker
  AggregateMessage message;
};
struct SendEvaluate {  // to every worker
  EvaluateMessage message;
};
struct SendSave {  // to one worker; the driver fills in the directory
  Rank to{};
  SaveMessage message;
};
struct WakeAt {  // call on_time() when this time has come
  Seconds time{};
};
struct WriteRound {
  RoundReport report;
};
struct WriteCheckpoint {  // all workers have saved
  std::uint64_t round = 0;
  std::vector<std::byte> state;           // a ServerCheckpoint, encoded
  std::vector<std::string> client_files;  // of the chain that it stands on
};
struct WriteClients {  // at the end, where each client was measured
  ClientTable table;
};
struct Note {  // something a person should know: a client dropped, an Ask repeated
  std::string text;
};
struct Finish {
  Code code = Code::done;
  std::string why;
};
using Action = std::variant<SendAsk, SendCollect, SendAggregate, SendEvaluate, SendSave, WakeAt,
                            WriteRound, WriteCheckpoint, WriteClients, Note, Finish>;

class Schedule {
 public:
  virtual ~Schedule() = default;

  virtual std::vector<Action> start(Seconds now) = 0;
  virtual std::vector<Action> on_reply(Rank from, ReplyMessage reply, Seconds now) = 0;
  /// For a schedule that has replies held apart.
  virtual std::vector<Action> on_collected(Rank, CollectedMessage, Seconds) { return {}; }
  virtual std::vector<Action> on_aggregated(AggregatedMessage combined, Seconds now) = 0;
  virtual std::vector<Action> on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now) = 0;
  virtual std::vector<Action> on_saved(Rank from, const SavedMessage& saved, Seconds now) = 0;
  virtual std::vector<Action> on_time(Seconds now) = 0;
  /// Checkpoint at the end of this round and finish with Code::resumable.
  virtual void request_stop(std::string why) = 0;

  virtual const ServerCheckpoint& state() const = 0;
  /// The model that a run gives, [shared].
  virtual const Vec& x() const { return state().x; }
};

}  // namespace cohort
