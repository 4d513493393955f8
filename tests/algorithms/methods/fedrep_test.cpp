#include "algorithms/methods/fedrep.hpp"

#include "tests/algorithms/methods/owned_quadratics.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr double fixed_point = 1e-10;  // a contraction's limit

TEST(FedRep, WithNothingOwnedIsFedAvgBitwise) {
  const drive::Quadratics f(drive::different_clients(4, 4, 9));
  drive::Run rep(table({{"type", "fedrep"}, {"batch_size", 4}, {"owned", drive::list({})}}), f,
                 drive::equal_weights(4));
  drive::Run avg(table({{"type", "fedavg"}, {"batch_size", 4}}), f, drive::equal_weights(4));
  rep.rounds(5);
  avg.rounds(5);
  EXPECT_EQ(rep.x, avg.x);
}

// The decay would move what stands still.
TEST(FedRep, FollowsTheBox) {
  const drive::OwnedQuadratics f(drive::different_clients(3, 5, 4), 3);
  const std::vector<double> p = {0.2, 0.3, 0.5};
  constexpr double rate = 0.1, decay = 0.2;
  drive::Run run(
      table({{"type", "fedrep"},
             {"local_steps", 2},
             {"head_steps", 4},
             {"local", table({{"transforms", drive::list({table({{"type", "weight_decay"},
                                                                 {"rate", decay}})})}})}}),
      f, p);
  run.x = Vec::Ones(3);
  run.round();
  Vec x = Vec::Zero(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& c = f.client(i);
    Vec w(5);
    w << 1, 1, 1, 0.5, 0.5;
    for (int k = 0; k < 4; ++k) {
      const Vec g = c.a * (w - c.centre()) + decay * w;
      w.tail(2) -= rate * g.tail(2);
    }
    EXPECT_TRUE(drive::head_of(run, i).isApprox(w.tail(2), 1e-14));
    for (int k = 0; k < 2; ++k) {
      const Vec g = c.a * (w - c.centre()) + decay * w;
      w.head(3) -= rate * g.head(3);
    }
    x += p[i] * w.head(3);
  }
  EXPECT_TRUE(run.x.isApprox(x, 1e-14));
}

// With heads that are solved and one step of the body it descends Σ p_i min_h f_i(x, h).
TEST(FedRep, WithSolvedHeadsReachesTheJointMinimum) {
  const drive::OwnedQuadratics f(drive::different_clients(4, 5, 6), 3);
  const std::vector<double> p = {0.1, 0.2, 0.3, 0.4};
  drive::Run run(table({{"type", "fedrep"}, {"local_steps", 1}, {"head_steps", 20}}), f, p);
  run.rounds(600);
  const Vec x = f.best_body(p);
  EXPECT_TRUE(run.x.isApprox(x, fixed_point));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(drive::head_of(run, i).isApprox(f.best_head(i, x), fixed_point));
  }
}

TEST(FedRep, PassesOverTheRowsForTheHeadAndThenForTheBody) {
  const drive::OwnedQuadratics f(drive::different_clients(1, 5, 8), 3);
  drive::Run run(table({{"type", "fedrep"}, {"batch_size", 4}, {"head_epochs", 2}}), f, {1.0});
  run.round();
  EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::gradient)], 2U * 2U + 2U);
  EXPECT_EQ(run.counts().rows[static_cast<std::size_t>(Query::gradient)], 3U * 8U);
}

TEST(FedRep, RefusesAPipelineThatItsPartsWouldShareAndTwoLengths) {
  const auto mistake = [](const ConfigNode& method) {
    Mistakes mistakes;
    make_method(drive::placed(method), "method", methods(), Stages{}, mistakes);
    return mistakes.result().error().message;
  };
  EXPECT_NE(mistake(table({{"type", "fedrep"}, {"local", table({{"state", "keep"}})}}))
                .find("fedrep's head and body"),
            std::string::npos);
  EXPECT_NE(mistake(table({{"type", "fedrep"}, {"head_steps", 2}, {"head_epochs", 2}}))
                .find("exclude each other"),
            std::string::npos);
}

}  // namespace
}  // namespace cohort
