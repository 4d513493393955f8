#include "algorithms/attacks/sign_flip.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

TEST(SignFlip, SendsTheNegativeOfItsOwnUpdateScaled) {
  Vec block = rows::vector({1, -2, 0.5});
  AttackOf<SignFlip>({5.0}).craft(Stream(1, Purpose::attack), block);
  EXPECT_EQ(block, rows::vector({-5, 10, -2.5}));
}

}  // namespace
}  // namespace cohort
