#pragma once
// The asynchronous schedule with a buffer. `concurrency` clients work at any time, each from the
// model that was current when it started; the server steps whenever `buffer` replies have come, and
// whoever is free starts from the new model.
//
//   x_{t+1} = step(x_t, Σ_B p_i s(τ_i) u_i / Σ_B p_i)        s(τ) = (1 + τ)^−a
// -----------------------------------------------------------------------------------------------
// t steps of the server so far; B the replies in the buffer; u_i [d] the update of reply i, p_i its
// client's weight; τ_i steps between its start and its arrival; a ≥ 0 the exponent. A reply with
// τ > max is dropped. With a = 0, or where no reply is stale, it is the mean of the synchronous
// schedule, and with equal speeds and buffer = concurrency its bits.
// Source: Nguyen et al., Federated learning with buffered asynchronous aggregation, AISTATS 2022,
//   algorithm 1, whose clients count alike; s as in Xie, Koyejo, Gupta, Asynchronous federated
//   optimization, 2019.
//
// Time is simulated (coordinator/system.hpp). Events are ordered by (time, client), whatever the
// order in which processes reply: an arrival is taken only when no reply that is still being
// computed can come before it. At one instant replies arrive first and clients start then. A round
// is a step of the server; in a round's Ask (round, k), k counts a client's starts in that round,
// so that each has draws of its own.
//
// A client that starts is asked at once, and its worker holds the reply apart until it counts. So a
// checkpoint needs no replies: jobs and the Asks that they answer are enough to compute them again.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/rounds.hpp"

namespace cohort {

struct AsynchronousPlan : RoundPlan {  // cohort_size is not read
  std::uint64_t buffer = 1;            // replies a step
  std::uint64_t concurrency = 1;       // clients at work at a time
  double exponent = 0.5;               // a
  std::optional<std::uint64_t> max_staleness;
};

/// An answer of a client that is being computed, or waits in the buffer.
struct PendingAnswer {
  ClientId client{};
  AskId id;
  double start = 0;  // simulated seconds
  template <class V>
  void fields(V&& v) {
    v("client", client);
    v("id", id);
    v("start", start);
  }
};

/// Between two events; all of it is saved.
struct AsynchronousState {
  std::map<std::uint64_t, Ask> asks;  // by round, of the jobs and of this round
  std::map<ClientId, PendingAnswer> at_work;
  std::vector<PendingAnswer> buffer;         // in order of arrival
  std::map<ClientId, std::uint32_t> starts;  // of this round
  std::uint64_t choices = 0;                 // of clients, in this round
  bool can_start = true;        // somebody has become free, or has come, at this instant
  std::optional<double> comes;  // the next time that a client comes while there is work for it
  // For the record of this round.
  std::uint64_t dropped = 0;
  std::uint64_t byzantine = 0;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
  OracleCounts counts;
  template <class V>
  void fields(V&& v) {
    v("asks", asks);
    v("at_work", at_work);
    v("buffer", buffer);
    v("starts", starts);
    v("choices", choices);
    v("can_start", can_start);
    v("comes", comes);
    v("dropped", dropped);
    v("byzantine", byzantine);
    v("bytes_up", bytes_up);
    v("bytes_down", bytes_down);
    v("counts", counts);
  }
};

class Asynchronous final : public Rounds {
 public:
  static constexpr std::string_view source = "Nguyen et al., AISTATS 2022";

  /// `system` is there, and clients remember nothing (checked). From the start: x [shared].
  Asynchronous(AsynchronousPlan plan, Vec x);
  /// From a checkpoint that load() has filled.
  Asynchronous(AsynchronousPlan plan, ServerCheckpoint state);

  static ServerCheckpoint blank(const RoundPlan& plan);

  std::vector<Action> on_reply(Rank from, ReplyMessage reply, Seconds now) override;
  std::vector<Action> on_collected(Rank from, CollectedMessage collected, Seconds now) override;
  std::vector<Action> on_aggregated(AggregatedMessage, Seconds) override { return {}; }
  std::vector<Action> on_time(Seconds) override { return {}; }

 private:
  Asynchronous(AsynchronousPlan plan, ServerCheckpoint state, bool is_resumed);
  const RoundPlan& plan() const override { return plan_; }
  void begin_round(Seconds now, std::vector<Action>& out) override;
  AsynchronousState& own() { return state_.schedule.as<AsynchronousState>(); }
  std::uint64_t round() const { return state_.round + 1; }  // that goes on
  void go_on(Seconds now, std::vector<Action>& out);
  bool start_clients(std::vector<Action>& out);
  std::vector<ClientId> choose(std::uint64_t count);
  void ask(const std::vector<PendingAnswer>& jobs, std::vector<Action>& out);
  void await(const PendingAnswer& job);
  void arrive(const SimulatedClock::Event& event, std::vector<Action>& out);
  void collect(std::vector<Action>& out);
  void step(Seconds now, std::vector<Action>& out);
  std::uint64_t bytes_down(const PendingAnswer& job);
  std::uint64_t staleness(const PendingAnswer& job) const { return round() - job.id.round; }

  AsynchronousPlan plan_;
  Presence presence_;

  // What has come of the jobs; computed again after a checkpoint.
  struct Outcome {
    Answer answer = Answer::accepted;
    ReplyCost cost;
  };
  SimulatedClock clock_;                                 // arrivals that are known
  std::map<ClientId, Outcome> outcomes_;                 // of the jobs that will arrive then
  std::set<std::pair<double, ClientId>> not_before_;     // of the jobs that are not replied to
  std::set<std::pair<ClientId, AskId>> buffered_again_;  // in the buffer, not replied to again yet
  std::vector<HeldReply> forgotten_;
  bool is_collecting_ = false;
  std::map<Rank, std::uint64_t> collecting_;  // sequence of what is not answered yet
  std::map<Rank, std::vector<Subtree<ReplySum>>> collected_;
};

}  // namespace cohort
