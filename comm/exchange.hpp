#pragma once
// Exchanges between all ranks, over Tag::exchange: what a sharded aggregation is made of. Like
// MPI's collectives, every rank takes part in the same exchanges in the same order; unlike them,
// each wait has a deadline and names the ranks that are late, and a frame carries the number and
// the kind of its exchange, so that two ranks which disagree find out.
//
// Frames are moved, not copied; a frame to oneself never leaves.
//
// Memory of a sequence of all_to_all() of tiles of T bytes a rank (sent, and as much received): at
// most two tiles each way, since no rank finishes exchange k before all have started it. With
// start() of the next tile before finish() of the present one: at most four each way, two unless a
// rank lags.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "comm/transport.hpp"

namespace cohort {

class Exchange {
 public:
  /// One a transport, which must outlive it and whose Tag::exchange it takes for itself.
  explicit Exchange(Transport& transport) : transport_(&transport) {}

  Rank self() const { return transport_->self(); }
  /// Number of ranks.
  std::uint32_t size() const { return transport_->size(); }

  /// Names an exchange that was started and not finished.
  using Number = Id<struct ExchangeTag>;

  /// outgoing[r] goes to rank r; returns what rank r sent here at [r].
  Result<std::vector<Frame>> all_to_all(std::vector<Frame> outgoing, Deadline deadline);
  /// The two halves of all_to_all. Several may be open, and finished in any
  /// order.
  Result<Number> start(std::vector<Frame> outgoing);
  Result<std::vector<Frame>> finish(Number number, Deadline deadline);

  /// At the root: frame of rank r at [r]; elsewhere empty.
  Result<std::vector<Frame>> gather_to(Rank root, Frame frame, Deadline deadline);
  /// The root's frame, on every rank, along a binomial tree. Only the root's argument is read.
  Result<Frame> broadcast(Rank root, Frame frame, Deadline deadline);

 private:
  enum class Kind : std::uint64_t { all_to_all = 1, gather, broadcast };
  // The last part of each frame that travels.
  struct Label {
    std::uint64_t number = 0;
    Kind kind{};
  };
  struct Arrived {
    Kind kind{};  // as the sender calls the exchange
    Frame frame;
  };
  using Arrivals = std::vector<std::optional<Arrived>>;  // by rank

  Result<void> send(Rank to, std::uint64_t number, Kind kind, Frame frame);
  Result<void> accept(Envelope envelope);
  /// The frames of `from`, in that order, once all are here.
  Result<std::vector<Frame>> collect(std::uint64_t number, Kind kind, const std::vector<Rank>& from,
                                     Deadline deadline);
  std::vector<Rank> everyone() const;

  Transport* transport_;
  std::uint64_t next_ = 0;                   // number of the exchange that this rank begins next
  std::map<std::uint64_t, Arrivals> inbox_;  // of exchanges not yet finished here
};

}  // namespace cohort
