#include "scenarios/sweep/run_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "comm/mpi.hpp"
#include "scenarios/progress.hpp"
#include "scenarios/report/report.hpp"
#include "scenarios/run_directory.hpp"
#include "scenarios/sweep/board.hpp"
#include "scenarios/sweep/processes.hpp"
#include "scenarios/sweep/reporter.hpp"
#include "scenarios/sweep/worker.hpp"

namespace cohort {

namespace {

constexpr Seconds longest_sweep{1e9};  // a group may be done long before another

// What rank 0 decided, for all.
struct Ruling {
  static constexpr std::uint16_t type = 104;
  std::int32_t code = 0;
  bool is_over = false;
  template <class V>
  void fields(V&& v) {
    v("code", code);
    v("is_over", is_over);
  }
};
Ruling over(int code) { return {code, true}; }

int fail(const Error& error) {
  fmt::print(stderr, "cohort: {}\n", error.message);
  return static_cast<int>(error.code);
}

std::vector<std::uint64_t> chosen_points(const Sweep& sweep, const SweepOptions& options) {
  if (!options.points.empty()) return options.points;
  std::vector<std::uint64_t> all(sweep.points());
  std::iota(all.begin(), all.end(), std::uint64_t{1});
  return all;
}

// Rank 0 of everything: what is there before the work, and what became of it.
class Desk {
 public:
  Desk(const Sweep& sweep, const SweepOptions& options, Board board)
      : sweep_(sweep),
        options_(options),
        points_(chosen_points(sweep, options)),
        board_(std::move(board)) {}

  Board& board() { return board_; }
  const std::vector<std::uint64_t>& points() const { return points_; }

  /// Refuses what may not be touched; what failed before is tried again.
  Result<void> open() {
    COHORT_DO(board_.join());
    for_each_run([&](const RunStatus& status) { board_.forget_failure(status); });
    COHORT_DO(board_.refresh());
    std::vector<std::string> unfinished;
    std::optional<std::string> another;
    for_each_run([&](const RunStatus& status) {
      if (status.is_another && !another) another = board_.path(status).string();
      if (status.state != RunState::unfinished || status.is_another) return;
      if (!board_.is_claimed(status)) unfinished.push_back(board_.path(status).string());
    });
    if (another) {
      return bad_input(
          fmt::format("{} holds a run of another scenario; choose another folder with "
                      "--out",
                      *another));
    }
    if (!unfinished.empty() && !options_.run.resume) {
      return bad_input(fmt::format(
          "{} hold{} unfinished run{}: add --resume to go on, or --out DIR to begin anew",
          unfinished.size() == 1
              ? unfinished.front()
              : fmt::format("{} and {} others", unfinished.front(), unfinished.size() - 1),
          unfinished.size() == 1 ? "s an" : "", unfinished.size() == 1 ? "" : "s"));
    }
    return {};
  }

  bool is_all_over() const {
    return std::all_of(points_.begin(), points_.end(),
                       [&](std::uint64_t number) { return board_.point(number).is_over(); });
  }

  void print_opening(const Job& all, const Job& group, std::size_t jobs) const {
    const auto groups = all.ranks() / group.ranks();
    std::string place = ranks_and_threads(group.ranks(), threads_of_group(group, jobs));
    if (groups > 1) place = fmt::format("{} groups of {}", groups, place);
    if (jobs > 1) place = fmt::format("{} processes of {}", jobs, place);
    std::size_t done = 0;
    for (const std::uint64_t number : points_) done += board_.point(number).is_over();
    fmt::print("{}\n{}{}\n", place, sweep_.shape(),
               done == 0 ? "" : fmt::format(", {} done before", done));
    std::fflush(stdout);
  }

  /// The table, the report if something `is_new`, and what there is to say at the end.
  Result<int> close(Code code, bool is_new) {
    COHORT_DO(board_.write_table());
    if (is_new) report();
    const int status = exit_status(code);
    if (!options_.run.is_quiet) print_closing(status);
    return status;
  }

 private:
  template <class Visit>
  void for_each_run(Visit&& visit) {
    std::vector<bool> seen(sweep_.variants());
    for (const std::uint64_t number : points_) {
      const RunStatus& point = board_.point(number);
      visit(point);
      if (seen[point.run.variant]) continue;
      seen[point.run.variant] = true;
      for (const RunStatus& status : board_.variant_of(point).tuning) visit(status);
    }
  }

  /// report.html of the whole sweep, once nothing of it is left to do.
  void report() const {
    if (!std::all_of(board_.points().begin(), board_.points().end(),
                     [](const RunStatus& status) { return status.is_over(); })) {
      return;
    }
    const auto written = report::write_report({board_.root()}, {});
    if (!written) fmt::print(stderr, "cohort: no report: {}\n", written.error().message);
  }

  std::size_t threads_of_group(const Job& group, std::size_t jobs) const {
    SweepRun first = sweep_.point(1);
    if (sweep_.case_of(first.variant).tuning) first.candidate = 0;
    const auto scenario = sweep_.scenario(first);
    return std::max<std::size_t>(
        1, threads_of(*scenario, group) / (scenario->site.threads > 0 ? 1 : jobs));
  }

  int exit_status(Code code) const {
    int worst = 0;
    bool are_all_over = true, has_finished = false;
    for (const std::uint64_t number : points_) {
      const RunStatus& status = board_.point(number);
      are_all_over = are_all_over && status.is_over();
      has_finished = has_finished || status.state == RunState::finished;
      if (status.state == RunState::failed) worst = std::max(worst, static_cast<int>(status.code));
    }
    if (code == Code::resumable) return static_cast<int>(Code::resumable);
    if (!are_all_over) worst = std::max(worst, static_cast<int>(Code::peer_lost));
    if (worst > 0) return worst;
    // Where runs are compared, one that diverged is a result.
    const bool is_one_of_many = points_.size() == 1 && sweep_.points() > 1;
    return has_finished || is_one_of_many ? 0 : static_cast<int>(Code::diverged);
  }

  void print_closing(int status) const {
    const std::string root = board_.root().string();
    if (points_.size() == sweep_.points()) fmt::print("\n{}", closing_table(board_));
    fmt::print("\n");
    for (const char* name : {"sweep.csv", "report.html"}) {
      std::error_code error;
      const auto file = board_.root() / name;
      if (std::filesystem::exists(file, error)) fmt::print("  {}\n", file.string());
    }
    if (status == static_cast<int>(Code::resumable)) {
      const std::string& out = options_.run.out;
      fmt::print("Go on with: cohort run {}{} --resume\n", sweep_.file.string(),
                 out.empty() ? "" : " --out " + out);
      return;
    }
    std::vector<std::string> finished;
    for (const std::uint64_t number : points_) {
      const RunStatus& point = board_.point(number);
      if (point.state == RunState::finished) finished.push_back(board_.path(point).string());
    }
    fmt::print("Figures and tables: cohort report {}\n", root);
    if (finished.size() >= 2) {
      fmt::print("Two runs bit by bit: cohort compare {} {}\n", finished[0], finished[1]);
    }
  }

  const Sweep& sweep_;
  const SweepOptions& options_;
  std::vector<std::uint64_t> points_;
  Board board_;
};

// A process of --jobs.
int work_as_process(const Sweep& sweep, const WorkOptions& options, const Job& job) {
  auto board = Board::look_at(sweep, options.run.out);
  if (!board) return fail(board.error());
  if (const auto joined = board->join(); !joined) return fail(joined.error());
  SilentWatcher watcher;
  const auto code = work(sweep, &*board, options, job, watcher);
  return code ? static_cast<int>(*code) : fail(code.error());
}

Result<Code> work_in_processes(Desk& desk, const Sweep& sweep, WorkOptions options, const Job& job,
                               SweepReporter* reporter) {
  std::optional<Error> failure;
  const auto wrong = in_processes(
      options.processes, [&](std::size_t) { return work_as_process(sweep, options, job); },
      *job.stop_signal,
      [&] {
        if (const auto seen = desk.board().refresh(); !seen) failure = seen.error();
        if (reporter != nullptr) reporter->show_progress();
      });
  for (const std::string& what : wrong) fmt::print(stderr, "cohort: {}\n", what);
  if (failure) return *failure;
  COHORT_DO(desk.board().refresh());
  if (reporter != nullptr) reporter->show_progress();
  const bool was_stopped = job.stop_signal->load() != 0 && !desk.is_all_over();
  return was_stopped ? Code::resumable : Code::done;
}

// The first rank of another group than that of the desk.
Result<Code> work_in_group(const Sweep& sweep, const WorkOptions& options, const Job& group) {
  SilentWatcher watcher;
  if (group.rank() != 0) return work(sweep, nullptr, options, group, watcher);
  auto board = Board::look_at(sweep, options.run.out);
  if (!board) abort_job(board.error().message, static_cast<int>(board.error().code));
  if (const auto joined = board->join(); !joined) {
    abort_job(joined.error().message, static_cast<int>(joined.error().code));
  }
  return work(sweep, &*board, options, group, watcher);
}

}  // namespace

int run_sweep(const Sweep& sweep, const SweepOptions& options, const Job& all, const Job& group) {
  const bool is_desk = all.rank() == 0;
  const bool prints = is_desk && !options.run.is_quiet;
  std::optional<Desk> desk;
  Ruling ruling;
  std::size_t jobs = options.jobs;
  if (is_desk) {
    auto board = Board::look_at(sweep, options.run.out);
    if (!board) {
      ruling = over(fail(board.error()));
    } else {
      desk.emplace(sweep, options, *std::move(board));
      if (const auto opened = desk->open(); !opened) ruling = over(fail(opened.error()));
    }
    if (!ruling.is_over && desk->is_all_over()) {
      if (prints) desk->print_opening(all, group, 1);
      const auto status = desk->close(Code::done, false);
      ruling = over(status ? *status : fail(status.error()));
    }
  }
  const auto told = from_rank_0(ruling, all);
  if (!told) abort_job(told.error().message, static_cast<int>(told.error().code));
  if (told->is_over) return told->code;

  WorkOptions work_options;
  work_options.points = chosen_points(sweep, options);
  work_options.run = options.run;
  work_options.processes = jobs;
  Result<Code> code = Code::done;
  if (is_desk) {
    if (prints) desk->print_opening(all, group, jobs);
    std::optional<SweepReporter> reporter;
    if (prints) reporter.emplace(desk->board(), desk->points());
    SilentWatcher silent;
    Watcher& watcher = reporter ? static_cast<Watcher&>(*reporter) : silent;
    code = jobs > 1 ? work_in_processes(*desk, sweep, work_options, group,
                                        reporter ? &*reporter : nullptr)
                    : work(sweep, &desk->board(), work_options, group, watcher);
  } else {
    code = work_in_group(sweep, work_options, group);
  }
  if (!code) abort_job(code.error().message, static_cast<int>(code.error().code));
  // Every group is done when all ranks have come here.
  const auto arrived = share(ruling, all, longest_sweep);
  if (!arrived) abort_job(arrived.error().message, static_cast<int>(arrived.error().code));
  if (is_desk) {
    const auto status = desk->close(*code, true);
    ruling = over(status ? *status : fail(status.error()));
  }
  const auto end = from_rank_0(ruling, all);
  if (!end) abort_job(end.error().message, static_cast<int>(end.error().code));
  return end->code;
}

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t n = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, n);
  if (error != std::errc{} || end != last) return std::nullopt;
  return n;
}

Result<std::uint64_t> slurm_point(std::size_t points,
                                  const std::function<const char*(const char*)>& environment) {
  const auto read = [&](const char* name) -> std::optional<std::uint64_t> {
    const char* text = environment(name);
    return text == nullptr ? std::nullopt : whole_number(text);
  };
  const auto id = read("SLURM_ARRAY_TASK_ID"), first = read("SLURM_ARRAY_TASK_MIN"),
             last = read("SLURM_ARRAY_TASK_MAX"), count = read("SLURM_ARRAY_TASK_COUNT");
  if (!id || !first || !last || !count) {
    return bad_input(
        fmt::format("--point slurm: this is no task of a job array; submit with "
                    "sbatch --array=1-{}",
                    points));
  }
  if (*count != points || *last - *first + 1 != *count) {
    return bad_input(fmt::format(
        "--point slurm: the array has {} tasks from {} to {}, the sweep {} points; submit with "
        "--array=1-{}, or name the point of each task with --point $SLURM_ARRAY_TASK_ID/{}",
        *count, *first, *last, points, points, points));
  }
  return *id - *first + 1;
}

}  // namespace

Result<std::uint64_t> point_number(const std::string& text, std::size_t points,
                                   const std::function<const char*(const char*)>& environment) {
  const std::string_view all(text);
  if (all == "slurm") return slurm_point(points, environment);
  const auto slash = std::min(all.find('/'), all.size());
  const auto number = whole_number(all.substr(0, slash)),
             total = whole_number(all.substr(std::min(slash + 1, all.size())));
  if (!number || !total) {
    return bad_input(
        fmt::format("--point: expected a number and how many there are, as in 1/{}, "
                    "or slurm, found {}",
                    points, text));
  }
  if (total.value_or(0) != points) {
    return bad_input(
        fmt::format("--point {}: the sweep has {} points; --list shows them", text, points));
  }
  if (number.value_or(0) < 1 || number.value_or(0) > points) {
    return bad_input(fmt::format("--point {}: expected a number from 1 to {}", text, points));
  }
  return number.value_or(0);
}

int dry_run_sweep(const Sweep& sweep, const std::vector<Scenario>& cases, const Job& job) {
  double bytes = 0;
  Seconds time{0};
  for (std::size_t c = 0; c < cases.size(); ++c) {
    const auto cost = probe_round(cases[c], job);
    if (!cost) return job.rank() == 0 ? fail(cost.error()) : static_cast<int>(cost.error().code);
    if (job.rank() == 0) fmt::print("{}", cost->text);
    const std::size_t variants = sweep.grid.size();
    const std::size_t runs =
        variants * (sweep.points() / sweep.variants() + sweep.tuning_runs(c * variants).size());
    const double rounds =
        static_cast<double>(runs) * static_cast<double>(cases[c].schedule.stop.rounds);
    bytes += rounds * static_cast<double>(cost->bytes);
    time += rounds * cost->time;
  }
  if (job.rank() == 0) {
    fmt::print(
        "{}\n  bytes of all runs          {:.3g}\n  time of all runs           {}, one after "
        "another and without evaluation\n",
        sweep.shape(), bytes, duration_text(time));
  }
  return 0;
}

}  // namespace cohort
