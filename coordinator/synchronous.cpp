#include "coordinator/synchronous.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"

namespace cohort {

namespace {

constexpr std::uint32_t largest_attempt = 3;
constexpr std::uint32_t largest_simulated_attempt = 100;

bool holds(const std::vector<ClientId>& ascending, ClientId client) {
  return std::binary_search(ascending.begin(), ascending.end(), client);
}

std::vector<std::uint64_t> values_of(const std::vector<ClientId>& clients) {
  std::vector<std::uint64_t> ids;
  for (const ClientId c : clients) ids.push_back(c.value);
  return ids;
}

}  // namespace

std::uint64_t asked_for(std::uint64_t cohort_size, double over_selection, std::uint64_t clients) {
  const double more = std::ceil(over_selection * static_cast<double>(cohort_size));
  if (more >= static_cast<double>(clients)) return clients;
  return std::min(clients, cohort_size + static_cast<std::uint64_t>(more));
}

Synchronous::Synchronous(SynchronousPlan plan, Vec x) : plan_(std::move(plan)) {
  ServerCheckpoint state = blank(plan_);
  state.x = std::move(x);
  set_state(std::move(state), false);
  if (plan_.system) presence_.emplace(*plan_.system);
}

Synchronous::Synchronous(SynchronousPlan plan, ServerCheckpoint state) : plan_(std::move(plan)) {
  set_state(std::move(state), true);
  if (plan_.system) presence_.emplace(*plan_.system);
}

void Synchronous::begin_round(Seconds now, std::vector<Action>& out) {
  stage_ = Stage::working;
  ++state_.round;
  report_ = {};
  report_.round = state_.round;
  next_index_ = 0;
  accepted_in_round_.clear();
  method_done_.reset();
  if (!choose_cohort(out)) return;
  report_.cohort = cohort_.size();
  report_.f = plan_.has_rule ? plan_.f : 0;
  report_.byzantine_in_cohort = byzantine_among(cohort_, state_.round);
  advance_method({}, now, out);
}

// The stream of a round is the same whether time is simulated or not, so that two runs under one
// seed see the same cohorts where everybody is there. False if nobody ever is.
bool Synchronous::choose_cohort(std::vector<Action>& out) {
  cohort_.clear();
  const std::uint64_t wanted = asked_for(plan_.cohort_size, plan_.over_selection, plan_.clients);
  const Stream stream(plan_.seed, Purpose::cohort_sampling, 0, state_.round);
  if (!plan_.system || plan_.system->availability.type == Availability::Type::always) {
    if (wanted == plan_.clients) {
      for (std::uint64_t c = 0; c < plan_.clients; ++c) cohort_.emplace_back(c);
      return true;
    }
    for (const std::uint64_t c : sample_without_replacement(stream, wanted, plan_.clients)) {
      cohort_.emplace_back(c);
    }
    return true;
  }
  auto found = presence_->who_is_there(plan_.clients, state_.sim_seconds, Round(state_.round));
  if (!found) {
    finish(Code::bad_input,
           fmt::format("round {}: no client is there after {} simulated seconds", state_.round,
                       state_.sim_seconds),
           out);
    return false;
  }
  state_.sim_seconds = found->time;
  const std::uint64_t n = found->clients.size();
  for (const std::uint64_t i : sample_without_replacement(stream, std::min(wanted, n), n)) {
    cohort_.push_back(found->clients[i]);
  }
  return true;
}

void Synchronous::advance_method(Combined&& combined, Seconds now, std::vector<Action>& out) {
  auto next = next_of_method(std::move(combined), state_.round);
  if (!next) {
    finish(next.error().code, next.error().message, out);
  } else if (auto* ask = std::get_if<Ask>(&*next)) {
    send_ask(std::move(*ask), now, out);
  } else {
    const Done& done = std::get<Done>(*next);
    if (done.finished) method_done_ = StopDecision{Verdict::reached, done.why};
    end_round(now, out);
  }
}

std::vector<ClientId> Synchronous::resolve(const Ask& ask) const {
  switch (ask.who) {
    case Who::cohort:
      return cohort_;
    case Who::accepted:
      return accepted_in_round_;
    case Who::list:
      return ask.list;
    case Who::all:
      break;
  }
  std::vector<ClientId> all;
  for (std::uint64_t c = 0; c < plan_.clients; ++c) all.emplace_back(c);
  return all;
}

void Synchronous::send_ask(Ask ask, Seconds now, std::vector<Action>& out) {
  ask_ = std::move(ask);
  ask_.id = {state_.round, next_index_++};
  asked_ = resolve(ask_);
  attempt_ = 0;
  bytes_down_.clear();
  late_.clear();
  addressed_ = asked_;
  if (plan_.journal) {
    if (const auto late = plan_.journal->find(ask_.id); late != plan_.journal->end()) {
      std::erase_if(addressed_, [&](ClientId c) { return holds(late->second, c); });
    }
  }
  replies_.assign(plan_.ranks.size(), {});
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    replies_[r].expected = !clients_in(addressed_, plan_.ranks[r]).empty();
  }
  const bool same_for_all = !has_replica_;
  std::uint64_t common = same_for_all ? plan_.method->bytes_down(ask_, std::nullopt) : 0;
  for (const ClientId c : asked_) {
    if (!same_for_all) {
      const auto last = state_.accepted.find(c);
      common = plan_.method->bytes_down(
          ask_, last == state_.accepted.end() ? std::nullopt : std::optional(last->second));
    }
    std::uint64_t bytes = common;
    if (const auto own = ask_.personal.find(c); own != ask_.personal.end()) {
      bytes += own->second.encoded_size();
    }
    report_.bytes_down += bytes;
    if (plan_.system) bytes_down_[c] = bytes;
  }
  detail_ = ReplyDetail::sums;
  if (plan_.system) {
    const auto& up = phases_[ask_.phase].up;
    const bool has_sums =
        std::any_of(up.begin(), up.end(), [this](const BlockSpec& b) { return is_summed(b); });
    const bool all_count =
        !plan_.system->may_lose() && !plan_.deadline && plan_.over_selection == 0;
    detail_ = has_sums && !all_count ? ReplyDetail::apart : ReplyDetail::costs;
  }
  step_ = Step::asking;
  transmit_ask(now, out);
}

void Synchronous::transmit_ask(Seconds now, std::vector<Action>& out) {
  ++attempt_;
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    const bool wanted = replies_[r].expected && !replies_[r].reply;
    // A process without clients in this Ask still follows what everybody must know.
    const bool informed = has_replica_ && !replies_[r].expected && attempt_ == 1;
    if (!wanted && !informed) continue;
    SendAsk action;
    action.to = Rank(static_cast<std::uint32_t>(r));
    AskMessage& m = action.message;
    m.sequence = ++state_.sequence;
    m.ask.id = ask_.id;
    m.ask.phase = ask_.phase;
    m.ask.who = ask_.who;
    m.ask.common = ask_.common;
    m.detail = detail_;
    m.clients = clients_in(addressed_, plan_.ranks[r]);
    if (!ask_.personal.empty()) {
      for (const ClientId c : m.clients) {
        if (const auto own = ask_.personal.find(c); own != ask_.personal.end()) {
          m.ask.personal.emplace(c, own->second);
        }
      }
    }
    for (const auto& [client, accepted] : unsettled_[r]) m.settled.push_back({client, accepted});
    out.push_back(std::move(action));
  }
  if (plan_.deadline && !plan_.system) {
    ask_deadline_ = now + *plan_.deadline;
    out.push_back(WakeAt{ask_deadline_});
  }
}

std::string Synchronous::check(Rank from, const ReplyMessage& reply) const {
  const IdRange range = plan_.ranks[from.value];
  const std::vector<ClientId> asked = clients_in(addressed_, range);
  if (reply.reports.size() != asked.size()) {
    return fmt::format("expected {} client reports, found {}", asked.size(), reply.reports.size());
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (reply.reports[i].client != asked[i]) {
      return fmt::format("expected a report of client {}, found client {}", asked[i].value,
                         reply.reports[i].client.value);
    }
  }
  if (detail_ != ReplyDetail::sums && reply.costs.size() != asked.size()) {
    return fmt::format("expected the costs of {} replies, found {}", asked.size(),
                       reply.costs.size());
  }
  if (auto wrong = check_sums(from, reply.sums, phases_[ask_.phase]); !wrong.empty()) return wrong;
  for (const auto& [client, payload] : reply.gathered) {
    if (!holds(asked, client)) return fmt::format("gathered blocks of client {}", client.value);
    for (const Block& block : payload.blocks) {
      if (const auto valid = block.validate(); !valid) return valid.error().message;
    }
  }
  return {};
}

std::vector<Action> Synchronous::on_reply(Rank from, ReplyMessage reply, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::working || step_ != Step::asking || reply.id != ask_.id)
    return out;  // late, or of a closed Ask
  RankReply& slot = replies_[from.value];
  if (!slot.expected || slot.reply) return out;  // repeated
  if (const std::string wrong = check(from, reply); !wrong.empty()) {
    finish(Code::peer_lost,
           fmt::format("reply of rank {} to round {}: {}", from.value, ask_.id.round, wrong), out);
    return out;
  }
  slot.reply = std::move(reply);
  const bool complete = std::all_of(replies_.begin(), replies_.end(), [](const RankReply& r) {
    return !r.expected || r.reply.has_value();
  });
  if (complete && (!plan_.system || let_time_pass(out))) close_ask(now, out);
  return out;
}

std::vector<Action> Synchronous::on_time(Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::working || step_ != Step::asking) return out;
  if (!plan_.deadline || plan_.system || now < ask_deadline_) return out;
  std::uint64_t arrived = 0;
  std::vector<std::uint32_t> silent;
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    if (replies_[r].reply) {
      arrived += replies_[r].reply->reports.size();
    } else if (replies_[r].expected) {
      silent.push_back(static_cast<std::uint32_t>(r));
    }
  }
  const std::uint64_t quorum = std::min<std::uint64_t>(plan_.quorum, asked_.size());
  if (arrived > 0 && arrived >= quorum) {
    out.push_back(
        Note{fmt::format("round {}: went on with {} of {} clients at the deadline; no "
                         "reply from rank {}",
                         ask_.id.round, arrived, asked_.size(), fmt::join(silent, ", "))});
    close_ask(now, out);
  } else if (attempt_ < largest_attempt) {
    out.push_back(
        Note{fmt::format("round {}: {} of {} clients answered by the deadline, quorum is "
                         "{}; asking rank {} again",
                         ask_.id.round, arrived, asked_.size(), quorum, fmt::join(silent, ", "))});
    transmit_ask(now, out);
  } else {
    finish(Code::peer_lost,
           fmt::format("round {}: {} of {} clients answered after {} attempts, quorum is {}; no "
                       "reply from rank {}",
                       ask_.id.round, arrived, asked_.size(), attempt_, quorum,
                       fmt::join(silent, ", ")),
           out);
  }
  return out;
}

// Simulated time passes from the Ask until it is known who counts. False, and the run has ended, if
// too few ever reply.
bool Synchronous::let_time_pass(std::vector<Action>& out) {
  const SystemModel& system = *plan_.system;
  std::vector<std::pair<ClientId, double>> works;  // who is asked, and for how long
  double longest = 0;
  for (const RankReply& r : replies_) {
    if (!r.reply) continue;
    for (std::size_t i = 0; i < r.reply->reports.size(); ++i) {
      const ClientId c = r.reply->reports[i].client;
      const ReplyCost& cost = r.reply->costs[i];
      std::uint64_t rows = 0;
      for (const std::uint64_t n : cost.counts.rows) rows += n;
      works.emplace_back(c, system.seconds(c, ask_.id, bytes_down_.at(c), cost.bytes_up, rows));
      longest = std::max(longest, works.back().second);
    }
  }
  const bool is_sampled = ask_.who == Who::cohort && plan_.over_selection > 0;
  const std::size_t needed =
      is_sampled ? std::min<std::size_t>(plan_.cohort_size, works.size()) : works.size();
  const std::size_t quorum = std::min<std::size_t>(plan_.quorum, works.size());

  std::vector<std::pair<double, ClientId>> arrivals;
  std::vector<ClientId> counted;
  double start = state_.sim_seconds;
  for (std::uint32_t attempt = 0; attempt < largest_simulated_attempt; ++attempt) {
    std::erase_if(works, [&](const auto& work) {
      const auto& [client, duration] = work;
      if (system.drops(client, ask_.id, attempt)) return false;
      if (system.has_times() && presence_->until(client, start) < start + duration) return false;
      arrivals.emplace_back(start + duration, client);
      return true;
    });
    std::sort(arrivals.begin(), arrivals.end());
    const double end = plan_.deadline ? start + plan_.deadline->count() : Presence::never;
    const auto in_time = static_cast<std::size_t>(
        std::upper_bound(arrivals.begin(), arrivals.end(), end,
                         [](double t, const auto& arrival) { return t < arrival.first; }) -
        arrivals.begin());
    // Without a deadline the server goes on when whoever has not replied is lost.
    const bool is_enough =
        in_time >= needed || (in_time > 0 && (!plan_.deadline || in_time >= quorum));
    if (is_enough) {
      const std::size_t n = std::min(in_time, needed);
      state_.sim_seconds = n == needed || !plan_.deadline ? arrivals[n - 1].first : end;
      for (std::size_t i = 0; i < n; ++i) counted.push_back(arrivals[i].second);
      std::sort(counted.begin(), counted.end());
      late_.clear();
      std::set_difference(asked_.begin(), asked_.end(), counted.begin(), counted.end(),
                          std::back_inserter(late_));
      return true;
    }
    start = plan_.deadline ? end : start + longest;
    if (in_time < arrivals.size() || !system.has_times()) continue;
    // Nothing comes before one of them is there again.
    double next = Presence::never;
    for (const auto& [client, duration] : works) {
      next = std::min(next, presence_->from(client, start));
    }
    if (next < Presence::never) start = next;
  }
  finish(
      Code::peer_lost,
      fmt::format("round {}: {} of {} clients answered within {} attempts, quorum is {}: the "
                  "deadline, dropout or availability of [system] leaves too few",
                  ask_.id.round, arrivals.size(), asked_.size(), largest_simulated_attempt, quorum),
      out);
  return false;
}

void Synchronous::close_ask(Seconds now, std::vector<Action>& out) {
  accepted_.clear();
  non_finite_.clear();
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    if (!replies_[r].reply) {
      if (plan_.system || !replies_[r].expected) continue;
      const auto silent = clients_in(addressed_, plan_.ranks[r]);
      auto& late = report_.late[ask_.id.index];
      late.insert(late.end(), silent.begin(), silent.end());
      continue;
    }
    if (plan_.clients_remember) unsettled_[r].clear();  // it has seen them with this Ask
    const ReplyMessage& reply = *replies_[r].reply;
    for (std::size_t i = 0; i < reply.reports.size(); ++i) {
      const auto& [client, answer] = reply.reports[i];
      if (holds(late_, client)) continue;
      (answer == Answer::accepted ? accepted_ : non_finite_).push_back(client);
      if (detail_ == ReplyDetail::sums) continue;
      report_.bytes_up += reply.costs[i].bytes_up;
      report_.counts += reply.costs[i].counts;
    }
    if (detail_ != ReplyDetail::sums) continue;
    report_.bytes_up += reply.bytes_up;
    report_.counts += reply.counts;
  }
  if (!non_finite_.empty()) {
    out.push_back(Note{fmt::format("round {}: dropped non-finite replies of clients {}",
                                   ask_.id.round, fmt::join(values_of(non_finite_), ", "))});
  }
  std::vector<ReplyTrace> traces;
  for (RankReply& r : replies_) {
    if (!r.reply) continue;
    std::move(r.reply->traces.begin(), r.reply->traces.end(), std::back_inserter(traces));
  }
  if (!traces.empty()) report_.traces.push_back(std::move(traces));
  report_.dropped += asked_.size() - accepted_.size();
  report_.accepted = accepted_.size();
  accepted_in_round_ = accepted_;

  if (plan_.clients_remember || has_replica_) {
    for (const ClientId c : accepted_) state_.accepted[c] = ask_.id;
  }
  if (plan_.clients_remember) {
    for (std::size_t r = 0; r < plan_.ranks.size(); ++r) {
      for (const ClientId c : clients_in(asked_, plan_.ranks[r])) {
        const auto last = state_.accepted.find(c);
        unsettled_[r][c] =
            last == state_.accepted.end() ? std::nullopt : std::optional(last->second);
      }
    }
  }
  if (accepted_.empty()) {
    finish(Code::diverged, fmt::format("round {}: no client sent a finite reply", ask_.id.round),
           out);
    return;
  }
  if (detail_ == ReplyDetail::apart) {
    collect(out);
  } else {
    aggregate(now, out);
  }
}

void Synchronous::collect(std::vector<Action>& out) {
  step_ = Step::collecting;
  collecting_.clear();
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    if (!replies_[r].reply) continue;
    SendCollect action;
    action.to = Rank(static_cast<std::uint32_t>(r));
    action.message.sequence = ++state_.sequence;
    for (const ClientReport& report : replies_[r].reply->reports) {
      if (report.answer != Answer::accepted) continue;
      auto& list = holds(late_, report.client) ? action.message.forgotten : action.message.counted;
      list.push_back({report.client, ask_.id, 1});
    }
    collecting_[action.to] = action.message.sequence;
    out.push_back(std::move(action));
  }
}

std::vector<Action> Synchronous::on_collected(Rank from, CollectedMessage collected, Seconds now) {
  std::vector<Action> out;
  const auto expected = collecting_.find(from);
  if (stage_ != Stage::working || step_ != Step::collecting || expected == collecting_.end() ||
      expected->second != collected.sequence) {
    return out;
  }
  if (const auto wrong = check_sums(from, collected.sums, phases_[ask_.phase]); !wrong.empty()) {
    finish(Code::peer_lost,
           fmt::format("sums of rank {} in round {}: {}", from.value, ask_.id.round, wrong), out);
    return out;
  }
  replies_[from.value].reply->sums = std::move(collected.sums);
  collecting_.erase(expected);
  if (collecting_.empty()) aggregate(now, out);
  return out;
}

void Synchronous::aggregate(Seconds now, std::vector<Action>& out) {
  const auto& up = phases_[ask_.phase].up;
  if (plan_.has_rule && std::any_of(up.begin(), up.end(), is_by_rule)) {
    step_ = Step::aggregating;
    const std::uint64_t dropped = non_finite_.size();
    out.push_back(SendAggregate{{++state_.sequence, ask_.id, ask_.phase, accepted_,
                                 plan_.f > dropped ? plan_.f - dropped : 0, state_.aggregates}});
  } else {
    combine({}, now, out);
  }
}

std::vector<Action> Synchronous::on_aggregated(AggregatedMessage combined, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::working || step_ != Step::aggregating || combined.id != ask_.id) return out;
  const auto& up = phases_[ask_.phase].up;
  const auto expected = std::count_if(up.begin(), up.end(), is_by_rule);
  if (static_cast<std::size_t>(expected) != combined.blocks.size()) {
    finish(Code::peer_lost,
           fmt::format("round {}: expected {} aggregated blocks, found {}", ask_.id.round, expected,
                       combined.blocks.size()),
           out);
    return out;
  }
  combine(std::move(combined.blocks), now, out);
  return out;
}

void Synchronous::combine(std::vector<BlockSum> by_rule, Seconds now, std::vector<Action>& out) {
  Combined combined;
  combined.phase = ask_.phase;
  combined.accepted = accepted_;
  OrderedSum<ReplySum, AddReplies> sum(AddReplies{});
  for (RankReply& r : replies_) {
    if (!r.reply) continue;
    for (auto& [id, value] : r.reply->sums) sum.add(id, std::move(value));
    combined.gathered.merge(std::move(r.reply->gathered));
  }
  for (const ClientId c : late_) combined.gathered.erase(c);
  ReplySum total = std::move(sum).total().value_or(ReplySum{});
  std::size_t next_summed = 0, next_by_rule = 0;
  for (const BlockSpec& spec : phases_[ask_.phase].up) {
    if (spec.combine == Combine::gather) continue;
    const bool ruled = plan_.has_rule && is_by_rule(spec);
    const BlockSum& block = ruled ? by_rule[next_by_rule++] : total[next_summed++];
    if (ruled && plan_.rule_uses_previous) state_.aggregates[spec.name] = block.values;
    if (!add_value(combined, spec, block, ruled, ask_.id.round, out)) return;
  }
  replies_.clear();
  advance_method(std::move(combined), now, out);
}

}  // namespace cohort
