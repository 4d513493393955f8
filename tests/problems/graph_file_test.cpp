#include "problems/data/graph_file.hpp"

#include <gmock/gmock.h>

#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string refusal(std::string_view text) {
  const auto read = parse_graph(text, "g");
  EXPECT_FALSE(read);
  return read ? "" : read.error().message;
}

TEST(GraphFile, EdgeListsHaveTwoNumbersALine) {
  const auto read = parse_graph("# from to\n0 1\n% more\n1,2\n\n2\t0\r\n3 0", "g");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->graph.edges(), 4u);
  EXPECT_THAT(read->graph.neighbours_of(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(read->notes(), IsEmpty());
}

TEST(GraphFile, WhatIsLeftOutOrNumberedAnewIsTold) {
  const auto read = parse_graph("1 5\n5 1\n5 5\n9 1\n1 9\n", "g");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->graph.nodes(), 3u);
  EXPECT_THAT(read->graph.neighbours_of(0), ElementsAre(1, 2));  // 1 is next to 5 and 9
  EXPECT_THAT(read->notes(), ElementsAre("1 self-loops left out", "2 repeated edges left out",
                                         HasSubstr("7 node numbers that no edge has")));
}

TEST(GraphFile, MistakesNameTheLineAndWhatWasFound) {
  EXPECT_THAT(refusal("0 1\n2 x\n"), HasSubstr("g:2: expected the numbers of two nodes, found"));
  EXPECT_THAT(refusal("0 1\n2\n"), HasSubstr("g:2:"));
  EXPECT_THAT(refusal("0 -1\n"), HasSubstr("'-1'"));
  EXPECT_THAT(refusal("0 1 0.5\n"), HasSubstr("weights of edges are not read"));
  EXPECT_THAT(refusal("# nothing\n"), HasSubstr("found none"));
  EXPECT_THAT(refusal("0 99999999999999999999999\n"), HasSubstr("g:1:"));
}

constexpr std::string_view graphml = R"(<?xml version="1.0"?>
<!-- <node id="no"/> -->
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="w" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="G" edgedefault="undirected">
    <node id="a"/><node id='b'><data key="x">1</data></node>
    <edge source="a" target="c"/>
    <node id="c"/><node id="d"/>
    <edge id="e1" source="b" target="a"><data key="w">2.5</data></edge>
  </graph>
</graphml>
)";

TEST(GraphFile, GraphmlHasNodesInTheOrderOfTheFile) {
  const auto read = parse_graph(graphml, "g");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->graph.nodes(), 4u);
  EXPECT_FALSE(read->graph.is_directed);
  EXPECT_THAT(read->graph.neighbours_of(0), ElementsAre(1, 2));
  EXPECT_THAT(read->notes(), ElementsAre("1 nodes without an edge"));
  std::string directed(graphml);
  directed.replace(directed.find("undirected"), 10, "directed");
  EXPECT_THAT(parse_graph(directed, "g")->graph.neighbours_of(0), ElementsAre(2));
}

TEST(GraphFile, GraphmlThatIsNotOneIsRefused) {
  EXPECT_THAT(refusal("<graph><node id='a'/>\n<edge source='a' target='b'/></graph>"),
              HasSubstr("g:2: expected the id of a node, found 'b'"));
  EXPECT_THAT(refusal("<graph><node id='a'/><node id='a'/></graph>"), HasSubstr("differ"));
  EXPECT_THAT(refusal("<graph>\n<node id='a'/"), HasSubstr("end of the file"));
  EXPECT_THAT(refusal("<graph><node/></graph>"), HasSubstr("with an id"));
  EXPECT_THAT(refusal("<html></html>"), HasSubstr("expected nodes"));
}

TEST(GraphFile, EveryGraphThatShipsIsWhatItSays) {
  for (const BuiltinGraph& g : builtin_graphs()) {
    const auto graph = load_builtin_graph(g);
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_TRUE(is_connected(*graph)) << g.name;
  }
  EXPECT_EQ(find_builtin_graph("dolfins"), nullptr);
}

TEST(GraphFile, ReadsGzipToo) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "g.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  gzputs(file, "0 1\n1 2\n");
  gzclose(file);
  EXPECT_EQ(read_graph(path)->graph.edges(), 2u);
  EXPECT_THAT(read_graph(folder.path() / "none").error().message, HasSubstr("none"));
}

}  // namespace
}  // namespace cohort
