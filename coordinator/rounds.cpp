#include "coordinator/rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort {

bool is_by_rule(const BlockSpec& spec) {
  return spec.combine == Combine::rule || spec.combine == Combine::follow;
}

std::vector<ClientId> clients_in(const std::vector<ClientId>& all, IdRange range) {
  const auto first = std::lower_bound(all.begin(), all.end(), ClientId(range.first));
  const auto last = std::lower_bound(first, all.end(), ClientId(range.last));
  return {first, last};
}

ServerCheckpoint Rounds::blank(const RoundPlan& plan) {
  ServerCheckpoint s;
  s.method = plan.method->server_state(*plan.layout);
  s.pipeline.start(plan.pipeline, plan.layout->shared());
  return s;
}

void Rounds::set_state(ServerCheckpoint state, bool is_resumed) {
  is_resumed_ = is_resumed;
  state_ = std::move(state);
  phases_ = plan().method->phases(*plan().layout);
  has_replica_ = !plan().method->replica(*plan().layout).empty();
  unsettled_.resize(plan().ranks.size());
  elapsed_before_ = state_.elapsed;
}

std::vector<Action> Rounds::start(Seconds now) {
  std::vector<Action> out;
  started_ = last_save_ = now;
  report_ = {};
  report_.round = state_.round;
  if (is_resumed_) {
    begin_round(now, out);
    return out;
  }
  if (plan().system) report_.sim_seconds = state_.sim_seconds;
  report_.state_hash = state_hash();
  if (plan().evaluation.enabled && plan().evaluation.at_start) {
    send_evaluate(out);
  } else {
    after_round(now, out);
  }
  return out;
}

Result<Next> Rounds::next_of_method(Combined&& combined, std::uint64_t round) {
  ServerContext server;
  server.round = Round(round);
  server.seed = plan().seed;
  server.clients = plan().clients;
  server.layout = plan().layout;
  server.pipeline = &plan().pipeline;
  server.pipeline_state = &state_.pipeline;
  return plan().method->next(server, state_.x, state_.method, std::move(combined));
}

bool Rounds::is_summed(const BlockSpec& spec) const {
  return spec.combine != Combine::gather && !(is_by_rule(spec) && plan().has_rule);
}

std::string Rounds::check_sums(Rank from, const std::vector<Subtree<ReplySum>>& subtrees,
                               const Phase& phase) const {
  const IdRange range = plan().ranks[from.value];
  std::vector<const BlockSpec*> summed;
  for (const BlockSpec& spec : phase.up) {
    if (is_summed(spec)) summed.push_back(&spec);
  }
  std::optional<std::uint64_t> previous;
  for (const auto& [id, sums] : subtrees) {
    if (id < range.first || id >= range.last || (previous && id <= *previous)) {
      return fmt::format("subtree {} does not ascend in [{}, {})", id, range.first, range.last);
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
  return {};
}

bool Rounds::add_value(Combined& combined, const BlockSpec& spec, const BlockSum& block,
                       bool is_by_rule, std::uint64_t round, std::vector<Action>& out) {
  Combined::Value v{spec.name, block.to_vec(), block.weight};
  if (!is_by_rule && spec.combine != Combine::sum) v.value /= block.weight;
  if (!std::isfinite(kernels::squared_norm(as_span(v.value)))) {
    finish(Code::diverged,
           fmt::format("the combined '{}' is not finite in round {}", spec.name, round), out);
    return false;
  }
  combined.values.push_back(std::move(v));
  return true;
}

std::uint64_t Rounds::byzantine_among(const std::vector<ClientId>& clients,
                                      std::uint64_t round) const {
  if (round < plan().byzantine_from) return 0;
  std::uint64_t n = 0;
  for (const ClientId c : plan().byzantine) {
    n += std::binary_search(clients.begin(), clients.end(), c);
  }
  return n;
}

void Rounds::end_round(Seconds now, std::vector<Action>& out) {
  if (plan().system) report_.sim_seconds = state_.sim_seconds;
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
  const StopDecision decision = decide_stop(plan().stop, progress(now), nullptr);
  const bool ends = decision.verdict == Verdict::reached || method_done_;
  if (plan().evaluation.enabled && (evaluates(state_.round) || ends)) {
    send_evaluate(out);
  } else {
    after_round(now, out);
  }
}

void Rounds::send_evaluate(std::vector<Action>& out) {
  stage_ = Stage::evaluating;
  evaluated_.assign(plan().ranks.size(), std::nullopt);
  SendEvaluate action;
  action.message.sequence = ++state_.sequence;
  action.message.round = state_.round;
  action.message.describes_clients = plan().evaluation.per_client && client_table_.rows.empty();
  action.message.x.resize(as_span(state_.x).size_bytes());
  std::copy(state_.x.begin(), state_.x.end(), action.message.x.as_mutable<double>().begin());
  for (const auto& of_rank : unsettled_) {
    for (const auto& [client, accepted] : of_rank) {
      action.message.settled.push_back({client, accepted});
    }
  }
  out.push_back(std::move(action));
}

std::vector<Action> Rounds::on_evaluated(Rank from, EvaluatedMessage evaluated, Seconds now) {
  std::vector<Action> out;
  if (stage_ != Stage::evaluating || evaluated.round != state_.round) return out;
  evaluated_[from.value] = std::move(evaluated);
  if (std::any_of(evaluated_.begin(), evaluated_.end(), [](const auto& e) { return !e; })) {
    return out;
  }
  std::vector<EvaluatedMessage> messages;
  for (auto& e : evaluated_) messages.push_back(*std::move(e));
  if (plan().evaluation.per_client && client_table_.rows.empty()) {
    auto table = describe_clients(plan().evaluation, messages, plan().clients);
    if (!table) {
      finish(table.error().code, table.error().message, out);
      return out;
    }
    client_table_ = *std::move(table);
  }
  auto measured = measure(plan().evaluation, std::move(messages), plan().clients);
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

void Rounds::after_round(Seconds now, std::vector<Action>& out) {
  const Measured* measured = report_.measured ? &*report_.measured : nullptr;
  StopDecision decision = decide_stop(plan().stop, progress(now), measured);
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
  const CheckpointPlan& c = plan().checkpoint;
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

void Rounds::stop_here(Seconds now, std::vector<Action>& out) {
  state_.elapsed = progress(now).elapsed.count();
  out.push_back(WriteCheckpoint{state_.round, to_bytes(state_), {}});
  finish(Code::resumable, stop_request_, out);
}

void Rounds::save(std::vector<Action>& out) {
  if (!plan().clients_remember && !has_replica_) {
    out.push_back(WriteCheckpoint{state_.round, to_bytes(state_), {}});
    return;
  }
  stage_ = Stage::saving;
  saving_complete_ =
      state_.client_files.empty() || state_.incremental >= plan().checkpoint.complete_after;
  saved_.assign(plan().ranks.size(), false);
  new_files_.clear();
  for (std::size_t r = 0; r < plan().ranks.size(); ++r) {
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

std::vector<Action> Rounds::on_saved(Rank from, const SavedMessage& saved, Seconds now) {
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

void Rounds::finish(Code code, std::string why, std::vector<Action>& out) {
  stage_ = Stage::finished;
  const bool has_ended = code == Code::done || code == Code::diverged;
  if (has_ended && !client_table_.rows.empty()) {
    out.push_back(WriteClients{std::move(client_table_)});
  }
  out.push_back(Finish{code, std::move(why)});
}

Progress Rounds::progress(Seconds now) const {
  Progress p;
  p.round = state_.round;
  for (const std::uint64_t n : state_.counts.calls) p.oracle_calls += n;
  p.protocol_bytes = state_.bytes_up + state_.bytes_down;
  p.elapsed = Seconds(elapsed_before_) + (now - started_);
  p.sim_seconds = state_.sim_seconds;
  return p;
}

bool Rounds::evaluates(std::uint64_t round) const {
  return plan().evaluation.every > 0 && round % plan().evaluation.every == 0;
}

Hash128 Rounds::state_hash() const {
  std::vector<std::byte> bytes = to_bytes(hash_vec(state_.x));
  Writer writer(bytes);
  writer.put(state_.method);
  writer.put(state_.pipeline);
  if (plan().rule_uses_previous) writer.put(state_.aggregates);
  return hash_bytes(bytes);
}

}  // namespace cohort
