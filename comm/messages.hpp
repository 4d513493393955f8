#pragma once
// What a coordinator and its workers say to each other. A message may be lost, late or repeated:
// what goes to a worker is numbered by `sequence`, which ascends over all of a coordinator's
// messages, and a worker passes over what is not newer than the last; what comes back names the Ask
// or the round that it answers.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ask.hpp"
#include "core/block_sum.hpp"
#include "core/hash.hpp"
#include "core/oracle.hpp"
#include "core/row_statistics.hpp"

namespace cohort {

/// What became of a client's replies: the id of the last one that was accepted. Equal to that of
/// its tentative state → commit, else forget.
struct Settlement {
  ClientId client{};
  std::optional<AskId> accepted;
  template <class V>
  void fields(V&& v) {
    v("client", client);
    v("accepted", accepted);
  }
};

/// What a worker says of its clients' replies.
enum class ReplyDetail : std::uint8_t {
  sums,   // the sums alone
  costs,  // and what each reply cost
  apart,  // costs, and no sums: the replies wait for a CollectMessage
};

struct AskMessage {
  static constexpr std::uint16_t type = 1;
  std::uint64_t sequence = 0;
  Ask ask;
  std::vector<ClientId> clients;  // of this worker, ascending
  std::vector<Settlement> settled;
  ReplyDetail detail = ReplyDetail::sums;
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("ask", ask);
    v("clients", clients);
    v("settled", settled);
    v("detail", detail);
  }
};

enum class Answer : std::uint8_t {
  accepted,    // took part in the sums, or its rows are held for the rule
  non_finite,  // dropped before anything was combined
};
struct ClientReport {
  ClientId client{};
  Answer answer = Answer::accepted;
  template <class V>
  void fields(V&& v) {
    v("client", client);
    v("answer", answer);
  }
};

/// What one client's reply cost.
struct ReplyCost {
  std::uint64_t bytes_up = 0;
  OracleCounts counts;
  template <class V>
  void fields(V&& v) {
    v("bytes_up", bytes_up);
    v("counts", counts);
  }
};

/// Hashes of the blocks of one client's reply, as it left: of a run that is traced.
struct ReplyTrace {
  ClientId client{};
  std::vector<std::pair<std::string, Hash128>> blocks;
  template <class V>
  void fields(V&& v) {
    v("client", client);
    v("blocks", blocks);
  }
};

/// The replies of a worker's clients to one Ask, summed over its subtrees.
struct ReplyMessage {
  static constexpr std::uint16_t type = 2;
  AskId id;
  std::vector<ClientReport> reports;     // ascending
  std::vector<Subtree<ReplySum>> sums;   // the blocks of Combine::sum and mean, in order
  std::map<ClientId, Payload> gathered;  // the blocks of Combine::gather
  std::uint64_t bytes_up = 0;            // protocol bytes of the replies
  OracleCounts counts;
  double seconds = 0;              // that answering took; for the log of timings alone
  std::vector<ReplyTrace> traces;  // ascending by client; empty unless the run is traced
  std::vector<ReplyCost> costs;    // in the order of the reports; empty unless asked for
  template <class V>
  void fields(V&& v) {
    v("id", id);
    v("traces", traces);
    v("costs", costs);
    v("reports", reports);
    v("sums", sums);
    v("gathered", gathered);
    v("bytes_up", bytes_up);
    v("counts", counts);
    v("seconds", seconds);
  }
};

/// A reply that a worker holds apart.
struct HeldReply {
  ClientId client{};
  AskId id;
  double factor = 1;  // of its values where it is summed; its weight stays
  template <class V>
  void fields(V&& v) {
    v("client", client);
    v("id", id);
    v("factor", factor);
  }
};
/// Sum replies that are held apart, and forget them and others.
struct CollectMessage {
  static constexpr std::uint16_t type = 13;
  std::uint64_t sequence = 0;
  std::vector<HeldReply> counted;  // ascending by client, then id
  std::vector<HeldReply> forgotten;
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("counted", counted);
    v("forgotten", forgotten);
  }
};
struct CollectedMessage {
  static constexpr std::uint16_t type = 14;
  std::uint64_t sequence = 0;           // of what it answers
  std::vector<Subtree<ReplySum>> sums;  // as in a ReplyMessage
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("sums", sums);
  }
};

/// Combine the rows that are held for this Ask by the scenario's rule.
struct AggregateMessage {
  static constexpr std::uint16_t type = 3;
  std::uint64_t sequence = 0;
  AskId id;
  std::uint32_t phase = 0;
  std::vector<ClientId> accepted;  // over all workers, ascending
  std::uint64_t f = 0;
  /// f64: what the rule gave for each of its blocks last time, by name, where the rule uses it.
  std::map<std::string, Bytes> previous;
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("id", id);
    v("phase", phase);
    v("accepted", accepted);
    v("f", f);
    v("previous", previous);
  }
};
struct AggregatedMessage {
  static constexpr std::uint16_t type = 4;
  AskId id;
  std::vector<BlockSum> blocks;  // of Combine::rule and follow, in the order of the phase
  template <class V>
  void fields(V&& v) {
    v("id", id);
    v("blocks", blocks);
  }
};

/// Measure x on what this worker holds.
struct EvaluateMessage {
  static constexpr std::uint16_t type = 5;
  std::uint64_t sequence = 0;
  std::uint64_t round = 0;
  Bytes x;                         // f64
  bool describes_clients = false;  // whether the answer has holdings
  std::vector<Settlement> settled;
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("round", round);
    v("x", x);
    v("describes_clients", describes_clients);
    v("settled", settled);
  }
};
/// The metrics of a set that single clients have.
struct ClientValues {
  std::vector<std::uint64_t> clients;  // ascending
  std::vector<double> values;          // [clients × metrics]
  template <class V>
  void fields(V&& v) {
    v("clients", clients);
    v("values", values);
  }
};
/// The training rows of a worker's clients.
struct ClientHoldings {
  std::uint64_t first = 0;            // id of the first client
  std::vector<std::uint64_t> rows;    // of each
  std::vector<std::uint64_t> labels;  // [clients × classes]: rows of each class
  template <class V>
  void fields(V&& v) {
    v("first", first);
    v("rows", rows);
    v("labels", labels);
  }
};
struct EvaluatedMessage {
  static constexpr std::uint16_t type = 6;
  std::uint64_t round = 0;
  /// By set name: over the worker's subtrees of row blocks, or of clients ("train", "client_test").
  std::map<std::string, std::vector<Subtree<RowStatistics>>> statistics;
  std::map<std::string, ClientValues> clients;  // by set, where asked for
  std::vector<Subtree<ReplySum>> gradient;      // Σ p_i ∇f_i over honest clients, if asked for
  std::optional<ClientHoldings> holdings;
  std::optional<double> distance;  // ‖x − x*‖ where the optimum is known, from rank 0
  double regulariser = 0;          // r(x)
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("statistics", statistics);
    v("clients", clients);
    v("gradient", gradient);
    v("holdings", holdings);
    v("distance", distance);
    v("regulariser", regulariser);
  }
};

/// Write what changed in the clients' states since the last checkpoint (or all of it).
struct SaveMessage {
  static constexpr std::uint16_t type = 7;
  std::uint64_t sequence = 0;
  std::uint64_t round = 0;
  std::string directory;
  bool complete = true;
  std::vector<Settlement> settled;
  template <class V>
  void fields(V&& v) {
    v("sequence", sequence);
    v("round", round);
    v("directory", directory);
    v("complete", complete);
    v("settled", settled);
  }
};
struct SavedMessage {
  static constexpr std::uint16_t type = 8;
  std::uint64_t round = 0;
  std::string file;   // empty if there was nothing to write
  std::string error;  // empty if it was written
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("file", file);
    v("error", error);
  }
};

/// The run is over.
struct StopMessage {
  static constexpr std::uint16_t type = 9;
  std::string why;
  template <class V>
  void fields(V&& v) {
    v("why", why);
  }
};

/// A worker cannot go on.
struct FailedMessage {
  static constexpr std::uint16_t type = 10;
  std::int32_t code = 3;
  std::string message;
  template <class V>
  void fields(V&& v) {
    v("code", code);
    v("message", message);
  }
};

}  // namespace cohort
