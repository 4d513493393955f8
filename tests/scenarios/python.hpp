#pragma once
// A Python that has NumPy, for tests that hold files and numbers to an independent reader.

#include <cstdlib>
#include <string>

namespace cohort {

inline constexpr const char* no_numpy = "neither python3 nor /usr/bin/python3 can import numpy";

/// A command; empty if there is none.
inline std::string python_with_numpy() {
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) == 0) return python;
  }
  return {};
}

}  // namespace cohort
