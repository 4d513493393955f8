// Scenarios without a server: what is read, and what is refused by name.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "algorithms/bisection.hpp"
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
                              "clients.byzantine={ count = 1, attack = \"alie\" }"}),
              AllOf(Contains(HasSubstr("aggregation:")), Contains(HasSubstr("no cohort_size")),
                    Contains(HasSubstr("deadline")), Contains(HasSubstr("method.server")),
                    Contains(HasSubstr("alie is made of the honest updates of a whole round"))));
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

TEST(Decentralized, NodesMayLieByAttacksThatTheyMakeAlone) {
  for (const char* attack : {"sign_flip", "gaussian", "nan", "infinity", "replay"}) {
    EXPECT_THAT(mistakes(base, {std::string("clients.byzantine={ count = 1, attack = \"") + attack +
                                "\" }"}),
                ElementsAre());
  }
  EXPECT_THAT(mistakes(base, {"clients.byzantine={ count = 1, attack = \"min_max\" }"}),
              ElementsAre(AllOf(HasSubstr("clients.byzantine.attack: min_max"),
                                HasSubstr("sign_flip"), testing::Not(HasSubstr("ipm")))));
}

TEST(Decentralized, ACompressorIsOfMethodsThatCompress) {
  const std::vector<std::string> choco = {"method.type=choco_sgd", "method.consensus_rate=0.2",
                                          "method.update={ compressor = \"top_k\" }"};
  const auto loaded = load(base, choco);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Scenario& s = loaded->cases.front();
  ASSERT_NE(s.compressor, nullptr);
  Layout layout;
  layout.append("x", 1000, 1, SegmentKind::weight);
  const auto cost = gossip_cost(s, layout);
  ASSERT_TRUE(cost);
  EXPECT_EQ(cost->bytes_an_edge, s.compressor->bytes(1000) + 16);
  EXPECT_THAT(mistakes(base, {"method.update={ compressor = \"top_k\" }"}),
              ElementsAre(HasSubstr("extra shares whole models")));
}

TEST(Decentralized, TakesGraphsThatShipAndFilesAsTheCommandDoes) {
  EXPECT_THAT(mistakes(base, {"graph.type=karate"}),
              ElementsAre(HasSubstr("expected a node a client, 8 of them, found 34")));
  const auto karate = load(base, {"graph.type=karate", "clients.count=34"});
  ASSERT_TRUE(karate) << karate.error().message;
  EXPECT_EQ(mixing_of_round(karate->cases.front(), 1)->nodes(), 34U);

  const auto file = std::filesystem::temp_directory_path() / "cohort-decentralized-edges.txt";
  std::ofstream(file) << "0 1\n1 2\n2 3\n3 4\n4 5\n5 6\n6 7\n7 0\n0 1\n";
  const std::vector<std::string> named = {"graph={ type = \"file\", path = \"" + file.string() +
                                          "\" }"};
  const auto ring = load(base, named);
  ASSERT_TRUE(ring) << ring.error().message;
  const Scenario& s = ring->cases.front();
  EXPECT_EQ(mixing_of_round(s, 1)->sources, mixing_of_round(load(base)->cases.front(), 1)->sources);
  EXPECT_THAT(s.gossip.notes, ElementsAre(HasSubstr("edge")));
  const std::string replay = s.toml_for_replay();
  EXPECT_EQ(load(replay)->cases.front().hash, s.hash);

  std::ofstream(file) << "0 1\n1 2\n2 3\n4 5\n5 6\n6 7\n";
  EXPECT_THAT(mistakes(replay), ElementsAre(HasSubstr("is not what it was")));
  EXPECT_THAT(mistakes(base, named), ElementsAre(HasSubstr("2 components")));
  std::ofstream(file) << "0 1\n1 two\n";
  EXPECT_THAT(mistakes(base, named),
              ElementsAre(AllOf(HasSubstr("edges.txt:2"), HasSubstr("two"))));
  EXPECT_THAT(mistakes(base, {"graph={ type = \"file\", path = \"no/such.txt\" }"}),
              ElementsAre(HasSubstr("no/such.txt")));
  EXPECT_THAT(mistakes(base, {"graph.type=karatee"}), ElementsAre(HasSubstr("'karate'")));
  std::filesystem::remove(file);
}

TEST(Decentralized, ALocalPlacementHasTheSameGraphWithOtherNumbers) {
  const std::vector<std::string> sets = {"graph.type=erdos_renyi", "graph.probability=0.5",
                                         "graph.placement=local"};
  const auto loaded = load(base, sets);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Graph there = *loaded->cases.front().gossip.graph->graph({8, 1, 0});
  const auto plain = load(base, {sets[0], sets[1]});
  const Graph here = *plain->cases.front().gossip.graph->graph({8, 1, 0});
  EXPECT_EQ(there, renumbered(here, local_order(here)));
  EXPECT_EQ(loaded->cases.front().gossip.mixing->name(),
            plain->cases.front().gossip.mixing->name());
  EXPECT_NE(loaded->cases.front().hash, plain->cases.front().hash);
  EXPECT_THAT(mistakes(base, {"graph.type=one_peer_exponential", "graph.placement=local",
                              "method.type=push_sum"}),
              ElementsAre(HasSubstr("needs the same graph in every round")));
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
