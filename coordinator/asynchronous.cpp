#include "coordinator/asynchronous.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

/// Choices at one instant where nobody is at work, before it is said that nobody is there.
constexpr std::uint64_t most_choices = 1000;

AsynchronousPlan checked(AsynchronousPlan plan) {
  COHORT_CHECK(plan.system && !plan.clients_remember,
               "the asynchronous schedule has simulated time, and clients that remember nothing");
  return plan;
}

ServerCheckpoint start_of(const AsynchronousPlan& plan, Vec x) {
  ServerCheckpoint state = Asynchronous::blank(plan);
  state.x = std::move(x);
  return state;
}

}  // namespace

ServerCheckpoint Asynchronous::blank(const RoundPlan& plan) {
  ServerCheckpoint s = Rounds::blank(plan);
  s.schedule = State(AsynchronousState{});
  return s;
}

Asynchronous::Asynchronous(AsynchronousPlan plan, ServerCheckpoint state, bool is_resumed)
    : plan_(checked(std::move(plan))), presence_(*plan_.system) {
  set_state(std::move(state), is_resumed);
  clock_.advance(Seconds(state_.sim_seconds));
}

Asynchronous::Asynchronous(AsynchronousPlan plan, ServerCheckpoint state)
    : Asynchronous(std::move(plan), std::move(state), true) {}

Asynchronous::Asynchronous(AsynchronousPlan plan, Vec x)
    : Asynchronous(plan, start_of(plan, std::move(x)), false) {}

void Asynchronous::begin_round(Seconds now, std::vector<Action>& out) {
  stage_ = Stage::working;
  report_ = {};
  report_.round = round();
  method_done_.reset();
  if (const bool is_resumed = own().asks.contains(round()); !is_resumed) {
    auto next = next_of_method({}, round());
    if (!next) return finish(next.error().code, next.error().message, out);
    auto* ask = std::get_if<Ask>(&*next);
    if (ask == nullptr) {
      return finish(Code::bad_input,
                    fmt::format("round {}: {} asks for nothing, which the asynchronous schedule "
                                "cannot take",
                                round(), plan_.method->name()),
                    out);
    }
    ask->id = {round(), 0};
    own().asks[round()] = std::move(*ask);
    own().starts.clear();
    own().choices = 0;
  }
  if (not_before_.empty() && outcomes_.empty()) {
    // Nothing has been asked by this process: after a checkpoint every job is done again.
    std::vector<PendingAnswer> jobs = own().buffer;
    for (const PendingAnswer& job : own().buffer) buffered_again_.emplace(job.client, job.id);
    for (const auto& [client, job] : own().at_work) {
      jobs.push_back(job);
      await(job);
    }
    ask(jobs, out);
  }
  go_on(now, out);
}

// Takes events as long as it is known which one is next.
void Asynchronous::go_on(Seconds now, std::vector<Action>& out) {
  while (stage_ == Stage::working && !is_collecting_ && buffered_again_.empty()) {
    if (!stop_request_.empty()) return stop_here(now, out);
    const double instant = state_.sim_seconds;
    const auto arrival = clock_.next();
    const double known = arrival ? arrival->time : Presence::never;
    const double unknown = not_before_.empty() ? Presence::never : not_before_.begin()->first;
    if (own().can_start && known > instant && unknown > instant) {
      own().can_start = false;
      if (!start_clients(out)) return;
    } else if (own().comes && *own().comes < known && *own().comes < unknown) {
      state_.sim_seconds = *own().comes;
      clock_.advance(Seconds(*own().comes));
      own().can_start = true;
    } else if (arrival && (not_before_.empty() ||
                           std::pair(arrival->time, arrival->client) < *not_before_.begin())) {
      arrive(*clock_.pop(), out);
    } else {
      return;  // until a worker replies
    }
  }
}

// False, and the run has ended, if nobody works and nobody will come.
bool Asynchronous::start_clients(std::vector<Action>& out) {
  own().comes.reset();
  AsynchronousState& s = own();
  std::vector<PendingAnswer> jobs;
  const bool is_share = plan_.system->availability.type == Availability::Type::share;
  for (std::uint64_t n = 0; n < most_choices; ++n) {
    const std::uint64_t free = plan_.concurrency - s.at_work.size();
    if (free == 0) break;
    for (const ClientId client : choose(free)) {
      const PendingAnswer job{client, {round(), s.starts[client]++}, state_.sim_seconds};
      s.at_work[client] = job;
      s.bytes_down += bytes_down(job);
      await(job);
      jobs.push_back(job);
    }
    if (!is_share || !s.at_work.empty()) break;
  }
  ask(jobs, out);
  if (s.at_work.empty() && !own().comes) {
    finish(Code::bad_input,
           fmt::format("round {}: no client is there after {} simulated seconds", round(),
                       state_.sim_seconds),
           out);
    return false;
  }
  return true;
}

// `count` of those who are there and not at work, fewer if there are fewer; ascending. The first
// choice of a round is that of the synchronous schedule.
std::vector<ClientId> Asynchronous::choose(std::uint64_t count) {
  AsynchronousState& s = own();
  const std::uint64_t choice = s.choices++;
  Stream stream(plan_.seed, Purpose::cohort_sampling, 0, round());
  if (choice > 0) stream = stream.sub(choice - 1);
  std::vector<ClientId> chosen;
  if (plan_.system->availability.type == Availability::Type::always) {
    const std::uint64_t n = plan_.clients - s.at_work.size();
    auto busy = s.at_work.begin();
    std::uint64_t passed = 0;
    for (const std::uint64_t i : sample_without_replacement(stream, std::min(count, n), n)) {
      // The i-th that is not at work.
      while (busy != s.at_work.end() && busy->first.value <= i + passed) {
        ++busy;
        ++passed;
      }
      chosen.emplace_back(i + passed);
    }
    return chosen;
  }
  std::vector<ClientId> there;
  double next = Presence::never;
  for (std::uint64_t c = 0; c < plan_.clients; ++c) {
    const ClientId client(c);
    if (s.at_work.contains(client)) continue;
    if (presence_.is_there(client, state_.sim_seconds, Round(round()), choice)) {
      there.push_back(client);
    } else {
      next = std::min(next, presence_.from(client, state_.sim_seconds));
    }
  }
  const std::uint64_t n = there.size();
  for (const std::uint64_t i : sample_without_replacement(stream, std::min(count, n), n)) {
    chosen.push_back(there[i]);
  }
  const bool wants_more = n < count && next < Presence::never;
  if (wants_more && next > state_.sim_seconds) own().comes = next;
  return chosen;
}

std::uint64_t Asynchronous::bytes_down(const PendingAnswer& job) {
  return plan_.method->bytes_down(own().asks.at(job.id.round), std::nullopt);
}

void Asynchronous::await(const PendingAnswer& job) {
  const double least = plan_.system->seconds(job.client, job.id, bytes_down(job), 0, 0);
  not_before_.emplace(job.start + least, job.client);
}

void Asynchronous::ask(const std::vector<PendingAnswer>& jobs, std::vector<Action>& out) {
  std::map<AskId, std::vector<ClientId>> by_id;
  for (const PendingAnswer& job : jobs) by_id[job.id].push_back(job.client);
  for (auto& [id, clients] : by_id) {
    std::sort(clients.begin(), clients.end());
    for (std::size_t r = 0; r < plan_.ranks.size(); ++r) {
      SendAsk action;
      action.to = Rank(static_cast<std::uint32_t>(r));
      action.message.clients = clients_in(clients, plan_.ranks[r]);
      if (action.message.clients.empty()) continue;
      action.message.sequence = ++state_.sequence;
      action.message.ask = own().asks.at(id.round);
      action.message.ask.id = id;
      action.message.detail = ReplyDetail::apart;
      out.push_back(std::move(action));
    }
  }
}

std::vector<Action> Asynchronous::on_reply(Rank from, ReplyMessage reply, Seconds now) {
  std::vector<Action> out;
  if (stage_ == Stage::finished) return out;
  if (reply.costs.size() != reply.reports.size()) {
    finish(Code::peer_lost,
           fmt::format("reply of rank {} to round {}: expected the costs of {} replies, found {}",
                       from.value, reply.id.round, reply.reports.size(), reply.costs.size()),
           out);
    return out;
  }
  for (std::size_t i = 0; i < reply.reports.size(); ++i) {
    const ClientId client = reply.reports[i].client;
    const Answer answer = reply.reports[i].answer;
    if (buffered_again_.erase({client, reply.id}) > 0) continue;
    const auto job = own().at_work.find(client);
    if (job == own().at_work.end() || job->second.id != reply.id) continue;  // not asked for
    if (!outcomes_.try_emplace(client, Outcome{answer, reply.costs[i]}).second) continue;
    std::uint64_t rows = 0;
    for (const std::uint64_t n : reply.costs[i].counts.rows) rows += n;
    const std::uint64_t down = bytes_down(job->second);
    const auto seconds = [&](std::uint64_t up, std::uint64_t n) {
      return plan_.system->seconds(client, reply.id, down, up, n);
    };
    not_before_.erase({job->second.start + seconds(0, 0), client});
    clock_.schedule_at(Seconds(job->second.start + seconds(reply.costs[i].bytes_up, rows)), client);
  }
  go_on(now, out);
  return out;
}

void Asynchronous::arrive(const SimulatedClock::Event& event, std::vector<Action>& out) {
  AsynchronousState& s = own();
  state_.sim_seconds = event.time;
  own().can_start = true;
  const PendingAnswer job = s.at_work.at(event.client);
  const Outcome outcome = outcomes_.at(event.client);
  s.at_work.erase(event.client);
  outcomes_.erase(event.client);
  s.byzantine += byzantine_among({job.client}, job.id.round);
  const bool is_held = outcome.answer == Answer::accepted;
  const auto drop = [&] {
    ++s.dropped;
    if (is_held) forgotten_.push_back({job.client, job.id, 1});
  };
  const bool has_left =
      plan_.system->has_times() && presence_.until(job.client, job.start) < event.time;
  if (has_left || plan_.system->drops(job.client, job.id, 0)) return drop();
  s.bytes_up += outcome.cost.bytes_up;
  s.counts += outcome.cost.counts;
  if (!is_held) {
    out.push_back(Note{fmt::format("round {}: dropped the non-finite reply of client {}", round(),
                                   job.client.value)});
    return drop();
  }
  if (plan_.max_staleness && staleness(job) > *plan_.max_staleness) return drop();
  s.buffer.push_back(job);
  if (s.buffer.size() == plan_.buffer) collect(out);
}

void Asynchronous::collect(std::vector<Action>& out) {
  is_collecting_ = true;
  std::vector<HeldReply> counted;
  for (const PendingAnswer& job : own().buffer) {
    const double factor = kernels::pow(1 + static_cast<double>(staleness(job)), -plan_.exponent);
    counted.push_back({job.client, job.id, factor});
  }
  std::sort(counted.begin(), counted.end(), [](const HeldReply& a, const HeldReply& b) {
    return std::pair(a.client, a.id) < std::pair(b.client, b.id);
  });
  for (std::size_t r = 0; r < plan_.ranks.size(); ++r) {
    const auto own_of = [range = plan_.ranks[r]](const std::vector<HeldReply>& all) {
      std::vector<HeldReply> some;
      std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const HeldReply& h) {
        return h.client.value >= range.first && h.client.value < range.last;
      });
      return some;
    };
    SendCollect action;
    action.to = Rank(static_cast<std::uint32_t>(r));
    action.message.counted = own_of(counted);
    action.message.forgotten = own_of(forgotten_);
    if (action.message.counted.empty() && action.message.forgotten.empty()) continue;
    action.message.sequence = ++state_.sequence;
    collecting_[action.to] = action.message.sequence;
    out.push_back(std::move(action));
  }
  forgotten_.clear();
}

std::vector<Action> Asynchronous::on_collected(Rank from, CollectedMessage collected, Seconds now) {
  std::vector<Action> out;
  const auto expected = collecting_.find(from);
  if (stage_ == Stage::finished || expected == collecting_.end() ||
      expected->second != collected.sequence) {
    return out;
  }
  if (auto wrong = check_sums(from, collected.sums, phases_.front()); !wrong.empty()) {
    finish(Code::peer_lost,
           fmt::format("sums of rank {} in round {}: {}", from.value, round(), wrong), out);
    return out;
  }
  collected_[from] = std::move(collected.sums);
  collecting_.erase(expected);
  if (collecting_.empty()) step(now, out);
  return out;
}

void Asynchronous::step(Seconds now, std::vector<Action>& out) {
  is_collecting_ = false;
  AsynchronousState& s = own();
  OrderedSum<ReplySum, AddReplies> sum(AddReplies{});
  for (auto& [rank, subtrees] : collected_) {
    for (auto& [id, value] : subtrees) sum.add(id, std::move(value));
  }
  collected_.clear();
  const ReplySum total = *std::move(sum).total();
  Combined combined;
  combined.phase = 0;
  std::uint64_t stale = 0;
  RoundReport::Staleness staleness_of_round;
  for (const PendingAnswer& job : s.buffer) {
    combined.accepted.push_back(job.client);
    stale += staleness(job);
    staleness_of_round.max = std::max(staleness_of_round.max, staleness(job));
  }
  staleness_of_round.mean = static_cast<double>(stale) / static_cast<double>(s.buffer.size());
  report_.staleness = staleness_of_round;
  std::sort(combined.accepted.begin(), combined.accepted.end());
  combined.accepted.erase(std::unique(combined.accepted.begin(), combined.accepted.end()),
                          combined.accepted.end());
  for (std::size_t b = 0; b < total.size(); ++b) {
    if (!add_value(combined, phases_.front().up[b], total[b], false, round(), out)) return;
  }
  auto next = next_of_method(std::move(combined), round());
  if (!next) return finish(next.error().code, next.error().message, out);
  const Done* done = std::get_if<Done>(&*next);
  COHORT_CHECK(done != nullptr, "a method of one exchange is done with it");
  if (done->finished) method_done_ = StopDecision{Verdict::reached, done->why};

  report_.accepted = s.buffer.size();
  report_.dropped = s.dropped;
  report_.cohort = report_.accepted + report_.dropped;
  report_.byzantine_in_cohort = s.byzantine;
  report_.bytes_up = s.bytes_up;
  report_.bytes_down = s.bytes_down;
  report_.counts = s.counts;
  s.buffer.clear();
  s.dropped = s.byzantine = s.bytes_up = s.bytes_down = 0;
  s.counts = {};
  std::erase_if(s.asks, [&](const auto& ask) {
    return std::none_of(s.at_work.begin(), s.at_work.end(),
                        [&](const auto& job) { return job.second.id.round == ask.first; });
  });
  ++state_.round;
  end_round(now, out);
}

}  // namespace cohort
