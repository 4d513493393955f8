#pragma once
// Ranks in one process, each driven by a thread of its own: for tests, and for a run that is a
// single process. Frames change hands without a copy. A fault plan drops, delays or repeats
// messages, or kills a rank, at places that are the same in every run.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "comm/transport.hpp"

namespace cohort {

/// What happens to messages `first`, first + 1, …, first + times − 1 (counted from 0) of those that
/// match. Counting is deterministic if `from` is given: ranks send at the same time.
struct FaultRule {
  enum class Action : std::uint8_t {
    drop,       // it never arrives
    delay,      // `by` later messages of the same pair and tag overtake it (1: it swaps places)
    hold,       // it arrives when the receiver has looked for messages `by` times more
    duplicate,  // it arrives twice
    kill,       // the sender dies before it is sent
  };
  Action action = Action::drop;
  std::optional<Rank> from{};
  std::optional<Rank> to{};
  std::optional<Tag> tag{};
  std::uint64_t first = 0;
  std::uint64_t times = 1;
  std::uint64_t by = 1;
};

/// The first rule that takes a message decides; every rule that matches counts it. Messages to self
/// pass through no wire and no rule.
struct FaultPlan {
  std::vector<FaultRule> rules;
};

class InprocNetwork {
 public:
  explicit InprocNetwork(std::uint32_t ranks, FaultPlan plan = {});

  /// The transport of a rank, which may outlive the network object; one a rank.
  std::unique_ptr<Transport> endpoint(Rank rank);

  /// From now on the rank's calls fail with Code::peer_lost. What is sent to it vanishes, as it
  /// does on a wire: the others learn of it by their deadlines.
  void kill(Rank rank);
  bool is_alive(Rank rank) const;

  struct State;

 private:
  // Shared by the network object and its endpoints.
  std::shared_ptr<State> state_;
};

}  // namespace cohort
