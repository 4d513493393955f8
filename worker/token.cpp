#include "worker/token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "algorithms/walk_sampling.hpp"
#include "comm/codec.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

/// Stops that are known ahead.
constexpr std::uint64_t longest_outlook = std::uint64_t{1} << 20;
/// What a block costs in protocol bytes beside its data.
constexpr std::uint64_t block_header = 16;

Rank rank_of(std::uint64_t node, const std::vector<IdRange>& ranks) {
  const auto after = std::upper_bound(
      ranks.begin(), ranks.end(), node,
      [](std::uint64_t value, const IdRange& range) { return value < range.last; });
  return Rank(static_cast<std::uint32_t>(after - ranks.begin()));
}

}  // namespace

void TokenMemory::start(const TokenMethod& of, const LocalPipeline& local, const Layout& layout,
                        VecView x) {
  method = of.token_state(layout, x);
  if (!local.keeps_state) return;
  local.chain.start(transforms, layout.shared());
  local.optimizer->start(optimizer, layout.shared());
}

std::uint64_t protocol_bytes(std::size_t d, std::size_t memory) {
  return sizeof(double) * d + block_header + (memory == 0 ? 0 : memory + block_header);
}

TokenWorker::TokenWorker(TokenSetup setup, VecView x, ThreadPool& pool, Transport& transport)
    : setup_(std::move(setup)),
      pool_(&pool),
      transport_(&transport),
      held_(setup_.ranks[transport.self().value]),
      start_(x),
      tokens_(setup_.tokens),
      nodes_(held_.last - held_.first),
      arrived_(setup_.tokens),
      lanes_(pool.size()) {
  for (std::uint64_t i = held_.first; i < held_.last; ++i) ids_.push_back(i);
  const std::uint64_t nodes = setup_.ranks.back().last;
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    walks_.push_back(setup_.walk->start(walk_start(setup_.seed, m, nodes)));
    if (holds(walks_[m].node)) tokens_[m] = fresh_token();
  }
}

TokenWorker::Token TokenWorker::fresh_token() const {
  const Layout& layout = setup_.function->layout();
  Token token;
  token.x.resize(as_span(start_).size_bytes());
  std::copy(start_.begin(), start_.end(), token.x.as_mutable<double>().begin());
  token.memory.start(*setup_.method, setup_.local, layout, start_);
  return token;
}

TokenWorker::Node TokenWorker::fresh_node() const {
  const Layout& layout = setup_.function->layout();
  Node node;
  node.method = setup_.method->node_state(layout, start_, setup_.tokens);
  setup_.local.estimator->start(node.estimator, layout.shared());
  return node;
}

void TokenWorker::look_ahead(std::uint64_t ticks) {
  stops_.resize((ticks + 1) * setup_.tokens);
  pool_->parallel_for(setup_.tokens, [&](std::size_t m, std::size_t) {
    WalkState& walk = walks_[m];
    stops_[m] = {walk.node, walk.visits()};
    for (std::uint64_t t = 1; t <= ticks; ++t) {
      setup_.walk->hop(walk, Stream(setup_.seed, Purpose::walk, m, walk.hops));
      stops_[t * setup_.tokens + m] = {walk.node, walk.visits()};
    }
  });
}

Result<RoundPart> TokenWorker::round(std::uint64_t round) {
  const RealClock clock;
  Seconds waited{0};
  for (Lane& lane : lanes_) lane.counts = {};
  bytes_ = 0;
  const std::uint64_t before = (round - 1) * setup_.hops;
  const std::uint64_t outlook = std::max<std::uint64_t>(1, longest_outlook / setup_.tokens);
  for (std::uint64_t done = 0; done < setup_.hops;) {
    const std::uint64_t ticks = std::min(outlook, setup_.hops - done);
    look_ahead(ticks);
    for (std::uint64_t t = 1; t <= ticks; ++t) {
      COHORT_DO(tick(t, before + done + t, waited));
    }
    done += ticks;
  }
  RoundPart part = status(round);
  for (const Lane& lane : lanes_) part.counts += lane.counts;
  part.bytes = bytes_;
  part.seconds = (clock.now() - waited).count();
  return part;
}

Result<void> TokenWorker::tick(std::uint64_t tick, std::uint64_t hop, Seconds& waited) {
  here_.clear();
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    const std::uint32_t from = stop(tick - 1, m).node, to = stop(tick, m).node;
    if (holds(from) && from != to) {
      // A lie is told when the token is passed on: the visit itself was honest.
      if (lies(from, hop)) {
        setup_.byzantine.attack->craft(Stream(setup_.seed, Purpose::attack, from, hop).sub(m),
                                       as_vec(tokens_[m]->x.as_mutable<double>()));
      }
      std::vector<std::byte>& memory = lanes_.front().state;
      memory.clear();
      Writer(memory).put(tokens_[m]->memory);
      bytes_ += protocol_bytes(static_cast<std::size_t>(start_.size()), memory.size());
      if (!holds(to)) COHORT_DO(send(m, hop, to, memory));
    }
    if (holds(to)) here_.push_back(m);
  }
  const RealClock clock;
  for (const std::uint64_t m : here_) {
    const std::uint32_t from = stop(tick - 1, m).node;
    if (!holds(from)) COHORT_DO(await(m, hop, rank_of(from, setup_.ranks)));
  }
  waited += clock.now();

  const auto node_of = [&](std::uint64_t m) { return stop(tick, m).node; };
  if (here_.size() > 1) {
    std::stable_sort(here_.begin(), here_.end(),
                     [&](std::uint64_t a, std::uint64_t b) { return node_of(a) < node_of(b); });
  }
  groups_.clear();
  for (std::size_t k = 0; k < here_.size(); ++k) {
    if (k == 0 || node_of(here_[k]) != node_of(here_[k - 1])) groups_.push_back(k);
  }
  const std::size_t nodes = groups_.size();
  groups_.push_back(here_.size());
  const auto visit_node = [&](std::size_t g, std::size_t lane) {
    for (std::size_t k = groups_[g]; k < groups_[g + 1]; ++k) {
      visit(here_[k], stop(tick, here_[k]), hop, lanes_[lane]);
    }
  };
  if (nodes < pool_->size() || nodes == 1) {
    // One after another, with their rows in parallel.
    for (std::size_t g = 0; g < nodes; ++g) visit_node(g, 0);
  } else {
    pool_->parallel_for(nodes, visit_node);
  }
  return {};
}

Result<void> TokenWorker::send(std::uint64_t token, std::uint64_t hop, std::uint32_t to,
                               std::span<const std::byte> memory) {
  TokenMessage message{token, hop, std::move(tokens_[token]->x),
                       Bytes::uninitialized(memory.size())};
  std::copy(memory.begin(), memory.end(), message.memory.mutable_data());
  tokens_[token].reset();
  return transport_->send(rank_of(to, setup_.ranks), Tag::to_worker, encode(message));
}

Result<void> TokenWorker::await(std::uint64_t token, std::uint64_t hop, Rank from) {
  const Deadline deadline = Deadline::after(setup_.silence_limit);
  while (!arrived_[token]) {
    auto envelope = transport_->receive(Tag::to_worker, deadline);
    if (!envelope) {
      return Error{envelope.error().code,
                   fmt::format("hop {}: waiting for token {} from rank {}: {}", hop, token,
                               from.value, envelope.error().message)};
    }
    COHORT_DO(accept(*envelope, hop));
  }
  auto& [sender, message] = *arrived_[token];
  const std::string peer = fmt::format("rank {}", sender.value);
  if (sender != from || message.hop != hop) {
    return peer_lost(
        fmt::format("{}: token {} on hop {}, where it walks: expected it from rank "
                    "{} on hop {}",
                    peer, token, message.hop, from.value, hop));
  }
  Token arriving = fresh_token();
  Reader reader({message.memory.data(), message.memory.size()});
  reader.take(arriving.memory);
  if (const auto read = reader.finished(); !read || message.x.size() != arriving.x.size()) {
    return peer_lost(fmt::format("{}: token {} on hop {}: {}", peer, token, hop,
                                 read ? fmt::format("expected {} bytes of model, found {}",
                                                    arriving.x.size(), message.x.size())
                                      : read.error().message));
  }
  arriving.x = std::move(message.x);
  tokens_[token] = std::move(arriving);
  arrived_[token].reset();
  return {};
}

Result<void> TokenWorker::accept(const Envelope& envelope, std::uint64_t hop) {
  const std::string peer = fmt::format("rank {}", envelope.from.value);
  COHORT_TRY(auto message, decode<TokenMessage>(envelope.frame, peer));
  // One that this process does not wait for yet is kept; whether it is where it walks, await()
  // sees.
  if (message.token >= setup_.tokens || message.hop < hop) {
    return peer_lost(fmt::format("{}: token {} on hop {}: expected one below {} on hop {} or later",
                                 peer, message.token, message.hop, setup_.tokens, hop));
  }
  if (arrived_[message.token]) {
    return peer_lost(fmt::format("{}: token {} on hop {} came already from rank {} on hop {}", peer,
                                 message.token, message.hop, arrived_[message.token]->first.value,
                                 arrived_[message.token]->second.hop));
  }
  const std::uint64_t token = message.token;
  arrived_[token].emplace(envelope.from, std::move(message));
  return {};
}

void TokenWorker::visit(std::uint64_t token, const Stop& at, std::uint64_t hop, Lane& lane) {
  if (!at.visits) return;
  std::optional<Node>& place = nodes_[at.node - held_.first];
  if (!place) place = fresh_node();
  Token& visitor = *tokens_[token];
  // The token's stages at the node's rows.
  ClientPipelineState pipeline;
  pipeline.estimator = std::move(place->estimator);
  pipeline.local = std::move(visitor.memory.transforms);
  pipeline.optimizer = std::move(visitor.memory.optimizer);

  VisitContext context;
  ClientContext& client = context.client;
  client.client = ClientId(at.node);
  client.round = Round(hop);
  client.ask_index = static_cast<std::uint32_t>(token);
  client.seed = setup_.seed;
  client.weight = setup_.client_weight(client.client);
  client.clients = setup_.ranks.back().last;
  client.layout = &setup_.function->layout();
  client.local = &setup_.local;
  client.pipeline_state = &pipeline;
  client.buffers = &lane.buffers;
  context.visit_share = setup_.visit_shares[at.node];
  context.token = token;
  context.tokens = setup_.tokens;
  const bool is_poisoned = lies(at.node, hop) && setup_.byzantine.attack->flips_labels();
  Oracle oracle(is_poisoned ? *setup_.byzantine.flipped : *setup_.function, client.client,
                {*pool_, lane.scratch}, lane.counts);
  setup_.method->visit(context, as_vec(visitor.x.as_mutable<double>()), visitor.memory.method,
                       place->method, oracle);

  place->estimator = std::move(pipeline.estimator);
  visitor.memory.transforms = std::move(pipeline.local);
  visitor.memory.optimizer = std::move(pipeline.optimizer);
}

RoundPart TokenWorker::status(std::uint64_t round) {
  RoundPart part;
  part.round = round;
  const auto hash_of = [](std::vector<std::byte>& out, auto& value) {
    out.clear();
    Writer(out).put(value);
    return hash_bytes(out);
  };
  part.hashes = ordered_sum<Hash128>(
      ids_, *pool_,
      [&](std::size_t k, std::uint64_t, std::size_t lane) {
        std::optional<Hash128> hash;
        if (nodes_[k]) hash = hash_of(lanes_[lane].state, *nodes_[k]);
        return hash;
      },
      [](std::size_t) { return JoinHashes{}; }, setup_.subtrees);
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    if (!tokens_[m]) continue;
    part.tokens.push_back({m, hash_of(lanes_.front().state, *tokens_[m])});
    if (!part.non_finite && !std::isfinite(kernels::squared_norm(tokens_[m]->x.as<double>()))) {
      part.non_finite = place(m);
    }
  }
  return part;
}

std::vector<Subtree<ReplySum>> TokenWorker::sum() const {
  std::vector<Subtree<ReplySum>> leaves;
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    if (!tokens_[m]) continue;
    ReplySum leaf;
    leaf.push_back(weighted_leaf(dense_block("x", tokens_[m]->x.as<double>()), 1.0));
    leaves.push_back({m, std::move(leaf)});
  }
  return leaves;
}

std::vector<Subtree<Spreading>> TokenWorker::spread(VecView mean) const {
  std::vector<Subtree<Spreading>> leaves;
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    if (!tokens_[m]) continue;
    const double squared = kernels::squared_distance(tokens_[m]->x.as<double>(), as_span(mean));
    leaves.push_back({m, {squared, squared}});
  }
  return leaves;
}

Result<std::string> TokenWorker::save(const std::filesystem::path& folder, std::uint64_t round) {
  std::vector<std::byte> body;
  Writer writer(body);
  const auto count = [](const auto& all) {
    return static_cast<std::uint64_t>(
        std::count_if(all.begin(), all.end(), [](const auto& one) { return one.has_value(); }));
  };
  writer.put(count(tokens_));
  for (std::uint64_t m = 0; m < setup_.tokens; ++m) {
    if (!tokens_[m]) continue;
    writer.put(m);
    writer.put(walks_[m]);
    writer.put(*tokens_[m]);
  }
  writer.put(count(nodes_));
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    if (!nodes_[k]) continue;
    writer.put(NodeId(ids_[k]));
    writer.put(*nodes_[k]);
  }
  std::string name = fmt::format("nodes-{}-{}.bin", round, transport_->self().value);
  COHORT_DO(write_sealed(folder / name, body));
  return name;
}

Result<void> TokenWorker::load(const std::vector<std::filesystem::path>& files) {
  std::vector<bool> is_loaded(setup_.tokens, false);
  for (auto& token : tokens_) token.reset();
  for (const auto& path : files) {
    COHORT_TRY(const std::vector<std::byte> body, read_sealed(path));
    Reader reader(body);
    std::uint64_t count = 0;
    reader("tokens", count);
    for (std::uint64_t i = 0; i < count && reader.status(); ++i) {
      std::uint64_t m = 0;
      reader("token", m);
      WalkState walk;
      reader("walk", walk);
      Token token = fresh_token();
      reader("state", token);
      if (m >= setup_.tokens || walk.node >= setup_.ranks.back().last) {
        return bad_input(
            fmt::format("{}: token {} at node {}: expected one below {} at a node "
                        "below {}",
                        path.string(), m, walk.node, setup_.tokens, setup_.ranks.back().last));
      }
      setup_.walk->restore(walk);
      walks_[m] = std::move(walk);
      if (holds(walks_[m].node)) tokens_[m] = std::move(token);
      is_loaded[m] = true;
    }
    reader("nodes", count);
    for (std::uint64_t i = 0; i < count && reader.status(); ++i) {
      NodeId id;
      reader("node", id);
      Node node = fresh_node();
      reader("state", node);
      if (id.value >= held_.first && id.value < held_.last) {
        nodes_[id.value - held_.first] = std::move(node);
      }
    }
    if (const auto read = reader.finished(); !read) {
      return bad_input(path.string() + ": " + read.error().message);
    }
  }
  const auto missing = std::find(is_loaded.begin(), is_loaded.end(), false);
  if (missing == is_loaded.end()) return {};
  return bad_input(fmt::format("the checkpoint has no token {}", missing - is_loaded.begin()));
}

}  // namespace cohort
