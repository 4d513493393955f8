#include "algorithms/attacks/infinity.hpp"

#include <limits>

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(SendInfinity, LeavesNoCoordinateOfTheUpdate) {
  Vec block = rows::vector({1, 0, -1e300, -infinity, std::numeric_limits<double>::quiet_NaN()});
  AttackOf<SendInfinity>({}).craft(Stream(1, Purpose::attack), block);
  EXPECT_EQ(block, Vec::Constant(5, infinity));
}

TEST(SendInfinity, StaysInfiniteOnTheWireOfSinglePrecision) {
  Vec block = rows::vector({1, 2});
  AttackOf<SendInfinity>({}).craft(Stream(1, Purpose::attack), block);
  EXPECT_EQ(block.cast<float>().cast<double>().eval(), Vec::Constant(2, infinity));
}

}  // namespace
}  // namespace cohort
