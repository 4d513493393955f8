#include "worker/worker.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/kernels.hpp"
#include "worker/collusion.hpp"

namespace cohort {

namespace {

constexpr std::string_view coordinator_name = "the coordinator";

bool is_real(const Block& block) { return block.form != Form::seed; }

std::span<double> stored_values(Block& block) {
  auto all = block.data.mutable_data();
  return {reinterpret_cast<double*>(all), block.count};
}

// Rounds a block to the element that the phase declares, as the wire would.
void round_elements(Block& block, Element element) {
  // What is not f64 any more was rounded by a compressor.
  if (!is_real(block) || block.element != Element::f64 || element == Element::f64) return;
  Block rounded = block;
  rounded.element = element;
  std::vector<double> values(block.count);
  block.copy_elements(values);
  if (is_sparse(block.form)) {
    rounded = sparse_block(block.name, block.length, block.indices(), values, element);
    rounded.form = block.form;
  } else {
    rounded = dense_block(block.name, values, element);
    rounded.form = block.form;
    rounded.length = block.length;
  }
  block = std::move(rounded);
}

std::vector<std::uint64_t> values_of(const std::vector<ClientId>& clients) {
  std::vector<std::uint64_t> ids;
  ids.reserve(clients.size());
  for (const ClientId c : clients) ids.push_back(c.value);
  return ids;
}

using HeldPayloads = std::vector<const std::pair<ClientId, Payload>*>;

/// body(rows) for the blocks at `position` of the payloads, in single precision where they are, and
/// decoded where a compressor encoded them; they were checked when the replies left.
template <class Body>
auto with_rows(const HeldPayloads& payloads, std::size_t position, const BlockSpec& spec,
               Body body) {
  const bool is_dense = !is_sparse(spec.form);
  if (is_dense && spec.element == Element::f32) {
    std::vector<SingleRow> rows;
    for (const auto* payload : payloads) {
      const Block& block = payload->second.blocks[position];
      rows.push_back({payload->first, block.data.as<float>(), true});
    }
    return body(std::span<const SingleRow>(rows));
  }
  std::vector<Vec> decoded;  // of blocks that are not dense f64
  decoded.reserve(payloads.size());
  std::vector<AggregationRow> rows;
  for (const auto* payload : payloads) {
    const Block& block = payload->second.blocks[position];
    const bool is_direct = !is_sparse(block.form) && block.element == Element::f64;
    rows.push_back({payload->first,
                    is_direct ? block.doubles() : as_span(decoded.emplace_back(block.to_vec())),
                    true});
  }
  return body(std::span<const AggregationRow>(rows));
}

ClientRecord fresh_record(const WorkerSetup& setup) {
  const Layout& layout = setup.function->layout();
  ClientRecord record;
  record.method = setup.method->client_state(layout);
  record.pipeline.start(setup.local, setup.update, layout);
  if (const Attack* attack = setup.byzantine.attack.get(); attack && attack->remembers()) {
    record.attack.resize(setup.method->phases(layout).size());
    for (State& s : record.attack) attack->start(s);
  }
  return record;
}

}  // namespace

Worker::Worker(WorkerSetup setup, ThreadPool& pool, Exchange* exchange)
    : setup_(std::move(setup)),
      pool_(&pool),
      exchange_(exchange),
      phases_(setup_.method->phases(setup_.function->layout())),
      store_(*setup_.method, [this] { return fresh_record(setup_); }),
      replica_(setup_.method->replica(setup_.function->layout())),
      lanes_(pool.size()),
      evaluator_(
          setup_.evaluation,
          {setup_.function, pool_, setup_.held,
           rank_subtrees(setup_.clients, setup_.rank.value, setup_.ranks), setup_.rank == Rank(0),
           setup_.client_weight,
           [this](std::size_t lane) -> Scratch& { return lanes_[lane].scratch; },
           [this](ClientId client, std::size_t lane, VecView x, VecRef out) {
             OracleCounts not_counted;
             Oracle rows(*setup_.function, client, {*pool_, lanes_[lane].scratch}, not_counted);
             setup_.method->personal(store_.committed(client).method, x, rows, out);
           }}) {
  const ClientRecord fresh = fresh_record(setup_);
  remembers_method_ = !fresh.method.is<NoState>();
  remembers_pipeline_ = !fresh.pipeline.empty();
  remembers_attack_ = !fresh.attack.empty();
  for (Lane& lane : lanes_) lane.pipeline = fresh.pipeline;
  if (!setup_.compressor) return;
  for (Phase& phase : phases_) {
    for (BlockSpec& spec : phase.up) {
      if (spec.takes_compressor()) spec.element = Element::f64;  // the compressor decides
    }
  }
}

Result<std::optional<Frame>> Worker::handle(const Frame& frame) {
  COHORT_TRY(const std::uint16_t type, message_type(frame, coordinator_name));
  const auto is_news = [&](std::uint64_t sequence) {
    if (sequence <= last_sequence_) return false;
    last_sequence_ = sequence;
    return true;
  };
  switch (type) {
    case AskMessage::type: {
      COHORT_TRY(auto message, decode<AskMessage>(frame, coordinator_name));
      if (!is_news(message.sequence)) return std::optional<Frame>();
      COHORT_DO(validate(message.ask.common, coordinator_name));
      const RealClock clock;
      const bool wants_reply = !message.clients.empty();
      COHORT_TRY(auto reply, answer(std::move(message)));
      reply.seconds = clock.now().count();
      if (!wants_reply) return std::optional<Frame>();
      return std::optional(encode(reply));
    }
    case CollectMessage::type: {
      COHORT_TRY(const auto message, decode<CollectMessage>(frame, coordinator_name));
      if (!is_news(message.sequence)) return std::optional<Frame>();
      COHORT_TRY(const auto collected, collect(message));
      return std::optional(encode(collected));
    }
    case AggregateMessage::type: {
      COHORT_TRY(const auto message, decode<AggregateMessage>(frame, coordinator_name));
      if (!is_news(message.sequence)) return std::optional<Frame>();
      COHORT_TRY(const auto combined, aggregate(message));
      if (!combined) return std::optional<Frame>();
      return std::optional(encode(*combined));
    }
    case EvaluateMessage::type: {
      COHORT_TRY(const auto message, decode<EvaluateMessage>(frame, coordinator_name));
      if (!is_news(message.sequence)) return std::optional<Frame>();
      if (message.x.size() != setup_.function->layout().shared() * sizeof(double)) {
        return bad_input("evaluation: the model does not have the length of the layout");
      }
      store_.settle(message.settled);
      return std::optional(encode(evaluator_.measure(message)));
    }
    case SaveMessage::type: {
      COHORT_TRY(const auto message, decode<SaveMessage>(frame, coordinator_name));
      if (!is_news(message.sequence)) return std::optional<Frame>();
      return std::optional(encode(save(message)));
    }
    case StopMessage::type: {
      stopped_ = true;
      return std::optional<Frame>();
    }
    default:
      return bad_input(fmt::format("expected a message for a worker from {}, found type {}",
                                   coordinator_name, type));
  }
}

bool Worker::is_summed(const BlockSpec& spec) const {
  const bool by_rule = spec.combine == Combine::rule || spec.combine == Combine::follow;
  return spec.combine == Combine::sum || spec.combine == Combine::mean ||
         (by_rule && setup_.aggregation.is_linear());
}

Result<ReplyMessage> Worker::answer(AskMessage message) {
  store_.settle(message.settled);
  Ask& ask = message.ask;
  if (ask.phase >= phases_.size()) {
    return bad_input(fmt::format("Ask of phase {}, but {} has {}", ask.phase, setup_.method->name(),
                                 phases_.size()));
  }
  if (!replica_.empty() && observed_ < ask.id) {
    const bool follows = ask.id.round == observed_.round
                             ? ask.id.index == observed_.index + 1
                             : ask.id.round == observed_.round + 1 && ask.id.index == 0;
    if (!follows) {
      return Error{Code::peer_lost,
                   fmt::format("{}: Ask {}.{} came behind {}.{}: this process has missed what its "
                               "copy of the model needs",
                               setup_.method->name(), ask.id.round, ask.id.index, observed_.round,
                               observed_.index)};
    }
    setup_.method->observe(replica_, ask);
    observed_ = ask.id;
  }
  COHORT_DO(setup_.method->hear(replica_, ask));
  for (const ClientId c : message.clients) {
    if (c.value < setup_.held.first || c.value >= setup_.held.last) {
      return bad_input(fmt::format("Ask for client {}, but this worker holds [{}, {})", c.value,
                                   setup_.held.first, setup_.held.last));
    }
  }

  const std::vector<std::uint64_t> ids = values_of(message.clients);
  std::vector<Answered> answered(ids.size());
  for (Lane& lane : lanes_) {
    lane.counts = {};
    lane.bytes_up = 0;
  }
  const auto leaf = [&](std::size_t i, std::uint64_t id, std::size_t lane) {
    auto sums = answer_client(message, ClientId(id), lanes_[lane], answered[i]);
    if (message.detail == ReplyDetail::apart) answered[i].apart = std::exchange(sums, {});
    return sums;
  };
  const auto combine = [&](std::size_t lane) { return AddReplies{&lanes_[lane].spare}; };
  const IdRange subtrees = rank_subtrees(setup_.clients, setup_.rank.value, setup_.ranks);

  ReplyMessage reply;
  reply.id = ask.id;
  if (ids.size() >= pool_->size()) {
    reply.sums = ordered_sum<ReplySum>(ids, *pool_, leaf, combine, subtrees);
  } else {
    // Fewer clients than threads: one after another, their row blocks in parallel.
    OrderedSum<ReplySum, AddReplies> sum(combine(0), subtrees);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (auto value = leaf(i, ids[i], 0)) sum.add(ids[i], std::move(*value));
    }
    reply.sums = std::move(sum).finish();
  }

  HeldRows held{ask.id, ask.phase, {}};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Answered& a = answered[i];
    if (a.error) return *std::move(a.error);
    const ClientId client(ids[i]);
    reply.reports.push_back({client, a.answer});
    if (message.detail != ReplyDetail::sums) reply.costs.push_back(a.cost);
    if (a.apart) apart_.insert_or_assign({client, ask.id}, *std::move(a.apart));
    if (a.tentative) store_.hold(client, *std::move(a.tentative));
    if (a.answer != Answer::accepted) continue;
    if (setup_.traces_replies) reply.traces.push_back(std::move(a.trace));
    if (!a.gathered.blocks.empty()) reply.gathered.emplace(client, std::move(a.gathered));
    if (!a.rows.blocks.empty()) held.rows.emplace_back(client, std::move(a.rows));
  }
  held_rows_ = std::move(held);
  for (const Lane& lane : lanes_) {
    reply.counts += lane.counts;
    reply.bytes_up += lane.bytes_up;
  }
  return reply;
}

std::optional<ReplySum> Worker::answer_client(const AskMessage& message, ClientId client,
                                              Lane& lane, Answered& out) {
  const Ask& ask = message.ask;
  const Phase& phase = phases_[ask.phase];
  const ClientRecord& committed = store_.committed(client);
  if (remembers_pipeline_) lane.pipeline = committed.pipeline;

  State next;
  ClientContext context;
  context.client = client;
  context.round = Round(ask.id.round);
  context.ask_index = ask.id.index;
  context.seed = setup_.seed;
  context.weight = setup_.client_weight(client);
  context.clients = setup_.clients;
  context.layout = &setup_.function->layout();
  context.local = &setup_.local;
  context.pipeline_state = &lane.pipeline;
  context.committed = &committed.method;
  context.next = &next;
  context.replica = &replica_;
  context.buffers = &lane.buffers;
  const auto personal = ask.personal.find(client);
  context.personal = personal == ask.personal.end() ? nullptr : &personal->second;

  const bool lies = setup_.byzantine.lies(client, ask.id.round);
  const bool is_poisoned = lies && setup_.byzantine.attack->flips_labels();
  const Function& function = is_poisoned ? *setup_.byzantine.flipped : *setup_.function;
  Oracle oracle(function, client, {*pool_, lane.scratch}, out.cost.counts);
  lane.reply.start(phase, &lane.spare);
  if (auto answered = setup_.method->answer(context, ask, oracle, lane.reply); !answered) {
    out.error = Error{answered.error().code, fmt::format("client {}, round {}: {}", client.value,
                                                         ask.id.round, answered.error().message)};
    return std::nullopt;
  }
  finish_reply(message, client, lane, lane.pipeline);

  Payload& payload = lane.reply.payload();
  std::optional<std::vector<State>> attack;
  if (lies && remembers_attack_) {
    attack = committed.attack;
    setup_.byzantine.attack->replay((*attack)[ask.phase], payload);
  }
  out.cost.bytes_up = payload.encoded_size();
  lane.bytes_up += out.cost.bytes_up;
  lane.counts += out.cost.counts;
  for (Block& block : payload.blocks) {
    // A NaN compares false.
    if (is_real(block) && !(block.squared_norm() <= largest_squared_norm)) {
      out.answer = Answer::non_finite;
      return std::nullopt;
    }
  }
  if (remembers_method_ || remembers_pipeline_ || attack) {
    Tentative t{ask.id, std::move(next), std::nullopt, std::move(attack), {}};
    if (remembers_pipeline_) t.pipeline = lane.pipeline;
    if (setup_.method->commits_sent()) t.sent = payload;
    out.tentative = std::move(t);
  }

  if (setup_.traces_replies) {
    out.trace.client = client;
    for (const Block& block : payload.blocks) {
      out.trace.blocks.emplace_back(block.name, hash_bytes({block.data.data(), block.data.size()}));
    }
  }

  const double weight = lane.reply.weight().value_or(context.weight);
  ReplySum sums;
  for (std::size_t i = 0; i < phase.up.size(); ++i) {
    Block& block = payload.blocks[i];
    if (is_summed(phase.up[i])) {
      sums.push_back(weighted_leaf(std::move(block), weight));
    } else if (phase.up[i].combine == Combine::gather) {
      out.gathered.blocks.push_back(std::move(block));
    } else {
      out.rows.blocks.push_back(std::move(block));
    }
  }
  if (sums.empty()) return std::nullopt;
  return sums;
}

Result<CollectedMessage> Worker::collect(const CollectMessage& message) {
  CollectedMessage collected;
  collected.sequence = message.sequence;
  OrderedSum<ReplySum, AddReplies> sum(
      AddReplies{}, rank_subtrees(setup_.clients, setup_.rank.value, setup_.ranks));
  std::optional<Subtree<ReplySum>> leaf;  // of one client: its replies by ascending id
  const auto add_leaf = [&] {
    if (leaf) sum.add(leaf->id, std::move(leaf->value));
    leaf.reset();
  };
  for (const HeldReply& wanted : message.counted) {
    auto held = apart_.extract({wanted.client, wanted.id});
    if (held.empty() || (leaf && wanted.client.value < leaf->id)) {
      return bad_input(
          fmt::format("asked to count the reply of client {} to round {}, which is "
                      "not held here, or not in the order of clients",
                      wanted.client.value, wanted.id.round));
    }
    if (wanted.factor != 1) {
      for (BlockSum& block : held.mapped()) {
        kernels::scale(wanted.factor, block.values.as_mutable<double>());
      }
    }
    if (leaf && leaf->id != wanted.client.value) add_leaf();
    if (leaf) {
      AddReplies{}(leaf->value, std::move(held.mapped()));
    } else {
      leaf = {wanted.client.value, std::move(held.mapped())};
    }
  }
  add_leaf();
  collected.sums = std::move(sum).finish();
  for (const HeldReply& unwanted : message.forgotten) {
    apart_.erase({unwanted.client, unwanted.id});
  }
  return collected;
}

// Between the method's answer and the wire: transforms of the update, the attack, compression,
// rounding.
void Worker::finish_reply(const AskMessage& message, ClientId client, Lane& lane,
                          ClientPipelineState& pipeline) {
  const AskId id = message.ask.id;
  const Phase& phase = phases_[message.ask.phase];
  const bool lies = setup_.byzantine.lies(client, id.round);
  for (std::size_t i = 0; i < phase.up.size(); ++i) {
    Block& block = lane.reply.payload().blocks[i];
    if (!is_real(block)) continue;
    if (phase.up[i].is_update && !setup_.update.transforms.empty()) {
      const StepInfo info{Round(id.round), id.index,
                          Stream(setup_.seed, Purpose::method, client.value, id.round),
                          &setup_.function->layout()};
      const auto x = as_vec(message.ask.common.at("x").doubles());
      setup_.update.run_on_update(info, pipeline.update, x, as_vec(block.mutable_doubles()));
    }
    if (lies && !setup_.byzantine.attack->colludes()) {
      const Stream stream =
          Stream(setup_.seed, Purpose::attack, client.value, id.round).sub(id.index).sub(i);
      Eigen::Map<Vec> values = as_vec(stored_values(block));
      setup_.byzantine.attack->craft(stream, values);
    }
    if (setup_.compressor && phase.up[i].takes_compressor()) {
      Bytes dense = block.data;
      setup_.compressor->compress(
          Stream(setup_.seed, Purpose::compressor, client.value, id.round).sub(id.index).sub(i),
          block);
      // One for the next client is enough; sums give back what they take.
      if (lane.spare.empty()) lane.spare.push_back(std::move(dense));
    }
    round_elements(block, phase.up[i].element);
  }
}

// What Byzantine clients that collude send instead of their rows; empty where nobody does.
template <class T>
Result<std::vector<T>> Worker::collude(const AggregateMessage& message, std::size_t position,
                                       std::size_t d, const RoundInput& input,
                                       std::vector<RowOf<T>>& rows) {
  std::vector<ClientId> liars;
  for (const ClientId c : message.accepted) {
    if (setup_.byzantine.lies(c, message.id.round)) liars.push_back(c);
  }
  if (liars.empty() || !setup_.byzantine.attack->colludes()) return std::vector<T>();
  const auto is_liar = [&](const RowOf<T>& row) {
    return std::binary_search(liars.begin(), liars.end(), row.client);
  };
  std::vector<RowOf<T>> honest;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(honest), std::not_fn(is_liar));
  const Stream stream =
      Stream(setup_.seed, Purpose::attack, 0, message.id.round).sub(message.id.index).sub(position);
  COHORT_TRY(const Vec row, colluding_row({setup_.byzantine.attack.get(), liars, stream},
                                          setup_.aggregation, honest, d, input, *pool_, exchange_,
                                          Deadline::after(setup_.exchange_limit)));
  std::vector<T> sent(row.begin(), row.end());
  for (RowOf<T>& r : rows) {
    if (is_liar(r)) r.values = sent;
  }
  return sent;
}

Result<std::optional<AggregatedMessage>> Worker::aggregate(const AggregateMessage& message) {
  if (!held_rows_ || held_rows_->id != message.id) {
    // A worker none of whose clients took part holds no rows, but works on its coordinates.
    held_rows_ = HeldRows{message.id, message.phase, {}};
  }
  const Phase& phase = phases_.at(held_rows_->phase);
  HeldPayloads present;
  for (const auto& row : held_rows_->rows) {
    if (std::binary_search(message.accepted.begin(), message.accepted.end(), row.first)) {
      present.push_back(&row);
    }
  }

  AggregatedMessage combined;
  combined.id = message.id;
  RoundInput input{
      message.f,
      Stream(setup_.seed, Purpose::aggregation, 0, message.id.round).sub(message.id.index)};
  std::map<std::string, RowWeights> weights_of;
  std::size_t position = 0;  // among the blocks for the rule
  for (const BlockSpec& spec : phase.up) {
    if (spec.combine != Combine::rule && spec.combine != Combine::follow) continue;
    const std::size_t d = coordinates(spec.form, spec.length);
    const auto previous = message.previous.find(spec.name);
    if (previous != message.previous.end()) input.previous = previous->second.as<double>();
    BlockSum result;
    result.coordinates = d;
    COHORT_TRY(Vec value, with_rows(present, position, spec, [&](const auto& rows) -> Result<Vec> {
                 const auto deadline = Deadline::after(setup_.exchange_limit);
                 if (spec.combine == Combine::follow) {
                   return combine_rows(weights_of.at(spec.follows), rows, d, *pool_, exchange_,
                                       deadline);
                 }
                 std::vector<typename std::decay_t<decltype(rows)>::value_type> sent(rows.begin(),
                                                                                     rows.end());
                 COHORT_TRY(const auto made, collude(message, position, d, input, sent));
                 COHORT_TRY(Aggregate done, aggregate_rows(setup_.aggregation, sent, d, input,
                                                           *pool_, exchange_, deadline));
                 weights_of[spec.name] = std::move(done.weights);
                 return std::move(done.value);
               }));
    ++position;
    if (setup_.rank != Rank(0)) continue;
    result.weight = 1;
    result.values.resize(d * sizeof(double));
    std::copy(value.begin(), value.end(), result.values.as_mutable<double>().begin());
    combined.blocks.push_back(std::move(result));
  }
  held_rows_.reset();
  if (setup_.rank != Rank(0)) return std::optional<AggregatedMessage>();
  return std::optional(std::move(combined));
}

// A checkpoint file, sealed: replica and the Ask that it has seen, client records.
SavedMessage Worker::save(const SaveMessage& message) {
  store_.settle(message.settled);
  SavedMessage saved;
  saved.round = message.round;
  std::vector<std::byte> body;
  Writer writer(body);
  writer.put(observed_);
  replica_.save(writer);
  const std::vector<std::byte> records = store_.save(message.complete);
  writer.raw(records.data(), records.size());
  saved.file = fmt::format("clients-{}-{}.bin", message.round, setup_.rank.value);
  const auto path = std::filesystem::path(message.directory) / saved.file;
  if (auto written = write_sealed(path, body); !written) saved.error = written.error().message;
  return saved;
}

Result<void> Worker::load(const std::vector<std::filesystem::path>& files) {
  for (const auto& path : files) {
    const auto fail = [&](const std::string& why) { return bad_input(path.string() + ": " + why); };
    COHORT_TRY(const std::vector<std::byte> body, read_sealed(path));
    Reader reader(body);
    AskId observed;
    reader("observed", observed);
    State replica = setup_.method->replica(setup_.function->layout());
    reader("replica", replica);
    if (auto read = reader.status(); !read) return fail(read.error().message);
    if (!(observed < observed_)) {
      observed_ = observed;
      replica_ = std::move(replica);
    }
    if (auto loaded = store_.load(std::span(body).last(reader.remaining()), setup_.held); !loaded) {
      return fail(loaded.error().message);
    }
  }
  return {};
}

}  // namespace cohort
