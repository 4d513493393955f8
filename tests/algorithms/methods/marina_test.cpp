#include "tests/algorithms/methods/compression_problems.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode marina(double rate, ConfigNode compressor) {
  return table({{"type", "marina"},
                {"server", drive::sgd(rate)},
                {"update", table({{"compressor", std::move(compressor)}})}});
}

TEST(Marina, WithoutCompressionIsGradientDescentToTheBit) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run a(marina(0.1, drive::Value("identity")), f, drive::equal_weights(4));
  drive::Run b(table({{"type", "fedsgd"}, {"server", drive::sgd(0.1)}}), f,
               drive::equal_weights(4));
  a.rounds(20);
  b.rounds(20);
  EXPECT_EQ(a.x, b.x);
}

TEST(Marina, UnbiasedCompressionFindsTheExactOptimum) {
  const drive::Quadratics f(drive::different_clients(4, 6, 3));
  for (const ConfigNode& compressor :
       std::vector<ConfigNode>{drive::rand(2), drive::Value("natural")}) {
    drive::Run run(marina(0.1, compressor), f, drive::equal_weights(4));
    run.rounds(1500);
    EXPECT_LT((run.x - drive::optimum(f)).norm(), 1e-13 * run.x.norm());
  }
}

// Full rounds with probability 1/(1 + ω) = k/d = 1/3, the first for sure.
TEST(Marina, FirstRoundIsFullAndOthersAtACoin) {
  const drive::Quadratics f(drive::different_clients(1, 6, 3));
  drive::Run run(marina(0.05, drive::rand(2)), f, {1.0});
  EXPECT_EQ(run.next_ask().phase, std::uint32_t{Marina::full});
  int full = 0;
  for (int k = 0; k < 600; ++k) {
    full += run.next_ask().phase == Marina::full;
    run.round();
  }
  EXPECT_NEAR(full, 200, 70);  // six standard deviations
}

}  // namespace
}  // namespace cohort
