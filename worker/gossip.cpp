#include "worker/gossip.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "comm/codec.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

std::uint32_t rank_of(std::uint64_t node, const std::vector<IdRange>& ranks) {
  const auto after = std::upper_bound(
      ranks.begin(), ranks.end(), node,
      [](std::uint64_t value, const IdRange& range) { return value < range.last; });
  return static_cast<std::uint32_t>(after - ranks.begin());
}

bool takes(const Compressor* compressor, const BlockSpec& spec) {
  return compressor != nullptr && spec.takes_compressor();
}

// A compressor decides itself on form and element; all blocks are of f64 without.
bool fits(const Block& block, const BlockSpec& spec, const Compressor* compressor) {
  if (block.name != spec.name || block.length != spec.length) return false;
  if (takes(compressor, spec)) return block.form == Form::dense || is_encoded(block.form);
  return block.form == spec.form && block.element == spec.element;
}

std::string peer_name(Rank rank) { return fmt::format("rank {}", rank.value); }

}  // namespace

MixingPlan::MixingPlan(const MixingMatrix& w, const std::vector<IdRange>& ranks,
                       std::uint32_t rank) {
  const IdRange held = ranks[rank];
  const auto is_held = [&](std::uint64_t i) { return i >= held.first && i < held.last; };
  outgoing_.resize(ranks.size());
  incoming_.resize(ranks.size());
  listeners_.assign(held.last - held.first, 0);
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    const std::uint32_t home = is_held(i) ? rank : rank_of(i, ranks);
    for (const std::uint32_t j : w.sources_of(i)) {
      if (is_held(j)) {
        ++listeners_[j - held.first];
        if (home != rank) outgoing_[home].emplace_back(j);
      } else if (home == rank) {
        incoming_[rank_of(j, ranks)].emplace_back(j);
      }
    }
  }
  std::vector<NodeId> ghosts;  // ascending, since the ranks' ranges are
  for (auto* lists : {&outgoing_, &incoming_}) {
    for (std::vector<NodeId>& nodes : *lists) {
      std::sort(nodes.begin(), nodes.end());
      nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
    }
  }
  for (const auto& nodes : incoming_) ghosts.insert(ghosts.end(), nodes.begin(), nodes.end());
  ghosts_ = ghosts.size();

  for (std::uint64_t i = held.first; i < held.last; ++i) {
    const auto sources = w.sources_of(i);
    bool self_is_in = false;
    const auto add_self = [&] {
      sources_.push_back({NodeId(i), w.self[i], true, i - held.first});
      self_is_in = true;
    };
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const std::uint64_t j = sources[s];
      if (!self_is_in && j > i) add_self();
      Source source{NodeId(j), w.weights_of(i)[s], is_held(j), j - held.first};
      if (!source.is_held) {
        const auto at = std::lower_bound(ghosts.begin(), ghosts.end(), source.from);
        source.place = static_cast<std::uint64_t>(at - ghosts.begin());
      }
      sources_.push_back(source);
    }
    if (!self_is_in) add_self();
    offsets_.push_back(sources_.size());
  }
}

double cut_share(const MixingMatrix& w, const std::vector<IdRange>& ranks) {
  std::uint64_t cut = 0;
  for (std::uint64_t i = 0; i < w.nodes(); ++i) {
    const std::uint32_t home = rank_of(i, ranks);
    for (const std::uint32_t j : w.sources_of(i)) cut += rank_of(j, ranks) != home;
  }
  return w.sources.empty() ? 0 : static_cast<double>(cut) / static_cast<double>(w.sources.size());
}

GossipWorker::GossipWorker(GossipSetup setup, VecView x, ThreadPool& pool, Transport& transport)
    : setup_(std::move(setup)),
      pool_(&pool),
      transport_(&transport),
      held_(setup_.ranks[transport.self().value]),
      phases_(setup_.method->phases(setup_.function->layout())),
      lanes_(pool.size()) {
  const Node node = fresh(x);
  nodes_.assign(held_.last - held_.first, node);
  for (std::uint64_t i = held_.first; i < held_.last; ++i) ids_.push_back(i);
}

GossipWorker::Node GossipWorker::fresh(VecView x) const {
  const Layout& layout = setup_.function->layout();
  Node node;
  node.x = x;
  node.method = setup_.method->node_state(layout);
  node.pipeline.start(setup_.local, {}, layout);
  node.shared.resize(phases_.size());
  if (const Attack* attack = setup_.byzantine.attack.get(); attack && attack->remembers()) {
    node.attack.resize(phases_.size());
    for (State& s : node.attack) attack->start(s);
  }
  return node;
}

template <class Body>
void GossipWorker::for_each_node(Body body) {
  if (nodes_.size() < pool_->size()) {
    for (std::uint64_t k = 0; k < nodes_.size(); ++k) body(k, lanes_.front());
    return;
  }
  pool_->parallel_for(nodes_.size(),
                      [&](std::size_t k, std::size_t lane) { body(k, lanes_[lane]); });
}

NodeContext GossipWorker::context(std::uint64_t k, std::uint64_t round, std::size_t phase,
                                  Lane& lane) {
  NodeContext node;
  ClientContext& client = node.client;
  client.client = ClientId(ids_[k]);
  client.round = Round(round);
  client.seed = setup_.seed;
  client.weight = setup_.client_weight(client.client);
  client.clients = setup_.ranks.back().last;
  client.layout = &setup_.function->layout();
  client.local = &setup_.local;
  client.pipeline_state = &nodes_[k].pipeline;
  client.buffers = &lane.buffers;
  node.gradient_weight = static_cast<double>(client.clients) * client.weight;
  node.phase = phase;
  return node;
}

Oracle GossipWorker::oracle(const NodeContext& node, Lane& lane) {
  const ByzantinePlan& byzantine = setup_.byzantine;
  const ClientId client = node.client.client;
  const bool is_poisoned =
      byzantine.lies(client, node.round().value) && byzantine.attack->flips_labels();
  return {is_poisoned ? *byzantine.flipped : *setup_.function,
          client,
          {*pool_, lane.scratch},
          lane.counts};
}

void GossipWorker::finish(const NodeContext& node, Node& of, Lane& lane) {
  const ClientId client = node.client.client;
  const std::uint64_t round = node.round().value;
  const bool lies = setup_.byzantine.lies(client, round);
  Payload& payload = of.shared[node.phase].payload();
  for (std::size_t i = 0; i < payload.blocks.size(); ++i) {
    Block& block = payload.blocks[i];
    const auto stream = [&](Purpose purpose) {
      return Stream(setup_.seed, purpose, client.value, round).sub(node.phase).sub(i);
    };
    if (lies)
      setup_.byzantine.attack->craft(stream(Purpose::attack), as_vec(block.mutable_doubles()));
    if (!takes(setup_.compressor.get(), phases_[node.phase].up[i])) continue;
    Bytes dense = block.data;
    setup_.compressor->compress(stream(Purpose::compressor), block);
    lane.spare.push_back(std::move(dense));
  }
  if (lies && !of.attack.empty()) {
    setup_.byzantine.attack->replay(of.attack[node.phase], payload);
  }
}

Result<RoundPart> GossipWorker::round(std::uint64_t round, const MixingPlan& plan) {
  const RealClock clock;
  Seconds waited{0};
  for (Lane& lane : lanes_) {
    lane.counts = {};
    lane.bytes = 0;
  }
  for (std::size_t phase = 0; phase < phases_.size(); ++phase) {
    for_each_node([&](std::uint64_t k, Lane& lane) {
      Node& node = nodes_[k];
      Reply& out = node.shared[phase];
      // What was compressed has another form.
      if (setup_.compressor) {
        for (Block& block : out.payload().blocks) block.data = {};
      }
      if (setup_.compressor || out.payload().blocks.empty()) out.start(phases_[phase], &lane.spare);
      const NodeContext at = context(k, round, phase, lane);
      Oracle rows = oracle(at, lane);
      setup_.method->share(at, node.x, node.method, rows, out);
      finish(at, node, lane);
      lane.bytes += plan.listeners(k) * out.payload().encoded_size();
    });
    const Seconds before = clock.now();
    COHORT_DO(exchange(round, phase, plan));
    waited += clock.now() - before;
    for_each_node([&](std::uint64_t k, Lane& lane) {
      lane.edges.clear();
      for (const MixingPlan::Source& source : plan.row(k)) {
        const Payload& shared =
            source.is_held ? nodes_[source.place].shared[phase].payload() : ghosts_[source.place];
        lane.edges.push_back({source.from, source.weight, &shared});
      }
      Node& node = nodes_[k];
      const NodeContext at = context(k, round, phase, lane);
      Oracle rows = oracle(at, lane);
      setup_.method->step(at, node.x, node.method, rows, Neighbours(at.node(), lane.edges));
    });
  }
  RoundPart part = status(round);
  for (const Lane& lane : lanes_) {
    part.counts += lane.counts;
    part.bytes += lane.bytes;
  }
  part.seconds = (clock.now() - waited).count();
  return part;
}

RoundPart GossipWorker::status(std::uint64_t round) {
  RoundPart part;
  part.round = round;
  std::vector<std::uint8_t> finite(nodes_.size());
  part.hashes = ordered_sum<Hash128>(
      ids_, *pool_,
      [&](std::size_t k, std::uint64_t, std::size_t lane) {
        Node& node = nodes_[k];
        finite[k] = setup_.byzantine.is_liar(ClientId(ids_[k])) ||
                    std::isfinite(kernels::squared_norm(as_span(node.x)));
        std::vector<std::byte>& state = lanes_[lane].state;
        state.clear();
        Writer writer(state);
        writer.put(node.method);
        writer.put(node.pipeline);
        return std::optional(hash_fields(std::pair(hash_vec(node.x), hash_bytes(state))));
      },
      [](std::size_t) { return JoinHashes{}; }, setup_.subtrees);
  const auto bad = std::find(finite.begin(), finite.end(), 0);
  if (bad != finite.end()) {
    part.non_finite = NodeId(held_.first + static_cast<std::uint64_t>(bad - finite.begin()));
  }
  return part;
}

Result<void> GossipWorker::exchange(std::uint64_t round, std::size_t phase,
                                    const MixingPlan& plan) {
  const auto ranks = static_cast<std::uint32_t>(setup_.ranks.size());
  ghosts_.resize(plan.ghosts());
  for (std::uint32_t r = 0; r < ranks; ++r) {
    if (plan.outgoing(r).empty()) continue;
    GossipMessage message{round, static_cast<std::uint32_t>(phase), plan.outgoing(r), {}};
    for (const NodeId node : message.nodes) {
      message.shared.push_back(nodes_[node.value - held_.first].shared[phase].payload());
    }
    COHORT_DO(transport_->send(Rank(r), Tag::to_worker, encode(message)));
  }
  has_arrived_.assign(ranks, false);
  std::vector<Envelope> early = std::move(early_);
  early_.clear();
  for (const Envelope& envelope : early) COHORT_DO(accept(envelope, round, phase, plan));
  const Deadline deadline = Deadline::after(setup_.silence_limit);
  for (;;) {
    std::vector<std::uint32_t> silent;
    for (std::uint32_t r = 0; r < ranks; ++r) {
      if (!plan.incoming(r).empty() && !has_arrived_[r]) silent.push_back(r);
    }
    if (silent.empty()) return {};
    auto envelope = transport_->receive(Tag::to_worker, deadline);
    if (!envelope) {
      return Error{envelope.error().code,
                   fmt::format("round {}: waiting for what nodes of rank {} share: {}", round,
                               fmt::join(silent, ", "), envelope.error().message)};
    }
    COHORT_DO(accept(*envelope, round, phase, plan));
  }
}

Result<void> GossipWorker::accept(const Envelope& envelope, std::uint64_t round, std::size_t phase,
                                  const MixingPlan& plan) {
  const std::string peer = peer_name(envelope.from);
  COHORT_TRY(auto message, decode<GossipMessage>(envelope.frame, peer));
  const auto misfit = [&](const std::string& what) {
    return peer_lost(fmt::format("{}: round {}, phase {} of gossip: {}", peer, message.round,
                                 message.phase, what));
  };
  const std::pair<std::uint64_t, std::uint64_t> sent(message.round, message.phase);
  const std::pair<std::uint64_t, std::uint64_t> now(round, phase);
  // Who does not hear from here may be ahead, but not past the end of the round.
  if (sent > now && message.round <= round + 1) {
    early_.push_back(envelope);
    return {};
  }
  if (sent != now) return misfit(fmt::format("expected round {}, phase {}", round, phase));
  const std::vector<NodeId>& expected = plan.incoming(envelope.from.value);
  if (has_arrived_[envelope.from.value] || message.nodes != expected ||
      message.shared.size() != expected.size()) {
    return misfit(fmt::format("expected what {} nodes share, found {} of {}", expected.size(),
                              message.shared.size(), message.nodes.size()));
  }
  std::uint64_t place = 0;
  for (std::uint32_t r = 0; r < envelope.from.value; ++r) place += plan.incoming(r).size();
  for (Payload& shared : message.shared) {
    COHORT_DO(validate(shared, peer));
    const std::vector<BlockSpec>& up = phases_[phase].up;
    bool all_fit = shared.blocks.size() == up.size();
    for (std::size_t b = 0; all_fit && b < up.size(); ++b) {
      all_fit = fits(shared.blocks[b], up[b], setup_.compressor.get());
    }
    if (!all_fit) return misfit("blocks that the method does not declare");
    ghosts_[place++] = std::move(shared);
  }
  has_arrived_[envelope.from.value] = true;
  return {};
}

std::vector<Subtree<ReplySum>> GossipWorker::sum() const {
  return ordered_sum<ReplySum>(
      ids_, *pool_,
      [&](std::size_t k, std::uint64_t id, std::size_t) {
        std::optional<ReplySum> leaf;
        if (setup_.byzantine.is_liar(ClientId(id))) return leaf;
        leaf.emplace().push_back(weighted_leaf(dense_block("x", as_span(nodes_[k].x)), 1.0));
        return leaf;
      },
      [](std::size_t) { return AddReplies{}; }, setup_.subtrees);
}

std::vector<Subtree<Spreading>> GossipWorker::spread(VecView mean) const {
  return ordered_sum<Spreading>(
      ids_, *pool_,
      [&](std::size_t k, std::uint64_t id, std::size_t) {
        if (setup_.byzantine.is_liar(ClientId(id))) return std::optional<Spreading>();
        const double squared = kernels::squared_distance(as_span(nodes_[k].x), as_span(mean));
        return std::optional(Spreading{squared, squared});
      },
      [](std::size_t) { return Farther{}; }, setup_.subtrees);
}

Result<std::string> GossipWorker::save(const std::filesystem::path& folder, std::uint64_t round) {
  std::vector<std::byte> body;
  Writer writer(body);
  writer.put(static_cast<std::uint64_t>(nodes_.size()));
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    writer.put(NodeId(ids_[k]));
    writer.put(nodes_[k]);
  }
  std::string name = fmt::format("nodes-{}-{}.bin", round, transport_->self().value);
  COHORT_DO(write_sealed(folder / name, body));
  return name;
}

Result<void> GossipWorker::load(const std::vector<std::filesystem::path>& files) {
  std::vector<bool> is_loaded(nodes_.size(), false);
  for (const auto& path : files) {
    COHORT_TRY(const std::vector<std::byte> body, read_sealed(path));
    Reader reader(body);
    std::uint64_t count = 0;
    reader("nodes", count);
    for (std::uint64_t i = 0; i < count && reader.status(); ++i) {
      NodeId id;
      reader("node", id);
      Node node = fresh(Vec::Zero(static_cast<Index>(setup_.function->layout().shared())));
      reader("state", node);
      if (id.value < held_.first || id.value >= held_.last) continue;
      nodes_[id.value - held_.first] = std::move(node);
      is_loaded[id.value - held_.first] = true;
    }
    if (const auto read = reader.finished(); !read) {
      return bad_input(path.string() + ": " + read.error().message);
    }
  }
  const auto missing = std::find(is_loaded.begin(), is_loaded.end(), false);
  if (missing == is_loaded.end()) return {};
  return bad_input(
      fmt::format("the checkpoint has no state of node {}",
                  held_.first + static_cast<std::uint64_t>(missing - is_loaded.begin())));
}

}  // namespace cohort
