#include "algorithms/graphs/torus.hpp"

#include <cmath>

#include "tests/algorithms/graphs/gaps.hpp"

namespace cohort {
namespace {

TEST(Torus, NodesHaveTheFourAroundThem) {
  const Graph g = drawn::graph<Torus>(12);  // 3 rows of 4
  EXPECT_EQ(g.edges(), 24u);
  EXPECT_THAT(drawn::neighbours(g, 0), testing::ElementsAre(1, 3, 4, 8));
  EXPECT_THAT(drawn::neighbours(g, 6), testing::ElementsAre(2, 5, 7, 10));
  EXPECT_EQ(diameter(g).lower, 3u);
}

TEST(Torus, IsAsSquareAsItGoesUnlessRowsAreGiven) {
  EXPECT_EQ(diameter(drawn::graph<Torus>(36)).lower, 6u);
  EXPECT_EQ(diameter(drawn::graph<Torus>(36, {{}, 3})).lower, 7u);
  EXPECT_THAT(drawn::refusal<Torus>(13), testing::HasSubstr("rows × columns"));
  EXPECT_THAT(drawn::refusal<Torus>(36, {{}, 5}), testing::HasSubstr("5 rows"));
}

TEST(Torus, GapFollowsTheCosineOfTheLongerSide) {
  for (const auto& [rows, columns] : {std::pair{3u, 3u}, {4u, 4u}, {5u, 5u}, {4u, 7u}}) {
    EXPECT_NEAR(drawn::gap(drawn::graph<Torus>(std::uint64_t{rows} * columns, {{}, rows})),
                0.4 * (1 - std::cos(2 * drawn::pi / std::max(rows, columns))),
                drawn::gap_tolerance);
  }
}

}  // namespace
}  // namespace cohort
