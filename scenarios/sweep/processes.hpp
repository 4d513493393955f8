#pragma once
// Several processes that work on the same thing.

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace cohort {

/// Forks `count` processes that each call work(i) and end with the status it returns, and waits for
/// all. A signal that stops this process is passed on to them once; they die with it. Must be
/// called before this process has threads or MPI. `idle` is called ten times a second meanwhile.
/// Returns what is wrong with those that did not end by themselves: "process 2 ended by signal 9".
std::vector<std::string> in_processes(std::size_t count,
                                      const std::function<int(std::size_t)>& work,
                                      const std::atomic<int>& stop_signal,
                                      const std::function<void()>& idle);

}  // namespace cohort
