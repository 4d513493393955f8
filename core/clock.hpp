#pragma once
// Time. It enters a decision only through a Clock, which is real or simulated; how long a process
// waits for another is a Deadline, which is always real.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/ids.hpp"

namespace cohort {

using Seconds = std::chrono::duration<double>;

class Clock {
 public:
  virtual ~Clock() = default;
  /// Since the clock was started; never goes back.
  virtual Seconds now() const = 0;
};

/// Steady time since construction.
class RealClock final : public Clock {
 public:
  Seconds now() const override { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Time that moves from event to event. Events come out by (time, client, sequence), a total order,
/// so a run sees them in the same order whatever the order in which they were scheduled between
/// two clients. A plain value: it is saved and loaded through fields(v).
class SimulatedClock final : public Clock {
 public:
  struct Event {
    double time = 0;  // seconds
    ClientId client;
    std::uint64_t sequence = 0;  // from schedule_at

    friend auto operator<=>(const Event&, const Event&) = default;
    template <class V>
    void fields(V&& v) {
      v("time", time);
      v("client", client);
      v("sequence", sequence);
    }
  };

  Seconds now() const override { return Seconds(now_); }

  /// An event of `client` at a finite time ≥ now(). Returns its sequence number, by which the
  /// caller knows what the event stands for.
  std::uint64_t schedule_at(Seconds time, ClientId client);
  /// The next event; time moves to it. Nothing if none is scheduled.
  std::optional<Event> pop();
  /// The next event, which stays.
  std::optional<Event> next() const;
  /// Moves time on to `time` ≥ now(), which must not pass over an event.
  void advance(Seconds time);

  friend bool operator==(const SimulatedClock& a, const SimulatedClock& b) {
    return a.now_ == b.now_ && a.scheduled_ == b.scheduled_ && a.events_ == b.events_;
  }
  template <class V>
  void fields(V&& v) {
    v("now", now_);
    v("scheduled", scheduled_);
    v("events", events_);
  }

 private:
  double now_ = 0;
  std::uint64_t scheduled_ = 0;
  std::vector<Event> events_;  // a heap with the least event first
};

/// How long a wait may take, from the moment it was made.
class Deadline {
 public:
  static Deadline after(Seconds limit) { return Deadline(limit); }

  bool passed() const { return waited() >= limit_; }
  Seconds waited() const { return std::chrono::steady_clock::now() - start_; }
  Seconds limit() const { return limit_; }

 private:
  explicit Deadline(Seconds limit) : limit_(limit) {}
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Seconds limit_;
};

}  // namespace cohort
