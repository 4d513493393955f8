#include "scenarios/sweep/board.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>

#include "core/file.hpp"
#include "core/hash.hpp"
#include "scenarios/run_directory.hpp"
#include "scenarios/sweep/table.hpp"

namespace cohort {

namespace fs = std::filesystem;

namespace {

constexpr const char* private_folder = ".sweep";
constexpr std::string_view table_name = "sweep.csv";

std::optional<double> score_of(const RunStatus& status, const Tuning& tuning) {
  if (status.state != RunState::finished) return std::nullopt;
  const auto set = status.summary.final.find(tuning.set);
  if (set == status.summary.final.end()) return std::nullopt;
  const auto metric = set->second.find(tuning.metric);
  if (metric == set->second.end()) return std::nullopt;
  return metric->second;
}

Result<void> make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return bad_environment(fmt::format("cannot make {}: {}", path.string(), error.message()));
  return {};
}

}  // namespace

std::string_view to_string(RunState state) {
  switch (state) {
    case RunState::missing:
      return "missing";
    case RunState::unfinished:
      return "unfinished";
    case RunState::failed:
      return "failed";
    case RunState::diverged:
      return "diverged";
    case RunState::finished:
      return "finished";
  }
  return "?";
}

const RunStatus* VariantStatus::failure() const {
  for (const RunStatus& status : tuning) {
    if (status.state == RunState::failed) return &status;
  }
  return nullptr;
}

Result<Board> Board::look_at(const Sweep& sweep, const fs::path& out) {
  Board board(sweep);
  SweepRun first = sweep.point(1);
  if (sweep.case_of(first.variant).tuning) first.candidate = 0;
  COHORT_TRY(const Scenario scenario, sweep.scenario(first));
  board.root_ = run_root(scenario, out);
  board.is_root_chosen_ = !out.empty() || !scenario.site.out.empty();
  for (std::size_t v = 0; v < sweep.variants(); ++v) {
    VariantStatus& variant = board.variants_.emplace_back();
    for (SweepRun& run : sweep.tuning_runs(v)) variant.tuning.emplace_back().run = run;
  }
  for (std::uint64_t number = 1; number <= sweep.points(); ++number) {
    board.points_.emplace_back().run = sweep.point(number);
  }
  COHORT_DO(board.refresh());
  return board;
}

Result<void> Board::join() {
  COHORT_DO(make_folder(root_ / private_folder / "failed"));
  COHORT_TRY(claims_, Claims::open(root_ / private_folder / "lock"));
  return {};
}

Result<void> Board::refresh() {
  for (std::size_t v = 0; v < variants_.size(); ++v) {
    if (const auto& tuning = sweep_->case_of(v).tuning) {
      COHORT_DO(look_at_tuning(variants_[v], *tuning));
    }
  }
  for (RunStatus& status : points_) COHORT_DO(look(status));
  return {};
}

Result<void> Board::look_at_tuning(VariantStatus& variant, const Tuning& tuning) {
  if (variant.choice) return {};
  bool are_all_over = true;
  for (RunStatus& status : variant.tuning) {
    COHORT_DO(look(status));
    are_all_over = are_all_over && status.is_over();
  }
  if (!are_all_over || variant.failure() != nullptr) return {};
  std::vector<std::vector<std::optional<double>>> scores(tuning.candidates.size());
  for (const RunStatus& status : variant.tuning) {
    scores[*status.run.candidate].push_back(score_of(status, tuning));
  }
  variant.choice = choose(tuning, scores);
  return {};
}

Result<void> Board::look(RunStatus& status) {
  if (status.is_over()) return {};
  VariantStatus& variant = variants_[status.run.variant];
  if (!status.run.is_tuning() && variant.is_tuned() && !status.run.candidate) {
    if (const RunStatus* failure = variant.failure()) {
      status.state = RunState::failed;
      status.reason = "a tuning run failed: " + failure->reason;
      status.code = failure->code;
    }
    if (!variant.choice) return {};
    status.run.candidate = variant.choice->candidate;
  }
  if (status.directory.empty()) COHORT_DO(locate(status));

  std::error_code error;
  if (!fs::exists(path(status) / "scenario.toml", error)) {
    status.state = RunState::missing;
  } else {
    status.state = RunState::unfinished;
    if (auto summary = read_summary(path(status))) {
      const bool has_diverged = summary->status == "diverged";
      status.reason = summary->stop_reason;
      if (has_diverged || summary->status == "finished") {
        status.is_another = summary->scenario_hash != status.scenario_hash;
        if (status.is_another) return {};
        status.state = has_diverged ? RunState::diverged : RunState::finished;
        status.code = has_diverged ? Code::diverged : Code::done;
        status.summary = *std::move(summary);
        return {};
      }
    }
  }
  const auto failure = read_file(failure_file(status));
  if (!failure) return {};
  const std::string text(reinterpret_cast<const char*>(failure->data()), failure->size());
  int code = static_cast<int>(Code::environment);
  std::from_chars(text.data(), text.data() + text.size(), code);
  status.state = RunState::failed;
  status.code = static_cast<Code>(code);
  status.reason = text.substr(std::min(text.find(' '), text.size() - 1) + 1);
  return {};
}

Result<void> Board::locate(RunStatus& status) {
  COHORT_TRY(const Scenario scenario, sweep_->scenario(status.run));
  const fs::path out = is_root_chosen_ ? root_ : fs::path();
  status.directory =
      run_path(scenario, out, sweep_->folder(status.run), sweep_->has_seeds(status.run))
          .lexically_relative(root_);
  status.scenario_hash = scenario.hash;
  return {};
}

RunStatus& Board::mutable_status(const RunStatus& status) {
  return status.run.is_tuning() ? variants_[status.run.variant].tuning[status.run.trial]
                                : points_[status.run.number - 1];
}

Claims& Board::claims() {
  COHORT_CHECK(claims_.has_value(), "a board that was joined");
  return *claims_;
}

Result<bool> Board::claim(const RunStatus& status) {
  COHORT_TRY(const bool is_ours, claims().take(status.directory.string()));
  if (!is_ours) return false;
  // It may have ended since it was looked at.
  RunStatus& seen = mutable_status(status);
  COHORT_DO(look(seen));
  if (!seen.is_over()) return true;
  release(status);
  return false;
}

void Board::release(const RunStatus& status) { claims().release(status.directory.string()); }

bool Board::is_claimed(const RunStatus& status) const {
  return claims_ && !status.directory.empty() && claims_->is_taken(status.directory.string());
}

fs::path Board::failure_file(const RunStatus& status) const {
  const std::string name = status.directory.string();
  return root_ / private_folder / "failed" / hash_bytes(std::as_bytes(std::span(name))).hex();
}

Result<void> Board::note_failure(const RunStatus& status, const Error& error) {
  const std::string text = fmt::format("{} {}", static_cast<int>(error.code),
                                       error.message.substr(0, error.message.find('\n')));
  COHORT_DO(write_durably(failure_file(status), std::as_bytes(std::span(text))));
  return look(mutable_status(status));
}

void Board::forget_failure(const RunStatus& status) {
  if (status.state != RunState::failed) return;
  RunStatus& mine = mutable_status(status);
  std::error_code error;
  if (!mine.directory.empty()) fs::remove(failure_file(mine), error);
  mine.state = RunState::missing;
  mine.reason.clear();
  mine.code = Code::done;
}

Result<void> Board::write_table() {
  const std::string name(table_name);
  COHORT_DO(claims().wait_for(name));
  // Under the claim, so that a later table never says less than an earlier one.
  const auto write = [&]() -> Result<void> {
    COHORT_DO(refresh());
    const std::string text = table_of(*this);
    return write_durably(root_ / name, std::as_bytes(std::span(text)));
  };
  auto written = write();
  claims().release(name);
  return written;
}

}  // namespace cohort
