#include "scenarios/decentralized_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <set>

#include "comm/codec.hpp"
#include "core/kernels.hpp"
#include "scenarios/job.hpp"
#include "scenarios/network.hpp"
#include "scenarios/reference.hpp"
#include "worker/evaluation.hpp"
#include "worker/gossip.hpp"
#include "worker/token.hpp"

namespace cohort {

namespace {

// What rank 0 says after a round, and again after a measurement.
struct Directive {
  static constexpr std::uint16_t type = 44;
  bool measures = false;  // then another directive follows
  bool averages = false;  // makes the mean model known to rank 0
  bool saves = false;
  bool ends = false;
  template <class V>
  void fields(V&& v) {
    v("measures", measures);
    v("averages", averages);
    v("saves", saves);
    v("ends", ends);
  }
};

// A number or a text of rank 0.
struct Notice {
  static constexpr std::uint16_t type = 45;
  std::uint64_t number = 0;
  std::string text;
  template <class V>
  void fields(V&& v) {
    v("number", number);
    v("text", text);
  }
};

/// On rank 0 the messages of every rank, by rank; empty elsewhere.
template <class M>
Result<std::vector<M>> gather(const M& mine, const SessionInput& input) {
  if (input.transport->size() == 1) return std::vector<M>{mine};
  COHORT_TRY(const auto frames, input.exchange->gather_to(Rank(0), encode(mine),
                                                          Deadline::after(input.silence_limit)));
  std::vector<M> all;
  for (std::size_t r = 0; r < frames.size(); ++r) {
    COHORT_TRY(M m, decode<M>(frames[r], fmt::format("rank {}", r)));
    all.push_back(std::move(m));
  }
  return all;
}
template <class M>
Result<M> spread_from_rank_0(const M& mine, const SessionInput& input) {
  return from_rank_0(mine, Job{input.transport, input.exchange, input.stop_signal},
                     input.silence_limit);
}

template <class V, class Merge, class M>
std::optional<V> merged(std::vector<M>& parts, std::vector<Subtree<V>> M::*subtrees, Merge merge) {
  std::vector<Subtree<V>*> all;
  for (M& part : parts) {
    for (Subtree<V>& subtree : part.*subtrees) all.push_back(&subtree);
  }
  // Ranks hold ascending nodes, but any tokens.
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
  OrderedSum<V, Merge> sum(merge);
  for (Subtree<V>* subtree : all) sum.add(subtree->id, std::move(subtree->value));
  return std::move(sum).total();
}

// A run, as one rank sees it.
class Nodes {
 public:
  explicit Nodes(SessionInput& input)
      : input_(input),
        scenario_(input.prepared->scenario()),
        rank_(input.transport->self().value),
        plan_(input.prepared->plan(input.transport->size(), true)) {}

  Result<SessionResult> run();

 private:
  bool is_first() const { return rank_ == 0; }
  Result<void> begin();
  Result<void> begin_gossip(const WorkerSetup& setup, IdRange subtrees);
  Result<void> begin_tokens(const WorkerSetup& setup, IdRange subtrees);
  Result<void> plan_rounds();
  Result<void> plan_round(std::uint64_t round);
  Result<void> step();
  Result<void> close_round(const RoundPart& mine);
  Result<void> measure();
  Result<void> average();
  Result<void> save();
  /// Rank 0: into the report.
  void take(std::vector<RoundPart> parts);
  StopDecision decide(bool is_measured) const;
  Progress progress() const;
  void look_for_signals();

  SessionInput& input_;
  const Scenario& scenario_;
  std::uint32_t rank_;
  SynchronousPlan plan_;
  std::optional<GossipWorker> gossip_;
  std::optional<TokenWorker> tokens_;
  NodeHost* host_ = nullptr;  // whichever of them there is
  std::optional<Evaluator> evaluator_;
  std::vector<Scratch> scratch_;
  std::uint64_t period_ = 1;
  std::vector<std::optional<MixingPlan>> plans_;  // of the rounds of a period, or one
  Stopwatch stopwatch_;
  std::uint64_t round_ = 0;
  Vec mean_;  // of the nodes' models in round averaged_
  std::optional<std::uint64_t> averaged_;
  bool has_ended_ = false;
  bool are_described_ = false;  // the clients, of a run that measures each

  // Rank 0.
  ServerCheckpoint state_;
  RoundReport report_;
  double imbalance_ = 1;
  std::optional<NodeId> non_finite_;
  StopDecision decision_;
  std::string stop_request_;
  std::set<std::string> noted_;
  ClientTable clients_;
  RealClock clock_;
  Seconds before_{0};  // of a resumed run
  Seconds last_save_{0};
};

Result<void> Nodes::begin() {
  const Prepared& prepared = *input_.prepared;
  WorkerSetup setup = prepared.worker_setup(rank_, input_.transport->size());
  if (prepared.needs_reference()) {
    const Job job{input_.transport, input_.exchange, input_.stop_signal};
    COHORT_TRY(const Minimiser reference, reference_solution(prepared, job, *input_.pool));
    if (scenario_.evaluates(Metric::distance)) setup.evaluation.optimum = reference.x;
    plan_.evaluation.minimum = reference.value;
    if (is_first()) {
      input_.observer->note(fmt::format("reference: objective {}, norm of its gradient {:.2g}",
                                        reference.value, reference.gradient_norm));
    }
  }
  const IdRange subtrees = rank_subtrees(setup.clients, rank_, setup.ranks);
  scratch_.resize(input_.pool->size());
  EvaluationPlace place;
  place.function = setup.function;
  place.pool = input_.pool;
  place.held = setup.held;
  place.subtrees = subtrees;
  place.is_first = is_first();
  place.client_weight = setup.client_weight;
  place.scratch = [this](std::size_t lane) -> Scratch& { return scratch_[lane]; };
  evaluator_.emplace(setup.evaluation, std::move(place));
  COHORT_DO(scenario_.has_tokens() ? begin_tokens(setup, subtrees) : begin_gossip(setup, subtrees));
  if (input_.resume) {
    COHORT_DO(host_->load(input_.resume->client_files));
    if (is_first()) state_ = std::move(input_.resume->server);
    before_ = Seconds(state_.elapsed);
  } else {
    state_.x = prepared.start();
  }
  COHORT_TRY(const Notice begun, spread_from_rank_0(Notice{state_.round, {}}, input_));
  round_ = begun.number;

  return scenario_.has_tokens() ? Result<void>() : plan_rounds();
}

Result<void> Nodes::begin_gossip(const WorkerSetup& setup, IdRange subtrees) {
  GossipSetup gossip;
  gossip.method = scenario_.gossip.method.get();
  gossip.function = setup.function;
  gossip.local = scenario_.local;
  gossip.compressor = scenario_.compressor;
  gossip.byzantine = setup.byzantine;
  gossip.seed = setup.seed;
  gossip.client_weight = setup.client_weight;
  gossip.ranks = plan_.ranks;
  gossip.subtrees = subtrees;
  gossip.silence_limit = input_.silence_limit;
  gossip_.emplace(std::move(gossip), input_.prepared->start(), *input_.pool, *input_.transport);
  host_ = &*gossip_;
  return {};
}

Result<void> Nodes::begin_tokens(const WorkerSetup& setup, IdRange subtrees) {
  std::vector<double> weights;
  for (std::uint64_t i = 0; i < setup.clients; ++i) {
    weights.push_back(setup.client_weight(ClientId(i)));
  }
  COHORT_TRY(TokenNetwork network, token_network(scenario_, weights));
  TokenSetup tokens;
  tokens.method = scenario_.token.method.get();
  tokens.function = setup.function;
  tokens.local = scenario_.local;
  tokens.byzantine = setup.byzantine;
  tokens.seed = setup.seed;
  tokens.client_weight = setup.client_weight;
  tokens.graph = std::move(network.graph);
  tokens.walk = std::move(network.walk);
  tokens.visit_shares = std::move(network.visit_shares);
  tokens.tokens = scenario_.token.tokens;
  tokens.hops = scenario_.token.hops;
  tokens.ranks = plan_.ranks;
  tokens.subtrees = subtrees;
  tokens.silence_limit = input_.silence_limit;
  tokens_.emplace(std::move(tokens), input_.prepared->start(), *input_.pool, *input_.transport);
  host_ = &*tokens_;
  return {};
}

Result<void> Nodes::plan_rounds() {
  COHORT_TRY(period_, scenario_.gossip.graph->period(
                          {scenario_.clients.count, scenario_.seeds.run, round_}));
  const bool is_planned = period_ > 0 && period_ <= longest_planned_period;
  plans_.resize(is_planned ? period_ : 1);
  if (!is_first() || input_.resume) return {};
  for (const std::string& note : scenario_.gossip.notes) input_.observer->note(note);
  COHORT_TRY(const MixingMatrix w, mixing_of_round(scenario_, 1));
  std::string text = fmt::format("gossip: {} nodes, {} directed edges in the first round",
                                 w.nodes(), w.sources.size());
  if (plan_.ranks.size() > 1) {
    text += fmt::format(", {:.1f} % of them between ranks", 100 * cut_share(w, plan_.ranks));
  }
  input_.observer->note(text);
  return {};
}

Result<void> Nodes::plan_round(std::uint64_t round) {
  auto& plan = plans_[(round - 1) % plans_.size()];
  const bool is_kept = plans_.size() == period_;
  if (plan && is_kept) return {};
  COHORT_TRY(const MixingMatrix w, mixing_of_round(scenario_, round));
  plan.emplace(w, plan_.ranks, rank_);
  return {};
}

Result<void> Nodes::step() {
  ++round_;
  stopwatch_.lap(&PhaseTimes::coordinate);
  if (gossip_) COHORT_DO(plan_round(round_));
  COHORT_TRY(const RoundPart part,
             tokens_ ? tokens_->round(round_)
                     : gossip_->round(round_, *plans_[(round_ - 1) % plans_.size()]));
  stopwatch_.lap(&PhaseTimes::compute);
  return close_round(part);
}

void Nodes::take(std::vector<RoundPart> parts) {
  state_.round = round_;
  report_ = {};
  report_.round = round_;
  double most = 0, total = 0;
  non_finite_.reset();
  for (const RoundPart& part : parts) {
    report_.counts += part.counts;
    report_.bytes_up += part.bytes;
    most = std::max(most, part.seconds);
    total += part.seconds;
    if (!non_finite_) non_finite_ = part.non_finite;
  }
  // Nodes that no token has visited have no state.
  report_.state_hash = merged(parts, &RoundPart::hashes, JoinHashes{}).value_or(Hash128{});
  if (const auto tokens = merged(parts, &RoundPart::tokens, JoinHashes{})) {
    report_.state_hash = hash_fields(std::pair(report_.state_hash, *tokens));
  }
  imbalance_ = total > 0 ? most * static_cast<double>(parts.size()) / total : 1;
  if (round_ == 0) return;
  report_.cohort = report_.accepted = plan_.clients;
  state_.counts += report_.counts;
  state_.bytes_up += report_.bytes_up;
}

Progress Nodes::progress() const {
  Progress p;
  p.round = round_;
  for (const std::uint64_t n : state_.counts.calls) p.oracle_calls += n;
  p.protocol_bytes = state_.bytes_up + state_.bytes_down;
  p.elapsed = before_ + clock_.now();
  return p;
}

StopDecision Nodes::decide(bool is_measured) const {
  if (non_finite_) {
    return {Verdict::diverged, fmt::format("the model of node {} is not finite in round {}",
                                           non_finite_->value, round_)};
  }
  return decide_stop(plan_.stop, progress(),
                     is_measured && report_.measured ? &*report_.measured : nullptr);
}

void Nodes::look_for_signals() {
  if (input_.stop_signal == nullptr || !stop_request_.empty()) return;
  const int number = input_.stop_signal->load(std::memory_order_relaxed);
  if (number == 0) return;
  const char* name = number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGUSR1";
  stop_request_ = fmt::format("stopped by {}", name);
  input_.observer->note(
      fmt::format("{}: stopping after this round; once more to leave at once", name));
}

// After a round, or at the start: what every rank did, and what rank 0 makes of it.
Result<void> Nodes::close_round(const RoundPart& mine) {
  COHORT_TRY(std::vector<RoundPart> parts, gather(mine, input_));
  Directive directive;
  if (is_first()) {
    take(std::move(parts));
    const EvaluationPlan& evaluation = plan_.evaluation;
    const bool is_due =
        round_ == 0 ? evaluation.at_start : evaluation.every > 0 && round_ % evaluation.every == 0;
    const Verdict verdict = decide(false).verdict;
    // The last round is always evaluated; one that has diverged or is only interrupted is none.
    directive.measures = evaluation.enabled && verdict != Verdict::diverged &&
                         (is_due || verdict == Verdict::reached);
  }
  COHORT_TRY(directive, spread_from_rank_0(directive, input_));
  if (directive.measures) COHORT_DO(measure());

  std::optional<Error> failure;
  if (is_first()) {
    decision_ = decide(true);
    const auto written = input_.observer->round(
        report_, state_, {progress().elapsed, stopwatch_.take(), imbalance_});
    if (!written) failure = written.error();
    look_for_signals();
    if (decision_.verdict == Verdict::go_on && !stop_request_.empty()) {
      decision_ = {Verdict::out_of_time, stop_request_};
    }
    const CheckpointPlan& checkpoint = plan_.checkpoint;
    const bool is_due =
        (checkpoint.every && clock_.now() - last_save_ >= *checkpoint.every) ||
        (checkpoint.every_rounds && round_ > 0 && round_ % *checkpoint.every_rounds == 0);
    const bool is_interrupted = decision_.verdict == Verdict::out_of_time;
    directive = {};
    directive.ends = decision_.verdict != Verdict::go_on || failure;
    directive.saves = !failure && (is_interrupted || (is_due && !directive.ends));
    directive.averages = directive.ends && !failure;
  }
  COHORT_TRY(directive, spread_from_rank_0(directive, input_));
  if (failure) return *failure;
  if (directive.averages) COHORT_DO(average());
  if (directive.saves) COHORT_DO(save());
  has_ended_ = directive.ends;
  return {};
}

// x̄ of this round on every rank.
Result<void> Nodes::average() {
  if (averaged_ == round_) return {};
  COHORT_TRY(auto sums, gather(ModelSum{host_->sum()}, input_));
  EvaluateMessage message;
  message.round = round_;
  if (is_first()) {
    const ReplySum total = *merged(sums, &ModelSum::sums, AddReplies{});
    mean_ = total.front().to_vec() / total.front().weight;
    message.x.resize(as_span(mean_).size_bytes());
    std::copy(mean_.begin(), mean_.end(), message.x.as_mutable<double>().begin());
  }
  COHORT_TRY(message, spread_from_rank_0(message, input_));
  mean_ = as_vec(message.x.as<double>());
  if (is_first()) state_.x = mean_;
  averaged_ = round_;
  return {};
}

Result<void> Nodes::measure() {
  COHORT_DO(average());
  EvaluateMessage message;
  message.round = round_;
  message.x.resize(as_span(mean_).size_bytes());
  std::copy(mean_.begin(), mean_.end(), message.x.as_mutable<double>().begin());
  message.describes_clients = plan_.evaluation.per_client && !are_described_;
  are_described_ = true;
  COHORT_TRY(auto evaluated, gather(evaluator_->measure(message), input_));
  COHORT_TRY(auto spreads, gather(SpreadMessage{host_->spread(mean_)}, input_));
  stopwatch_.lap(&PhaseTimes::evaluate);
  if (!is_first()) return {};

  if (message.describes_clients) {
    COHORT_TRY(clients_, describe_clients(plan_.evaluation, evaluated, plan_.clients));
  }
  COHORT_TRY(Measurement measured,
             cohort::measure(plan_.evaluation, std::move(evaluated), plan_.clients));
  const Spreading spread = *merged(spreads, &SpreadMessage::spreads, Farther{});
  measured.values[""]["consensus_distance"] = spread.sum / static_cast<double>(spread.models);
  for (const auto& [name, text] : measured.notes) {
    if (noted_.insert(name).second) input_.observer->note(text);
  }
  clients_.columns = std::move(measured.columns);
  clients_.values = std::move(measured.client_values);
  report_.measured = std::move(measured.values);
  keep_best(*report_.measured, round_, state_);
  return {};
}

Result<void> Nodes::save() {
  SavedMessage saved;
  saved.round = round_;
  Notice folder;
  if (is_first()) folder.text = input_.observer->checkpoint_directory();
  COHORT_TRY(folder, spread_from_rank_0(folder, input_));
  if (auto file = host_->save(folder.text, round_)) {
    saved.file = *std::move(file);
  } else {
    saved.error = file.error().message;
  }
  COHORT_TRY(const auto all, gather(saved, input_));
  Notice outcome;  // an error, or nothing
  if (is_first()) {
    state_.client_files.clear();
    for (const SavedMessage& m : all) {
      if (!m.error.empty()) outcome.text = "checkpoint: " + m.error;
      state_.client_files.push_back(m.file);
    }
    last_save_ = clock_.now();
    state_.elapsed = progress().elapsed.count();
    if (outcome.text.empty()) {
      const auto written =
          input_.observer->checkpoint({round_, to_bytes(state_), state_.client_files});
      if (!written) outcome.text = written.error().message;
    }
  }
  COHORT_TRY(outcome, spread_from_rank_0(outcome, input_));
  stopwatch_.lap(&PhaseTimes::save);
  if (!outcome.text.empty()) return bad_environment(outcome.text);
  return {};
}

Result<SessionResult> Nodes::run() {
  COHORT_DO(begin());
  Transport& transport = *input_.transport;
  // Messages move on while this rank's threads compute.
  input_.pool->set_poll([&transport] { transport.progress(); });
  struct ResetPoll {
    ThreadPool& pool;
    ~ResetPoll() { pool.set_poll({}); }
  } const reset_poll{*input_.pool};

  if (round_ == 0) COHORT_DO(close_round(host_->status(0)));
  while (!has_ended_) COHORT_DO(step());
  COHORT_DO(transport.flush(Deadline::after(input_.silence_limit)));

  SessionResult result;
  result.phases = stopwatch_.take();
  if (!is_first()) return result;
  switch (decision_.verdict) {
    case Verdict::diverged:
      result.code = Code::diverged;
      break;
    case Verdict::out_of_time:
      result.code = Code::resumable;
      break;
    default:
      result.code = Code::done;
  }
  if (result.code != Code::resumable && !clients_.rows.empty()) {
    COHORT_DO(input_.observer->clients(clients_));
  }
  result.why = decision_.why;
  result.rounds = round_;
  result.x = mean_;
  result.best = state_.best;
  result.best_round = state_.best_round;
  return result;
}

}  // namespace

Result<SessionResult> run_decentralized(SessionInput input) { return Nodes(input).run(); }

}  // namespace cohort
