#pragma once
// A check that aborts with the numbers, for our own bugs. What a run must survive is a Result.

#include <string_view>

namespace cohort {

// The builtins and not std::source_location, which clang 14 does not have.
[[noreturn]] void check_failed(std::string_view condition, std::string_view message,
                               const char* file = __builtin_FILE(),
                               unsigned line = __builtin_LINE());

}  // namespace cohort

#define COHORT_CHECK(condition, message)             \
  do {                                               \
    if (!(condition)) [[unlikely]]                   \
      ::cohort::check_failed(#condition, (message)); \
  } while (false)
