#include "algorithms/graphs/watts_strogatz.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

WattsStrogatz::Options lattice(std::uint64_t degree, double rewire) {
  WattsStrogatz::Options o;
  o.degree = degree;
  o.rewire = rewire;
  return o;
}

TEST(WattsStrogatz, WithoutRewiringIsTheLattice) {
  const Graph g = drawn::graph<WattsStrogatz>(10, lattice(4, 0));
  EXPECT_THAT(drawn::neighbours(g, 0), testing::ElementsAre(1, 2, 8, 9));
  EXPECT_EQ(g.edges(), 20u);
}

TEST(WattsStrogatz, RewiringKeepsTheEdgesAndMovesTheirShare) {
  const Graph before = drawn::graph<WattsStrogatz>(2000, lattice(6, 0));
  const Graph g = drawn::graph<WattsStrogatz>(2000, lattice(6, 0.2));
  EXPECT_EQ(g.edges(), before.edges());
  std::uint64_t moved = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    for (const auto j : g.neighbours_of(i)) moved += before.has_edge(i, j) ? 0u : 1u;
  }
  // 6000 edges, each end counted: 5 standard deviations.
  EXPECT_NEAR(static_cast<double>(moved) / 12000, 0.2, 5 * 0.0052);
  EXPECT_LT(diameter(g).upper, diameter(before).lower / 10);
}

TEST(WattsStrogatz, RefusesAnOddDegree) {
  EXPECT_THAT(drawn::refusal<WattsStrogatz>(10, lattice(3, 0)), testing::HasSubstr("even"));
}

}  // namespace
}  // namespace cohort
