#pragma once
// The program inside a test: what a command prints and returns.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/cli.hpp"

namespace cohort {

struct Told {
  int status = 0;
  std::string out;
  std::string err;
};

inline Told tell(const std::vector<std::string>& words) {
  std::vector<const char*> arguments = {"cohort"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Told told;
  told.status = cli(static_cast<int>(arguments.size()), arguments.data(), shipped_catalogue(), {});
  told.out = testing::internal::GetCapturedStdout();
  told.err = testing::internal::GetCapturedStderr();
  return told;
}

}  // namespace cohort
