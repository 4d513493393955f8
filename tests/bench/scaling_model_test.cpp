#include "bench/scaling_model.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace cohort::bench {
namespace {

// Sums of a few products of numbers near 1e-6.
constexpr double rounding = 1e-12;

double one(std::uint64_t) { return 1; }

std::vector<std::uint64_t> ids(std::uint64_t n) {
  std::vector<std::uint64_t> all(n);
  std::iota(all.begin(), all.end(), std::uint64_t{0});
  return all;
}

TEST(ScalingModel, AFitRecoversLatencyAndBandwidth) {
  std::vector<std::pair<double, double>> messages;
  for (const double bytes : {64.0, 4096.0, 65536.0, 1048576.0}) {
    messages.emplace_back(bytes, 2e-6 + bytes / 8e9);
  }
  const Network network = fit_network(messages);
  EXPECT_NEAR(network.latency / 2e-6, 1, rounding);
  EXPECT_NEAR(network.per_byte * 8e9, 1, rounding);
}

TEST(ScalingModel, AFitIsNeverNegative) {
  // Large messages that are faster than the line through the small ones, and the reverse.
  const Network fast = fit_network(std::vector{std::pair(64.0, 2e-6), std::pair(1e6, 1e-6)});
  EXPECT_EQ(fast.per_byte, 0);
  EXPECT_GT(fast.latency, 0);
  const Network steep = fit_network(std::vector{std::pair(1e3, 1e-9), std::pair(1e6, 1e-3)});
  EXPECT_EQ(steep.latency, 0);
  EXPECT_GT(steep.per_byte, 0);
}

TEST(ScalingModel, LoadsAreThoseOfTheRanksThatHoldTheClients) {
  // 16 clients on 4 ranks are 4 a rank; ids 0, 1, 2, 3 and 12 have work 1, id 9 has 8.
  const auto work = [](std::uint64_t c) { return c == 9 ? 8.0 : 1.0; };
  const Loads loads = loads_of({{0, 1, 2, 3, 9, 12}}, 16, 4, work);
  EXPECT_EQ(loads.total_work, 13);
  EXPECT_EQ(loads.largest_work, 8);
  EXPECT_EQ(loads.remote_ranks, 2);  // rank 1 holds none of them
  EXPECT_EQ(loads.subtrees, 3);
  EXPECT_EQ(loads.remote_subtrees, 2);
}

TEST(ScalingModel, LoadsAreMeansOverCohorts) {
  const Loads loads = loads_of({{0, 1}, {8, 9, 12, 13}}, 16, 4, one);
  EXPECT_EQ(loads.total_work, 3);
  EXPECT_EQ(loads.largest_work, 2);
  EXPECT_EQ(loads.remote_ranks, 1);
}

TEST(ScalingModel, NothingTravelsOnOneRank) {
  RoundShape shape{1, 1e6, 1e6, 50, 1e5, 1, true, true};
  const RoundCosts costs{1e-5, 2e-5, 1e-10, 3e-4};
  const Loads loads = loads_of({ids(50)}, 50, 1, one);
  const Prediction p = predict(shape, costs, {1e-6, 1e-10, 1e-7}, loads, 1);
  EXPECT_EQ(p.broadcast, 0);
  EXPECT_EQ(p.replies, 0);
  EXPECT_EQ(p.combine, 0);
  EXPECT_NEAR(p.total(), 1e-5 + 50 * 2e-5 + 3e-4, rounding);
}

TEST(ScalingModel, RankZeroSendsToTheOthersInTurn) {
  const RoundShape shape{2, 1000, 500, 64};
  const Network network{1e-6, 1e-9, 1e-7};
  for (const std::uint32_t ranks : {2U, 16U, 64U}) {
    const Loads loads = loads_of({ids(64)}, 64, ranks, one);
    const Prediction p = predict(shape, {}, network, loads, ranks);
    const double others = ranks - 1;
    EXPECT_NEAR(p.broadcast, 2e-6 + others * (2e-7 + 1e-6), rounding);
    EXPECT_NEAR(p.replies, 2e-6 + others * 2e-7 + loads.remote_subtrees * 5e-7, rounding);
  }
}

TEST(ScalingModel, RanksBeyondTheClientsCostNothing) {
  const RoundShape shape{1, 1000, 1000, 8};
  const Network network{1e-6, 1e-9, 1e-7};
  const RoundCosts costs{0, 1e-3, 0, 0};
  const auto at = [&](std::uint32_t ranks) {
    return predict(shape, costs, network, loads_of({ids(8)}, 8, ranks, one), ranks).total();
  };
  EXPECT_NEAR(at(16), at(4096), rounding);  // rank 0 holds no client in either
  EXPECT_LT(at(8), at(4));
}

TEST(ScalingModel, ARuleScalesWithBlocksOfCoordinates) {
  const RoundCosts costs{0, 0, 0, 1e-2};
  const Network free{};
  RoundShape shape{1, 0, 0, 10, 8 * 4096, 1, false, false};  // eight blocks
  const auto at = [&](std::uint32_t ranks) {
    return predict(shape, costs, free, loads_of({ids(10)}, 10, ranks, one), ranks).aggregate;
  };
  EXPECT_NEAR(at(4), 1e-2 / 4, rounding);
  EXPECT_NEAR(at(8), 1e-2 / 8, rounding);
  EXPECT_NEAR(at(4096), 1e-2 / 8, rounding);
  shape.coordinates = 650;  // one block: one rank has it
  EXPECT_NEAR(at(4), 1e-2, rounding);
}

TEST(ScalingModel, ASecondExchangeOfTheRowsCostsAsMuchAsTheFirst) {
  RoundShape shape{1, 0, 0, 10, 8 * 4096, 0, false, false};
  const Network network{1e-6, 1e-9, 1e-7};
  const auto with = [&](int exchanges) {
    shape.exchanges = exchanges;
    return predict(shape, {}, network, loads_of({ids(10)}, 10, 4, one), 4).aggregate;
  };
  EXPECT_GT(with(1), with(0));
  EXPECT_NEAR(with(2) - with(1), with(1) - with(0), rounding);
}

}  // namespace
}  // namespace cohort::bench
