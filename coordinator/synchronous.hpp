#pragma once
// The synchronous schedule. It samples the cohort, sends the method's Asks to the workers that hold
// the clients, decides whose replies count, combines them.
//
//   round: next() ─▶ Ask ─▶ replies ─▶ [collect] ─▶ [aggregate] ─▶ next() … Done
//
// Whose replies count, of those asked:
//   real time       who replied before the deadline, if that is a quorum; without a deadline all.
//                   Below quorum the same Ask is sent again, at most 3 times.
//   simulated time  the first cohort_size of them, or those before the deadline, if that is a
//                   quorum. Below quorum, or if every reply was lost, those that are missing are
//                   asked again, at most 100 times. Every reply is computed, since its time is
//                   known only then; one that is late, lost or not needed is never counted, in
//                   sums, bytes or calls.
// Simulated time moves with the replies alone: from an Ask to the last reply that was needed, or to
// the deadline. The server's own work takes none.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/rounds.hpp"

namespace cohort {

/// Of a run with a deadline in real time: who was late, where anybody was.
using Journal = std::map<AskId, std::vector<ClientId>>;

/// Clients that are asked so that `cohort_size` of them may count.
std::uint64_t asked_for(std::uint64_t cohort_size, double over_selection, std::uint64_t clients);

struct SynchronousPlan : RoundPlan {
  std::uint64_t f = 0;              // Byzantine clients in a cohort that the rule is told of
  std::uint64_t quorum = 0;         // clients whose replies suffice at the deadline
  std::optional<Seconds> deadline;  // of one Ask
  double over_selection = 0;        // share of the cohort that is asked beyond it; needs `system`
  /// A run that is replayed: who replied too late to an Ask where anybody did, ascending.
  std::optional<Journal> journal;
};

class Synchronous final : public Rounds {
 public:
  /// From the start: x [shared].
  Synchronous(SynchronousPlan plan, Vec x);
  /// From a checkpoint that load() has filled.
  Synchronous(SynchronousPlan plan, ServerCheckpoint state);

  std::vector<Action> on_reply(Rank from, ReplyMessage reply, Seconds now) override;
  std::vector<Action> on_collected(Rank from, CollectedMessage collected, Seconds now) override;
  std::vector<Action> on_aggregated(AggregatedMessage combined, Seconds now) override;
  std::vector<Action> on_time(Seconds now) override;

 private:
  enum class Step : std::uint8_t { asking, collecting, aggregating };
  struct RankReply {
    bool expected = false;
    std::optional<ReplyMessage> reply;
  };

  const RoundPlan& plan() const override { return plan_; }
  void begin_round(Seconds now, std::vector<Action>& out) override;
  bool choose_cohort(std::vector<Action>& out);
  void advance_method(Combined&& combined, Seconds now, std::vector<Action>& out);
  void send_ask(Ask ask, Seconds now, std::vector<Action>& out);
  void transmit_ask(Seconds now, std::vector<Action>& out);
  bool let_time_pass(std::vector<Action>& out);
  void close_ask(Seconds now, std::vector<Action>& out);
  void collect(std::vector<Action>& out);
  void aggregate(Seconds now, std::vector<Action>& out);
  void combine(std::vector<BlockSum> by_rule, Seconds now, std::vector<Action>& out);
  std::vector<ClientId> resolve(const Ask& ask) const;
  /// Empty if the reply is what the Ask asked for.
  std::string check(Rank from, const ReplyMessage& reply) const;

  SynchronousPlan plan_;
  std::optional<Presence> presence_;
  Step step_ = Step::asking;

  // Of the round.
  std::vector<ClientId> cohort_;
  std::vector<ClientId> accepted_in_round_;
  std::uint32_t next_index_ = 0;

  // Of the Ask.
  Ask ask_;
  std::vector<ClientId> asked_;
  std::vector<ClientId> addressed_;               // all of them but those that a journal calls late
  std::map<ClientId, std::uint64_t> bytes_down_;  // where time is simulated
  ReplyDetail detail_ = ReplyDetail::sums;
  std::vector<RankReply> replies_;
  std::uint32_t attempt_ = 0;
  Seconds ask_deadline_{};
  std::vector<ClientId> late_;  // ascending: asked, and not counted whatever they replied
  std::vector<ClientId> accepted_;
  std::vector<ClientId> non_finite_;
  std::map<Rank, std::uint64_t> collecting_;  // sequence of what is not answered yet
};

}  // namespace cohort
