#include "scenarios/doctor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace cohort {
namespace {

using testing::HasSubstr;

/// An environment variable for the length of a test.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value, 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    if (old_.empty())
      ::unsetenv(name_);
    else
      ::setenv(name_, old_.c_str(), 1);
  }

 private:
  const char* name_;
  std::string old_;
};

Finding finding(const std::string& what) {
  const auto all = examine_machine();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.what == what; });
  return found == all.end() ? Finding{} : *found;
}

TEST(Doctor, OnlyAFailureChangesTheExitStatus) {
  std::ostringstream out;
  const std::vector<Finding> mixed = {{"cache", Health::warn, "full", "make room"},
                                      {"threads", Health::ok, "2", ""}};
  EXPECT_EQ(print_findings(out, mixed), 0);
  EXPECT_EQ(out.str(),
            "warn  cache         full\n"
            "                    → make room\n"
            "ok    threads       2\n");
  const std::vector<Finding> bad = {{"results", Health::fail, "read-only", "go elsewhere"}};
  EXPECT_EQ(print_findings(out, bad), 3);
}

TEST(Doctor, FindsAnInstructionSetThatDoesNotExist) {
  const Environment isa("COHORT_ISA", "abacus");
  EXPECT_EQ(finding("processor").health, Health::fail);
  EXPECT_THAT(finding("processor").found, HasSubstr("abacus"));
}

TEST(Doctor, FindsACacheThatCannotBeWritten) {
  const Environment cache("XDG_CACHE_HOME", "/dev/null");
  EXPECT_EQ(finding("cache").health, Health::warn);
  EXPECT_THAT(finding("cache").found, HasSubstr("/dev/null/cohort"));
}

TEST(Doctor, FindsThatThereIsNoMpirun) {
  const Environment path("PATH", "/dev/null");
  EXPECT_EQ(finding("mpi").health, Health::warn);
}

TEST(Doctor, EveryShortfallNamesItsNextStep) {
  for (const auto& each : examine_machine()) {
    EXPECT_FALSE(each.found.empty()) << each.what;
    EXPECT_TRUE(each.health == Health::ok || !each.next_step.empty()) << each.what;
  }
  EXPECT_EQ(finding("shipped data").health, Health::ok);
}

}  // namespace
}  // namespace cohort
