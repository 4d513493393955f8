#include "scenarios/sweep/processes.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace cohort {

namespace {

constexpr auto look_interval = std::chrono::milliseconds(5);
constexpr int looks_an_idle = 20;

[[noreturn]] void be_child(std::size_t i, pid_t parent,
                           const std::function<int(std::size_t)>& work) {
  // A terminal's Ctrl-C goes to a group; the parent passes it on, or it would arrive twice.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::_Exit(EXIT_FAILURE);  // it died before prctl
  const int status = work(i);
  std::fflush(nullptr);
  std::_Exit(status);
}

}  // namespace

std::vector<std::string> in_processes(std::size_t count,
                                      const std::function<int(std::size_t)>& work,
                                      const std::atomic<int>& stop_signal,
                                      const std::function<void()>& idle) {
  std::fflush(nullptr);  // or each child would print what is buffered
  const pid_t parent = ::getpid();
  std::vector<pid_t> running;
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < count; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) be_child(i, parent, work);
    if (pid < 0) {
      wrong.push_back(fmt::format("process {} of {} could not be started", i + 1, count));
      break;
    }
    running.push_back(pid);
  }
  bool was_told = false;
  for (int looks = 0; !running.empty(); ++looks) {
    if (stop_signal.load() != 0 && !was_told) {
      for (const pid_t pid : running) ::kill(pid, SIGTERM);
      was_told = true;
    }
    std::erase_if(running, [&](pid_t pid) {
      int status = 0;
      if (::waitpid(pid, &status, WNOHANG) != pid) return false;
      if (WIFSIGNALED(status)) {
        wrong.push_back(fmt::format("process {} ended by signal {}", pid, WTERMSIG(status)));
      }
      return true;
    });
    if (looks % looks_an_idle == 0) idle();
    std::this_thread::sleep_for(look_interval);
  }
  return wrong;
}

}  // namespace cohort
