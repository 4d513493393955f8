#include "algorithms/attacks/label_flip.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

// What it does to a run: tests/runs/fault_test.cpp.
TEST(LabelFlip, ChangesLabelsAndLeavesWhatIsSent) {
  const AttackOf<LabelFlip> attack({});
  EXPECT_TRUE(attack.flips_labels());
  EXPECT_FALSE(attack.colludes() || attack.remembers());
  Vec block = rows::vector({1, -2});
  attack.craft(Stream(1, Purpose::attack), block);
  EXPECT_EQ(block, rows::vector({1, -2}));
}

}  // namespace
}  // namespace cohort
