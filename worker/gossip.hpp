#pragma once
// The process that hosts nodes of a decentralized run: it steps them together with the processes of
// their neighbours, without a coordinator. Only edges that cross processes become messages,
// straight from one to the other, one copy of what a node shares for each process that hears from
// it.

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "algorithms/compressor.hpp"
#include "algorithms/decentralized.hpp"
#include "algorithms/mixing.hpp"
#include "comm/gossip_messages.hpp"
#include "comm/transport.hpp"
#include "core/ordered_sum.hpp"
#include "worker/byzantine.hpp"
#include "worker/node_host.hpp"

namespace cohort {

struct GossipSetup {
  const GossipMethod* method = nullptr;
  const Function* function = nullptr;
  LocalPipeline local;
  std::shared_ptr<const Compressor> compressor;  // of what nodes share; null: none
  ByzantinePlan byzantine;                       // whose attack does not collude
  std::uint64_t seed = 0;
  std::function<double(ClientId)> client_weight;  // p_i, sums to 1 over the run
  std::vector<IdRange> ranks;                     // nodes of each process, ascending
  IdRange subtrees;                               // of this process, in the trie
  Seconds silence_limit{1800};                    // longest wait for a neighbour
};

/// Who sends what to whom under one mixing matrix, as one process sees it.
class MixingPlan {
 public:
  MixingPlan(const MixingMatrix& w, const std::vector<IdRange>& ranks, std::uint32_t rank);

  struct Source {
    NodeId from{};
    double weight = 0;        // w_ij
    bool is_held = false;     // a node of this process, else a ghost
    std::uint64_t place = 0;  // among those
  };
  /// Row of the k-th held node, by ascending id, itself included.
  std::span<const Source> row(std::uint64_t k) const {
    return std::span(sources_).subspan(offsets_[k], offsets_[k + 1] - offsets_[k]);
  }
  /// Nodes other than itself that hear from the k-th held node.
  std::uint64_t listeners(std::uint64_t k) const { return listeners_[k]; }
  /// Held nodes that some node of rank r hears from, ascending.
  const std::vector<NodeId>& outgoing(std::uint32_t r) const { return outgoing_[r]; }
  /// Nodes of rank r that held nodes hear from, ascending; ghosts are numbered in this order, rank
  /// after rank.
  const std::vector<NodeId>& incoming(std::uint32_t r) const { return incoming_[r]; }
  std::uint64_t ghosts() const { return ghosts_; }

 private:
  std::vector<std::uint64_t> offsets_{0};
  std::vector<Source> sources_;
  std::vector<std::uint64_t> listeners_;
  std::vector<std::vector<NodeId>> outgoing_, incoming_;  // by rank
  std::uint64_t ghosts_ = 0;
};

/// Share of the directed edges that cross processes; 0 without edges.
double cut_share(const MixingMatrix& w, const std::vector<IdRange>& ranks);

class GossipWorker final : public NodeHost {
 public:
  /// Every node starts at x [shared]. What it is given must outlive it.
  GossipWorker(GossipSetup setup, VecView x, ThreadPool& pool, Transport& transport);

  /// One round of every node. Errors: a neighbour's process is silent, or sends what does not fit.
  Result<RoundPart> round(std::uint64_t round, const MixingPlan& plan);
  /// Hashes of the present states, and nothing else.
  RoundPart status(std::uint64_t round) override;

  /// Σ x_i over the honest nodes of the subtrees held here; of one block.
  std::vector<Subtree<ReplySum>> sum() const override;
  std::vector<Subtree<Spreading>> spread(VecView mean) const override;

  /// Writes the nodes' states to a new file of the folder, whose name is returned.
  Result<std::string> save(const std::filesystem::path& folder, std::uint64_t round) override;
  /// Takes those of its nodes; every node must be in one of the files.
  Result<void> load(const std::vector<std::filesystem::path>& files) override;

  const Vec& model(NodeId node) const { return nodes_[node.value - held_.first].x; }
  const State& state(NodeId node) const { return nodes_[node.value - held_.first].method; }

 private:
  struct Node {
    Vec x;
    State method;
    ClientPipelineState pipeline;
    std::vector<State> attack;  // by phase, of an attack that remembers
    std::vector<Reply> shared;  // by phase
    template <class V>
    void fields(V&& v) {
      v("x", x);
      v("method", method);
      v("pipeline", pipeline);
      for (State& s : attack) v("attack", s);
    }
  };
  // What a thread keeps from node to node.
  struct Lane {
    Scratch scratch;
    ClientBuffers buffers;
    OracleCounts counts;
    std::uint64_t bytes = 0;
    std::vector<Neighbours::Edge> edges;
    std::vector<std::byte> state;
    std::vector<Bytes> spare;  // of a block before it was compressed
  };

  /// body(k, lane) for every held node: in parallel, or one after another with their rows in
  /// parallel where they are fewer than threads.
  template <class Body>
  void for_each_node(Body body);
  NodeContext context(std::uint64_t k, std::uint64_t round, std::size_t phase, Lane& lane);
  Oracle oracle(const NodeContext& node, Lane& lane);
  /// From what the method shares to what its neighbours are told: the attack, compression.
  void finish(const NodeContext& node, Node& of, Lane& lane);
  Result<void> exchange(std::uint64_t round, std::size_t phase, const MixingPlan& plan);
  Result<void> accept(const Envelope& envelope, std::uint64_t round, std::size_t phase,
                      const MixingPlan& plan);
  Node fresh(VecView x) const;

  GossipSetup setup_;
  ThreadPool* pool_;
  Transport* transport_;
  IdRange held_;
  std::vector<Phase> phases_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> ids_;  // of the nodes
  std::vector<Payload> ghosts_;     // of the phase
  std::vector<bool> has_arrived_;   // by rank, of the phase
  std::vector<Envelope> early_;     // of later phases: of this round, or the first of the next
  std::vector<Lane> lanes_;
};

}  // namespace cohort
