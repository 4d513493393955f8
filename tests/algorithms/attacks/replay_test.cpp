#include "algorithms/attacks/replay.hpp"

#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

Payload reply(double value) {
  Payload p;
  p.blocks.push_back(dense_block("update", std::vector<double>{value, -value}));
  return p;
}
double sent(const AttackOf<Replay>& attack, State& memory, double made) {
  Payload p = reply(made);
  attack.replay(memory, p);
  EXPECT_EQ(p, reply(p.at("update").doubles()[0]));
  return p.at("update").doubles()[0];
}

TEST(Replay, SendsItsFirstReplyUntilItHasOneThatIsOldEnough) {
  const AttackOf<Replay> attack({.delay = 3});
  State memory;
  attack.start(memory);
  std::vector<double> all;
  for (const double made : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0})
    all.push_back(sent(attack, memory, made));
  EXPECT_EQ(all, (std::vector<double>{1, 1, 1, 1, 2, 3}));
  EXPECT_EQ(memory.as<Replay::Memory>().made.size(), 4U);
}

TEST(Replay, GoesOnFromASavedMemory) {
  const AttackOf<Replay> attack({.delay = 2});
  State memory;
  attack.start(memory);
  for (const double made : {1.0, 2.0, 3.0}) sent(attack, memory, made);
  std::vector<std::byte> bytes;
  Writer writer(bytes);
  memory.save(writer);

  State restored;
  attack.start(restored);
  Reader reader(bytes);
  restored.load(reader);
  ASSERT_TRUE(static_cast<bool>(reader.finished()));
  EXPECT_EQ(sent(attack, restored, 4.0), 2.0);
  EXPECT_EQ(sent(attack, restored, 5.0), 3.0);
}

TEST(Replay, IsNeitherACraftedBlockNorACollusion) {
  const AttackOf<Replay> attack({});
  EXPECT_TRUE(attack.remembers());
  EXPECT_FALSE(attack.colludes() || attack.flips_labels());
  Vec block = rows::vector({1, 2});
  attack.craft(Stream(1, Purpose::attack), block);
  EXPECT_EQ(block, rows::vector({1, 2}));
}

}  // namespace
}  // namespace cohort
