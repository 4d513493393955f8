#include "algorithms/attacks/nan.hpp"

#include <limits>

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

TEST(SendNan, LeavesNoCoordinateOfTheUpdate) {
  Vec block = rows::vector({1, 0, -1e300, std::numeric_limits<double>::infinity()});
  AttackOf<SendNan>({}).craft(Stream(1, Purpose::attack), block);
  EXPECT_TRUE(block.array().isNaN().all());
}

TEST(SendNan, StaysNanOnTheWireOfSinglePrecision) {
  Vec block = rows::vector({1, 2});
  AttackOf<SendNan>({}).craft(Stream(1, Purpose::attack), block);
  EXPECT_TRUE(block.cast<float>().array().isNaN().all());
}

}  // namespace
}  // namespace cohort
