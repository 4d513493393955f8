#pragma once
// What a person sees while a run goes on: one live line on a terminal, plain lines in a pipe.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/stopping.hpp"
#include "core/clock.hpp"

namespace cohort {

struct ProgressStyle {
  std::string title;  // in front of the live line
  std::string noun = "round";
  /// Only a terminal shows it, and nothing of it stays: who prints the result speaks for it.
  bool is_transient = false;
};

/// Only the process that prints has one. `now` is the time since the start of the run.
class ProgressLine {
 public:
  /// `rounds` of the whole run. Line width is that of the terminal.
  ProgressLine(std::FILE* out, bool is_terminal, std::uint64_t rounds, std::size_t width = 100,
               ProgressStyle style = {});
  /// Of standard output.
  static ProgressLine of_stdout(std::uint64_t rounds, ProgressStyle style = {});

  /// A line of its own, above the live one.
  void print(std::string_view line);
  /// The state of the run after a round; shown at most 10 times a second on a terminal, once a
  /// second in a pipe, and always for the last round.
  void update(std::uint64_t round, const Measured* measured, Seconds now);
  /// Ends the live line.
  void finish();

 private:
  std::string line(Seconds now) const;
  std::FILE* out_;
  bool is_terminal_;
  std::uint64_t rounds_;
  std::size_t width_;
  ProgressStyle style_;
  bool is_live_ = false;
  std::uint64_t round_ = 0;
  std::string measured_;
  std::optional<Seconds> shown_;
  // Where this process began: a resumed run is not faster for the rounds of its past.
  std::optional<std::pair<std::uint64_t, Seconds>> begin_;
};

/// "4 ranks × 16 threads"
std::string ranks_and_threads(std::uint32_t ranks, std::uint64_t threads);
/// "12 s", "3 min 05 s", "2 h 10 min"
std::string duration_text(Seconds seconds);

}  // namespace cohort
