#include "core/thread_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace cohort {
namespace {

TEST(ThreadPool, EveryIndexRunsOnce) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (const std::size_t count : {0U, 1U, 2U, 1000U}) {
      std::vector<std::atomic<int>> runs(count);
      pool.parallel_for(count, [&](std::size_t i, std::size_t) { ++runs[i]; });
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(runs[i], 1) << i << " of " << count;
    }
  }
}

TEST(ThreadPool, ALaneIsOneThreadAtATime) {
  constexpr std::size_t threads = 4;
  ThreadPool pool(threads);
  std::vector<std::atomic<int>> inside(threads);
  std::atomic<bool> clash = false;
  for (int loop = 0; loop < 50; ++loop) {
    pool.parallel_for(64, [&](std::size_t, std::size_t lane) {
      if (inside[lane].fetch_add(1) != 0) clash = true;
      std::this_thread::yield();
      inside[lane].fetch_sub(1);
    });
  }
  EXPECT_FALSE(clash);
}

TEST(ThreadPool, ManyShortLoopsFollowEachOther) {
  ThreadPool pool(3);
  std::atomic<std::size_t> sum = 0;
  for (std::size_t loop = 0; loop < 5000; ++loop) {
    pool.parallel_for(4, [&](std::size_t i, std::size_t) { sum += i; });
    ASSERT_EQ(sum, 6 * (loop + 1));
  }
}

TEST(ThreadPool, ExceptionOfATaskIsRethrownAndThePoolGoesOn) {
  for (const std::size_t threads : {1U, 3U}) {
    ThreadPool pool(threads);
    const auto failing = [](std::size_t i, std::size_t) {
      if (i == 5) throw std::runtime_error("task 5");
    };
    EXPECT_THROW(pool.parallel_for(100, failing), std::runtime_error);
    std::atomic<int> runs = 0;
    pool.parallel_for(10, [&](std::size_t, std::size_t) { ++runs; });
    EXPECT_EQ(runs, 10);
  }
}

TEST(ThreadPool, ALoopInsideATaskStaysOnItsThread) {
  ThreadPool pool(3);
  std::atomic<int> runs = 0, elsewhere = 0;
  pool.parallel_for(6, [&](std::size_t, std::size_t) {
    const auto outer = std::this_thread::get_id();
    pool.parallel_for(7, [&](std::size_t, std::size_t lane) {
      ++runs;
      if (std::this_thread::get_id() != outer || lane != 0) ++elsewhere;
    });
  });
  EXPECT_EQ(runs, 42);
  EXPECT_EQ(elsewhere, 0);
}

TEST(ThreadPool, PollIsCalledOnTheCallingThreadAlsoWhileItWaits) {
  ThreadPool pool(2);
  const auto caller = std::this_thread::get_id();
  std::atomic<int> polls = 0, elsewhere = 0;
  pool.set_poll([&] {
    ++polls;
    if (std::this_thread::get_id() != caller) ++elsewhere;
  });
  // The helper's task ends only after many polls of the caller, which has nothing else to do.
  constexpr int wanted = 20;
  pool.parallel_for(2, [&](std::size_t, std::size_t lane) {
    if (lane == 0) return;
    while (polls < wanted) std::this_thread::yield();
  });
  // The caller may have taken both tasks; then it polled after each.
  EXPECT_GE(polls, 1);
  EXPECT_EQ(elsewhere, 0);
  pool.set_poll(nullptr);
  pool.parallel_for(2, [](std::size_t, std::size_t) {});
}

// Sets a variable of the environment for the life of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(AvailableThreads, IsAtLeastOneAndSharedByProcesses) {
  EXPECT_GE(available_threads(), 1U);
  EXPECT_EQ(available_threads(100000), 1U);
  EXPECT_LE(available_threads(2), available_threads(1));
}

TEST(AvailableThreads, WhatTheBatchSystemGivesIsAShareAlready) {
  const Variable slurm("SLURM_CPUS_PER_TASK", "1");
  EXPECT_EQ(available_threads(), 1U);
  const Variable more("SLURM_CPUS_PER_TASK", "2");
  EXPECT_EQ(available_threads(2), std::min<std::size_t>(2, available_threads(1)));
}

TEST(AvailableThreads, NonsenseInTheEnvironmentIsIgnored) {
  const std::size_t plain = available_threads();
  const Variable openmp("OMP_NUM_THREADS", "many");
  EXPECT_EQ(available_threads(), plain);
}

}  // namespace
}  // namespace cohort
