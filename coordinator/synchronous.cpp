#include "coordinator/synchronous.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

constexpr std::uint32_t largest_attempt = 3;

bool is_by_rule(const BlockSpec& spec) {
  return spec.combine == Combine::rule || spec.combine == Combine::follow;
}

bool holds(const std::vector<ClientId>& ascending, ClientId client) {
  return std::binary_search(ascending.begin(), ascending.end(), client);
}

std::string range_text(IdRange r) { return fmt::format("[{}, {})", r.first, r.last); }

// Clients of `all` that lie in a rank's range; `all` is ascending.
std::vector<ClientId> clients_in(const std::vector<ClientId>& all, IdRange range) {
  const auto first = std::lower_bound(all.begin(), all.end(), ClientId(range.first));
  const auto last = std::lower_bound(first, all.end(), ClientId(range.last));
  return {first, last};
}

}  // namespace

ServerCheckpoint Synchronous::blank(const SynchronousPlan& plan) {
  ServerCheckpoint s;
  s.method = plan.method->server_state(*plan.layout);
  s.pipeline.start(plan.pipeline, plan.layout->shared());
  return s;
}

Synchronous::Synchronous(SynchronousPlan plan, Vec x)
    : plan_(std::move(plan)), phases_(plan_.method->phases(*plan_.layout)), state_(blank(plan_)) {
  state_.x = std::move(x);
  has_replica_ = !plan_.method->replica(*plan_.layout).empty();
  unsettled_.resize(plan_.ranks.size());
}

Synchronous::Synchronous(SynchronousPlan plan, ServerCheckpoint state)
    : Synchronous(std::move(plan), Vec()) {
  state_ = std::move(state);
  elapsed_before_ = state_.elapsed;
}

std::vector<Action> Synchronous::start(Seconds now) {
  std::vector<Action> out;
  started_ = last_save_ = now;
  report_ = {};
  report_.round = state_.round;
  if (state_.round > 0) {
    begin_round(now, out);
    return out;
  }
  report_.state_hash = state_hash();
  if (plan_.evaluation.enabled && plan_.evaluation.at_start) {
    send_evaluate(out);
  } else {
    after_round(now, out);
  }
  return out;
}

void Synchronous::begin_round(Seconds now, std::vector<Action>& out) {
  ++state_.round;
  report_ = {};
  report_.round = state_.round;
  next_index_ = 0;
  accepted_in_round_.clear();
  method_done_.reset();

  cohort_.clear();
  if (plan_.cohort_size == plan_.clients) {
    for (std::uint64_t c = 0; c < plan_.clients; ++c) cohort_.emplace_back(c);
  } else {
    const Stream stream(plan_.seed, Purpose::cohort_sampling, 0, state_.round);
    for (const std::uint64_t c :
         sample_without_replacement(stream, plan_.cohort_size, plan_.clients)) {
      cohort_.emplace_back(c);
    }
  }
  report_.cohort = cohort_.size();
  report_.f = plan_.has_rule ? plan_.f : 0;
  if (state_.round >= plan_.byzantine_from) {
    for (const ClientId c : plan_.byzantine) report_.byzantine_in_cohort += holds(cohort_, c);
  }
  advance_method({}, now, out);
}

void Synchronous::advance_method(Combined&& combined, Seconds now, std::vector<Action>& out) {
  ServerContext server;
  server.round = Round(state_.round);
  server.seed = plan_.seed;
  server.clients = plan_.clients;
  server.layout = plan_.layout;
  server.pipeline = &plan_.pipeline;
  server.pipeline_state = &state_.pipeline;
  auto next = plan_.method->next(server, state_.x, state_.method, std::move(combined));
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
  replies_.assign(plan_.ranks.size(), {});
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    replies_[r].expected = !clients_in(asked_, plan_.ranks[r]).empty();
  }
  const bool same_for_all = !has_replica_;
  std::uint64_t common = same_for_all ? plan_.method->bytes_down(ask_, std::nullopt) : 0;
  for (const ClientId c : asked_) {
    if (!same_for_all) {
      const auto last = state_.accepted.find(c);
      common = plan_.method->bytes_down(
          ask_, last == state_.accepted.end() ? std::nullopt : std::optional(last->second));
    }
    report_.bytes_down += common;
    if (const auto own = ask_.personal.find(c); own != ask_.personal.end()) {
      report_.bytes_down += own->second.encoded_size();
    }
  }
  stage_ = Stage::asking;
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
    m.clients = clients_in(asked_, plan_.ranks[r]);
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
  if (plan_.deadline) {
    ask_deadline_ = now + *plan_.deadline;
    out.push_back(WakeAt{ask_deadline_});
  }
}

std::string Synchronous::check(Rank from, const ReplyMessage& reply) const {
  const IdRange range = plan_.ranks[from.value];
  const std::vector<ClientId> asked = clients_in(asked_, range);
  if (reply.reports.size() != asked.size()) {
    return fmt::format("expected {} client reports, found {}", asked.size(), reply.reports.size());
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (reply.reports[i].client != asked[i]) {
      return fmt::format("expected a report of client {}, found client {}", asked[i].value,
                         reply.reports[i].client.value);
    }
  }
  const auto& up = phases_[ask_.phase].up;
  std::vector<const BlockSpec*> summed;
  for (const BlockSpec& spec : up) {
    const bool by_rule = is_by_rule(spec);
    if (spec.combine == Combine::gather || (by_rule && plan_.has_rule)) continue;
    summed.push_back(&spec);
  }
  std::optional<std::uint64_t> previous;
  for (const auto& [id, sums] : reply.sums) {
    if (id < range.first || id >= range.last || (previous && id <= *previous)) {
      return fmt::format("subtree {} does not ascend in {}", id, range_text(range));
    }
    previous = id;
    if (sums.size() != summed.size()) {
      return fmt::format("expected {} summed blocks, found {}", summed.size(), sums.size());
    }
    for (std::size_t b = 0; b < sums.size(); ++b) {
      if (sums[b].coordinates != coordinates(summed[b]->form, summed[b]->length)) {
        return fmt::format("block '{}': expected {} coordinates, found {}", summed[b]->name,
                           coordinates(summed[b]->form, summed[b]->length), sums[b].coordinates);
      }
      if (const auto valid = validate(sums[b]); !valid) return valid.error().message;
    }
  }
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
  if (stage_ != Stage::asking || reply.id != ask_.id) return out;  // late, or of a closed Ask
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
  if (complete) close_ask(now, out);
  return out;
}

std::vector<Action> Synchronous::on_time(Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::asking || !plan_.deadline || now < ask_deadline_) return out;
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

void Synchronous::close_ask(Seconds now, std::vector<Action>& out) {
  accepted_.clear();
  non_finite_.clear();
  for (std::size_t r = 0; r < replies_.size(); ++r) {
    if (!replies_[r].reply) continue;
    if (plan_.clients_remember) unsettled_[r].clear();  // it has seen them with this Ask
    const ReplyMessage& reply = *replies_[r].reply;
    for (const ClientReport& report : reply.reports) {
      (report.answer == Answer::accepted ? accepted_ : non_finite_).push_back(report.client);
    }
    report_.bytes_up += reply.bytes_up;
    report_.counts += reply.counts;
  }
  if (!non_finite_.empty()) {
    std::vector<std::uint64_t> ids;
    for (const ClientId c : non_finite_) ids.push_back(c.value);
    out.push_back(Note{fmt::format("round {}: dropped non-finite replies of clients {}",
                                   ask_.id.round, fmt::join(ids, ", "))});
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
  const auto& up = phases_[ask_.phase].up;
  if (plan_.has_rule && std::any_of(up.begin(), up.end(), is_by_rule)) {
    stage_ = Stage::aggregating;
    const std::uint64_t dropped = non_finite_.size();
    out.push_back(SendAggregate{{++state_.sequence, ask_.id, ask_.phase, accepted_,
                                 plan_.f > dropped ? plan_.f - dropped : 0, state_.aggregates}});
  } else {
    combine({}, now, out);
  }
}

std::vector<Action> Synchronous::on_aggregated(AggregatedMessage combined, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::aggregating || combined.id != ask_.id) return out;
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
  ReplySum total = std::move(sum).total().value_or(ReplySum{});
  std::size_t next_summed = 0, next_by_rule = 0;
  for (const BlockSpec& spec : phases_[ask_.phase].up) {
    if (spec.combine == Combine::gather) continue;
    const bool ruled = plan_.has_rule && is_by_rule(spec);
    const BlockSum& block = ruled ? by_rule[next_by_rule++] : total[next_summed++];
    if (ruled && plan_.rule_uses_previous) state_.aggregates[spec.name] = block.values;
    Combined::Value v{spec.name, block.to_vec(), block.weight};
    if (!ruled && spec.combine != Combine::sum) v.value /= block.weight;
    if (!std::isfinite(kernels::squared_norm(as_span(v.value)))) {
      finish(Code::diverged,
             fmt::format("the combined '{}' is not finite in round {}", spec.name, ask_.id.round),
             out);
      return;
    }
    combined.values.push_back(std::move(v));
  }
  replies_.clear();
  advance_method(std::move(combined), now, out);
}

void Synchronous::end_round(Seconds now, std::vector<Action>& out) {
  state_.counts += report_.counts;
  state_.bytes_up += report_.bytes_up;
  state_.bytes_down += report_.bytes_down;
  report_.state_hash = state_hash();
  if (!std::isfinite(kernels::squared_norm(as_span(state_.x)))) {
    out.push_back(WriteRound{report_});
    finish(Code::diverged, fmt::format("the model is not finite in round {}", state_.round), out);
    return;
  }
  // The last round is always evaluated; one that is only interrupted is not an end.
  const StopDecision decision = decide_stop(plan_.stop, progress(now), nullptr);
  const bool ends = decision.verdict == Verdict::reached || method_done_;
  if (plan_.evaluation.enabled && (evaluates(state_.round) || ends)) {
    send_evaluate(out);
  } else {
    after_round(now, out);
  }
}

void Synchronous::send_evaluate(std::vector<Action>& out) {
  stage_ = Stage::evaluating;
  evaluated_.assign(plan_.ranks.size(), std::nullopt);
  SendEvaluate action;
  action.message.sequence = ++state_.sequence;
  action.message.round = state_.round;
  action.message.describes_clients = plan_.evaluation.per_client && client_table_.rows.empty();
  action.message.x.resize(as_span(state_.x).size_bytes());
  std::copy(state_.x.begin(), state_.x.end(), action.message.x.as_mutable<double>().begin());
  out.push_back(std::move(action));
}

std::vector<Action> Synchronous::on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::evaluating || evaluated.round != state_.round) return out;
  evaluated_[from.value] = std::move(evaluated);
  if (std::any_of(evaluated_.begin(), evaluated_.end(), [](const auto& e) { return !e; })) {
    return out;
  }
  std::vector<EvaluatedMessage> messages;
  for (auto& e : evaluated_) messages.push_back(*std::move(e));
  if (plan_.evaluation.per_client && client_table_.rows.empty()) {
    auto table = describe_clients(plan_.evaluation, messages, plan_.clients);
    if (!table) {
      finish(table.error().code, table.error().message, out);
      return out;
    }
    client_table_ = *std::move(table);
  }
  auto measured = measure(plan_.evaluation, std::move(messages), plan_.clients);
  if (!measured) {
    finish(measured.error().code, measured.error().message, out);
    return out;
  }
  for (const auto& [name, text] : measured->notes) {
    if (noted_.insert(name).second) out.push_back(Note{text});
  }
  client_table_.columns = std::move(measured->columns);
  client_table_.values = std::move(measured->client_values);
  report_.measured = std::move(measured->values);
  keep_best(*report_.measured, state_.round, state_);
  after_round(now, out);
  return out;
}

void Synchronous::after_round(Seconds now, std::vector<Action>& out) {
  const Measured* measured = report_.measured ? &*report_.measured : nullptr;
  StopDecision decision = decide_stop(plan_.stop, progress(now), measured);
  if (decision.verdict == Verdict::go_on && method_done_) decision = *method_done_;
  out.push_back(WriteRound{report_});
  if (decision.verdict == Verdict::diverged) {
    finish(Code::diverged, decision.why, out);
    return;
  }
  if (decision.verdict == Verdict::reached) {
    finish(Code::done, decision.why, out);
    return;
  }
  if (!stop_request_.empty()) decision = {Verdict::out_of_time, stop_request_};
  const CheckpointPlan& c = plan_.checkpoint;
  const bool due = (c.every && now - last_save_ >= *c.every) ||
                   (c.every_rounds && state_.round % *c.every_rounds == 0 && state_.round > 0);
  const bool interrupted = decision.verdict == Verdict::out_of_time;
  if (interrupted || due) {
    after_save_ = interrupted ? std::optional(decision) : std::nullopt;
    last_save_ = now;
    state_.elapsed = progress(now).elapsed.count();
    save(out);
    // Nothing to wait for where no client remembers anything.
    if (stage_ == Stage::saving) return;
    if (interrupted) {
      finish(Code::resumable, decision.why, out);
      return;
    }
  }
  begin_round(now, out);
}

void Synchronous::save(std::vector<Action>& out) {
  if (!plan_.clients_remember && !has_replica_) {
    out.push_back(WriteCheckpoint{state_.round, to_bytes(state_), {}});
    return;
  }
  stage_ = Stage::saving;
  saving_complete_ =
      state_.client_files.empty() || state_.incremental >= plan_.checkpoint.complete_after;
  saved_.assign(plan_.ranks.size(), false);
  new_files_.clear();
  for (std::size_t r = 0; r < plan_.ranks.size(); ++r) {
    SendSave action;
    action.to = Rank(static_cast<std::uint32_t>(r));
    action.message.sequence = ++state_.sequence;
    action.message.round = state_.round;
    action.message.complete = saving_complete_;
    for (const auto& [client, accepted] : unsettled_[r]) {
      action.message.settled.push_back({client, accepted});
    }
    out.push_back(std::move(action));
  }
}

std::vector<Action> Synchronous::on_saved(Rank from, const SavedMessage& saved, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::saving || saved.round != state_.round || saved_[from.value]) return out;
  if (!saved.error.empty()) {
    finish(Code::environment, "checkpoint: " + saved.error, out);
    return out;
  }
  saved_[from.value] = true;
  unsettled_[from.value].clear();
  new_files_.push_back(saved.file);
  if (std::find(saved_.begin(), saved_.end(), false) != saved_.end()) return out;
  if (saving_complete_) {
    state_.client_files.clear();
    state_.incremental = 0;
  } else {
    ++state_.incremental;
  }
  state_.client_files.insert(state_.client_files.end(), new_files_.begin(), new_files_.end());
  out.push_back(WriteCheckpoint{state_.round, to_bytes(state_), state_.client_files});
  if (after_save_) {
    finish(Code::resumable, after_save_->why, out);
  } else {
    begin_round(now, out);
  }
  return out;
}

void Synchronous::finish(Code code, std::string why, std::vector<Action>& out) {
  stage_ = Stage::finished;
  const bool has_ended = code == Code::done || code == Code::diverged;
  if (has_ended && !client_table_.rows.empty()) {
    out.push_back(WriteClients{std::move(client_table_)});
  }
  out.push_back(Finish{code, std::move(why)});
}

Progress Synchronous::progress(Seconds now) const {
  Progress p;
  p.round = state_.round;
  for (const std::uint64_t n : state_.counts.calls) p.oracle_calls += n;
  p.protocol_bytes = state_.bytes_up + state_.bytes_down;
  p.elapsed = Seconds(elapsed_before_) + (now - started_);
  return p;
}

bool Synchronous::evaluates(std::uint64_t round) const {
  return plan_.evaluation.every > 0 && round % plan_.evaluation.every == 0;
}

Hash128 Synchronous::state_hash() const {
  std::vector<std::byte> bytes = to_bytes(hash_vec(state_.x));
  Writer writer(bytes);
  writer.put(state_.method);
  writer.put(state_.pipeline);
  if (plan_.rule_uses_previous) writer.put(state_.aggregates);
  return hash_bytes(bytes);
}

}  // namespace cohort
