#include "algorithms/methods/baffle.hpp"

#include "tests/algorithms/methods/seeded_problems.hpp"

namespace cohort {
namespace {

using drive::table;

// Central differences of quadratics are slopes but for the rounding 1e-16/σ of values of size 10.
constexpr double difference_error = 1e-10;

TEST(Baffle, StepsByTheSlopesOfTheMeanFunction) {
  const std::vector<double> weights{0.2, 0.5, 0.3};
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(table({{"type", "baffle"},
                        {"count", 6},
                        {"radius", 1e-3},
                        {"server", table({{"optimizer", table({{"learning_rate", 0.1}})}})}}),
                 f, weights, 5);
  const Ask ask = run.next_ask();
  const std::uint64_t seed = ask.common.at("seed").data.as<std::uint64_t>()[0];
  const Vec slope = seeded_problems::mean_gradient(f, weights, run.x);
  Vec expected = run.x;
  Vec z(4);
  for (std::uint64_t k = 0; k < 6; ++k) {
    seeded_scalars::direction(seed, k).fill(as_mutable_span(z));
    expected -= 0.1 / 6 * slope.dot(z) * z;
  }
  run.round();
  EXPECT_LT((run.x - expected).norm(), difference_error);
}

TEST(Baffle, SendsANumberADirectionAndAsksTwoValuesForIt) {
  const ConfigNode method = table({{"type", "baffle"}, {"count", 7}});
  EXPECT_EQ(seeded_problems::bytes_up(method, 5), 7U * 8 + 16);
  EXPECT_EQ(seeded_problems::bytes_up(method, 5000), 7U * 8 + 16);
  const drive::Quadratics f(drive::different_clients(3, 4, 7));
  drive::Run run(method, f, drive::equal_weights(3));
  run.rounds(2);
  EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::value)], 2U * 3 * 7 * 2);
  EXPECT_EQ(run.counts().rows[static_cast<std::size_t>(Query::value)], 7U * 2 * 3 * 7 * 2);
}

}  // namespace
}  // namespace cohort
