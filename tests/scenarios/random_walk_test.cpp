// Scenarios whose tokens walk: what is read, and what is refused by name.
#include <sstream>

#include "scenarios/loader.hpp"
#include "scenarios/network.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* base = R"(name = "walk"
[problem]
type = "quadratic"
dimension = 5
[clients]
count = 8
[graph]
type = "ring"
[walk]
type = "srrw"
alpha = 2.0
tokens = 3
hops = 10
[method]
type = "random_walk_sgd"
[schedule]
type = "random_walk"
rounds = 4
)";

Result<LoadedScenario> load(const std::string& text, const std::vector<std::string>& sets = {}) {
  return load_scenario_text(text, "s.toml", sets, shipped_catalogue());
}
std::vector<std::string> mistakes(const std::string& text,
                                  const std::vector<std::string>& sets = {}) {
  const auto scenario = load(text, sets);
  std::vector<std::string> lines;
  if (scenario) return lines;
  std::istringstream in(scenario.error().message);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(RandomWalk, ReadsWhoWalksWhereAndGoesByItsEffectiveScenario) {
  const auto loaded = load(base);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Scenario& s = loaded->cases.front();
  EXPECT_TRUE(s.is_decentralized() && s.has_tokens());
  EXPECT_EQ(s.token.tokens, 3U);
  EXPECT_EQ(s.token.hops, 10U);
  EXPECT_EQ(s.token.kernel->name(), "srrw");
  EXPECT_TRUE(s.local.keeps_state) << "what the pipeline remembers travels";
  EXPECT_TRUE(s.evaluates(Metric::consensus_distance)) << "of several tokens";
  const std::vector<double> weights(8, 0.125);
  const auto network = token_network(s, weights);
  ASSERT_TRUE(network);
  EXPECT_THAT(network->visit_shares, testing::Each(testing::DoubleNear(0.125, 1e-15)));

  const auto again = load(s.toml());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->cases.front().hash, s.hash);
}

TEST(RandomWalk, AHopCostsTheModelAndWhatTravelsWithIt) {
  const auto plain = load(base), adam = load(base, {"method.local.optimizer=adam"});
  ASSERT_TRUE(plain && adam);
  Layout layout;
  layout.append("w", 100, 1, SegmentKind::weight);
  EXPECT_EQ(hop_cost(plain->cases.front(), layout), 100 * 8 + 16U);
  EXPECT_GT(hop_cost(adam->cases.front(), layout), 3 * 100 * 8U) << "two moments";
}

TEST(RandomWalk, WhatNeedsAServerIsRefusedAllAtOnce) {
  const std::string text = std::string(base) + R"([aggregation]
rule = "median"
)";
  EXPECT_THAT(mistakes(text, {"clients.cohort_size=4", "graph.mixing=metropolis",
                              "method.server={ optimizer = \"sgd\" }",
                              "clients.byzantine={ count = 1, attack = \"alie\" }"}),
              AllOf(Contains(HasSubstr("a server, which a walk has not")),
                    Contains(HasSubstr("no cohort_size")), Contains(HasSubstr("graph.mixing")),
                    Contains(HasSubstr("method.server")), Contains(HasSubstr("alie is made of"))));
}

TEST(RandomWalk, MethodsOfOtherSchedulesAreToldApart) {
  for (const char* other : {"fedavg", "extra"}) {
    EXPECT_THAT(mistakes(base, {std::string("method.type=") + other}),
                ElementsAre(HasSubstr("no method of a token that walks")))
        << other;
  }
  EXPECT_THAT(mistakes(base, {"schedule.type=synchronous"}),
              AllOf(Contains(HasSubstr("walk: is of tokens")), Contains(HasSubstr("graph:")),
                    Contains(HasSubstr("random_walk_sgd has no server; expected schedule.type = "
                                       "\"random_walk\""))));
}

TEST(RandomWalk, WhereItCannotWalkIsRefusedWithTheReason) {
  EXPECT_THAT(mistakes(base, {"graph.type=exponential"}), ElementsAre(HasSubstr("undirected")));
  EXPECT_THAT(mistakes(base, {"graph.type=one_peer_exponential"}),
              ElementsAre(HasSubstr("one graph for ever")));
  EXPECT_THAT(mistakes(base, {"walk.base=non_backtracking"}), ElementsAre(HasSubstr("reversible")));
  EXPECT_THAT(mistakes(base, {"walk.alpha=-1.0"}), ElementsAre(HasSubstr("walk.alpha")));
  EXPECT_THAT(mistakes(base, {"walk.hop=3"}), ElementsAre(HasSubstr("walk.hop")));
  EXPECT_THAT(mistakes(base, {"graph.nodes=9"}), ElementsAre(HasSubstr("nodes = 8")));
}

}  // namespace
}  // namespace cohort
