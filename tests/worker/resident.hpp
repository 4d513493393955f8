#pragma once
// How much memory this process has, or has had at most.

#include <cstddef>
#include <fstream>
#include <string>

namespace cohort {

/// VmRSS or VmHWM, the most since it was reset.
inline std::size_t resident_bytes(const std::string& what) {
  std::ifstream status("/proc/self/status");
  std::string word;
  std::size_t kilobytes = 0;
  while (status >> word) {
    if (word == what + ":") status >> kilobytes;
  }
  return kilobytes * 1024;
}
inline void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace cohort
