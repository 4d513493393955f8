#include "algorithms/methods/fedper.hpp"

#include "tests/algorithms/methods/owned_quadratics.hpp"

namespace cohort {
namespace {

using drive::table;

// Limits of contractions, conditioned below 100, after their error fell below rounding.
constexpr double fixed_point = 1e-10;

TEST(FedPer, WithNothingOwnedIsFedAvgBitwise) {
  const drive::Quadratics f(drive::different_clients(4, 4, 9));
  drive::Run per(table({{"type", "fedper"}, {"batch_size", 4}, {"owned", drive::list({})}}), f,
                 drive::equal_weights(4));
  drive::Run avg(table({{"type", "fedavg"}, {"batch_size", 4}}), f, drive::equal_weights(4));
  per.rounds(5);
  avg.rounds(5);
  EXPECT_EQ(per.x, avg.x);
}

TEST(FedPer, FollowsTheBox) {
  const drive::OwnedQuadratics f(drive::different_clients(3, 5, 4), 3);
  const std::vector<double> p = {0.2, 0.3, 0.5};
  drive::Run run(table({{"type", "fedper"}, {"local_steps", 3}}), f, p);
  run.round();
  Vec x = Vec::Zero(3);
  for (std::size_t i = 0; i < 3; ++i) {
    Vec w(5);
    w << 0, 0, 0, 0.5, 0.5;
    for (int k = 0; k < 3; ++k) w -= 0.1 * f.client(i).a * (w - f.client(i).centre());
    EXPECT_TRUE(drive::head_of(run, i).isApprox(w.tail(2), 1e-14));
    x += p[i] * w.head(3);
  }
  EXPECT_TRUE(run.x.isApprox(x, 1e-14));
}

// One step a round is a gradient step on Σ p_i f_i(x, h_i) with all of h, so nothing is biased.
TEST(FedPer, WithOneStepReachesTheJointMinimum) {
  const drive::OwnedQuadratics f(drive::different_clients(4, 5, 6), 3);
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  drive::Run run(table({{"type", "fedper"}, {"local_steps", 1}}), f, p);
  run.rounds(2000);
  const Vec x = f.best_body(p);
  EXPECT_TRUE(run.x.isApprox(x, fixed_point));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(drive::head_of(run, i).isApprox(f.best_head(i, x), fixed_point));
  }
}

TEST(FedPer, HeadsNeverTravel) {
  const drive::OwnedQuadratics f(drive::different_clients(2, 5, 4), 3);
  drive::Run run(table({{"type", "fedper"}}), f, drive::equal_weights(2));
  run.rounds(4);
  EXPECT_EQ(run.x.size(), 3);
  EXPECT_EQ(run.bytes_up(), 4U * 2U * (3U * 8U + 16U));
  EXPECT_EQ(run.bytes_down(), 4U * 2U * (3U * 8U + 16U));
}

TEST(FedPer, PersonalModelIsTheBodyUnderTheClientsHead) {
  const drive::OwnedQuadratics f(drive::different_clients(3, 5, 4), 3);
  drive::Run run(table({{"type", "fedper"}}), f, drive::equal_weights(3));
  run.round({0, 1}, {1});  // what client 1 sends is lost
  Vec expected(5);
  expected << run.x, drive::head_of(run, 0);
  EXPECT_EQ(drive::personal_of(run, f, 0), expected);
  EXPECT_NE(expected.tail(2), Vec::Constant(2, 0.5));
  expected.tail(2).setConstant(0.5);  // the start
  EXPECT_EQ(drive::personal_of(run, f, 1), expected);
  EXPECT_EQ(drive::personal_of(run, f, 2), expected);
}

// What a pipeline remembers is as long as what it moves.
TEST(FedPer, KeepsWhatItsStagesRememberOfTheHeadToo) {
  const drive::OwnedQuadratics f(drive::different_clients(3, 5, 4), 3);
  for (const char* estimator : {"minibatch", "svrg"}) {
    drive::Run run(
        table({{"type", "fedper"},
               {"local_steps", 2},
               {"local",
                table({{"state", "keep"}, {"estimator", estimator}, {"optimizer", "adam"}})}}),
        f, drive::equal_weights(3));
    run.rounds(3);
    EXPECT_TRUE(run.x.allFinite());
    EXPECT_NE(drive::head_of(run, 0), Vec::Constant(2, 0.5));
  }
}

}  // namespace
}  // namespace cohort
