// Scenarios without a server: what is read, and what is refused by name.
#include <sstream>

#include "scenarios/loader.hpp"
#include "scenarios/network.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* base = R"(name = "gossip"
[problem]
type = "quadratic"
dimension = 5
[clients]
count = 8
[graph]
type = "ring"
[method]
type = "extra"
[schedule]
type = "gossip"
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

TEST(Decentralized, TakesTheMixingThatSuitsTheGraphAndMeasuresAgreement) {
  const auto ring = load(base);
  ASSERT_TRUE(ring) << ring.error().message;
  const Scenario& s = ring->cases.front();
  EXPECT_TRUE(s.is_decentralized());
  EXPECT_EQ(s.gossip.mixing->name(), "metropolis");
  EXPECT_TRUE(s.evaluates(Metric::consensus_distance));
  EXPECT_TRUE(s.local.keeps_state) << "a round is a step";
  const auto w = mixing_of_round(s, 1);
  ASSERT_TRUE(w);
  EXPECT_EQ(w->nodes(), 8U);

  const auto again = load(s.toml());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->cases.front().hash, s.hash) << "the effective scenario is the scenario";
}

TEST(Decentralized, WhatNeedsAServerIsRefusedAllAtOnce) {
  const std::string text = std::string(base) + R"([aggregation]
rule = "median"
)";
  EXPECT_THAT(mistakes(text, {"clients.cohort_size=4", "schedule.deadline=3.0",
                              "method.server={ optimizer = \"sgd\" }",
                              "clients.byzantine={ count = 1, attack = \"sign_flip\" }"}),
              AllOf(Contains(HasSubstr("aggregation:")), Contains(HasSubstr("no cohort_size")),
                    Contains(HasSubstr("deadline")), Contains(HasSubstr("method.server")),
                    Contains(HasSubstr("clients.byzantine:"))));
}

TEST(Decentralized, ServerMethodsAndGossipMethodsAreToldApart) {
  EXPECT_THAT(mistakes(base, {"method.type=fedavg"}),
              ElementsAre(HasSubstr("fedavg has a server, which gossip has not")));
  EXPECT_THAT(mistakes(base, {"schedule.type=synchronous"}),
              AllOf(Contains(HasSubstr("expected schedule.type = \"gossip\" with it")),
                    Contains(HasSubstr("extra has no server"))));
}

TEST(Decentralized, AMatrixThatMovesTheMeanIsRefusedWithTheNode) {
  EXPECT_THAT(mistakes(base, {"graph.type=star", "graph.mixing=uniform"}),
              ElementsAre(AllOf(HasSubstr("mixing uniform"), HasSubstr("node 0"))));
  EXPECT_THAT(mistakes(base, {"graph.type=one_peer_exponential"}),
              ElementsAre(HasSubstr("needs the same graph in every round")));
  EXPECT_THAT(mistakes(base, {"graph.nodes=9"}), ElementsAre(HasSubstr("nodes = 8")));
  EXPECT_THAT(mistakes(base, {"graph.type=one_peer_exponential", "method.type=push_sum"}),
              ElementsAre());
}

TEST(Decentralized, AgreementIsNoMetricOfAServer) {
  const std::string server = R"(
[problem]
type = "quadratic"
[clients]
count = 3
[method]
type = "fedsgd"
[schedule]
rounds = 2
[evaluation]
metrics = ["consensus_distance"]
)";
  EXPECT_THAT(mistakes(server), ElementsAre(HasSubstr("consensus_distance is of decentralized")));
}

}  // namespace
}  // namespace cohort
