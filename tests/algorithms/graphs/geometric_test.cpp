#include "algorithms/graphs/geometric.hpp"

#include "tests/algorithms/graphs/drawn.hpp"

namespace cohort {
namespace {

Geometric::Options within(double radius, std::uint64_t redraw = 0) {
  Geometric::Options o;
  o.radius = radius;
  o.redraw = redraw;
  return o;
}

TEST(Geometric, CellsMissNoPair) {
  // All pairs of the same points.
  constexpr std::uint32_t n = 150;
  constexpr double r = 0.17;
  std::vector<double> xy(2 * n);
  Stream(3, Purpose::topology, 0, 7).fill_uniform(xy);
  std::vector<Edge> edges;
  for (std::uint32_t i = 0; i < n; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) {
      const double dx = xy[2 * i] - xy[2 * j], dy = xy[2 * i + 1] - xy[2 * j + 1];
      if (dx * dx + dy * dy <= r * r) edges.push_back({i, j});
    }
  }
  EXPECT_EQ(drawn::graph<Geometric>(n, within(r, 1), 7, 3), make_graph(n, edges));
}

TEST(Geometric, LargeRadiusIsCompleteAndSmallIsRefused) {
  EXPECT_EQ(drawn::graph<Geometric>(7, within(1.5)).edges(), 21u);
  EXPECT_THAT(drawn::refusal<Geometric>(60, within(0.01)), testing::HasSubstr("raise radius"));
  EXPECT_TRUE(is_connected(drawn::graph<Geometric>(200)));
}

}  // namespace
}  // namespace cohort
