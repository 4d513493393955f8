#include "algorithms/graphs/barabasi_albert.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

BarabasiAlbert::Options bringing(std::uint64_t m) {
  BarabasiAlbert::Options o;
  o.edges = m;
  return o;
}

TEST(BarabasiAlbert, EveryNewNodeBringsItsEdges) {
  const Graph g = drawn::graph<BarabasiAlbert>(500, bringing(3));
  EXPECT_EQ(g.edges(), 3u * 497);
  EXPECT_TRUE(is_connected(g));
  for (std::uint64_t i = 4; i < 500; ++i) EXPECT_GE(g.degree(i), 3u);
  EXPECT_THAT(drawn::refusal<BarabasiAlbert>(3, bringing(3)), testing::HasSubstr("edges < nodes"));
}

TEST(BarabasiAlbert, DegreesHaveTheTailOfExponentThree) {
  // P(degree ≥ k) → m (m + 1)/(k (k + 1)) for the linear preference (Dorogovtsev et al. 2000).
  constexpr std::uint64_t n = 20000, m = 2;
  const Graph g = drawn::graph<BarabasiAlbert>(n, bringing(m));
  for (const std::uint64_t k : {4u, 10u, 20u}) {
    std::uint64_t many = 0;
    for (std::uint64_t i = 0; i < n; ++i) many += g.degree(i) >= k ? 1u : 0u;
    const double expected = static_cast<double>(m * (m + 1)) / static_cast<double>(k * (k + 1));
    EXPECT_NEAR(static_cast<double>(many) / n, expected, 0.15 * expected) << k;
  }
}

}  // namespace
}  // namespace cohort
