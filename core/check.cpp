#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace cohort {

void check_failed(std::string_view condition, std::string_view message, const char* file,
                  unsigned line) {
  std::fprintf(stderr, "cohort: internal error at %s:%u: %.*s (%.*s)\n", file, line,
               static_cast<int>(message.size()), message.data(), static_cast<int>(condition.size()),
               condition.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace cohort
