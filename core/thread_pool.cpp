#include "core/thread_pool.hpp"

#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/cpu.hpp"

namespace cohort {

namespace {

thread_local bool inside_loop = false;

// Restores the flag when a loop's share on this thread ends, by exception too.
struct InsideLoop {
  bool outer = std::exchange(inside_loop, true);
  ~InsideLoop() { inside_loop = outer; }
};

}  // namespace

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::vector<std::jthread> threads;
  std::function<void()> poll;

  const std::function<void(std::size_t, std::size_t)>* task = nullptr;
  std::size_t count = 0;
  std::atomic<std::size_t> next{0};
  std::size_t busy = 0;    // helper threads inside the current loop
  std::uint64_t loop = 0;  // number of the current loop
  bool stopping = false;
  std::exception_ptr failure;

  // One lane's share of the loop: indices are handed out one at a time.
  void work(std::size_t lane, bool polls) {
    const InsideLoop guard;
    for (;;) {
      const std::size_t index = next.fetch_add(1, std::memory_order_relaxed);
      if (index >= count) return;
      try {
        (*task)(index, lane);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        next.store(count, std::memory_order_relaxed);
        return;
      }
      if (polls && poll) poll();
    }
  }

  void run_helper(std::size_t lane) {
    set_float_environment();
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return stopping || loop != seen; });
      if (stopping) return;
      seen = loop;
      if (task == nullptr) continue;  // the loop ended before this thread woke
      ++busy;
      lock.unlock();
      work(lane, false);
      lock.lock();
      --busy;
      if (busy == 0) done.notify_one();
    }
  }
};

ThreadPool::ThreadPool(std::size_t threads) : state_(std::make_unique<State>()) {
  COHORT_CHECK(threads >= 1, "a pool has at least the calling thread");
  set_float_environment();
  for (std::size_t lane = 1; lane < threads; ++lane) {
    state_->threads.emplace_back([state = state_.get(), lane] { state->run_helper(lane); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
}

std::size_t ThreadPool::size() const { return state_->threads.size() + 1; }

void ThreadPool::set_poll(std::function<void()> poll) { state_->poll = std::move(poll); }

void ThreadPool::parallel_for(std::size_t count,
                              const std::function<void(std::size_t, std::size_t)>& task) {
  State& s = *state_;
  if (inside_loop) {
    // The lane of a nested loop is 0: its scratch belongs to the loop, not to the pool.
    for (std::size_t i = 0; i < count; ++i) task(i, 0);
    return;
  }
  if (s.threads.empty() || count <= 1) {
    const InsideLoop guard;
    for (std::size_t i = 0; i < count; ++i) {
      task(i, 0);
      if (s.poll) s.poll();
    }
    return;
  }
  {
    const std::scoped_lock lock(s.mutex);
    s.task = &task;
    s.count = count;
    s.next.store(0, std::memory_order_relaxed);
    s.failure = nullptr;
    ++s.loop;
  }
  s.wake.notify_all();
  s.work(0, true);
  std::unique_lock lock(s.mutex);
  while (s.busy > 0) {
    if (s.poll) {
      lock.unlock();
      s.poll();
      lock.lock();
      s.done.wait_for(lock, std::chrono::microseconds(50), [&] { return s.busy == 0; });
    } else {
      s.done.wait(lock, [&] { return s.busy == 0; });
    }
  }
  s.task = nullptr;
  if (s.failure) std::rethrow_exception(std::exchange(s.failure, nullptr));
}

std::size_t available_threads(std::size_t sharing) {
  std::size_t n = std::max(1U, std::thread::hardware_concurrency());
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
    n = std::min(n, static_cast<std::size_t>(CPU_COUNT(&mask)));
  }
  // cgroup v2: "max 100000" or "200000 100000".
  if (std::ifstream quota("/sys/fs/cgroup/cpu.max"); quota) {
    double limit = 0, period = 0;
    if (quota >> limit >> period && period > 0 && limit > 0) {
      n = std::min(n, std::max<std::size_t>(1, static_cast<std::size_t>(limit / period)));
    }
  }
  // What a batch system or the user set is a share of one task already.
  for (const char* name : {"SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"}) {
    if (const char* text = std::getenv(name)) {
      const long value = std::strtol(text, nullptr, 10);
      if (value > 0) return std::min(n, static_cast<std::size_t>(value));
    }
  }
  return std::max<std::size_t>(1, n / std::max<std::size_t>(1, sharing));
}

}  // namespace cohort
