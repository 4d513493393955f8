#include "scenarios/sweep/sweep.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "scenarios/loader.hpp"
#include "scenarios/outputs.hpp"
#include "scenarios/sweep/board.hpp"
#include "scenarios/sweep/claims.hpp"
#include "scenarios/sweep/reporter.hpp"
#include "scenarios/sweep/run_sweep.hpp"
#include "scenarios/sweep/table.hpp"
#include "scenarios/sweep/tuning.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr const char* base = R"(name = "test"
[data]
name = "digits"
split = { train = 0.7, validation = 0.1, test = 0.2 }
[model]
type = "softmax"
[clients]
count = 10
[method]
type = "fedavg"
local = { optimizer = { type = "sgd", learning_rate = 0.1 } }
[schedule]
rounds = 10
[evaluation]
on = ["validation", "test"]
[sweep]
)";

Result<LoadedScenario> load(const std::string& sweep, const std::vector<std::string>& sets = {}) {
  return load_scenario_text(base + sweep, "s.toml", sets, shipped_catalogue());
}
LoadedScenario loaded(const std::string& sweep, const std::vector<std::string>& sets = {}) {
  auto scenario = load(sweep, sets);
  if (!scenario) throw std::runtime_error(scenario.error().message);
  return *std::move(scenario);
}
std::vector<std::string> mistakes(const std::string& sweep,
                                  const std::vector<std::string>& sets = {}) {
  const auto scenario = load(sweep, sets);
  std::vector<std::string> lines;
  if (scenario) return lines;
  EXPECT_EQ(scenario.error().code, Code::bad_input);
  std::istringstream in(scenario.error().message);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

constexpr const char* tuned = R"(
seeds = [1, 2]
tune = { "method.local.optimizer.learning_rate" = [0.03, 0.1, 0.3], by = "validation_accuracy", seeds = [101, 102] }
)";

// ---- points ----

TEST(Sweep, PointsAreCasesThenGridThenSeeds) {
  const Sweep sweep = *loaded(R"(
cases = [{ name = "a" }, { name = "b", clients = { cohort_size = 5 } }]
grid = { "data.partition.alpha" = [0.1, 1.0], "method.batch_size" = [8, 16] }
seeds = [3, 1]
)",
                              {"data.partition=dirichlet"})
                           .sweep;
  ASSERT_EQ(sweep.points(), 16U);
  EXPECT_EQ(sweep.shape(),
            "16 points: 2 cases × 2 values of data.partition.alpha × 2 values of "
            "method.batch_size × 2 seeds");
  EXPECT_EQ(sweep.title(sweep.point(1)), "a, alpha=0.1, batch_size=8, seed 3");
  EXPECT_EQ(sweep.title(sweep.point(2)), "a, alpha=0.1, batch_size=8, seed 1");
  EXPECT_EQ(sweep.title(sweep.point(3)), "a, alpha=0.1, batch_size=16, seed 3");
  EXPECT_EQ(sweep.title(sweep.point(5)), "a, alpha=1.0, batch_size=8, seed 3");
  EXPECT_EQ(sweep.title(sweep.point(16)), "b, alpha=1.0, batch_size=16, seed 1");
  EXPECT_EQ(sweep.folder(sweep.point(16)), "b/alpha=1.0,batch_size=16");

  const Scenario s = *sweep.scenario(sweep.point(16));
  EXPECT_EQ(s.case_name, "b");
  EXPECT_EQ(s.clients.cohort_size, 5U);
  EXPECT_EQ(s.data->partition.alpha, 1.0);
  EXPECT_EQ(s.effective.find("method")->find("batch_size")->to_toml(), "16");
  EXPECT_EQ(s.seeds.run, 1U);
}

TEST(Sweep, SeedsAreThoseOfDataAndModelUnlessTheseAreGiven) {
  const Sweep sweep = *loaded("seeds = [7]\n", {"data.seed=2"}).sweep;
  const Scenario s = *sweep.scenario(sweep.point(1));
  EXPECT_EQ(s.seeds.run, 7U);
  EXPECT_EQ(s.seeds.model, 7U);
  EXPECT_EQ(s.seeds.data, 2U);
}

TEST(Sweep, GridValuesMayBeAlgorithmsAndNameFoldersByTheirNumberThen) {
  const Sweep sweep = *loaded(R"(
grid = { "aggregation.rule" = ["median", "geometric_median"], "aggregation.pre_aggregators" = [[], ["nnm"]] }
)",
                              {"aggregation.f=1"})
                           .sweep;
  EXPECT_EQ(sweep.title(sweep.point(4)), "rule=geometric_median, pre_aggregators=value2");
  const Scenario s = *sweep.scenario(sweep.point(4));
  EXPECT_EQ(s.aggregation.rule->name(), "geometric_median");
  EXPECT_EQ(s.aggregation.maps.size(), 1U);
}

TEST(Sweep, ATableOfKeysMeansTheSameAsQuotedOnes) {
  const Sweep sweep =
      *loaded("[sweep.grid.method.local.optimizer]\nlearning_rate = [0.1, 0.2]\n").sweep;
  EXPECT_EQ(sweep.grid.axes.front().key, "method.local.optimizer.learning_rate");
  const Sweep again =
      *loaded(tuned, {"sweep.tune.method.local.optimizer.learning_rate=[1.0, 2.0]"}).sweep;
  EXPECT_EQ(again.cases.front().tuning->candidates.size(), 2U);
}

TEST(Sweep, TuningRunsAreCandidatesTimesSeeds) {
  const Sweep sweep = *loaded(std::string(tuned) + "cases = [{ name = \"a\" }]\n").sweep;
  const auto runs = sweep.tuning_runs(0);
  ASSERT_EQ(runs.size(), 6U);
  EXPECT_EQ(sweep.folder(runs[3]), "tuning/a/learning_rate=0.1");
  EXPECT_EQ(sweep.title(runs[3]), "a, learning_rate=0.1, seed 102");
  const Scenario s = *sweep.scenario(runs[3]);
  EXPECT_EQ(s.seeds.run, 102U);
  EXPECT_THAT(s.toml(), HasSubstr("learning_rate = 0.1"));
}

TEST(Sweep, ACaseMayTuneSomethingElseOrNothing) {
  const Sweep sweep = *loaded(std::string(tuned) + R"(cases = [
  { name = "local" },
  { name = "server", tune = { "method.server.optimizer.learning_rate" = [0.5, 1.0] } },
  { name = "fixed", tune = {} },
]
)")
                           .sweep;
  EXPECT_EQ(sweep.cases[0].tuning->candidates.size(), 3U);
  ASSERT_TRUE(sweep.cases[1].tuning);
  EXPECT_EQ(sweep.cases[1].tuning->candidates.axes.front().key,
            "method.server.optimizer.learning_rate");
  EXPECT_EQ(sweep.cases[1].tuning->by, "validation_accuracy");
  EXPECT_THAT(sweep.cases[1].tuning->seeds, ElementsAre(101, 102));
  EXPECT_FALSE(sweep.cases[2].tuning);
}

// ---- mistakes ----

TEST(Sweep, AllMistakesAreToldInOneGoWithTheirPlaces) {
  EXPECT_THAT(mistakes(R"(
seeds = [1, 1]
seed = 3
cases = [{ name = "a", schedule = { rounds = 3 } }, { name = "tuning" }]
grid = { "data.partition.alfa" = [0.1], "schedule.rounds" = [5, 6], "run.seed" = [1, 2] }
tune = { "method.local.optimizer.learning_rate" = [-1.0, 0.1, 0.1], by = "validation_acuracy", seeds = [] }
)"),
              UnorderedElementsAre(
                  "s.toml:18:1: sweep.seeds: has a seed twice",
                  "s.toml:19:1: unknown option 'seed' in [sweep]; did you mean 'seeds'?",
                  "s.toml:20:37: sweep.cases: case a gives schedule.rounds, which sweep.grid "
                  "varies",
                  "s.toml:20:55: sweep.cases: 'tuning' is the folder of the tuning runs",
                  AllOf(StartsWith("s.toml:21:"),
                        HasSubstr("unknown option 'alfa' in [data.partition]; did you mean "
                                  "'alpha'?")),
                  AllOf(StartsWith("s.toml:21:"), HasSubstr("sweep.seeds")),
                  AllOf(StartsWith("s.toml:22:"), HasSubstr("learning_rate"),
                        HasSubstr("found a number -1.0")),
                  AllOf(StartsWith("s.toml:22:"), HasSubstr("has 0.1 twice")),
                  AllOf(StartsWith("s.toml:22:1: unknown metric 'validation_acuracy'"),
                        HasSubstr("did you mean 'validation_accuracy'?")),
                  "s.toml:22:1: sweep.tune.seeds: expected at least one seed"));
}

TEST(Sweep, WhatIsChosenOnTestRowsIsRefused) {
  EXPECT_THAT(mistakes(R"(
tune = { "method.batch_size" = [4, 8], by = "test_accuracy", seeds = [1] }
)"),
              ElementsAre(AllOf(HasSubstr("found 'test_accuracy'"), HasSubstr("only reported"))));
}

TEST(Sweep, WhatChoosesMustBeMeasured) {
  const std::string tune =
      "tune = { \"method.batch_size\" = [4, 8], by = \"train_loss\", seeds = [1] }\n";
  EXPECT_THAT(mistakes(tune), ElementsAre("s.toml:17:1: sweep.tune.by: train_loss is never "
                                          "measured: 'train' is not in evaluation.on"));
  EXPECT_THAT(mistakes(tune, {"evaluation.on=[\"train\"]", "evaluation.metrics=[\"accuracy\"]"}),
              ElementsAre(HasSubstr("'loss' is not in evaluation.metrics")));
}

TEST(Sweep, ASetOfWhatIsVariedIsRefused) {
  EXPECT_THAT(mistakes(tuned, {"method.local.optimizer.learning_rate=0.5", "run.seed=9"}),
              UnorderedElementsAre(
                  "--set method.local.optimizer.learning_rate=0.5: "
                  "method.local.optimizer.learning_rate is varied by sweep.tune; set that instead",
                  "--set run.seed=9: run.seed is varied by sweep.seeds; set that instead"));
  EXPECT_THAT(mistakes(tuned, {"sweep.seeds=[4]", "schedule.rounds=2"}), ElementsAre());
}

TEST(Sweep, NothingIsVariedTwice) {
  EXPECT_THAT(mistakes(R"(
grid = { "method.local.optimizer" = ["sgd", "adam"], "method.local.optimizer.learning_rate" = [1.0] }
)"),
              ElementsAre(HasSubstr("would be varied twice")));
}

TEST(Sweep, MoreRunsThanAnyoneMeansAreRefused) {
  std::string seeds;
  for (int i = 0; i < 400; ++i) seeds += std::to_string(i) + ",";
  EXPECT_THAT(mistakes("seeds = [" + seeds + "]\ngrid = { \"clients.count\" = [" + seeds.substr(2) +
                       "] }\n"),
              ElementsAre(HasSubstr("expected at most 100000 runs, found 159600")));
}

// ---- tuning ----

Tuning tuning_of(bool is_higher_better) {
  Tuning tuning = *loaded(tuned).sweep->cases.front().tuning;
  EXPECT_TRUE(tuning.is_higher_better);
  tuning.is_higher_better = is_higher_better;
  return tuning;
}
using Scores = std::vector<std::vector<std::optional<double>>>;

TEST(Tuning, TakesTheBestMeanInTheDirectionOfTheMetric) {
  const Scores scores = {{0.5, 0.7}, {0.9, 0.5}, {0.6, 0.6}};
  const TunedChoice most = choose(tuning_of(true), scores);
  EXPECT_EQ(most.candidate, 1U);
  EXPECT_EQ(*most.mean, 0.7);
  EXPECT_FALSE(most.is_at_edge());
  // 0.6 twice: the first.
  EXPECT_EQ(choose(tuning_of(false), scores).candidate, 0U);
}

TEST(Tuning, DivergedInAnySeedIsWorst) {
  EXPECT_EQ(
      choose(tuning_of(true), {{0.9, std::nullopt}, {0.1, 0.1}, {std::nan(""), 1.0}}).candidate,
      1U);
  const TunedChoice none =
      choose(tuning_of(true), {{std::nullopt, 0.9}, {std::nullopt, 0.1}, {std::nullopt, 0.1}});
  EXPECT_EQ(none.candidate, 0U);
  EXPECT_FALSE(none.mean);
  EXPECT_THAT(choice_lines(tuning_of(true), none), ElementsAre(HasSubstr("EVERY candidate")));
}

TEST(Tuning, TheEdgeOfTheGridIsNamed) {
  const Tuning tuning = tuning_of(true);
  const TunedChoice high = choose(tuning, {{0.1, 0.1}, {0.2, 0.2}, {0.3, 0.3}});
  EXPECT_EQ(edge_text(tuning, high), "method.local.optimizer.learning_rate:largest");
  EXPECT_THAT(choice_lines(tuning, high),
              ElementsAre("tuned to learning_rate=0.3 by validation_accuracy = 0.3, the mean over "
                          "seeds 101, 102",
                          AllOf(StartsWith("AT THE EDGE: 0.3 is the largest value"),
                                HasSubstr("sweep.tune"))));
  const TunedChoice low = choose(tuning, {{0.4, 0.4}, {0.2, 0.2}, {0.3, 0.3}});
  EXPECT_EQ(edge_text(tuning, low), "method.local.optimizer.learning_rate:smallest");
}

// ---- what is done ----

Summary summary_of(const Scenario& scenario, const std::string& status, double validation,
                   double test) {
  Summary s;
  s.name = scenario.name;
  s.case_name = scenario.case_name;
  s.status = status;
  s.stop_reason = status == "diverged" ? "loss of test is not finite" : "10 rounds";
  s.rounds = 10;
  s.scenario_hash = scenario.hash;
  s.model_hash = std::string(32, 'a');
  s.seeds = scenario.seeds;
  s.final = {{"validation", {{"accuracy", validation}}}, {"test", {{"accuracy", test}}}};
  s.best = {{"test", {{"accuracy", test + 0.25}}}};
  s.best_round = {{"test", {{"accuracy", 5}}}};
  return s;
}

// A folder with runs that ended as they are told to.
class BoardTest : public testing::Test {
 protected:
  std::string out() const { return (folder_ / "out").string(); }
  Board board() const {
    auto seen = Board::look_at(sweep_, out());
    EXPECT_TRUE(seen) << seen.error().message;
    return *std::move(seen);
  }
  void end(const RunStatus& status, const std::string& how, double validation, double test) {
    const auto path = folder_ / "out" / status.directory;
    std::filesystem::create_directories(path);
    std::ofstream(path / "scenario.toml") << "\n";
    ASSERT_TRUE(
        write_summary(path, summary_of(*sweep_.scenario(status.run), how, validation, test)));
  }

  Folder folder_;
  Sweep sweep_ = *loaded(std::string(tuned) + "cases = [{ name = \"a\" }]\n").sweep;
};

TEST_F(BoardTest, APointIsKnownOnceItsTuningIsOver) {
  EXPECT_TRUE(board().point(1).directory.empty());
  EXPECT_THAT(list_points(board()),
              AllOf(HasSubstr("1/2  missing     a, seed 1\n"), HasSubstr("tuning: 6 missing")));
  for (std::size_t t = 0; t < 6; ++t) {
    const Board now = board();
    end(now.variant(0).tuning[t], t == 2 ? "diverged" : "finished", t < 4 ? 0.9 : 0.5, 0.1);
  }
  const Board tuned_board = board();
  ASSERT_TRUE(tuned_board.variant(0).choice);
  EXPECT_EQ(tuned_board.variant(0).choice->candidate, 0U);
  EXPECT_EQ(tuned_board.point(2).directory, "a/s2");
  EXPECT_THAT(list_points(tuned_board), HasSubstr("seed 2, tuned to learning_rate=0.03\n"));
}

TEST_F(BoardTest, TheTableHasARowAPointWhateverBecameOfIt) {
  for (std::size_t t = 0; t < 6; ++t) end(board().variant(0).tuning[t], "finished", 0.5, 0.1);
  end(board().point(1), "finished", 0.5, 0.125);
  EXPECT_EQ(table_of(board()),
            "point,case,seed,method.local.optimizer.learning_rate,edge,status,stop_reason,rounds,"
            "validation_accuracy,test_accuracy,best_test_accuracy,best_test_accuracy_round,"
            "model_hash,directory\n"
            "1,a,1,0.03,method.local.optimizer.learning_rate:smallest,finished,10 rounds,10,0.5,"
            "0.125,0.375,5,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,a/s1\n"
            "2,a,2,0.03,method.local.optimizer.learning_rate:smallest,missing,,,,,,,,a/s2\n");
  Board joined = board();
  ASSERT_TRUE(joined.join());
  ASSERT_TRUE(joined.note_failure(joined.point(2), bad_environment("no room, \"really\"\nmore")));
  EXPECT_THAT(table_of(joined), HasSubstr(",failed,\"no room, \"\"really\"\"\",,"));
  EXPECT_EQ(board().point(2).code, Code::environment);
}

TEST_F(BoardTest, ARunOfAnotherScenarioIsNoPointOfThisOne) {
  for (std::size_t t = 0; t < 6; ++t) end(board().variant(0).tuning[t], "finished", 0.5, 0.1);
  end(board().point(1), "finished", 0.5, 0.125);
  sweep_ =
      *loaded(std::string(tuned) + "cases = [{ name = \"a\" }]\n", {"schedule.rounds=11"}).sweep;
  EXPECT_TRUE(board().variant(0).tuning[0].is_another);
  EXPECT_FALSE(board().variant(0).choice);
}

TEST_F(BoardTest, WhatIsClaimedIsClaimedOnce) {
  Board mine = board(), theirs = board();
  ASSERT_TRUE(mine.join());
  ASSERT_TRUE(theirs.join());
  const RunStatus& run = mine.variant(0).tuning[0];
  EXPECT_TRUE(*mine.claim(run));
  EXPECT_FALSE(*theirs.claim(run));
  EXPECT_TRUE(theirs.is_claimed(run));
  EXPECT_TRUE(*theirs.claim(theirs.variant(0).tuning[1]));
  end(run, "finished", 0.5, 0.5);
  mine.release(run);
  // It is over: nobody takes it again, though nobody has it.
  EXPECT_FALSE(*theirs.claim(run));
}

// ---- --point ----

std::string refusal(const std::string& point, std::map<std::string, std::string> variables = {}) {
  const auto number = point_number(point, 60, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  return number ? std::to_string(*number) : number.error().message;
}

TEST(Point, IsANumberOfAsManyAsThereAre) {
  EXPECT_EQ(refusal("17/60"), "17");
  EXPECT_EQ(refusal("17/61"), "--point 17/61: the sweep has 60 points; --list shows them");
  EXPECT_THAT(refusal("0/60"), HasSubstr("from 1 to 60"));
  EXPECT_THAT(refusal("17"), HasSubstr("as in 1/60"));
}

TEST(Point, OfAnArrayTaskCountsFromItsFirst) {
  const auto array = [](const char* id, const char* first, const char* last, const char* count) {
    return std::map<std::string, std::string>{{"SLURM_ARRAY_TASK_ID", id},
                                              {"SLURM_ARRAY_TASK_MIN", first},
                                              {"SLURM_ARRAY_TASK_MAX", last},
                                              {"SLURM_ARRAY_TASK_COUNT", count}};
  };
  EXPECT_EQ(refusal("slurm", array("17", "1", "60", "60")), "17");
  EXPECT_EQ(refusal("slurm", array("17", "0", "59", "60")), "18");
  EXPECT_THAT(refusal("slurm"), HasSubstr("sbatch --array=1-60"));
  EXPECT_THAT(refusal("slurm", array("3", "1", "50", "50")),
              AllOf(HasSubstr("50 tasks"), HasSubstr("60 points")));
  EXPECT_THAT(refusal("slurm", array("3", "1", "119", "60")), HasSubstr("from 1 to 119"));
}

}  // namespace
}  // namespace cohort
