#include "tests/algorithms/methods/compression_problems.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode diana(double rate, ConfigNode compressor) {
  return table({{"type", "diana"},
                {"server", drive::sgd(rate)},
                {"update", table({{"compressor", std::move(compressor)}})}});
}

TEST(Diana, WithoutCompressionIsGradientDescent) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run a(diana(0.1, drive::Value("identity")), f, drive::equal_weights(4));
  drive::Run b(table({{"type", "fedsgd"}, {"server", drive::sgd(0.1)}}), f,
               drive::equal_weights(4));
  a.rounds(20);
  b.rounds(20);
  EXPECT_LT((a.x - b.x).norm(), 1e-13 * b.x.norm());  // h + (∇f_i − h) is rounded
}

// h_i → ∇f_i(x*), so that the noise of compression vanishes.
TEST(Diana, UnbiasedCompressionFindsTheExactOptimum) {
  const drive::Quadratics f(drive::different_clients(4, 6, 3));
  const Vec optimum = drive::optimum(f);
  for (const ConfigNode& compressor :
       std::vector<ConfigNode>{drive::rand(2), drive::Value("natural"), drive::Value("qsgd"),
                               drive::Value("ternary")}) {
    drive::Run run(diana(0.08, compressor), f, drive::equal_weights(4));
    run.rounds(1500);
    EXPECT_LT((run.x - optimum).norm(), 1e-12 * optimum.norm()) << compressor.find("type");
    for (std::size_t i = 0; i < 4; ++i) {
      const auto& c = f.clients()[i];
      const Vec gradient = c.a * (optimum - c.centre());
      EXPECT_LT((run.client_state(i).as<Diana::ClientState>().h - gradient).norm(),
                1e-10 * gradient.norm());
    }
    EXPECT_LT(run.invariant_gap(), 1e-12);
  }
}

// The same compressor on gradients leaves noise of its own size.
TEST(Diana, NaiveCompressionDoesNotFindIt) {
  const drive::Quadratics f(drive::different_clients(4, 6, 3));
  drive::Run run(table({{"type", "fedsgd"},
                        {"server", drive::sgd(0.08)},
                        {"update", table({{"compressor", drive::rand(2)}})}}),
                 f, drive::equal_weights(4));
  run.rounds(1500);
  EXPECT_GT((run.x - drive::optimum(f)).norm(), 1e-3);
}

TEST(Diana, FindsItWhenAPartTakesPart) {
  const drive::Quadratics f(drive::different_clients(4, 6, 3));
  drive::Run run(diana(0.05, drive::rand(2)), f, drive::equal_weights(4));
  for (std::uint64_t k = 0; k < 4000; ++k) {
    const std::uint64_t a = k % 4, b = (k + 1 + k / 4 % 3) % 4;
    run.round({std::min(a, b), std::max(a, b)});
  }
  EXPECT_LT((run.x - drive::optimum(f)).norm(), 1e-10 * run.x.norm());
  EXPECT_LT(run.invariant_gap(), 1e-12);
}

}  // namespace
}  // namespace cohort
