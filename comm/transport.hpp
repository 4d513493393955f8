#pragma once
// Transport: frames between the ranks of a run. Sending never blocks, every wait has a deadline,
// and messages of one sender under one tag arrive in the order in which they were sent.
//
// A transport belongs to one thread. What it cannot deliver any more (a peer is gone, the library
// failed) is reported by the next send, poll, receive or flush; what had arrived before comes
// first.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "comm/frame.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"

namespace cohort {

/// Each tag has a queue of its own at the receiver, so that who waits for one kind of message does
/// not take another's.
enum class Tag : std::uint8_t { to_worker, to_coordinator, exchange, control };
inline constexpr std::size_t tag_count = 4;
std::string_view to_string(Tag tag);

struct Envelope {
  Rank from;
  Tag tag = Tag::control;
  Frame frame;
};

class Transport {
 public:
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  Rank self() const { return self_; }
  /// Number of ranks.
  std::uint32_t size() const { return size_; }

  /// Does not block; the transport keeps the frame's storage until it has left. To self: queued
  /// without a copy.
  Result<void> send(Rank to, Tag tag, Frame frame);
  /// Moves messages in flight on. To be called now and then by who computes for long.
  void progress() {
    if (!failure_) advance();
  }
  /// The message that arrived first, of any tag or of one; nothing if there is none.
  Result<std::optional<Envelope>> poll();
  Result<std::optional<Envelope>> poll(Tag tag);
  /// The same, but waits: spins, yields, then sleeps. Past the deadline: Code::peer_lost.
  Result<Envelope> receive(Deadline deadline);
  Result<Envelope> receive(Tag tag, Deadline deadline);
  /// Until all that was sent has left this process and its storage is free.
  Result<void> flush(Deadline deadline);

  /// Bytes that left for other ranks and came from them.
  std::uint64_t wire_bytes_sent() const { return bytes_sent_; }
  std::uint64_t wire_bytes_received() const { return bytes_received_; }
  /// Ranks that share this machine's cores, this one included.
  virtual std::size_t sharing() const = 0;
  /// One line for people: "mpi, rank 2 of 4 on node17".
  virtual std::string describe() const = 0;

 protected:
  Transport(Rank self, std::uint32_t size) : self_(self), size_(size) {}

  /// Starts to send to another rank.
  virtual Result<void> transmit(Rank to, Tag tag, Frame frame) = 0;
  /// Calls arrived() for what came in.
  virtual void advance() = 0;
  /// The ranks that have not taken all that was sent to them, for an error's text; empty if all
  /// have.
  virtual std::string unsent() const { return {}; }

  void arrived(Envelope envelope);
  /// From now on every call that needs the wire returns this error; the first one stays.
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }
  const std::optional<Error>& failure() const { return failure_; }
  void count_sent(std::uint64_t bytes) { bytes_sent_ += bytes; }
  void count_received(std::uint64_t bytes) { bytes_received_ += bytes; }

 private:
  struct Arrival {
    std::uint64_t number;  // over all tags
    Envelope envelope;
  };
  std::optional<Envelope> take(std::optional<Tag> tag);
  Result<std::optional<Envelope>> poll_queues(std::optional<Tag> tag);
  Result<Envelope> wait(std::optional<Tag> tag, Deadline deadline);

  Rank self_;
  std::uint32_t size_;
  std::array<std::deque<Arrival>, tag_count> queues_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::optional<Error> failure_;
};

/// What a waiting thread does between two looks: for 20 µs nothing (longer than a yield takes, or
/// two ranks that answer each other would both yield every time), then it offers its core to
/// others, and after a millisecond it sleeps 100 µs at a time.
class Backoff {
 public:
  void pause();

 private:
  std::uint32_t looks_ = 0;
  std::optional<std::chrono::steady_clock::time_point> start_;
};

}  // namespace cohort
