#pragma once
// `cohort doctor`: what of this machine a run depends on, and what to do where it falls short.

#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace cohort {

/// ok; warn: runs work, with the stated loss; fail: runs do not work.
enum class Health : std::uint8_t { ok, warn, fail };

struct Finding {
  std::string what;
  Health health = Health::ok;
  std::string found;
  std::string next_step;  // empty where all is well
};

/// Looks at the machine and at the environment of this process. Starts `mpirun` once, unless this
/// process was itself started by it; writes one file into the cache directory and removes it.
std::vector<Finding> examine_machine();

/// One line a finding, and its next step below it. Returns the exit status: 0, or 3
/// (Code::environment) when one of them is `fail`.
int print_findings(std::ostream& out, std::span<const Finding> findings);

/// Both.
int run_doctor(std::ostream& out);

}  // namespace cohort
