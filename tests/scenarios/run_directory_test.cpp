#include "scenarios/run_directory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "scenarios/outputs.hpp"
#include "scenarios/toml.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

Scenario scenario(std::int64_t rounds = 1) {
  Scenario s;
  s.name = "test";
  s.hash = "0123456789ab";
  s.effective = config_table();
  s.effective.set("rounds", config_value(rounds));
  return s;
}

void finish(const RunDirectory& directory, const std::string& status = "finished") {
  Summary summary;
  summary.status = status;
  ASSERT_TRUE(write_summary(directory.path(), summary));
}

TEST(RunPath, NamesScenarioCaseHashAndSeed) {
  Scenario s = scenario();
  s.seeds.run = 7;
  EXPECT_EQ(run_path(s, ""), "runs/test/0123456789ab-s7");
  s.case_name = "mean";
  EXPECT_EQ(run_path(s, "", "mean"), "runs/test/mean/0123456789ab-s7");
  EXPECT_EQ(run_path(s, "x/"), "x");
  EXPECT_EQ(run_path(s, "x", "mean"), "x/mean");
  s.site.out = "y";
  EXPECT_EQ(run_path(s, "", "mean"), "y/mean");
}

TEST(RunDirectory, AFreshOneHoldsTheScenario) {
  const Folder folder;
  const auto directory = RunDirectory::open(folder / "a/b", scenario(), false);
  ASSERT_TRUE(directory) << directory.error().message;
  EXPECT_EQ(directory->path(), folder / "a/b");
  EXPECT_FALSE(directory->is_resumed());
  EXPECT_EQ(text_of(folder / "a/b/scenario.toml"), "rounds = 1\n");
  // Nothing else is left from making it.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "a"), {}), 1);
}

TEST(RunDirectory, AnUnfinishedRunNeedsResume) {
  const Folder folder;
  { ASSERT_TRUE(RunDirectory::open(folder / "r", scenario(), false)); }
  const auto refused = RunDirectory::open(folder / "r", scenario(), false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::bad_input);
  EXPECT_THAT(refused.error().message, HasSubstr("add --resume to go on with it, or --out DIR"));
  const auto resumed = RunDirectory::open(folder / "r", scenario(), true);
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(resumed->is_resumed());
}

TEST(RunDirectory, OneThatWasStoppedIsUnfinished) {
  const Folder folder;
  { finish(*RunDirectory::open(folder / "r", scenario(), false), "stopped"); }
  EXPECT_TRUE(RunDirectory::open(folder / "r", scenario(), true)->is_resumed());
}

TEST(RunDirectory, ResumeOfAnotherScenarioIsRefused) {
  const Folder folder;
  { ASSERT_TRUE(RunDirectory::open(folder / "r", scenario(1), false)); }
  const auto refused = RunDirectory::open(folder / "r", scenario(2), true);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("of another scenario"));
}

TEST(RunDirectory, ResumeBeginsWhatWasNeverBegun) {
  const Folder folder;
  const auto directory = RunDirectory::open(folder / "r", scenario(), true);
  ASSERT_TRUE(directory);
  EXPECT_FALSE(directory->is_resumed());
}

TEST(RunDirectory, AFinishedRunIsKept) {
  const Folder folder;
  { finish(*RunDirectory::open(folder / "r", scenario(), false)); }
  { finish(*RunDirectory::open(folder / "r", scenario(), false), "diverged"); }
  const auto third = RunDirectory::open(folder / "r", scenario(), false);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->path(), folder / "r.3");
  EXPECT_FALSE(third->is_finished());
}

TEST(RunDirectory, ResumeOfAFinishedRunHasNothingToDo) {
  const Folder folder;
  { finish(*RunDirectory::open(folder / "r", scenario(), false)); }
  const auto again = RunDirectory::open(folder / "r", scenario(), true);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->is_finished());
  EXPECT_FALSE(std::filesystem::exists(folder / "r.2"));
}

TEST(RunDirectory, TheSecondProcessLearnsWhoHoldsIt) {
  const Folder folder;
  const auto directory = RunDirectory::open(folder / "r", scenario(), false);
  ASSERT_TRUE(directory);
  const auto second = RunDirectory::open(folder / "r", scenario(), true);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::environment);
  EXPECT_THAT(second.error().message,
              HasSubstr("is in use by process " + std::to_string(::getpid()) + " on "));
}

TEST(RunDirectory, AnotherFolderIsLeftAlone) {
  const Folder folder;
  std::filesystem::create_directory(folder / "photos");
  std::ofstream(folder / "photos/cat.jpg") << "cat";
  const auto refused = RunDirectory::open(folder / "photos", scenario(), false);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("is there and is no run"));
  std::filesystem::create_directory(folder / "empty");
  EXPECT_TRUE(RunDirectory::open(folder / "empty", scenario(), false));
}

}  // namespace
}  // namespace cohort
