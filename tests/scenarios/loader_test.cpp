#include "scenarios/loader.hpp"

#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "scenarios/explain.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* base = R"(
name = "test"
[data]
name = "digits"
split = { train = 0.8, test = 0.2 }
[model]
type = "softmax"
[clients]
count = 50
cohort_size = 40
[method]
type = "fedavg"
batch_size = 8
local = { optimizer = { type = "sgd", learning_rate = 0.1 } }
[schedule]
rounds = 10
)";

Result<LoadedScenario> load(const std::string& text, const std::vector<std::string>& sets = {}) {
  return load_scenario_text(text, "s.toml", sets, shipped_catalogue());
}
Scenario loaded(const std::string& text, const std::vector<std::string>& sets = {}) {
  auto scenario = load(text, sets);
  if (!scenario) throw std::runtime_error(scenario.error().message);
  return std::move(scenario->cases.front());
}
std::vector<std::string> mistakes(const std::string& text,
                                  const std::vector<std::string>& sets = {}) {
  const auto scenario = load(text, sets);
  std::vector<std::string> lines;
  if (scenario) return lines;
  EXPECT_EQ(scenario.error().code, Code::bad_input);
  std::istringstream in(scenario.error().message);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
std::string with(const std::string& more) { return base + more; }
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Loader, FillsInDefaults) {
  const Scenario s = loaded(base);
  EXPECT_EQ(s.name, "test");
  EXPECT_EQ(s.clients.count, 50U);
  EXPECT_EQ(s.clients.cohort_size, 40U);
  EXPECT_EQ(s.seeds.data, 1U);
  EXPECT_EQ(s.method->name(), "fedavg");
  EXPECT_EQ(s.local.estimator->name(), "minibatch");
  EXPECT_EQ(s.aggregation.rule, nullptr);
  EXPECT_TRUE(s.evaluates(EvaluationSet::test));
  EXPECT_TRUE(s.evaluates(Metric::accuracy));
  EXPECT_FALSE(s.evaluates(Metric::gradient_norm));
  EXPECT_EQ(s.data->task, Task::classification);
}

TEST(Loader, FiveMistakesGiveFiveMessagesWithTheirPlaces) {
  EXPECT_THAT(mistakes(R"(name = "five"
[data]
name = "digitz"
[model]
type = "softmax"
l2 = -1.0
[clients]
count = 10
cohort_size = 20
[method]
type = "fedavg"
lr = 0.1
[schedule]
rounds = "many"
)"),
              ElementsAre("s.toml:3:1: unknown data set 'digitz' in data.name; did you mean "
                          "'digits'?",
                          AllOf(StartsWith("s.toml:6:1: model.l2: expected a number"),
                                HasSubstr("found a number -1.0")),
                          "s.toml:9:1: clients.cohort_size: expected at most clients.count = 10, "
                          "found 20",
                          "s.toml:12:1: unknown option 'lr' in [method]; Cohort calls it "
                          "learning_rate",
                          AllOf(StartsWith("s.toml:14:1: schedule.rounds: expected a whole number"),
                                HasSubstr("found a text \"many\""))));
}

TEST(Loader, SyntaxErrorsAndDuplicatesHaveLineAndColumn) {
  EXPECT_THAT(mistakes("name = \n"), ElementsAre(StartsWith("s.toml:1:8: ")));
  EXPECT_THAT(mistakes("[run]\nseed = 1\nseed = 2\n"), ElementsAre(StartsWith("s.toml:3:")));
  EXPECT_THAT(mistakes("name = 2020-01-01\n"),
              ElementsAre(AllOf(StartsWith("s.toml:1:1: "), HasSubstr("a date or time"))));
}

TEST(Loader, NamesTheUnknownKeyOfEverySection) {
  const std::string all = with(R"([aggregation]
rule = "median"
[evaluation]
[run]
)");
  for (const auto& [section, key] :
       {std::pair("data", "partitions"), std::pair("model", "L2"), std::pair("clients", "counts"),
        std::pair("method", "local_epoch"), std::pair("aggregation", "rules"),
        std::pair("schedule", "round"), std::pair("evaluation", "metric"),
        std::pair("run", "seeds")}) {
    const std::string header = std::string("[") + section + "]\n";
    EXPECT_THAT(mistakes(replaced(all, header, header + key + " = 1\n")),
                ElementsAre(AllOf(
                    HasSubstr(std::string("unknown option '") + key + "' in [" + section + "]"),
                    HasSubstr("did you mean"))))
        << section;
  }
  EXPECT_THAT(mistakes(with("[evaluations]\n")),
              ElementsAre(AllOf(HasSubstr("unknown section 'evaluations'"),
                                HasSubstr("did you mean 'evaluation'"))));
  EXPECT_THAT(mistakes(with("[sweep]\nseed = [1]\ncases = [{ name = \"a\" }]\n")),
              ElementsAre(HasSubstr("unknown option 'seed' in [sweep]; did you mean 'seeds'")));
}

TEST(Loader, KnowsWhatOthersCallAnOption) {
  EXPECT_THAT(mistakes(replaced(base, "cohort_size = 40", "fraction_fit = 0.1")),
              ElementsAre(HasSubstr("Cohort calls it clients.participation")));
}

TEST(Loader, RefusesWhatCannotBeTogether) {
  const auto one = [](const std::string& text, const std::string& message) {
    EXPECT_THAT(mistakes(text), ElementsAre(HasSubstr(message))) << text;
  };
  one(replaced(base, "batch_size = 8", "local_epochs = 1\nlocal_steps = 2"), "found both");
  one(replaced(base, "cohort_size = 40", "cohort_size = 40\nparticipation = 0.5"), "found both");
  one(with("[problem]\ntype = \"quadratic\"\n"), "found both");
  one(replaced(base, "count = 50",
               "count = 50\nbyzantine = { clients = [3, 50], attack = \"sign_flip\" }"),
      "expected ids below clients.count = 50, found 50");
  one(replaced(base, "count = 50", "count = 50\nbyzantine = { count = 3 }"),
      "expected attack, what the Byzantine clients send");
  one(replaced(base, "count = 50",
               "count = 50\nbyzantine = { count = 50, attack = \"sign_flip\" }"),
      "expected at least one honest client");
  one(with("[aggregation]\nrule = \"krum\"\n"), "krum needs f");
  one(with("[aggregation]\nrule = \"krum\"\nf = 30\n"), "tolerates");
  one(with("[aggregation]\nrule = \"median\"\nf_risk = 0.1\n"), "is an option of f = \"auto\"");
  one(replaced(with("[aggregation]\nrule = \"median\"\n"), "fedavg", "scaffold"),
      "the server and the clients of scaffold hold parts of one quantity, which median would "
      "break");
  one(with("[evaluation]\non = [\"validation\"]\n"), "there are no validation rows");
  one(with("[evaluation]\nmetrics = [\"optimality_gap\"]\n"),
      "expected \"train\" in evaluation.on");
  one(with("[evaluation]\non = [\"train\"]\nclients = 3\nmetrics = [\"optimality_gap\"]\n"),
      "expected evaluation.clients = \"all\"");
  one(replaced(base, "rounds = 10", "rounds = 10\nstop = { validation_accuracy = 0.9 }"),
      "is never measured: 'validation' is not in evaluation.on");
  one(replaced(base, "rounds = 10", "rounds = 10\nquorum = 0.5"), "schedule.deadline is not given");
  one(replaced(base, "test = 0.2", "test = 0.3"), "expected shares that sum to 1");
  one(replaced(base, "split =", "partition = { type = \"iid\", alpha = 1 }\nsplit ="),
      "is an option of type = \"dirichlet\"");
  one(replaced(base, "name = \"test\"", "name = \"a/b\""), "since it names a folder");
  one(replaced(base, "name = \"digits\"", "train = \"nowhere.libsvm\""), "no such file");
}

TEST(Loader, MetricsFitTheProblem) {
  EXPECT_THAT(mistakes(R"([problem]
type = "quadratic"
[clients]
count = 4
[method]
type = "fedsgd"
[schedule]
rounds = 1
[evaluation]
metrics = ["accuracy"]
)"),
              ElementsAre(HasSubstr("accuracy needs classes, and quadratic has none")));
}

TEST(Loader, MetricsAreRefusedWithWhatTheModelLacks) {
  const auto refused = [](const std::string& metric) {
    const auto lines = mistakes(with("[evaluation]\nmetrics = [\"" + metric + "\"]\n"));
    return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " messages";
  };
  EXPECT_THAT(refused("rmse"), HasSubstr("rmse needs labels that are real numbers, and softmax"));
  // Softmax is convex: its minimiser is found.
  for (const char* metric :
       {"distance", "balanced_accuracy", "auroc", "f1", "brier", "gradient_norm"}) {
    EXPECT_EQ(refused(metric), "0 messages") << metric;
  }
}

TEST(Loader, EvaluatesClientsOnRowsOfTheirOwn) {
  const std::string text = replaced(base, "test = 0.2", "test = 0.2, client_test = 0.25");
  const Scenario s = loaded(text + R"([evaluation]
every = 0
on = ["client_test"]
clients = 7
per_client = true
)");
  EXPECT_EQ(s.data->split.client_test, 0.25);
  EXPECT_EQ(s.evaluation.every, 0U);
  EXPECT_EQ(s.evaluation.clients, 7U);
  EXPECT_TRUE(s.evaluation.per_client);
  EXPECT_EQ(measured_names(s.evaluation).front().second, "loss");
  EXPECT_EQ(measured_names(s.evaluation).size(), 10U);  // loss, accuracy and their four spreads
  const Scenario all = loaded(text + "[evaluation]\nclients = \"all\"\n");
  EXPECT_FALSE(all.evaluation.clients);

  const auto one = [](const std::string& t, const std::string& part) {
    EXPECT_THAT(mistakes(t), ElementsAre(HasSubstr(part)));
  };
  one(with("[evaluation]\non = [\"client_test\"]\n"),
      "there are no client_test rows: data.split.client_test is 0");
  one(replaced(base, "test = 0.2", "test = 0.2, client_test = 1"), "data.split.client_test");
  one(with("[evaluation]\nper_client = true\n"), "evaluation.on has neither");
  one(with("[evaluation]\nclients = 3\n"), "evaluation.on has neither");
  one(replaced(with("[evaluation]\non = [\"train\"]\nclients = 46\n"), "count = 50",
               "count = 50\nbyzantine = { count = 5, attack = \"sign_flip\" }"),
      "expected at most the 45 honest clients, found 46");
}

TEST(Loader, StopsAtAnyMetricOfAnySet) {
  const Scenario s = loaded(with(R"([schedule.stop]
test_f1 = 0.9
test_brier = 0.1
[evaluation]
metrics = ["f1", "brier"]
)"));
  ASSERT_EQ(s.schedule.stop.targets.size(), 2U);
  EXPECT_EQ(s.schedule.stop.targets[0].metric, "f1");
  EXPECT_TRUE(s.schedule.stop.targets[0].at_least);
  EXPECT_EQ(s.schedule.stop.targets[1].metric, "brier");
  EXPECT_FALSE(s.schedule.stop.targets[1].at_least);
  const auto refused = [](const std::string& stop) {
    return mistakes(with("[schedule.stop]\n" + stop + "\n"));
  };
  EXPECT_THAT(refused("client_test_auroc = 0.9"),
              ElementsAre(HasSubstr("'client_test' is not in evaluation.on")));
  EXPECT_THAT(refused("test_auroc = 0.9"),
              ElementsAre(HasSubstr("'auroc' is not in evaluation.metrics")));
  EXPECT_THAT(refused("test_f1 = 1.5"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(refused("test_acuracy = 0.5"), ElementsAre(HasSubstr("test_accuracy")));
}

TEST(Loader, AnnouncesTheSmallestCohortThatIsEnough) {
  const std::string text =
      replaced(replaced(with("[aggregation]\nrule = \"median\"\nf = \"auto\"\n"),
                        "cohort_size = 40", "cohort_size = 10"),
               "count = 50", "count = 50\nbyzantine = { fraction = 0.2, attack = \"sign_flip\" }");
  const auto messages = mistakes(text);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0], HasSubstr("10 of 50 clients are Byzantine"));
  const std::string key = "clients.cohort_size = ";
  const auto at = messages[0].find(key);
  ASSERT_NE(at, std::string::npos) << messages[0];
  const int enough = std::stoi(messages[0].substr(at + key.size()));
  const auto set = [](int n) { return "clients.cohort_size=" + std::to_string(n); };
  EXPECT_TRUE(load(text, {set(enough)}));
  EXPECT_FALSE(load(text, {set(enough - 1)}));
}

TEST(Loader, FullParticipationHasExactlyTheByzantineClients) {
  const Scenario s = loaded(
      replaced(replaced(with("[aggregation]\nrule = \"geometric_median\"\nf = \"auto\"\n"),
                        "cohort_size = 40", ""),
               "count = 50", "count = 50\nbyzantine = { fraction = 0.2, attack = \"sign_flip\" }"));
  EXPECT_EQ(s.f, 10U);
  EXPECT_EQ(s.clients.byzantine.clients.size(), 10U);
}

TEST(Loader, SetsReplaceAddAndReachIntoAlgorithms) {
  const Scenario s = loaded(
      base, {"clients.count=20", "clients.cohort_size=10", "clients.cohort_size=5",
             "method.local.optimizer=adam", "method.local.optimizer.learning_rate=0.5",
             "aggregation.rule=median", "method.local.transforms=[{ type = \"clip\", norm = 1.0 }]",
             "method.local.transforms.0.norm=3.0"});
  EXPECT_EQ(s.clients.count, 20U);
  EXPECT_EQ(s.clients.cohort_size, 5U);
  EXPECT_EQ(s.local.optimizer->name(), "adam");
  EXPECT_EQ(s.aggregation.rule->name(), "median");
  EXPECT_THAT(s.toml(), HasSubstr("norm = 3.0"));
}

TEST(Loader, MistakesOfASetNameIt) {
  EXPECT_THAT(mistakes(base, {"schedule.round=3"}),
              ElementsAre("--set schedule.round=3: unknown option 'round' in [schedule]; did you "
                          "mean 'rounds'?"));
  EXPECT_THAT(
      mistakes(base, {"clients.count=[", "nothing", "clients.count.x=1"}),
      ElementsAre(StartsWith("--set clients.count=[: "), "--set nothing: expected key.path=value",
                  HasSubstr("'x' is no option of a whole number 50")));
}

TEST(Loader, ReadingTheEffectiveScenarioChangesNothing) {
  for (const std::string& text :
       {std::string(base), with("[aggregation]\nrule = \"krum\"\nf = \"auto\"\n"),
        with("[aggregation]\nrule = \"weighted_mean\"\n"),
        replaced(base, "test = 0.2", "validation = 0.1, test = 0.1"),
        replaced(base, "split =", "partition = { type = \"dirichlet\" }\nsplit =")}) {
    const Scenario s = loaded(text);
    const Scenario again = loaded(s.toml());
    EXPECT_EQ(again.toml(), s.toml());
    EXPECT_EQ(again.hash, s.hash);
    EXPECT_EQ(loaded(explain(s)).hash, s.hash);
    EXPECT_EQ(s.hash.size(), 12U);
  }
}

TEST(Loader, TheHashIsOfWhatDecidesTheResult) {
  const std::string hash = loaded(base).hash;
  EXPECT_EQ(loaded(base, {"run.threads=3", "run.out=x", "run.checkpoint.keep=5"}).hash, hash);
  EXPECT_EQ(loaded(base, {"data.seed=1"}).hash, hash);
  EXPECT_NE(loaded(base, {"run.seed=2"}).hash, hash);
  EXPECT_NE(loaded(base, {"schedule.rounds=11"}).hash, hash);
}

ConfigNode merged(const std::string& over) {
  ConfigNode a, b;
  const auto fill = [](ConfigNode& node, const std::vector<std::string>& sets) {
    node = config_table();
    for (const auto& set : sets) EXPECT_TRUE(apply_set(node, set)) << set;
  };
  fill(a, {"aggregation={ rule = \"krum\", f = 2 }",
           "method={ type = \"fedavg\", local_epochs = 3, local = { optimizer = \"adam\" } }",
           "attack={ type = \"sign_flip\", scale = 5.0 }", "clients={ count = 4 }"});
  fill(b, {over});
  return merged_case(a, b);
}

TEST(Cases, MergeKeyByKeyUnlessTheAlgorithmIsAnother) {
  EXPECT_EQ(merged("aggregation.f=3").find("aggregation")->to_toml(), "{ rule = \"krum\", f = 3 }");
  EXPECT_EQ(merged("aggregation.rule=krum").find("aggregation")->to_toml(),
            "{ rule = \"krum\", f = 2 }");
  EXPECT_EQ(merged("aggregation.rule=mean").find("aggregation")->to_toml(), "{ rule = \"mean\" }");
  EXPECT_EQ(merged("method={ type = \"fedsgd\" }").find("method")->to_toml(),
            "{ local = { optimizer = \"adam\" }, type = \"fedsgd\" }");
  EXPECT_EQ(merged("attack=sign_flip").find("attack")->to_toml(),
            "{ type = \"sign_flip\", scale = 5.0 }");
  EXPECT_EQ(merged("attack=gaussian").find("attack")->to_toml(), "\"gaussian\"");
  EXPECT_EQ(merged("clients.cohort_size=2").find("clients")->to_toml(),
            "{ count = 4, cohort_size = 2 }");
}

TEST(Cases, AreScenariosOfTheirOwn) {
  const auto s = load(with(R"([aggregation]
rule = "geometric_median"
[sweep]
cases = [{ name = "gm" }, { name = "mean", aggregation = { rule = "mean" } }]
)"));
  ASSERT_TRUE(s) << s.error().message;
  ASSERT_EQ(s->cases.size(), 2U);
  EXPECT_EQ(s->cases[0].aggregation.rule->name(), "geometric_median");
  EXPECT_EQ(s->cases[1].aggregation.rule->name(), "mean");
  EXPECT_EQ(s->cases[1].case_name, "mean");
  EXPECT_NE(s->cases[0].hash, s->cases[1].hash);
  EXPECT_EQ(s->cases[1].name, "test");
}

TEST(Cases, SetsWinOverThem) {
  const auto s = load(with("[sweep]\ncases = [{ name = \"a\", schedule = { rounds = 3 } }]\n"),
                      {"schedule.rounds=7"});
  ASSERT_TRUE(s) << s.error().message;
  EXPECT_EQ(s->cases[0].schedule.stop.rounds, 7U);
}

TEST(Cases, AMistakeOfOneNamesIt) {
  EXPECT_THAT(
      mistakes(with("[sweep]\ncases = [{ name = \"a\" }, { name = \"b\", clients = { size = 1 } },"
                    " { name = \"b\" }]\n")),
      ElementsAre(AllOf(HasSubstr("unknown option 'size' in [clients]"), HasSubstr("(case b)")),
                  HasSubstr("'b' is already a case")));
}

TEST(Explain, TellsWhereEachValueComesFrom) {
  const auto s = load(with(R"([aggregation]
rule = "geometric_median"
[sweep]
cases = [{ name = "one", clients = { cohort_size = 7 } }]
)"),
                      {"schedule.rounds=3"});
  ASSERT_TRUE(s) << s.error().message;
  const std::string text = explain(s->cases[0]);
  EXPECT_THAT(text, testing::ContainsRegex("count = 50 +# s.toml:9\n"));
  EXPECT_THAT(text, testing::ContainsRegex("cohort_size = 7 +# case one, s.toml:20\n"));
  EXPECT_THAT(text, testing::ContainsRegex("rounds = 3 +# --set\n"));
  EXPECT_THAT(text, testing::ContainsRegex("weights = \"rows\" +# default\n"));
  EXPECT_THAT(text, testing::ContainsRegex("rule.type = \"geometric_median\" +# s.toml:18\n"));
  EXPECT_THAT(text, HasSubstr("#   method = fedavg: "));
}

TEST(Scenarios, ThoseThatShipAreSound) {
  const std::filesystem::path folder = std::filesystem::path(COHORT_SOURCE_DIR) / "scenarios";
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".toml") continue;
    ++found;
    const auto s = load_scenario(entry.path(), {}, shipped_catalogue());
    EXPECT_TRUE(s) << s.error().message;
  }
  EXPECT_GE(found, 2U);
}

}  // namespace
}  // namespace cohort
