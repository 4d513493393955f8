// What `cohort new` writes and refuses; that it builds and passes is tests/consumer/new.cmake.

#include <gmock/gmock.h>

#include "tests/scenarios/command_line.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(New, WritesAProjectInWhichEveryWordIsReplaced) {
  const Folder folder;
  for (const std::string kind : {"method", "optimizer", "aggregator"}) {
    const std::string out = (folder / kind).string();
    const Told told = tell({"new", kind, "own_" + kind, "--out", out});
    ASSERT_EQ(told.status, 0) << told.err;
    for (const std::string& file : {"own_" + kind + ".hpp", std::string("main.cpp"),
                                    std::string("test.cmake"), std::string("scenario.toml")}) {
      EXPECT_THAT(told.out, HasSubstr(file));
      const std::string text = text_of(std::filesystem::path(out) / file);
      EXPECT_FALSE(text.empty()) << file;
      for (const char* word :
           {"NAME", "TYPE", "INCLUDES", "MEMBER", "WRAPPER", "SHIPPED", "LIST"}) {
        EXPECT_THAT(text, Not(HasSubstr(word))) << file;
      }
    }
    EXPECT_THAT(text_of(std::filesystem::path(out) / "CMakeLists.txt"),
                AllOf(HasSubstr("add_test(NAME own_" + kind), HasSubstr("project(own_" + kind)));
  }
}

TEST(New, RefusesWhatItCannotStart) {
  const Folder folder;
  const auto refusal = [&](const std::string& kind, const std::string& name) {
    const Told told = tell({"new", kind, name, "--out", (folder / "x").string()});
    EXPECT_EQ(told.status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder / "x"));
    return told.err;
  };
  EXPECT_THAT(refusal("metod", "own"), HasSubstr("did you mean 'method'"));
  EXPECT_THAT(refusal("aggregator", "krum"), HasSubstr("already"));
  EXPECT_THAT(refusal("optimizer", "MyOpt"), HasSubstr("small letters"));
  const Told there = tell({"new", "method", "own", "--out", folder.path().string()});
  EXPECT_EQ(there.status, 2);
  EXPECT_THAT(there.err, HasSubstr("is there already"));
}

}  // namespace
}  // namespace cohort
