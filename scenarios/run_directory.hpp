#pragma once
// The folder of a run: made in one step, used by one program at a time, never overwritten.
//
//   nothing there            made
//   an unfinished run        goes on with --resume, else refused
//   a finished run           kept; the new run gets <path>.2, .3, …
//   in use                   refused, with who uses it
//
// A run is finished when its summary.json says "finished" or "diverged".

#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// Where the runs of a scenario go: `out`, else run.out, else runs/<name>.
std::filesystem::path run_root(const Scenario& scenario, const std::filesystem::path& out);
/// The folder of one run: `below` the root, and there <hash>-s<seed> under runs/; in a folder that
/// was chosen s<seed> if there `are_seeds` to tell apart, else nothing more.
std::filesystem::path run_path(const Scenario& scenario, const std::filesystem::path& out,
                               const std::filesystem::path& below = {}, bool are_seeds = false);

class RunDirectory {
 public:
  /// With `resume`, an unfinished run of the same scenario goes on, and one that was never begun
  /// begins; a finished one is reported by is_finished() and left alone.
  /// Errors: bad_input (unfinished, another scenario, not a run), environment (in use, no room).
  static Result<RunDirectory> open(const std::filesystem::path& path, const Scenario& scenario,
                                   bool resume);
  RunDirectory(RunDirectory&& other) noexcept { swap(other); }
  RunDirectory& operator=(RunDirectory&& other) noexcept {
    swap(other);
    return *this;
  }
  /// Lets go of the lock.
  ~RunDirectory();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  /// There was an unfinished run, which goes on.
  bool is_resumed() const { return is_resumed_; }
  /// There was a finished run and `resume` was asked for: nothing is left to do.
  bool is_finished() const { return is_finished_; }

 private:
  RunDirectory() = default;
  void swap(RunDirectory& other) noexcept;
  std::filesystem::path path_;
  int lock_ = -1;
  bool is_resumed_ = false;
  bool is_finished_ = false;
};

}  // namespace cohort
