#include "scenarios/sweep/worker.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "comm/mpi.hpp"
#include "core/thread_pool.hpp"

namespace cohort {

namespace {

constexpr auto shortest_pause = std::chrono::milliseconds(5);
constexpr auto longest_pause = std::chrono::milliseconds(500);

// What rank 0 tells the others to do next.
struct Order {
  static constexpr std::uint16_t type = 103;
  static constexpr std::uint8_t over = 0, run = 1, wait = 2;
  std::uint8_t what = over;
  std::int32_t code = 0;  // of an end
  std::string message;
  std::uint64_t number = 0;
  std::uint64_t variant = 0;
  std::vector<std::uint64_t> candidate;  // none or one
  std::vector<std::uint64_t> seed;
  template <class V>
  void fields(V&& v) {
    v("what", what);
    v("code", code);
    v("message", message);
    v("number", number);
    v("variant", variant);
    v("candidate", candidate);
    v("seed", seed);
  }
};

Order order_to_run(const SweepRun& run) {
  Order order;
  order.what = Order::run;
  order.number = run.number;
  order.variant = run.variant;
  if (run.candidate) order.candidate = {*run.candidate};
  if (run.seed) order.seed = {*run.seed};
  return order;
}
Order order_to_end(Code code, std::string message = {}) {
  Order order;
  order.code = static_cast<std::int32_t>(code);
  order.message = std::move(message);
  return order;
}
SweepRun run_of(const Order& order) {
  SweepRun run;
  run.number = order.number;
  run.variant = order.variant;
  if (!order.candidate.empty()) run.candidate = order.candidate.front();
  if (!order.seed.empty()) run.seed = order.seed.front();
  return run;
}

class Worker {
 public:
  Worker(const Sweep& sweep, Board* board, const WorkOptions& options, const Job& job,
         Watcher& watcher)
      : sweep_(sweep), board_(board), options_(options), job_(job), watcher_(watcher) {}

  Result<Code> work() {
    for (;;) {
      Order order;
      if (board_ != nullptr) order = next_order();
      COHORT_TRY(order, from_rank_0(order, job_));
      if (order.what == Order::over) {
        if (!order.message.empty()) return Error{static_cast<Code>(order.code), order.message};
        return static_cast<Code>(order.code);
      }
      if (order.what == Order::run) run(run_of(order));
    }
  }

 private:
  // ---- rank 0 ----

  Order next_order() {
    if (failure_) return order_to_end(failure_->code, failure_->message);
    if (is_stopped_ || job_.stop_signal->load() != 0) return order_to_end(Code::resumable);
    bool is_over = false;
    const auto found = next_run(is_over);
    if (!found) return order_to_end(found.error().code, found.error().message);
    if (is_over) return order_to_end(Code::done);
    mine_ = *found;
    if (mine_ != nullptr) {
      pause_ = shortest_pause;
      return order_to_run(mine_->run);
    }
    // Others work on what is left, or on what it waits for.
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(2 * pause_, longest_pause);
    watcher_.update();
    Order order;
    order.what = Order::wait;
    return order;
  }

  /// A run that is ours from now on; null if all that is left is claimed by others.
  Result<const RunStatus*> next_run(bool& is_over) {
    COHORT_DO(board_->refresh());
    is_over = true;
    std::set<std::size_t> seen;
    for (const std::uint64_t number : options_.points) {
      const RunStatus& point = board_->point(number);
      if (point.is_over()) continue;
      is_over = false;
      const VariantStatus& variant = board_->variant_of(point);
      if (!variant.is_tuned() || variant.choice) {
        COHORT_TRY(const bool is_ours, board_->claim(point));
        if (is_ours) return &point;
      } else if (seen.insert(point.run.variant).second) {
        for (const RunStatus& trial : variant.tuning) {
          if (trial.is_over()) continue;
          COHORT_TRY(const bool is_ours, board_->claim(trial));
          if (is_ours) return &trial;
        }
      }
    }
    return nullptr;
  }

  void conclude(const CaseOutcome& outcome) {
    const auto write = [&]() -> Result<void> {
      if (outcome.error) COHORT_DO(board_->note_failure(*mine_, *outcome.error));
      board_->release(*mine_);
      return board_->write_table();
    };
    if (const auto written = write(); !written) failure_ = written.error();
    is_stopped_ = outcome.code == Code::resumable;
    watcher_.update();
  }

  std::vector<std::string> notes(const RunStatus& status) const {
    const VariantStatus& variant = board_->variant_of(status);
    if (status.run.is_tuning() || !variant.choice) return {};
    return choice_lines(*sweep_.case_of(status.run.variant).tuning, *variant.choice);
  }

  // ---- every rank ----

  void run(const SweepRun& run) {
    auto scenario = sweep_.scenario(run);
    COHORT_CHECK(bool(scenario), "a run that the loader has checked");
    if (options_.processes > 1 && scenario->site.threads == 0) {
      const std::size_t all = available_threads(job_.transport->sharing());
      scenario->site.threads = std::max<std::size_t>(1, all / options_.processes);
    }
    RunOptions run_options = options_.run;
    // Whether what was there at the start may be gone on with was asked before; what is unfinished
    // now was begun by a process of this command that is no more.
    run_options.resume = true;
    std::filesystem::path directory;
    if (board_ != nullptr) {
      run_options.title = watcher_.title(*mine_);
      run_options.is_quiet = run_options.title.empty();
      run_options.notes = notes(*mine_);
      directory = board_->path(*mine_);
    }
    const auto outcome = run_case(*scenario, directory, run_options, job_);
    if (!outcome) abort_job(outcome.error().message, static_cast<int>(outcome.error().code));
    if (board_ != nullptr) conclude(*outcome);
  }

  const Sweep& sweep_;
  Board* board_;
  const WorkOptions& options_;
  const Job& job_;
  Watcher& watcher_;
  const RunStatus* mine_ = nullptr;
  bool is_stopped_ = false;
  std::optional<Error> failure_;
  std::chrono::milliseconds pause_ = shortest_pause;
};

}  // namespace

Result<Code> work(const Sweep& sweep, Board* board, const WorkOptions& options, const Job& job,
                  Watcher& watcher) {
  return Worker(sweep, board, options, job, watcher).work();
}

}  // namespace cohort
