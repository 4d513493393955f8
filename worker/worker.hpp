#pragma once
// Worker: the process that hosts clients. It answers messages one at a time: an Ask by running its
// clients' half of the method on the threads of its pool, an aggregation together with the other
// workers, an evaluation on the rows that it holds, a save by writing its clients' states.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "algorithms/method.hpp"
#include "comm/codec.hpp"
#include "comm/exchange.hpp"
#include "comm/messages.hpp"
#include "worker/byzantine.hpp"
#include "worker/client_store.hpp"
#include "worker/evaluation.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort {

struct WorkerSetup {
  const Method* method = nullptr;
  const Function* function = nullptr;
  LocalPipeline local;
  Chain update;
  std::shared_ptr<const Compressor> compressor;  // of updates; null: none
  Aggregation aggregation;
  ByzantinePlan byzantine;
  std::uint64_t seed = 0;
  std::uint64_t clients = 0;                      // of the run
  std::function<double(ClientId)> client_weight;  // p_i, sums to 1 over the run
  IdRange held;                                   // clients of this worker
  Rank rank{};
  std::uint32_t ranks = 1;
  EvaluationSetup evaluation;
  bool traces_replies = false;
  Seconds exchange_limit{600};
};

class Worker {
 public:
  /// `exchange` may be null in a run of one process.
  Worker(WorkerSetup setup, ThreadPool& pool, Exchange* exchange);

  /// The answer to a message from the coordinator, if it wants one; an error ends the run. After a
  /// StopMessage stopped() is true.
  Result<std::optional<Frame>> handle(const Frame& frame);
  bool stopped() const { return stopped_; }
  /// Whether clients keep anything from one Ask to the next, so that replies must be settled.
  bool clients_remember() const {
    return remembers_method_ || remembers_pipeline_ || remembers_attack_;
  }

  /// Clients' states of a checkpoint; files in the order in which they were written.
  Result<void> load(const std::vector<std::filesystem::path>& files);

  const ClientStore& clients() const { return store_; }

 private:
  // What a thread keeps from client to client.
  struct Lane {
    Scratch scratch;
    ClientBuffers buffers;
    Reply reply;
    ClientPipelineState pipeline;
    std::vector<Bytes> spare;
    OracleCounts counts;
    std::uint64_t bytes_up = 0;
  };
  // What one client's answer leaves beside its share of the sums.
  struct Answered {
    Answer answer = Answer::accepted;
    Payload rows;                   // blocks for the rule
    Payload gathered;               // blocks to send as they are
    std::optional<ReplySum> apart;  // its share of the sums, if that waits
    ReplyCost cost;
    std::optional<Tentative> tentative;
    ReplyTrace trace;  // of a traced run
    std::optional<Error> error;
  };
  // Rows that wait for the rule, by client.
  struct HeldRows {
    AskId id;
    std::uint32_t phase = 0;
    std::vector<std::pair<ClientId, Payload>> rows;
  };

  Result<ReplyMessage> answer(AskMessage message);
  std::optional<ReplySum> answer_client(const AskMessage& message, ClientId client, Lane& lane,
                                        Answered& out);
  void finish_reply(const AskMessage& message, ClientId client, Lane& lane,
                    ClientPipelineState& pipeline);
  Result<CollectedMessage> collect(const CollectMessage& message);
  Result<std::optional<AggregatedMessage>> aggregate(const AggregateMessage& message);
  template <class T>
  Result<std::vector<T>> collude(const AggregateMessage& message, std::size_t position,
                                 std::size_t d, const RoundInput& input,
                                 std::vector<RowOf<T>>& rows);
  SavedMessage save(const SaveMessage& message);
  /// Whether a block is summed here rather than combined by the rule or gathered.
  bool is_summed(const BlockSpec& spec) const;

  WorkerSetup setup_;
  ThreadPool* pool_;
  Exchange* exchange_;
  std::vector<Phase> phases_;
  ClientStore store_;
  State replica_;
  AskId observed_;  // last Ask that the replica has seen
  std::vector<Lane> lanes_;
  Evaluator evaluator_;
  std::optional<HeldRows> held_rows_;
  std::map<std::pair<ClientId, AskId>, ReplySum> apart_;  // replies that wait to be collected
  std::uint64_t last_sequence_ = 0;
  bool remembers_method_ = false;
  bool remembers_pipeline_ = false;
  bool remembers_attack_ = false;
  bool stopped_ = false;
};

}  // namespace cohort
