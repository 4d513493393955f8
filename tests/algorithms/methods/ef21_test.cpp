#include "tests/algorithms/methods/compression_problems.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode ef21(double rate, ConfigNode compressor) {
  return table({{"type", "ef21"},
                {"server", drive::sgd(rate)},
                {"update", table({{"compressor", std::move(compressor)}})}});
}

TEST(Ef21, WithoutCompressionIsGradientDescent) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run a(ef21(0.1, drive::Value("identity")), f, drive::equal_weights(4));
  drive::Run b(table({{"type", "fedsgd"}, {"server", drive::sgd(0.1)}}), f,
               drive::equal_weights(4));
  a.rounds(20);
  b.rounds(20);
  EXPECT_LT((a.x - b.x).norm(), 1e-13 * b.x.norm());  // g_i + (∇f_i − g_i) is rounded
}

// f_i have different minima, so that a compressed gradient does not vanish at the optimum.
TEST(Ef21, TopOneFindsTheExactOptimum) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run run(ef21(0.05, drive::top(1)), f, drive::equal_weights(4));
  run.rounds(1500);
  EXPECT_LT((run.x - drive::optimum(f)).norm(), 1e-13 * run.x.norm());
  EXPECT_LT(run.invariant_gap(), 1e-12);  // 1500 additions
}

TEST(Ef21, TopOneFindsItWhenAPartTakesPart) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run run(ef21(0.03, drive::top(1)), f, drive::equal_weights(4));
  for (int k = 0; k < 1500; ++k) {
    run.round({0, 2}, {});
    run.round({1, 2, 3}, {2});  // one reply is lost every time
  }
  EXPECT_LT((run.x - drive::optimum(f)).norm(), 1e-12 * run.x.norm());
  EXPECT_LT(run.invariant_gap(), 1e-12);
}

// Beznosikov et al., JMLR 24 (2023), section 5.2: three strongly convex functions on which top-1 of
// gradients multiplies x by 1 + 11 γ / 6 a round.
TEST(Ef21, ConvergesWhereNaiveCompressionDiverges) {
  constexpr double rate = 0.02;
  const drive::Quadratics f(drive::divergence_example());
  drive::Run naive(table({{"type", "fedsgd"},
                          {"server", drive::sgd(rate)},
                          {"update", table({{"compressor", drive::top(1)}})}}),
                   f, drive::equal_weights(3));
  naive.x = Vec::Ones(3);
  naive.round();
  EXPECT_LT((naive.x - (1 + 11 * rate / 6) * Vec::Ones(3)).norm(), 1e-14);
  naive.rounds(299);
  EXPECT_GT(naive.x.norm(), 1e4);

  drive::Run run(ef21(rate, drive::top(1)), f, drive::equal_weights(3));
  run.x = Vec::Ones(3);
  run.rounds(3000);
  EXPECT_LT(run.x.norm(), 1e-10);
}

TEST(Ef21, SendsWhatItsCompressorSays) {
  const drive::Quadratics f(drive::different_clients(2, 40, 3));
  drive::Run run(ef21(0.1, drive::top(4)), f, drive::equal_weights(2));
  run.rounds(3);
  EXPECT_EQ(run.bytes_up(), 3U * 2U * (coded_sparse_bytes(40, 4, Element::f64) + 16U));
}

TEST(Ef21, NaiveTopOneStallsWhereItConverges) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run naive(table({{"type", "fedsgd"},
                          {"server", drive::sgd(0.05)},
                          {"update", table({{"compressor", drive::top(1)}})}}),
                   f, drive::equal_weights(4));
  naive.rounds(1500);
  const double gap = (naive.x - drive::optimum(f)).norm();
  EXPECT_GT(gap, 1e-3);
  naive.rounds(1500);
  EXPECT_GT((naive.x - drive::optimum(f)).norm(), 0.5 * gap);
}

}  // namespace
}  // namespace cohort
