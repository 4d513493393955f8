#pragma once
// Where the time of a run goes. None of it is deterministic, and nothing that is reads it.

#include <chrono>
#include <utility>

#include "core/clock.hpp"

namespace cohort {

/// The time of one rank, in seconds; together they are all of it.
struct PhaseTimes {
  double coordinate = 0;  // rank 0: schedule, method and sums of replies, and what is written down
  double broadcast = 0;   // rank 0: to encode messages to workers and to start to send them
  double compute = 0;     // answers of its clients
  double aggregate = 0;   // its part of the rule, with the exchanges between ranks
  double evaluate = 0;
  double save = 0;
  double wait = 0;  // for messages of other ranks

  /// Calls visit(name, seconds), in the order above.
  template <class Visit>
  void for_each(Visit&& visit) const {
    visit("coordinate", coordinate);
    visit("broadcast", broadcast);
    visit("compute", compute);
    visit("aggregate", aggregate);
    visit("evaluate", evaluate);
    visit("save", save);
    visit("wait", wait);
  }
};

/// When a round was finished, and what it took.
struct RoundTiming {
  Seconds elapsed{0};  // since the start of the run, stops left out
  PhaseTimes phases;   // of rank 0, since the last round was finished
  /// The slowest rank's time to compute / the mean of the ranks that computed; 1 without an Ask.
  double imbalance = 1;
};

/// Puts down what passes between two calls of lap() to a phase: one look at the clock for each
/// change of phase, and none while a rank waits.
class Stopwatch {
 public:
  using Phase = double PhaseTimes::*;

  void lap(Phase phase) {
    const auto now = std::chrono::steady_clock::now();
    times_.*phase += Seconds(now - last_).count();
    last_ = now;
  }
  /// Since the last call.
  PhaseTimes take() { return std::exchange(times_, {}); }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  PhaseTimes times_;
};

}  // namespace cohort
