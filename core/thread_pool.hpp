#pragma once
// A pool of threads that share one loop at a time. The calling thread takes part (it is lane 0) and
// may look after something else between two tasks, such as the progress of messages.

#include <cstddef>
#include <functional>
#include <memory>

namespace cohort {

class ThreadPool {
 public:
  /// `threads` ≥ 1 lanes, the caller's included. Every thread runs with the default MXCSR.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  std::size_t size() const;

  /// Runs task(index, lane) for every index below `count`, in any order; returns when all are done.
  /// An exception of a task is rethrown here, after the rest has been abandoned. A loop inside a
  /// task runs on that task's thread alone.
  void parallel_for(std::size_t count, const std::function<void(std::size_t, std::size_t)>& task);

  /// Called on the calling thread between its tasks and while it waits for the others.
  void set_poll(std::function<void()> poll);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Threads this process may use: affinity mask, cgroup quota, SLURM_CPUS_PER_TASK and
/// OMP_NUM_THREADS, divided by `sharing` processes on this machine; at least 1.
std::size_t available_threads(std::size_t sharing = 1);

}  // namespace cohort
