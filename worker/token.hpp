#pragma once
// The process that hosts nodes where tokens come by (algorithms/token.hpp). Hops inside it are a
// loop; one that leaves goes straight to the process of the next node.
//
// Where tokens walk does not depend on what they learn, and kernels draw from the seed alone. So
// every process follows the walk of every token: counts of visits need not travel, each process has
// them up to date, knows which token comes next and from whom, and takes it from nobody else. That
// costs each process the hops of all tokens, without their gradients, and a walk's memory a token.
//
// A process works through the ticks in order and, in a tick, through the nodes; tokens at one node
// go by id. All processes keep to that order, so none waits for another in a circle.

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "algorithms/token.hpp"
#include "algorithms/walk.hpp"
#include "comm/token_messages.hpp"
#include "comm/transport.hpp"
#include "core/ordered_sum.hpp"
#include "worker/byzantine.hpp"
#include "worker/node_host.hpp"

namespace cohort {

struct TokenSetup {
  const TokenMethod* method = nullptr;
  const Function* function = nullptr;
  LocalPipeline local;
  ByzantinePlan byzantine;  // who lies about the tokens that it passes on
  std::uint64_t seed = 0;
  std::function<double(ClientId)> client_weight;  // p_i, sums to 1 over the run
  std::shared_ptr<const Graph> graph;             // that the walk is on
  std::shared_ptr<const Walk> walk;
  std::vector<double> visit_shares;  // [n] π_i
  std::uint64_t tokens = 1;
  std::uint64_t hops = 1;       // of each token in a round
  std::vector<IdRange> ranks;   // nodes of each process, ascending
  IdRange subtrees;             // of this process, in the trie
  Seconds silence_limit{1800};  // longest wait for a token
};

/// What travels with a token's model.
struct TokenMemory {
  State method;
  std::vector<State> transforms;
  State optimizer;

  /// Before the first hop, at x.
  void start(const TokenMethod&, const LocalPipeline&, const Layout&, VecView x);
  template <class V>
  void fields(V&& v) {
    v("method", method);
    for (State& s : transforms) v("transform", s);
    v("optimizer", optimizer);
  }
};
/// Protocol bytes of a hop: a block of the model, one of what is remembered if there is any.
std::uint64_t protocol_bytes(std::size_t d, std::size_t memory);

class TokenWorker final : public NodeHost {
 public:
  /// Every token starts at x [shared], at a node of its own draw. What it is given must outlive it.
  TokenWorker(TokenSetup setup, VecView x, ThreadPool& pool, Transport& transport);

  /// The hops of a round. Errors: a token does not come, or not as it should.
  Result<RoundPart> round(std::uint64_t round);

  RoundPart status(std::uint64_t round) override;
  std::vector<Subtree<ReplySum>> sum() const override;
  std::vector<Subtree<Spreading>> spread(VecView mean) const override;
  Result<std::string> save(const std::filesystem::path& folder, std::uint64_t round) override;
  Result<void> load(const std::vector<std::filesystem::path>& files) override;

  /// Where a token is.
  NodeId place(std::uint64_t token) const { return NodeId(walks_[token].node); }
  /// Of a token that is here.
  VecView model(std::uint64_t token) const { return view(*tokens_[token]); }

 private:
  struct Token {
    Bytes x;  // [shared] f64
    TokenMemory memory;
    template <class V>
    void fields(V&& v) {
      v("x", x);
      v("memory", memory);
    }
  };
  struct Node {
    State method;
    State estimator;
    template <class V>
    void fields(V&& v) {
      v("method", method);
      v("estimator", estimator);
    }
  };
  // What a thread keeps from visit to visit.
  struct Lane {
    Scratch scratch;
    ClientBuffers buffers;
    OracleCounts counts;
    std::vector<std::byte> state;
  };
  // Where a token is in a tick.
  struct Stop {
    std::uint32_t node;
    bool visits;
  };

  static Eigen::Map<const Vec> view(const Token& token) { return as_vec(token.x.as<double>()); }
  bool holds(std::uint32_t node) const { return node >= held_.first && node < held_.last; }
  const Stop& stop(std::uint64_t tick, std::uint64_t token) const {
    return stops_[tick * setup_.tokens + token];
  }
  Token fresh_token() const;
  Node fresh_node() const;

  /// stops_ of the next ticks, the first being where tokens are now; walks_ go on to the last.
  void look_ahead(std::uint64_t ticks);
  Result<void> tick(std::uint64_t tick, std::uint64_t hop, Seconds& waited);
  Result<void> send(std::uint64_t token, std::uint64_t hop, std::uint32_t to,
                    std::span<const std::byte> memory);
  Result<void> await(std::uint64_t token, std::uint64_t hop, Rank from);
  Result<void> accept(const Envelope& envelope, std::uint64_t hop);
  void visit(std::uint64_t token, const Stop& at, std::uint64_t hop, Lane& lane);
  bool lies(std::uint32_t node, std::uint64_t hop) const {
    return setup_.byzantine.lies(ClientId(node), (hop - 1) / setup_.hops + 1);
  }

  TokenSetup setup_;
  ThreadPool* pool_;
  Transport* transport_;
  IdRange held_;
  Vec start_;
  std::vector<WalkState> walks_;              // of all tokens
  std::vector<std::optional<Token>> tokens_;  // that are here
  std::vector<std::optional<Node>> nodes_;    // held, once visited
  std::vector<std::uint64_t> ids_;            // of the held nodes
  std::vector<Stop> stops_;                   // [tick, token]
  std::vector<std::uint64_t> here_;           // tokens that are here in the tick, by node and id
  std::vector<std::size_t> groups_;           // of them, where each node's begin
  std::vector<std::optional<std::pair<Rank, TokenMessage>>> arrived_;  // by token
  std::uint64_t bytes_ = 0;                                            // of the round
  std::vector<Lane> lanes_;
};

}  // namespace cohort
