#pragma once
// The synchronous schedule as a pure state machine: events in, actions out. It samples the cohort,
// sends the method's Asks to the workers that hold the clients, decides whose replies count,
// combines them, and between two rounds evaluates, checks the stopping rules and writes
// checkpoints.
//
// It never touches data, files, threads or a wire: whoever drives it (scenarios/runner, or a test)
// carries out its actions and feeds it what comes back. Its time is what events carry.
//
//   start ─▶ [evaluate] ─▶ round: next() ─▶ Ask ─▶ replies ─▶ [aggregate] ─▶ next() … Done
//                ▲                                                              │
//                └──── next round ◀── checkpoint? ◀── stop? ◀── evaluate? ◀──────┘

#include <cstdint>
#include <map>
#include <optional>
#include <set>
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

struct SynchronousPlan {
  const Method* method = nullptr;
  ServerPipeline pipeline;
  const Layout* layout = nullptr;
  std::uint64_t seed = 0;
  std::uint64_t clients = 0;
  std::uint64_t cohort_size = 0;
  std::vector<IdRange> ranks;       // clients of each worker, ascending
  bool clients_remember = false;    // methods or pipelines keep state at the clients
  bool has_rule = false;            // a robust rule combines Combine::rule
  bool rule_uses_previous = false;  // and reads what it gave in the round before
  std::uint64_t f = 0;              // Byzantine clients in a cohort that the rule is told of
  std::vector<ClientId> byzantine;  // ascending; for the log
  std::uint64_t byzantine_from = 0;
  std::uint64_t quorum = 0;         // clients whose replies suffice at the deadline
  std::optional<Seconds> deadline;  // of one Ask
  StopRules stop;
  EvaluationPlan evaluation;
  CheckpointPlan checkpoint;
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
    v("client_files", client_files);
    v("incremental", incremental);
    v("best", best);
    v("best_round", best_round);
  }
};

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
  OracleCounts counts;  // of this round
  std::optional<Measured> measured;
  /// By index of the Ask, of a traced run.
  std::vector<std::vector<ReplyTrace>> traces;
};

// Actions, to be carried out in order.
struct SendAsk {
  Rank to{};
  AskMessage message;
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
using Action = std::variant<SendAsk, SendAggregate, SendEvaluate, SendSave, WakeAt, WriteRound,
                            WriteCheckpoint, WriteClients, Note, Finish>;

class Synchronous {
 public:
  /// From the start: x [shared].
  Synchronous(SynchronousPlan plan, Vec x);
  /// From a checkpoint that load() has filled.
  Synchronous(SynchronousPlan plan, ServerCheckpoint state);

  /// An empty checkpoint whose states have their types, to be read into.
  static ServerCheckpoint blank(const SynchronousPlan& plan);

  std::vector<Action> start(Seconds now);
  std::vector<Action> on_reply(Rank from, ReplyMessage reply, Seconds now);
  std::vector<Action> on_aggregated(AggregatedMessage combined, Seconds now);
  std::vector<Action> on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now);
  std::vector<Action> on_saved(Rank from, const SavedMessage& saved, Seconds now);
  std::vector<Action> on_time(Seconds now);
  /// Checkpoint at the end of this round and finish with Code::resumable.
  void request_stop(std::string why) { stop_request_ = std::move(why); }

  const ServerCheckpoint& state() const { return state_; }
  const Vec& x() const { return state_.x; }

 private:
  enum class Stage : std::uint8_t { asking, aggregating, evaluating, saving, finished };
  struct RankReply {
    bool expected = false;
    std::optional<ReplyMessage> reply;
  };

  void begin_round(Seconds now, std::vector<Action>& out);
  void advance_method(Combined&& combined, Seconds now, std::vector<Action>& out);
  void send_ask(Ask ask, Seconds now, std::vector<Action>& out);
  void transmit_ask(Seconds now, std::vector<Action>& out);
  void close_ask(Seconds now, std::vector<Action>& out);
  void combine(std::vector<BlockSum> by_rule, Seconds now, std::vector<Action>& out);
  void end_round(Seconds now, std::vector<Action>& out);
  void send_evaluate(std::vector<Action>& out);
  void after_round(Seconds now, std::vector<Action>& out);
  void save(std::vector<Action>& out);
  void finish(Code code, std::string why, std::vector<Action>& out);
  std::vector<ClientId> resolve(const Ask& ask) const;
  Progress progress(Seconds now) const;
  bool evaluates(std::uint64_t round) const;
  Hash128 state_hash() const;
  /// Empty if the reply is what the Ask asked for.
  std::string check(Rank from, const ReplyMessage& reply) const;

  SynchronousPlan plan_;
  std::vector<Phase> phases_;
  ServerCheckpoint state_;
  bool has_replica_ = false;
  Stage stage_ = Stage::finished;

  // Of the round.
  std::vector<ClientId> cohort_;
  std::vector<ClientId> accepted_in_round_;
  std::uint32_t next_index_ = 0;
  RoundReport report_;
  std::uint64_t evaluated_round_ = 0;
  std::optional<StopDecision> method_done_;

  // Of the Ask.
  Ask ask_;
  std::vector<ClientId> asked_;
  std::vector<RankReply> replies_;
  std::uint32_t attempt_ = 0;
  Seconds ask_deadline_{};
  std::vector<ClientId> accepted_;
  std::vector<ClientId> non_finite_;

  // Settlements that a worker has not yet been seen to know, by rank.
  std::vector<std::map<ClientId, std::optional<AskId>>> unsettled_;

  // Of an evaluation or a save.
  std::vector<std::optional<EvaluatedMessage>> evaluated_;
  ClientTable client_table_;     // of the last evaluation, where each client is measured
  std::set<std::string> noted_;  // values that a note was written of
  std::vector<bool> saved_;
  std::vector<std::string> new_files_;
  bool saving_complete_ = false;
  std::optional<StopDecision> after_save_;
  Seconds last_save_{};
  std::string stop_request_;
  Seconds started_{};
  double elapsed_before_ = 0;
};

}  // namespace cohort
