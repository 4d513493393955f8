#pragma once
// What schedules with rounds have in common: between two rounds they evaluate, check the stopping
// rules and write checkpoints.
//
//   start ─▶ [evaluate] ─▶ begin_round() … end_round() ─▶ evaluate? ─▶ stop? ─▶ checkpoint?
//                              ▲                                                    │
//                              └────────────────────────────────────────────────────┘

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/schedule.hpp"
#include "coordinator/system.hpp"

namespace cohort {

struct RoundPlan {
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
  std::vector<ClientId> byzantine;  // ascending; for the log
  std::uint64_t byzantine_from = 0;
  std::optional<SystemModel> system;  // time is simulated
  StopRules stop;
  EvaluationPlan evaluation;
  CheckpointPlan checkpoint;
};

class Rounds : public Schedule {
 public:
  /// An empty checkpoint whose states have their types, to be read into.
  static ServerCheckpoint blank(const RoundPlan& plan);

  std::vector<Action> start(Seconds now) override;
  std::vector<Action> on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now) override;
  std::vector<Action> on_saved(Rank from, const SavedMessage& saved, Seconds now) override;
  void request_stop(std::string why) override { stop_request_ = std::move(why); }
  const ServerCheckpoint& state() const override { return state_; }

 protected:
  enum class Stage : std::uint8_t { working, evaluating, saving, finished };

  /// Of the schedule; the same object as long as it lives.
  virtual const RoundPlan& plan() const = 0;
  virtual void begin_round(Seconds now, std::vector<Action>& out) = 0;

  /// Called once, by the constructor of a schedule.
  void set_state(ServerCheckpoint state, bool is_resumed);
  Result<Next> next_of_method(Combined&& combined, std::uint64_t round);
  /// state_.round is over, and x is what it made.
  void end_round(Seconds now, std::vector<Action>& out);
  /// As was requested, in the middle of a round: for a schedule whose state says how far it is and
  /// whose clients remember nothing.
  void stop_here(Seconds now, std::vector<Action>& out);
  void finish(Code code, std::string why, std::vector<Action>& out);

  bool is_summed(const BlockSpec& spec) const;
  /// Empty if these are subtrees of a rank, of blocks as the phase declares them.
  std::string check_sums(Rank from, const std::vector<Subtree<ReplySum>>& sums,
                         const Phase& phase) const;
  /// Adds the next value; false, and the run has diverged, if it is not finite.
  bool add_value(Combined& combined, const BlockSpec& spec, const BlockSum& block, bool is_by_rule,
                 std::uint64_t round, std::vector<Action>& out);
  /// How many of these, ascending, lie in a round.
  std::uint64_t byzantine_among(const std::vector<ClientId>& clients, std::uint64_t round) const;

  std::vector<Phase> phases_;
  ServerCheckpoint state_;
  bool has_replica_ = false;
  Stage stage_ = Stage::finished;
  RoundReport report_;                       // of the round
  std::optional<StopDecision> method_done_;  // by the method, in this round
  std::string stop_request_;
  /// Settlements that a worker has not yet been seen to know, by rank.
  std::vector<std::map<ClientId, std::optional<AskId>>> unsettled_;

 private:
  void send_evaluate(std::vector<Action>& out);
  void after_round(Seconds now, std::vector<Action>& out);
  void save(std::vector<Action>& out);
  Progress progress(Seconds now) const;
  bool evaluates(std::uint64_t round) const;
  Hash128 state_hash() const;

  // Of an evaluation or a save.
  std::vector<std::optional<EvaluatedMessage>> evaluated_;
  ClientTable client_table_;     // of the last evaluation, where each client is measured
  std::set<std::string> noted_;  // values that a note was written of
  std::vector<bool> saved_;
  std::vector<std::string> new_files_;
  bool saving_complete_ = false;
  std::optional<StopDecision> after_save_;
  Seconds last_save_{};
  Seconds started_{};
  double elapsed_before_ = 0;
  bool is_resumed_ = false;
};

/// Whether the rule, if there is one, combines the block.
bool is_by_rule(const BlockSpec& spec);

/// Clients of `all` that lie in a range; `all` is ascending.
std::vector<ClientId> clients_in(const std::vector<ClientId>& all, IdRange range);

}  // namespace cohort
