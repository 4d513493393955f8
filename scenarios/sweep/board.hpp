#pragma once
// What is done of a sweep, as its folder says: any number of processes look at it and add to it.
//
//   <root>/<case>/<grid>/…              run directories of the points
//   <root>/tuning/<case>/<grid>/<candidate>/…   and of tuning runs
//   <root>/sweep.csv                    a row a point, rewritten after each
//   <root>/.sweep/lock                  claims
//   <root>/.sweep/failed/…              why a run failed, until it is begun again
//
// The choice of a candidate is not kept: it follows from the tuning runs.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "scenarios/outputs.hpp"
#include "scenarios/sweep/claims.hpp"
#include "scenarios/sweep/sweep.hpp"
#include "scenarios/sweep/tuning.hpp"

namespace cohort {

enum class RunState { missing, unfinished, failed, diverged, finished };
std::string_view to_string(RunState state);

struct RunStatus {
  SweepRun run;
  RunState state = RunState::missing;
  std::filesystem::path directory;  // below the root; empty while the candidate is not chosen
  std::string scenario_hash;
  std::string reason;  // why it ended
  Code code = Code::done;
  Summary summary;          // of one that finished or diverged
  bool is_another = false;  // there is a finished run of another scenario in its directory

  /// Nothing is left to do. A failed one is tried again by the next command.
  bool is_over() const { return state >= RunState::failed; }
};

struct VariantStatus {
  std::vector<RunStatus> tuning;
  std::optional<TunedChoice> choice;  // once all of it is over
  bool is_tuned() const { return !tuning.empty(); }
  const RunStatus* failure() const;  // the first of its tuning runs that failed
};

class Board {
 public:
  /// Looks at everything once. Makes nothing.
  static Result<Board> look_at(const Sweep& sweep, const std::filesystem::path& out);
  /// Makes the folder, and takes part in it from now on.
  Result<void> join();

  const Sweep& sweep() const { return *sweep_; }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path path(const RunStatus& status) const { return root_ / status.directory; }
  const std::vector<RunStatus>& points() const { return points_; }
  const RunStatus& point(std::uint64_t number) const { return points_[number - 1]; }
  const VariantStatus& variant(std::size_t v) const { return variants_[v]; }
  const VariantStatus& variant_of(const RunStatus& status) const {
    return variants_[status.run.variant];
  }

  /// Looks again at what was not over.
  Result<void> refresh();

  /// False: another process has it, or it is over.
  Result<bool> claim(const RunStatus& status);
  void release(const RunStatus& status);
  bool is_claimed(const RunStatus& status) const;

  /// The run failed before or without a summary of its own.
  Result<void> note_failure(const RunStatus& status, const Error& error);
  /// So that it is tried again.
  void forget_failure(const RunStatus& status);

  /// Rewrites sweep.csv from what is there now.
  Result<void> write_table();

 private:
  explicit Board(const Sweep& sweep) : sweep_(&sweep) {}
  RunStatus& mutable_status(const RunStatus& status);
  Result<void> look(RunStatus& status);
  Result<void> locate(RunStatus& status);
  Result<void> look_at_tuning(VariantStatus& variant, const Tuning& tuning);
  std::filesystem::path failure_file(const RunStatus& status) const;
  Claims& claims();

  const Sweep* sweep_;
  std::filesystem::path root_;
  bool is_root_chosen_ = false;
  std::vector<RunStatus> points_;
  std::vector<VariantStatus> variants_;
  std::optional<Claims> claims_;
};

}  // namespace cohort
