#pragma once
// What a worker remembers of its clients. A client that has never taken part, or whose method and
// pipelines remember nothing, costs nothing.
//
// Two slots a client: the committed state, and what its last reply would make of it. A settlement
// decides: the reply was the last that was accepted → commit, anything else → forget. So a dropped,
// late, repeated or redone reply never breaks an invariant between clients and server.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "algorithms/method.hpp"
#include "comm/messages.hpp"

namespace cohort {

struct ClientRecord {
  State method;
  ClientPipelineState pipeline;
  std::vector<State> attack;  // one a phase, of an attack that remembers
  template <class V>
  void fields(V&& v) {
    v("method", method);
    v("pipeline", pipeline);
    for (State& s : attack) v("attack", s);
  }
};

/// What a reply that is not settled yet would change.
struct Tentative {
  AskId id;
  State method;                                 // empty: the reply left it as it was
  std::optional<ClientPipelineState> pipeline;  // none: nothing remembers
  std::optional<std::vector<State>> attack;     // none: it was as it was
  Payload sent;                                 // for Method::commit
};

class ClientStore {
 public:
  /// `start` makes the record of a client that has none.
  ClientStore(const Method& method, std::function<ClientRecord()> start)
      : method_(&method), start_(std::move(start)), fresh_(start_()) {}

  /// The committed record; the common start if the client has none of its own.
  const ClientRecord& committed(ClientId client) const;
  void hold(ClientId client, Tentative tentative);
  void settle(const std::vector<Settlement>& settled);

  /// Clients with a record of their own, ascending.
  std::vector<ClientId> present() const;

  /// Encodes the records that changed since the last call (or all). Nothing is tentative then: a
  /// checkpoint settles first.
  std::vector<std::byte> save(bool complete);
  /// Adds the records of `in` whose client lies in [first, last).
  Result<void> load(std::span<const std::byte> in, IdRange range);

 private:
  struct Slot {
    ClientRecord record;
    std::optional<Tentative> tentative;
    bool changed = false;
  };
  Slot& slot(ClientId client);

  const Method* method_;
  std::function<ClientRecord()> start_;
  ClientRecord fresh_;
  std::unordered_map<ClientId, Slot> slots_;
};

}  // namespace cohort
