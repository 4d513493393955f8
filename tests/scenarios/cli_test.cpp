#include "scenarios/cli.hpp"

#include "scenarios/list.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "cohort");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status =
      cli(static_cast<int>(arguments.size()), arguments.data(), shipped_catalogue(),
          [](const std::vector<std::string>& a) { return static_cast<int>(40 + a.size()); });
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Cli, BadCommandLinesGetTheNearestName) {
  EXPECT_EQ(run({"rnu"}).status, 2);
  EXPECT_THAT(run({"rnu"}).err, HasSubstr("unknown command 'rnu' in cohort; did you mean 'run'?"));
  EXPECT_EQ(run({"run", "x.toml", "--rsume"}).status, 2);
  EXPECT_THAT(run({"run", "x.toml", "--rsume"}).err, HasSubstr("did you mean '--resume'?"));
  EXPECT_EQ(run({"run"}).status, 2);
  EXPECT_THAT(run({"run"}).err, HasSubstr("FILE is required"));
  EXPECT_EQ(run({"compare", "one"}).status, 2);
  EXPECT_EQ(run({}).status, 2);
  EXPECT_EQ(run({"list", "methd"}).status, 2);
  EXPECT_THAT(run({"list", "methd"}).err, HasSubstr("did you mean 'method'?"));
}

TEST(Cli, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(run({"--help"}).status, 0);
  EXPECT_THAT(run({"--help"}).out, HasSubstr("verify"));
  EXPECT_EQ(run({"run", "--help"}).status, 0);
  EXPECT_EQ(run({"version"}).status, 0);
  EXPECT_THAT(run({"version"}).out, HasSubstr("cohort "));
}

TEST(Cli, BenchGetsItsArgumentsAsTheyAre) {
  EXPECT_EQ(run({"bench", "read", "--json"}).status, 42);
}

TEST(Cli, AScenarioWithMistakesWritesNothing) {
  const Folder folder;
  const std::string file = (folder / "bad.toml").string();
  const std::string out = (folder / "out").string();
  std::ofstream(file) << "[method]\ntype = \"fedavgg\"\n";
  const auto outcome = run({"run", file.c_str(), "--out", out.c_str()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("bad.toml:2:1: unknown method 'fedavgg' in method; did you "
                                     "mean 'fedavg'?"));
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_EQ(run({"run", "nowhere.toml"}).status, 2);
}

TEST(Cli, ExplainTakesSetsAndRunsNothing) {
  const std::string file = std::string(COHORT_SOURCE_DIR) + "/scenarios/quickstart.toml";
  const auto outcome = run({"run", "--set", "schedule.rounds=3", file.c_str(), "--set",
                            "evaluation.every=2", "--explain"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("case geometric_median"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("rounds = 3 +# --set"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("every = 2 +# --set"));
}

TEST(List, HasEveryKindAndAllOptionsOfOne) {
  const auto all = list(shipped_catalogue(), "", false);
  ASSERT_TRUE(all);
  for (const auto& kind : list_kinds()) EXPECT_THAT(*all, HasSubstr(kind + "  (")) << kind;
  const auto rules = list(shipped_catalogue(), "rules", false);
  ASSERT_TRUE(rules);
  EXPECT_THAT(*rules, HasSubstr("krum"));
  EXPECT_EQ(*list(shipped_catalogue(), "aggregators", false), *rules);
  const auto of_17 = list(shipped_catalogue(), "rules", false, 17);
  ASSERT_TRUE(of_17);
  // Krum: 17 = 2 · 7 + 3, and κ = 6 (1 + 7/3).
  EXPECT_THAT(*of_17,
              HasSubstr("tolerates 7 of 17 updates; needs f\n      kappa 20 at f = 7 of 17"));
  EXPECT_FALSE(list(shipped_catalogue(), "attack", false, 17));
  const auto sections = list(shipped_catalogue(), "section", false);
  ASSERT_TRUE(sections);
  EXPECT_THAT(*sections, HasSubstr("cohort_size (whole number >= 1)"));
  const auto markdown = list(shipped_catalogue(), "attack", true);
  ASSERT_TRUE(markdown);
  EXPECT_THAT(*markdown, HasSubstr("| `scale` | number > 0 | `1.0` | "));
}

TEST(Process, OnlyRankZeroPrints) {
  ASSERT_EQ(::setenv("OMPI_COMM_WORLD_RANK", "3", 1), 0);
  EXPECT_EQ(process_from_environment().rank, 3U);
  const auto outcome = run({"rnu"});
  ::unsetenv("OMPI_COMM_WORLD_RANK");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "");
  ASSERT_EQ(::setenv("SLURM_PROCID", "2", 1), 0);
  EXPECT_EQ(process_from_environment().rank, 0U);
  ::unsetenv("SLURM_PROCID");
}

}  // namespace
}  // namespace cohort
