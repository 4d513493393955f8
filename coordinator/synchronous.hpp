#pragma once
// The synchronous schedule. It samples the cohort, sends the method's Asks to the workers that hold
// the clients, decides whose replies count, combines them, and between two rounds evaluates, checks
// the stopping rules and writes checkpoints.
//
//   start ─▶ [evaluate] ─▶ round: next() ─▶ Ask ─▶ replies ─▶ [aggregate] ─▶ next() … Done
//                ▲                                                              │
//                └──── next round ◀── checkpoint? ◀── stop? ◀── evaluate? ◀──────┘

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/schedule.hpp"

namespace cohort {

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

class Synchronous final : public Schedule {
 public:
  /// From the start: x [shared].
  Synchronous(SynchronousPlan plan, Vec x);
  /// From a checkpoint that load() has filled.
  Synchronous(SynchronousPlan plan, ServerCheckpoint state);

  /// An empty checkpoint whose states have their types, to be read into.
  static ServerCheckpoint blank(const SynchronousPlan& plan);

  std::vector<Action> start(Seconds now) override;
  std::vector<Action> on_reply(Rank from, ReplyMessage reply, Seconds now) override;
  std::vector<Action> on_aggregated(AggregatedMessage combined, Seconds now) override;
  std::vector<Action> on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now) override;
  std::vector<Action> on_saved(Rank from, const SavedMessage& saved, Seconds now) override;
  std::vector<Action> on_time(Seconds now) override;
  void request_stop(std::string why) override { stop_request_ = std::move(why); }
  const ServerCheckpoint& state() const override { return state_; }

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
