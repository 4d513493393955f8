#include "algorithms/gossip/gradient_tracking.hpp"

#include "tests/algorithms/gossip/nodes.hpp"

namespace cohort {
namespace {

using drive::Nodes;
using drive::table;

ConfigNode method(const char* order, double rate) {
  return table({{"type", "gradient_tracking"},
                {"order", order},
                {"local", table({{"optimizer", table({{"learning_rate", rate}})}})}});
}

TEST(GradientTracking, AConstantRateReachesTheOptimum) {
  const std::vector<double> weights = {0.05, 0.1, 0.15, 0.2, 0.2, 0.3};
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  for (const char* order : {"combine_then_adapt", "adapt_then_combine"}) {
    Nodes nodes(method(order, 0.05), f, weights);
    nodes.rounds(1500, drive::ring_weights(6));
    EXPECT_LT(drive::farthest(nodes, drive::optimum(f, weights)), 1e-12) << order;
  }
}

TEST(GradientTracking, TrackersSumToTheGradients) {
  const drive::Quadratics f(drive::different_clients(6, 4, 5));
  for (const char* order : {"combine_then_adapt", "adapt_then_combine"}) {
    ConfigNode batched = method(order, 0.05);
    batched.set("batch_size", drive::Value(2));
    Nodes nodes(batched, f);
    for (int r = 0; r < 30; ++r) {
      nodes.round(drive::ring_weights(6));
      Vec gap = Vec::Zero(4);
      double size = 0;
      for (std::size_t i = 0; i < 6; ++i) {
        const auto& state = nodes.state<GradientTracking::NodeState>(i);
        gap += state.tracker - state.gradient;
        size += state.gradient.norm();
      }
      EXPECT_LT(gap.norm(), 1e-13 * size) << order << " in round " << r;  // 30 rounds of rounding
    }
  }
}

TEST(GradientTracking, TheFirstRoundsAreDIGing) {
  const drive::Quadratics f(drive::centred_nodes(5, 2));
  const MixingMatrix ring = drive::ring_weights(5);
  const Mat w = drive::dense(ring);
  Nodes nodes(method("combine_then_adapt", 0.2), f);
  Mat c(5, 2);
  for (Index i = 0; i < 5; ++i) {
    c.row(i) = f.clients()[static_cast<std::size_t>(i)].centre().transpose();
  }
  // As the paper writes it: ∇f(X) = X − C.
  Mat x = Mat::Zero(5, 2), y = x - c;
  for (int r = 0; r < 6; ++r) {
    const Mat next = w * x - 0.2 * y;
    y = w * y + (next - x);
    x = next;
    nodes.round(ring);
    EXPECT_LT((nodes.models().transpose() - x).norm(), 1e-13 * c.norm());
  }
}

TEST(GradientTracking, RefusesAnOptimizerThatReadsTheValueOfABatch) {
  Mistakes mistakes;
  make_gossip_method(
      drive::placed(table({{"type", "gradient_tracking"},
                           {"local", table({{"optimizer", table({{"type", "sps"}})}})}})),
      "method", gossip_methods(), Stages{}, mistakes);
  ASSERT_EQ(mistakes.messages().size(), 1U);
  EXPECT_THAT(mistakes.messages()[0], testing::HasSubstr("sps"));
}

}  // namespace
}  // namespace cohort
