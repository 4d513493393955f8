#include "scenarios/session.hpp"

#include <fmt/format.h>

#include <csignal>

#include "comm/codec.hpp"
#include "core/random.hpp"
#include "problems/external/channel.hpp"
#include "problems/owned_segments.hpp"
#include "scenarios/model_file.hpp"
#include "scenarios/reference.hpp"

namespace cohort {

namespace {

// What a method's theory asks of the compressor's constants for blocks of this length.
Result<void> check_compressor(const Scenario& scenario, const BlockSpec& block) {
  if (!scenario.compressor || !block.takes_compressor()) return {};
  const Compressor& compressor = *scenario.compressor;
  const bool has_server = scenario.method != nullptr;
  const Compression needed = has_server ? scenario.method->needs().compression
                                        : *scenario.gossip.method->needs().compression;
  const std::string_view method =
      has_server ? scenario.method->name() : scenario.gossip.method->name();
  const auto omega = compressor.omega(block.length), delta = compressor.delta(block.length);
  if (needed == Compression::unbiased && !omega) {
    return bad_input(fmt::format(
        "method.update.compressor: {} needs an unbiased compressor, and {} is biased; expected one "
        "of those for which `cohort list compressors` tells an omega",
        method, compressor.name()));
  }
  if (needed == Compression::contractive && !delta) {
    return bad_input(fmt::format(
        "method.update.compressor: {} needs E |C(x) - x|^2 < |x|^2, and {} with these options has "
        "{} times |x|^2 at d = {}; expected more levels, smaller buckets, or a compressor for "
        "which `cohort list compressors` tells a delta",
        method, compressor.name(), omega ? fmt::format("up to {:.3g}", *omega) : "no bound below 1",
        block.length));
  }
  return {};
}

Result<void> check_down(const Scenario& scenario, std::uint64_t d) {
  if (!scenario.down || scenario.down->delta(d)) return {};
  return bad_input(fmt::format(
      "method.down.compressor: what is left out is sent later, which needs E |C(x) - x|^2 < |x|^2, "
      "and {} with these options has no such bound at d = {}; expected more levels, smaller "
      "buckets, or a compressor for which `cohort list compressors` tells a delta",
      scenario.down->name(), d));
}

// What a model lacks of which clients own a part.
Result<void> check_capabilities(const Scenario& scenario, Capabilities of_function) {
  if (!scenario.local.estimator) return {};
  const Capabilities missing = scenario.local.estimator->needs().without(of_function);
  if (missing.empty()) return {};
  return bad_input(fmt::format(
      "method.local.estimator: {} asks for {}, which {} does not have where clients own a part",
      scenario.local.estimator->name(), missing.to_string(), scenario.objective->name()));
}

// What a method's phases ask of the rule and of [method.update], which is known once the layout is.
Result<void> check_phases(const Scenario& scenario, const Layout& layout) {
  const auto& attack = scenario.clients.byzantine.attack;
  if (scenario.gossip.method) {
    for (const Phase& phase : scenario.gossip.method->phases(layout)) {
      for (const BlockSpec& block : phase.up) COHORT_DO(check_compressor(scenario, block));
    }
  }
  if (scenario.is_decentralized()) return {};
  for (const Phase& phase : scenario.method->phases(layout)) {
    for (const BlockSpec& block : phase.up) {
      const bool is_by_rule = block.combine == Combine::rule && !scenario.aggregation.is_linear();
      if (attack && attack->colludes() && block.form != Form::seed && !is_by_rule) {
        return bad_input(fmt::format(
            "clients.byzantine.attack: {} is made of the honest updates that a rule combines, and "
            "block '{}' of {} is none; name [aggregation] rule (\"mean\" is one), or another "
            "attack",
            attack->name(), block.name, scenario.method->name()));
      }
      if (block.combine == Combine::follow && !scenario.aggregation.gives_weights()) {
        return bad_input(fmt::format(
            "{}: block '{}' follows the weights of a rule, and {} gives none; choose a rule that "
            "weighs whole updates",
            scenario.method->name(), block.name, scenario.aggregation.rule->name()));
      }
      COHORT_DO(check_compressor(scenario, block));
      const bool has_model = std::any_of(phase.down.begin(), phase.down.end(),
                                         [](const BlockSpec& down) { return down.name == "x"; });
      if (block.is_update && !has_model && !scenario.update.transforms.empty()) {
        return bad_input(fmt::format(
            "{}: method.update transforms need the model that block '{}' updates, and the Ask "
            "carries no block 'x'",
            scenario.method->name(), block.name));
      }
    }
  }
  return {};
}

RowSource source_of(EvaluationSet set) {
  switch (set) {
    case EvaluationSet::train:
      return RowSource::client;
    case EvaluationSet::validation:
      return RowSource::validation;
    case EvaluationSet::test:
      return RowSource::test;
    case EvaluationSet::client_test:
      break;
  }
  return RowSource::client_test;
}

// The clients that count on train and client_test, ascending: the honest ones, or a subsample of
// them that is the same on every rank and in every round.
std::vector<IdRange> evaluated_clients(const Scenario& s) {
  std::vector<IdRange> honest;
  std::uint64_t next = 0, count = 0;
  const auto add_until = [&](std::uint64_t end) {
    if (end > next) honest.push_back({next, end});
    count += end - next;
    next = end + 1;
  };
  for (const ClientId liar : s.clients.byzantine.clients) add_until(liar.value);
  add_until(s.clients.count);
  if (!s.evaluation.clients) return honest;
  const Stream stream(s.seeds.run, Purpose::evaluation);
  std::vector<IdRange> chosen;
  std::uint64_t before = 0;  // honest clients of earlier ranges
  auto range = honest.begin();
  for (const std::uint64_t place :
       sample_without_replacement(stream, *s.evaluation.clients, count)) {
    while (place - before >= range->last - range->first) {
      before += range->last - range->first;
      ++range;
    }
    const std::uint64_t client = range->first + (place - before);
    chosen.push_back({client, client + 1});
  }
  return chosen;
}

}  // namespace

Result<std::unique_ptr<Prepared>> Prepared::make(const Scenario& scenario, std::uint32_t rank,
                                                 std::uint32_t ranks) {
  std::unique_ptr<Prepared> p(new Prepared);
  p->scenario_ = &scenario;
  ObjectiveInput input{nullptr, scenario.clients.count, scenario.seeds.model};
  if (scenario.data) {
    const Share share = Share::of_rank(scenario.clients.count, rank, ranks);
    COHORT_TRY(DataSet data, load_data(*scenario.data, share));
    p->data_.emplace(std::move(data));
    input.data = &p->data_->store;
  }
  if (scenario.evaluates(EvaluationSet::client_test) &&
      p->data_->store.count(RowSource::client_test) == 0) {
    return bad_input(fmt::format(
        "evaluation.on: data.split.client_test = {} leaves none of the {} clients a test row",
        scenario.data->split.client_test, scenario.clients.count));
  }
  COHORT_TRY(p->function_, scenario.objective->make(input));
  if (const auto& attack = scenario.clients.byzantine.attack; attack && attack->flips_labels()) {
    p->flipped_data_ = p->data_->store.with_flipped_labels();
    input.data = &*p->flipped_data_;
    COHORT_TRY(p->flipped_, scenario.objective->make(input));
  }
  if (scenario.method) {
    const MethodNeeds needs = scenario.method->needs();
    for (auto* function : {&p->function_, &p->flipped_}) {
      if (needs.owned.empty() || *function == nullptr) continue;
      COHORT_TRY(*function, own_segments(std::move(*function), needs.owned, "method.owned"));
    }
    COHORT_DO(check_capabilities(scenario, p->function_->capabilities()));
  }
  COHORT_DO(check_phases(scenario, p->function_->layout()));
  COHORT_DO(check_down(scenario, p->function_->layout().shared()));
  p->start_ = p->function_->start();
  if (scenario.init) {
    const std::string file = scenario.init->file.string();
    COHORT_TRY(const ModelFile model, read_model(file));
    COHORT_DO(check_rows(model, *p->data_, file));
    COHORT_TRY(p->start_, point_of(model, p->function_->layout(), file));
  }
  return p;
}

double Prepared::client_weight(ClientId client) const {
  const double clients = static_cast<double>(scenario_->clients.count);
  if (scenario_->clients.weights == ClientWeights::uniform || !data_) return 1.0 / clients;
  return static_cast<double>(data_->store.rows_of_client(client)) /
         static_cast<double>(data_->store.count(RowSource::client));
}

bool Prepared::needs_reference() const {
  return scenario_->evaluates(Metric::distance) || scenario_->evaluates(Metric::optimality_gap);
}

WorkerSetup Prepared::worker_setup(std::uint32_t rank, std::uint32_t ranks) const {
  const Scenario& s = *scenario_;
  WorkerSetup w;
  w.method = s.method.get();
  w.function = function_.get();
  w.local = s.local;
  w.update = s.update;
  w.compressor = s.compressor;
  w.aggregation = s.aggregation;
  w.byzantine = {s.clients.byzantine.clients, s.clients.byzantine.from_round,
                 s.clients.byzantine.attack, flipped_.get()};
  w.seed = s.seeds.run;
  w.clients = s.clients.count;
  w.client_weight = [this](ClientId c) { return client_weight(c); };
  w.held = rank_range(s.clients.count, rank, ranks);
  w.rank = Rank(rank);
  w.ranks = ranks;
  w.evaluation.metrics = s.evaluation.metrics;
  w.evaluation.per_client = s.evaluation.per_client;
  w.evaluation.personal = s.evaluation.personal;
  const std::vector<IdRange> evaluated = evaluated_clients(s);
  for (const IdRange range : evaluated) {
    const IdRange here{std::max(range.first, w.held.first), std::min(range.last, w.held.last)};
    if (here.first < here.last) w.evaluation.clients.push_back(here);
  }
  for (const EvaluationSet set : s.evaluation.on) {
    const RowSource source = source_of(set);
    EvaluatedSet measured{std::string(to_string(set)), source, 0, {0, 0}};
    if (is_of_clients(source)) {
      for (const IdRange range : evaluated) {
        for (std::uint64_t c = range.first; c < range.last; ++c) {
          measured.total += data_ ? data_->store.rows_of_client(ClientId(c), source) : 1;
        }
      }
    } else {
      measured.total = data_->store.count(source);
      measured.held = data_->store.held(source);
    }
    w.evaluation.sets.push_back(std::move(measured));
  }
  w.traces_replies = s.site.trace == Trace::clients;
  return w;
}

RoundPlan Prepared::round_plan(std::uint32_t ranks, bool clients_remember) const {
  const Scenario& s = *scenario_;
  RoundPlan p;
  p.method = s.method.get();
  p.pipeline = s.server;
  p.layout = &function_->layout();
  p.seed = s.seeds.run;
  p.clients = s.clients.count;
  p.cohort_size = s.clients.cohort_size;
  for (std::uint32_t r = 0; r < ranks; ++r) p.ranks.push_back(rank_range(p.clients, r, ranks));
  p.clients_remember = clients_remember;
  p.has_rule = !s.aggregation.is_linear();
  p.rule_uses_previous = p.has_rule && s.aggregation.rule->uses_previous();
  p.byzantine = s.clients.byzantine.clients;
  p.byzantine_from = s.clients.byzantine.from_round;
  p.system = s.system;
  p.stop = s.schedule.stop;
  p.evaluation.every = s.evaluation.every;
  p.evaluation.at_start = s.evaluation.at_start;
  p.evaluation.enabled = !s.evaluation.metrics.empty();
  p.evaluation.prediction = function_->prediction();
  p.evaluation.metrics = s.evaluation.metrics;
  p.evaluation.per_client = s.evaluation.per_client;
  p.checkpoint.every = Seconds(s.site.checkpoint.every_seconds);
  p.checkpoint.every_rounds = s.site.checkpoint.every_rounds;
  return p;
}

SynchronousPlan Prepared::plan(std::uint32_t ranks, bool clients_remember) const {
  const Scenario& s = *scenario_;
  SynchronousPlan p;
  static_cast<RoundPlan&>(p) = round_plan(ranks, clients_remember);
  p.f = s.f;
  p.quorum = static_cast<std::uint64_t>(
      std::ceil(s.schedule.quorum * static_cast<double>(s.clients.cohort_size)));
  p.deadline = s.schedule.deadline;
  p.over_selection = s.schedule.over_selection;
  return p;
}

AsynchronousPlan Prepared::asynchronous_plan(std::uint32_t ranks) const {
  const ScheduleOptions& s = scenario_->schedule;
  AsynchronousPlan p;
  static_cast<RoundPlan&>(p) = round_plan(ranks, false);
  p.buffer = s.buffer;
  p.concurrency = s.concurrency;
  p.exponent = s.staleness_exponent;
  p.max_staleness = s.max_staleness;
  return p;
}

ServerCheckpoint Prepared::blank() const {
  if (scenario_->is_decentralized()) return {};
  const RoundPlan plan = round_plan(1, false);
  return scenario_->schedule.type == ScheduleType::asynchronous ? Asynchronous::blank(plan)
                                                                : Synchronous::blank(plan);
}

namespace {

// From the start, or from where a run goes on. `minimum` of the objective, for its gap.
template <class S, class Plan>
std::unique_ptr<Schedule> start_or_resume(SessionInput& input, Plan plan, double minimum) {
  plan.evaluation.minimum = minimum;
  if (input.resume) {
    return std::make_unique<S>(std::move(plan), std::move(input.resume->server));
  }
  return std::make_unique<S>(std::move(plan), input.prepared->start());
}

Result<std::unique_ptr<Schedule>> make_schedule(SessionInput& input, bool clients_remember,
                                                double minimum) {
  const std::uint32_t ranks = input.transport->size();
  if (input.prepared->scenario().schedule.type == ScheduleType::asynchronous) {
    if (clients_remember) {
      return bad_input(
          "schedule.type: in the asynchronous schedule clients answer for different rounds, so "
          "they can remember nothing: expected stages of [method.local] and [method.update], and "
          "attacks, without a state that is kept");
    }
    return start_or_resume<Asynchronous>(input, input.prepared->asynchronous_plan(ranks), minimum);
  }
  SynchronousPlan plan = input.prepared->plan(ranks, clients_remember);
  if (input.journal) {
    plan.deadline.reset();
    plan.journal = std::move(input.journal);
  }
  return start_or_resume<Synchronous>(input, std::move(plan), minimum);
}

std::string peer_name(Rank rank) { return fmt::format("rank {}", rank.value); }

// Rank 0: carries out the schedule's actions and feeds it what comes back.
class Driver {
 public:
  Driver(SessionInput& input, Schedule& schedule, Stopwatch& stopwatch)
      : input_(input),
        schedule_(schedule),
        stopwatch_(stopwatch),
        ranks_(input.transport->size()),
        compute_(ranks_) {}

  Result<void> carry_out(std::vector<Action> actions) {
    for (Action& action : actions) {
      COHORT_DO(std::visit([this](auto& a) { return act(a); }, action));
    }
    return {};
  }

  Result<void> deliver(const Envelope& envelope) {
    const std::string peer = peer_name(envelope.from);
    COHORT_TRY(const std::uint16_t type, message_type(envelope.frame, peer));
    const Rank from = envelope.from;
    switch (type) {
      case ReplyMessage::type: {
        COHORT_TRY(auto m, decode<ReplyMessage>(envelope.frame, peer));
        compute_[from.value] += m.seconds;
        return carry_out(schedule_.on_reply(from, std::move(m), now()));
      }
      case CollectedMessage::type: {
        COHORT_TRY(auto m, decode<CollectedMessage>(envelope.frame, peer));
        return carry_out(schedule_.on_collected(from, std::move(m), now()));
      }
      case AggregatedMessage::type: {
        COHORT_TRY(auto m, decode<AggregatedMessage>(envelope.frame, peer));
        return carry_out(schedule_.on_aggregated(std::move(m), now()));
      }
      case EvaluatedMessage::type: {
        COHORT_TRY(auto m, decode<EvaluatedMessage>(envelope.frame, peer));
        return carry_out(schedule_.on_evaluated(from, std::move(m), now()));
      }
      case SavedMessage::type: {
        COHORT_TRY(auto m, decode<SavedMessage>(envelope.frame, peer));
        return carry_out(schedule_.on_saved(from, m, now()));
      }
      case FailedMessage::type: {
        COHORT_TRY(const auto m, decode<FailedMessage>(envelope.frame, peer));
        return Error{static_cast<Code>(m.code), peer + ": " + m.message};
      }
      default:
        return peer_lost(fmt::format("{}: unexpected message of type {}", peer, type));
    }
  }

  Result<void> look_around() {
    if (input_.stop_signal != nullptr && !stop_requested_) {
      if (const int number = input_.stop_signal->load(std::memory_order_relaxed); number != 0) {
        stop_requested_ = true;
        const char* name = number == SIGINT ? "SIGINT" : number == SIGTERM ? "SIGTERM" : "SIGUSR1";
        schedule_.request_stop(fmt::format("stopped by {}", name));
        input_.observer->note(
            fmt::format("{}: stopping after this round; once more to leave at once", name));
      }
    }
    if (wake_ && now() >= *wake_) {
      wake_.reset();
      return carry_out(schedule_.on_time(now()));
    }
    return {};
  }

  bool finished() const { return finish_.has_value(); }
  const Finish& outcome() const { return *finish_; }
  Seconds now() const { return clock_.now(); }

 private:
  template <class M>
  Result<void> send(Rank to, const M& message) {
    stopwatch_.lap(&PhaseTimes::coordinate);
    COHORT_DO(input_.transport->send(to, Tag::to_worker, encode(message)));
    stopwatch_.lap(&PhaseTimes::broadcast);
    return {};
  }
  template <class M>
  Result<void> send_to_all(const M& message) {
    for (std::uint32_t r = 0; r < ranks_; ++r) COHORT_DO(send(Rank(r), message));
    return {};
  }
  Result<void> act(SendAsk& a) { return send(a.to, a.message); }
  Result<void> act(SendCollect& a) { return send(a.to, a.message); }
  Result<void> act(SendAggregate& a) { return send_to_all(a.message); }
  Result<void> act(SendEvaluate& a) { return send_to_all(a.message); }
  Result<void> act(SendSave& a) {
    a.message.directory = input_.observer->checkpoint_directory();
    return send(a.to, a.message);
  }
  Result<void> act(WakeAt& a) {
    wake_ = a.time;
    return {};
  }
  Result<void> act(WriteRound& a) {
    stopwatch_.lap(&PhaseTimes::coordinate);
    return input_.observer->round(a.report, schedule_.state(),
                                  {before_ + now(), stopwatch_.take(), take_imbalance()});
  }
  Result<void> act(WriteCheckpoint& a) { return input_.observer->checkpoint(a); }
  Result<void> act(WriteClients& a) { return input_.observer->clients(a.table); }
  Result<void> act(Note& a) {
    input_.observer->note(a.text);
    return {};
  }
  Result<void> act(Finish& a) {
    finish_ = a;
    return {};
  }

  // Of the Asks since the last round.
  double take_imbalance() {
    double most = 0, total = 0, ranks = 0;
    for (double& seconds : compute_) {
      most = std::max(most, seconds);
      total += seconds;
      ranks += seconds > 0;
      seconds = 0;
    }
    return total > 0 ? most * ranks / total : 1;
  }

  SessionInput& input_;
  Schedule& schedule_;
  Stopwatch& stopwatch_;
  std::uint32_t ranks_;
  std::vector<double> compute_;  // by rank, seconds
  RealClock clock_;
  const Seconds before_{schedule_.state().elapsed};  // of a resumed run
  std::optional<Seconds> wake_;
  std::optional<Finish> finish_;
  bool stop_requested_ = false;
};

Stopwatch::Phase phase_of(const Frame& frame) {
  const auto type = message_type(frame, "the coordinator");
  if (!type) return &PhaseTimes::wait;
  switch (*type) {
    case AskMessage::type:
      return &PhaseTimes::compute;
    case CollectMessage::type:
    case AggregateMessage::type:
      return &PhaseTimes::aggregate;
    case EvaluateMessage::type:
      return &PhaseTimes::evaluate;
    case SaveMessage::type:
      return &PhaseTimes::save;
    default:
      return &PhaseTimes::wait;
  }
}

// A message for the worker of this rank: answered, or reported as a failure.
Result<void> serve(Worker& worker, Transport& transport, const Frame& frame, Stopwatch& stopwatch) {
  stopwatch.lap(&PhaseTimes::wait);
  auto answer = [&]() -> Result<std::optional<Frame>> {
    try {
      return worker.handle(frame);
    } catch (const ExternalFailure& failure) {
      return peer_lost(failure.what());
    }
  }();
  stopwatch.lap(phase_of(frame));
  if (!answer) {
    const FailedMessage failed{static_cast<std::int32_t>(answer.error().code),
                               answer.error().message};
    return transport.send(Rank(0), Tag::to_coordinator, encode(failed));
  }
  if (!*answer) return {};
  return transport.send(Rank(0), Tag::to_coordinator, *std::move(*answer));
}

Result<void> drive(SessionInput& input, Worker& worker, Driver& driver, Stopwatch& stopwatch) {
  Transport& transport = *input.transport;
  Backoff backoff;
  Deadline silence = Deadline::after(input.silence_limit);
  while (!driver.finished()) {
    COHORT_DO(driver.look_around());
    bool idle = true;
    COHORT_TRY(auto for_worker, transport.poll(Tag::to_worker));
    if (for_worker) {
      idle = false;
      COHORT_DO(serve(worker, transport, for_worker->frame, stopwatch));
    }
    COHORT_TRY(auto for_schedule, transport.poll(Tag::to_coordinator));
    if (for_schedule) {
      idle = false;
      stopwatch.lap(&PhaseTimes::wait);
      COHORT_DO(driver.deliver(*for_schedule));
      stopwatch.lap(&PhaseTimes::coordinate);
    }
    if (!idle) {
      backoff = {};
      silence = Deadline::after(input.silence_limit);
    } else if (silence.passed()) {
      return peer_lost(
          fmt::format("no message from any worker for {} s", input.silence_limit.count()));
    } else {
      backoff.pause();
    }
  }
  return {};
}

}  // namespace

Result<SessionResult> run_session(SessionInput input) {
  Transport& transport = *input.transport;
  const std::uint32_t rank = transport.self().value, ranks = transport.size();
  std::optional<Minimiser> reference;
  if (input.prepared->needs_reference()) {
    const Job job{&transport, input.exchange, input.stop_signal};
    COHORT_TRY(reference, reference_solution(*input.prepared, job, *input.pool));
  }
  WorkerSetup setup = input.prepared->worker_setup(rank, ranks);
  if (rank == 0 && input.prepared->scenario().evaluates(Metric::distance)) {
    setup.evaluation.optimum = reference->x;
  }
  setup.exchange_limit = input.silence_limit;
  Worker worker(std::move(setup), *input.pool, ranks > 1 ? input.exchange : nullptr);
  if (input.resume) COHORT_DO(worker.load(input.resume->client_files));
  // Messages move on while this rank's threads compute.
  input.pool->set_poll([&transport] { transport.progress(); });
  struct ResetPoll {
    ThreadPool& pool;
    ~ResetPoll() { pool.set_poll({}); }
  } const reset_poll{*input.pool};

  Stopwatch stopwatch;
  SessionResult result;
  if (rank != 0) {
    while (!worker.stopped()) {
      COHORT_TRY(const Envelope e,
                 transport.receive(Tag::to_worker, Deadline::after(input.silence_limit)));
      COHORT_DO(serve(worker, transport, e.frame, stopwatch));
    }
    COHORT_DO(transport.flush(Deadline::after(input.silence_limit)));
    result.phases = stopwatch.take();
    return result;
  }

  double minimum = 0;
  if (reference) {
    minimum = reference->value;
    input.observer->note(fmt::format("reference: objective {}, norm of its gradient {:.2g}",
                                     reference->value, reference->gradient_norm));
  }
  COHORT_TRY(const auto schedule, make_schedule(input, worker.clients_remember(), minimum));
  Driver driver(input, *schedule, stopwatch);
  COHORT_DO(driver.carry_out(schedule->start(driver.now())));
  const auto driven = drive(input, worker, driver, stopwatch);
  const std::string why = driven ? driver.outcome().why : driven.error().message;
  for (std::uint32_t r = 1; r < ranks; ++r) {
    COHORT_DO(transport.send(Rank(r), Tag::to_worker, encode(StopMessage{why})));
  }
  COHORT_DO(transport.flush(Deadline::after(input.silence_limit)));
  if (!driven) return driven.error();

  result.code = driver.outcome().code;
  result.why = why;
  result.rounds = schedule->state().round;
  result.x = schedule->x();
  result.best = schedule->state().best;
  result.best_round = schedule->state().best_round;
  result.phases = stopwatch.take();
  return result;
}

}  // namespace cohort
