#include "algorithms/method_config.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::list;
using drive::placed;
using drive::table;
using testing::ElementsAre;
using testing::HasSubstr;

MethodSetup make(const ConfigNode& node, std::vector<std::string>* messages = nullptr) {
  Mistakes mistakes;
  MethodSetup setup = make_method(node, "method", methods(), Stages{}, mistakes);
  if (messages != nullptr) {
    *messages = mistakes.messages();
  } else {
    EXPECT_THAT(mistakes.messages(), testing::IsEmpty());
  }
  return setup;
}
std::vector<std::string> mistakes_of(const ConfigNode& node) {
  std::vector<std::string> messages;
  make(placed(node), &messages);
  return messages;
}
/// η of the first step.
double rate_of(const Optimizer& optimizer) {
  State state;
  optimizer.start(state, 1);
  Vec w = Vec::Zero(1);
  return optimizer.step({Round(1), 0, Stream(1, Purpose::test)}, state, w, Vec::Ones(1), 1.0);
}

TEST(MethodConfig, DefaultsAreThoseOfTheHeader) {
  EXPECT_EQ(make(config_value(std::string("fedavg"))).effective.to_toml(),
            "{ type = \"fedavg\", batch_size = 0, "
            "local = { estimator = { type = \"minibatch\" }, transforms = [], "
            "optimizer = { type = \"sgd\", learning_rate = 0.1 }, state = \"reset\" }, "
            "update = { transforms = [] }, "
            "server = { transforms = [], optimizer = { type = \"sgd\", learning_rate = 1.0 } } }");
  EXPECT_EQ(make(config_value(std::string("fedsgd"))).effective.to_toml(),
            "{ type = \"fedsgd\", update = { transforms = [] }, "
            "server = { transforms = [], optimizer = { type = \"sgd\", learning_rate = 0.1 } } }");
}

TEST(MethodConfig, EffectiveTableReadsBackToItself) {
  for (const std::string& name : methods().names()) {
    const ConfigNode once = make(config_value(name)).effective;
    EXPECT_EQ(make(once).effective.to_toml(), once.to_toml());
  }
  const ConfigNode rich = make(table({{"type", "fedavg"},
                                      {"local_steps", 3},
                                      {"local", table({{"transforms", list({"clip", "momentum"})},
                                                       {"optimizer", "adam"},
                                                       {"state", "keep"}})},
                                      {"update", table({{"transforms", list({"clip"})}})}}))
                              .effective;
  EXPECT_EQ(make(rich).effective.to_toml(), rich.to_toml());
}

TEST(MethodConfig, OptimizerTablesMergeOverTheDefaultOfTheirPlace) {
  const auto server_rate = [](const ConfigNode& optimizer) {
    return rate_of(*make(table({{"type", "fedavg"}, {"server", table({{"optimizer", optimizer}})}}))
                        .server.optimizer);
  };
  EXPECT_EQ(server_rate(config_value(std::string("sgd"))), 1.0);
  EXPECT_EQ(server_rate(table({{"type", "sgd"}})), 1.0);
  EXPECT_EQ(server_rate(table({{"learning_rate", 0.5}})), 0.5);
  EXPECT_EQ(server_rate(config_value(std::string("adam"))), 1e-3);
  EXPECT_EQ(rate_of(*make(table({{"type", "fedavg"}, {"local", table({{"optimizer", "sgd"}})}}))
                         .local.optimizer),
            0.1);
}

TEST(MethodConfig, AnOptimizerThatReadsTheBatchIsRefusedAtTheServer) {
  EXPECT_THAT(mistakes_of(table({{"type", "fedavg"}, {"server", table({{"optimizer", "sps"}})}})),
              testing::ElementsAre(testing::HasSubstr("which only local steps have")));
  EXPECT_THAT(mistakes_of(table({{"type", "fedavg"}, {"local", table({{"optimizer", "sps"}})}})),
              testing::IsEmpty());
}

TEST(MethodConfig, PipelinesHoldWhatTheScenarioNames) {
  const MethodSetup setup =
      make(table({{"type", "fedavg"},
                  {"local", table({{"estimator", "full_batch"},
                                   {"transforms", list({"clip", table({{"type", "momentum"}})})},
                                   {"optimizer", "adam"},
                                   {"state", "keep"}})},
                  {"update", table({{"transforms", list({"weight_decay"})}})},
                  {"server", table({{"transforms", list({"momentum"})}})}}));
  EXPECT_EQ(setup.local.estimator->name(), "full_batch");
  ASSERT_EQ(setup.local.chain.transforms.size(), 2U);
  EXPECT_EQ(setup.local.chain.transforms[0]->name(), "clip");
  EXPECT_EQ(setup.local.optimizer->name(), "adam");
  EXPECT_TRUE(setup.local.keeps_state);
  ASSERT_EQ(setup.update.transforms.size(), 1U);
  EXPECT_EQ(setup.update.transforms[0]->name(), "weight_decay");
  ASSERT_EQ(setup.server.chain.transforms.size(), 1U);
  EXPECT_EQ(setup.server.optimizer->name(), "sgd");
}

TEST(MethodConfig, AllMistakesAreToldWithTheirPaths) {
  EXPECT_THAT(
      mistakes_of(table(
          {{"type", "fedavg"},
           {"local_epoch", 2},
           {"local", table({{"estimator", "minibach"},
                            {"transforms", list({"clip", table({{"type", "clip"}, {"norm", -1}})})},
                            {"optimizer", table({{"type", "sgd"}, {"lr", 0.1}})},
                            {"state", "forget"}})},
           {"update", table({{"transform", list({})}})},
           {"server", table({{"transforms", "clip"}})}})),
      testing::UnorderedElementsAre(
          HasSubstr("unknown option 'local_epoch' in [method]; did you mean 'local_epochs'?"),
          HasSubstr("unknown estimator 'minibach'"), HasSubstr("method.local.transforms[1].norm"),
          HasSubstr("Cohort calls it learning_rate"), HasSubstr("method.local.state"),
          HasSubstr("unknown option 'transform' in [method.update]; did you mean 'transforms'?"),
          HasSubstr("method.server.transforms: expected a list of transforms")));
}

TEST(MethodConfig, TablesThatTheMethodDoesNotUseAreRefused) {
  EXPECT_THAT(mistakes_of(table({{"type", "fedsgd"}, {"local", placed(table({}))}})),
              ElementsAre("test.toml:7:3: method.local: the method fedsgd does not use it"));
}

TEST(MethodConfig, EpochsAndStepsTogetherAreAMistakeOfEveryMethodWithLocalWork) {
  int tried = 0;
  for (const auto& entry : methods().entries()) {
    const bool has_both =
        std::count_if(entry.options.begin(), entry.options.end(), [](const OptionInfo& o) {
          return o.name == "local_epochs" || o.name == "local_steps";
        }) == 2;
    if (!has_both) continue;
    ++tried;
    EXPECT_THAT(mistakes_of(table({{"type", entry.name},
                                   {"local_epochs", 2},
                                   {"local_steps", placed(config_value(std::int64_t{3}))}})),
                ElementsAre("test.toml:7:3: method: local_epochs and local_steps exclude each "
                            "other, found both"));
  }
  EXPECT_GE(tried, 2);
}

}  // namespace
}  // namespace cohort
