#pragma once
// A check that aborts with the numbers, for our own bugs. What a run must survive is a Result.

#include <source_location>
#include <string_view>

namespace cohort {

[[noreturn]] void check_failed(std::string_view condition, std::string_view message,
                               std::source_location where = std::source_location::current());

}  // namespace cohort

#define COHORT_CHECK(condition, message)                       \
  do {                                                         \
    if (!(condition)) [[unlikely]]                             \
      ::cohort::check_failed(#condition, (message));           \
  } while (false)
