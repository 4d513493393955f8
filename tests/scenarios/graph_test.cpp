// `cohort graph` and `cohort walk`.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/graph_drawing.hpp"
#include "scenarios/graph_spec.hpp"
#include "tests/scenarios/command_line.hpp"
#include "tests/scenarios/xml.hpp"

namespace cohort {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Json = nlohmann::json;

Json json_of(std::vector<std::string> words) {
  words.emplace_back("--json");
  const Told told = tell(words);
  EXPECT_EQ(told.status, 0) << told.err;
  return Json::parse(told.out, nullptr, false);
}

TEST(GraphCommand, TellsTheClosedFormsOfATorus) {
  const Json torus = json_of({"graph", "torus", "nodes=25"});
  EXPECT_EQ(torus["nodes"], 25);
  EXPECT_EQ(torus["edges"], 50);
  EXPECT_EQ(torus["degree"]["mean"], 4.0);
  EXPECT_EQ(torus["diameter"], (Json{{"lower", 4}, {"upper", 4}}));
  EXPECT_EQ(torus["bipartite"], false);
  EXPECT_NEAR(torus["mixing"]["gap"], 0.4 * (1 - 0.30901699437494745), 1e-12);
  // The simple walk has λ_2 = (1 + cos 2π/5)/2.
  EXPECT_NEAR(torus["chains"]["simple"]["second_eigenvalue"], 0.6545084971874737, 1e-12);
}

TEST(GraphCommand, TextTableAndQuotesNameTheSameGraph) {
  const std::string words = tell({"graph", "ring", "nodes=9"}).out;
  EXPECT_EQ(tell({"graph", "ring nodes=9"}).out, words);
  EXPECT_EQ(tell({"graph", "{ type = \"ring\", nodes = 9 }"}).out, words);
  EXPECT_THAT(words, AllOf(HasSubstr("9 nodes, 9 edges"), HasSubstr("diameter 4")));
}

TEST(GraphCommand, ACycleOfGraphsIsTakenTogether) {
  const Json one_peer = json_of({"graph", "one_peer_exponential", "nodes=16"});
  EXPECT_EQ(one_peer["period"], 4);
  EXPECT_EQ(one_peer["mixing"]["rate"], 0.0);
  EXPECT_THAT(tell({"graph", "base_k", "nodes=5"}).out, HasSubstr("exact after 5"));
}

TEST(GraphCommand, MixingThatMovesTheMeanIsRefusedWithTheNode) {
  const Told told = tell({"graph", "star", "nodes=5", "--mixing", "uniform"});
  EXPECT_EQ(told.status, 0);
  EXPECT_THAT(told.out, HasSubstr("what node 0 says has the weights 2.2 in all"));
}

TEST(GraphCommand, MistakesNameWhatWasMeant) {
  const auto mistake = [](std::vector<std::string> words) {
    words.insert(words.begin(), "graph");
    const Told told = tell(words);
    EXPECT_EQ(told.status, 2);
    return told.err;
  };
  EXPECT_THAT(mistake({"rng", "nodes=9"}), HasSubstr("'ring'"));
  EXPECT_THAT(mistake({"dolfins"}), HasSubstr("'dolphins'"));
  EXPECT_THAT(mistake({"ring", "node=9"}), HasSubstr("'nodes'"));
  EXPECT_THAT(mistake({"ring", "9"}), HasSubstr("name=value"));
  EXPECT_THAT(mistake({"ring"}), HasSubstr("number of nodes"));
  EXPECT_THAT(mistake({"./none.edges"}), HasSubstr("no such file"));
  EXPECT_THAT(mistake({"hypercube", "nodes=12"}), HasSubstr("power of two"));
  EXPECT_THAT(mistake({"ring", "nodes=9", "--mixing", "metropolys"}), HasSubstr("'metropolis'"));
}

TEST(GraphDrawing, HasEveryNodeAndIsRefusedWhereNoPageWouldShowIt) {
  const Told told = tell({"graph", "karate", "--json"});
  EXPECT_EQ(Json::parse(told.out)["edges"], 78);
  const Edge edges[] = {{0, 1}, {1, 2}};
  const auto drawing = draw_graph(make_graph(3, edges), "a < b");
  ASSERT_TRUE(drawing);
  const auto elements = XmlReader(*drawing).read();
  const auto circles = std::count_if(elements.begin(), elements.end(),
                                     [](const XmlElement& e) { return e.name == "circle"; });
  EXPECT_EQ(circles, 3);
  EXPECT_THAT(draw_graph(make_graph(drawn_nodes + 1, edges), "g").error().message,
              HasSubstr("at most"));
}

TEST(WalkCommand, SaysAsymptoticOnlyWhereTheTheoryHolds) {
  const std::vector<std::string> words = {"walk",   "--graph", "ring nodes=5", "--alpha", "5",
                                          "--runs", "200",     "--threads",    "1"};
  auto few = words, many = words;
  for (const char* w : {"--steps", "100"}) few.emplace_back(w);
  for (const char* w : {"--steps", "2000"}) many.emplace_back(w);
  EXPECT_EQ(json_of(few)["asymptotic"], false);
  const Json sampled = json_of(many);
  EXPECT_EQ(sampled["asymptotic"], true);
  const double theory = sampled["theory"], error = sampled["n_mse_error"];
  EXPECT_NEAR(sampled["n_mse"], theory, 4 * error + 0.02 * theory);
}

TEST(WalkCommand, GivesTheSameBitsOnAnyNumberOfThreads) {
  const std::vector<std::string> words = {"walk",    "--graph", "karate", "--kernel", "hdt",
                                          "--steps", "300",     "--runs", "7"};
  auto one = words, three = words;
  for (const char* w : {"--threads", "1"}) one.emplace_back(w);
  for (const char* w : {"--threads", "3"}) three.emplace_back(w);
  EXPECT_EQ(json_of(one), json_of(three));
}

TEST(WalkCommand, RefusesWithTheReason) {
  const auto mistake = [](std::vector<std::string> words) {
    words.insert(words.begin(), "walk");
    const Told told = tell(words);
    EXPECT_EQ(told.status, 2);
    return told.err;
  };
  EXPECT_THAT(mistake({"--graph", "karate", "--alpha", "-1"}), HasSubstr("alpha"));
  EXPECT_THAT(mistake({"--graph", "karate", "--base", "non_backtracking"}),
              HasSubstr("reversible"));
  EXPECT_THAT(mistake({"--graph", "karate", "--kernel", "simple", "--alpha", "1"}),
              HasSubstr("alpha"));
  EXPECT_THAT(mistake({"--graph", "exponential nodes=8"}), HasSubstr("undirected"));
  EXPECT_THAT(mistake({"--graph", "random_matching nodes=8"}), HasSubstr("changes"));
  EXPECT_THAT(mistake({"--graph", "karate", "--target", "/none"}), HasSubstr("/none"));
}

}  // namespace
}  // namespace cohort
