#pragma once
// An evaluation on a worker: the statistics (core/row_statistics.hpp) of the rows that it holds,
// summed over blocks of an evaluation set or over its clients, and what each client has of them.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "comm/messages.hpp"
#include "core/ordered_sum.hpp"
#include "core/row_statistics.hpp"
#include "core/thread_pool.hpp"

namespace cohort {

/// Rows that are measured together.
struct EvaluatedSet {
  std::string name;  // "train", "validation", "test", "client_test"
  RowSource source = RowSource::test;
  std::uint64_t total = 0;  // rows of the run
  IdRange held{0, 0};       // of a set that is dealt to workers: the rows here, whole row blocks
};

struct EvaluationSetup {
  std::vector<Metric> metrics;
  std::vector<EvaluatedSet> sets;
  /// Clients of this worker whose rows count, ascending: honest ones, all or a subsample. Ranges,
  /// so that a million clients cost nothing.
  std::vector<IdRange> clients;
  bool per_client = false;     // also what each client has in the sets of clients
  bool personal = false;       // there, the models that the method gives the clients
  std::optional<Vec> optimum;  // where it is known; measured by rank 0
};

/// What an Evaluator needs of its worker.
struct EvaluationPlace {
  const Function* function = nullptr;
  ThreadPool* pool = nullptr;
  IdRange held;           // clients of this worker
  IdRange subtrees;       // their place in the trie
  bool is_first = false;  // rank 0
  std::function<double(ClientId)> client_weight;
  std::function<Scratch&(std::size_t lane)> scratch;
  /// out ← the client's own model where the shared one is x.
  std::function<void(ClientId, std::size_t lane, VecView x, VecRef out)> personal;
};

class Evaluator {
 public:
  Evaluator(EvaluationSetup setup, EvaluationPlace place);

  EvaluatedMessage measure(const EvaluateMessage& message);

 private:
  // Of a thread.
  struct Lane {
    std::vector<double> labels, losses, scores;
    Vec model;  // of a client
    std::vector<Bytes> spare;
  };
  // Where a thread works: its lane, and whether it is inside a loop of the pool already.
  struct Seat {
    std::size_t lane = 0;
    bool is_inside_loop = false;
  };
  template <class V, class Leaf, class Combine>
  std::vector<Subtree<V>> sum_over_clients(const std::vector<std::uint64_t>& clients, Leaf leaf,
                                           Combine combine);
  VecView model_of(ClientId client, VecView x, std::size_t lane);
  RowStatistics statistics(const Sample& sample, VecView x, unsigned dropped, Seat seat);
  void add_block(const Sample& block, VecView x, std::size_t lane, RowStatistics& into);
  std::vector<Subtree<RowStatistics>> measure_dealt(const EvaluatedSet& set, VecView x);
  void measure_clients(const EvaluatedSet& set, VecView x, EvaluatedMessage& out);
  std::vector<Subtree<ReplySum>> measure_gradient(const EvaluateMessage& message);
  ClientHoldings holdings();
  std::vector<std::uint64_t> clients_with(RowSource source) const;
  Sample all_rows(RowSource source, std::uint64_t client) const;

  EvaluationSetup setup_;
  EvaluationPlace place_;
  StatisticsPlan plan_;
  std::vector<Metric> of_sets_;  // of setup_.metrics
  std::vector<Lane> lanes_;
};

}  // namespace cohort
