#include "algorithms/bisection.hpp"

#include <gtest/gtest.h>

#include "algorithms/graph_catalogue.hpp"

namespace cohort {
namespace {

Graph graph_of(const char* name, std::uint64_t nodes) {
  Mistakes mistakes;
  const auto topology = graphs().make(config_value(std::string(name)), "graph", mistakes).object;
  return *topology->graph({nodes, 3, 0});
}
std::vector<IdRange> parts(std::uint64_t nodes, std::uint32_t ranks) {
  std::vector<IdRange> out;
  for (std::uint32_t r = 0; r < ranks; ++r) out.push_back(rank_range(nodes, r, ranks));
  return out;
}
/// The same graph with its numbers drawn.
Graph shuffled(const Graph& graph) {
  const auto n = static_cast<std::uint32_t>(graph.nodes());
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t k = 0; k < n; ++k) order[k] = k;
  for (std::uint32_t k = n; k > 1; --k) {
    const double u = Stream(4, Purpose::test).uniform_at(k);
    std::swap(order[k - 1], order[static_cast<std::uint32_t>(u * k)]);
  }
  return renumbered(graph, order);
}
std::uint64_t cut_after(const Graph& graph, std::uint32_t ranks) {
  return cut_edges(renumbered(graph, local_order(graph)), parts(graph.nodes(), ranks));
}

TEST(Bisection, RenumberingIsAnIsomorphism) {
  const Graph ring = graph_of("ring", 7);
  const std::vector<std::uint32_t> order = {3, 1, 4, 0, 5, 6, 2};
  const Graph other = renumbered(ring, order);
  EXPECT_EQ(other.edges(), ring.edges());
  for (std::uint32_t a = 0; a < 7; ++a) {
    for (std::uint32_t b = 0; b < 7; ++b) {
      EXPECT_EQ(other.has_edge(a, b), ring.has_edge(order[a], order[b]));
    }
  }
}

TEST(Bisection, FindsTheSmallestCutsOfGraphsWhoseNumbersSayNothing) {
  for (const std::uint64_t n : {16U, 64U, 1000U}) {
    EXPECT_EQ(cut_after(shuffled(graph_of("ring", n)), 2), 2U) << n;
    EXPECT_EQ(cut_after(shuffled(graph_of("path", n)), 2), 1U) << n;
  }
  EXPECT_EQ(cut_after(shuffled(graph_of("ring", 64)), 4), 4U);
  // Two cliques of 8 with one edge between them.
  std::vector<Edge> edges = {{0, 8}};
  for (std::uint32_t a = 0; a < 8; ++a) {
    for (std::uint32_t b = 0; b < a; ++b) {
      edges.push_back({a, b});
      edges.push_back({a + 8, b + 8});
    }
  }
  EXPECT_EQ(cut_after(shuffled(make_graph(16, edges)), 2), 1U);
}

TEST(Bisection, KeepsMostEdgesOfATorusInside) {
  // 16 × 16: halves cut 32 of 512 edges at best; numbers drawn at random cut about half.
  const Graph torus = shuffled(graph_of("torus", 256));
  EXPECT_GT(cut_edges(torus, parts(256, 2)), 200U);
  EXPECT_LE(cut_after(torus, 2), 40U);
  EXPECT_LE(cut_after(torus, 4), 80U);
}

TEST(Bisection, IsTheSameEveryTimeAndAPermutation) {
  const Graph graph = graph_of("barabasi_albert", 300);
  auto order = local_order(graph);
  EXPECT_EQ(order, local_order(graph));
  std::sort(order.begin(), order.end());
  for (std::uint32_t k = 0; k < 300; ++k) EXPECT_EQ(order[k], k);
}

TEST(Bisection, TakesGraphsInPartsAndOfOneNode) {
  const std::vector<Edge> edges = {{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  EXPECT_EQ(cut_after(make_graph(8, edges), 2), 0U);
  EXPECT_EQ(local_order(make_graph(1, {})), std::vector<std::uint32_t>{0});
  EXPECT_TRUE(local_order(make_graph(0, {})).empty());
}

TEST(Bisection, CountsTheEdgesThatCross) {
  const Graph ring = graph_of("ring", 8);
  EXPECT_EQ(cut_edges(ring, parts(8, 1)), 0U);
  EXPECT_EQ(cut_edges(ring, parts(8, 4)), 4U);
  EXPECT_EQ(cut_edges(graph_of("complete", 8), parts(8, 2)), 16U);
}

}  // namespace
}  // namespace cohort
