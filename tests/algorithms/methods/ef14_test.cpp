#include "tests/algorithms/methods/compression_problems.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode method(const char* type, int steps, double rate, ConfigNode compressor) {
  return table({{"type", type},
                {"local_steps", steps},
                {"batch_size", 2},
                {"local", table({{"optimizer", drive::sgd_options(rate)}})},
                {"update", table({{"compressor", std::move(compressor)}})}});
}

TEST(Ef14, WithoutCompressionIsFedAvgToTheBit) {
  const drive::Quadratics f(drive::different_clients(4, 5, 6));
  drive::Run a(method("ef14", 3, 0.1, drive::Value("identity")), f, {0.1, 0.2, 0.3, 0.4});
  drive::Run b(method("fedavg", 3, 0.1, drive::Value("identity")), f, {0.1, 0.2, 0.3, 0.4});
  for (int k = 0; k < 5; ++k) {
    a.round({0, 1, 3}, {1});
    b.round({0, 1, 3}, {1});
  }
  EXPECT_EQ(a.x, b.x);
}

ConfigNode one_step(double rate, ConfigNode compressor) {
  return table({{"type", "ef14"},
                {"local_steps", 1},
                {"local", table({{"optimizer", drive::sgd_options(rate)}})},
                {"update", table({{"compressor", std::move(compressor)}})}});
}

// x_{t+1} + mean e_{t+1} = x_t + mean e_t − γ mean ∇f_i(x_t).
TEST(Ef14, ModelAndMemoryTogetherFollowTheUncompressedStep) {
  constexpr double rate = 0.1;
  const drive::Quadratics f(drive::different_clients(3, 5, 4));
  drive::Run run(one_step(rate, drive::top(2)), f, drive::equal_weights(3));
  const auto memory = [&] {
    Vec mean = Vec::Zero(5);
    for (std::size_t i = 0; i < 3; ++i)
      mean += run.client_state(i).as<Ef14::ClientState>().error / 3;
    return mean;
  };
  for (int k = 0; k < 10; ++k) {
    Vec expected = run.x + memory();
    for (const auto& c : f.clients()) expected -= rate / 3 * (c.a * (run.x - c.centre()));
    run.round();
    EXPECT_LT((run.x + memory() - expected).norm(), 1e-13 * expected.norm());
    EXPECT_GT(memory().norm(), 0);
  }
}

TEST(Ef14, ConvergesWhereNaiveCompressionDiverges) {
  const drive::Quadratics f(drive::divergence_example());
  drive::Run run(one_step(0.02, drive::top(1)), f, drive::equal_weights(3));
  run.x = Vec::Ones(3);
  run.rounds(3000);
  EXPECT_LT(run.x.norm(), 1e-3);  // to a neighbourhood of the size of γ
}

}  // namespace
}  // namespace cohort
