#include "algorithms/methods/pfedme.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

const Vec& personal(const State& state) { return state.as<PFedMe::ClientState>().personal; }

TEST(PFedMe, StepsAlongTheGradientOfTheMoreauEnvelope) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const double pull = 4, outer = 0.05;
  // One personal model a round, exact: 200 steps of rate 0.1 at curvatures between 5 and 7.
  drive::Run run(table({{"type", "pfedme"},
                        {"local_steps", 200},
                        {"inner_steps", 200},
                        {"pull", pull},
                        {"outer_rate", outer}}),
                 f, drive::equal_weights(3));
  for (int round = 0; round < 3; ++round) {
    const Vec x = run.x;
    Vec g = Vec::Zero(4);
    run.round();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& c = f.clients()[i];
      const Mat a = c.a + pull * Mat::Identity(4, 4);
      const Vec theta = drive::solve(a, c.a * c.centre() + pull * x);
      EXPECT_TRUE(personal(run.client_state(i)).isApprox(theta, 1e-12));
      g += c.a * (theta - c.centre()) / 3;  // ∇ of the envelope at x is ∇f at its minimiser
    }
    EXPECT_TRUE(run.x.isApprox(x - outer * g, 1e-12));
  }
}

TEST(PFedMe, RoundFollowsTheBox) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  drive::Run run(table({{"type", "pfedme"},
                        {"local_steps", 5},
                        {"inner_steps", 2},
                        {"pull", 2.0},
                        {"outer_rate", 0.2}}),
                 f, {1.0});
  const auto& c = f.clients()[0];
  Vec w = Vec::Zero(4), theta = Vec::Zero(4);
  for (int step = 1; step <= 5; ++step) {  // the third personal model has one step
    theta -= 0.1 * (c.a * (theta - c.centre()) + 2.0 * (theta - w));
    if (step % 2 == 0 || step == 5) w -= 0.2 * 2.0 * (w - theta);
  }
  run.round();
  EXPECT_TRUE(run.x.isApprox(w, 1e-14));
  EXPECT_TRUE(personal(run.client_state(0)).isApprox(theta, 1e-14));
}

TEST(PFedMe, RefusesAStepThatLeapsOverThePersonalModel) {
  Mistakes mistakes;
  make_method(drive::placed(table({{"type", "pfedme"}, {"pull", 15.0}, {"outer_rate", 0.1}})),
              "method", methods(), Stages{}, mistakes);
  EXPECT_NE(mistakes.result().error().message.find("leap over"), std::string::npos);
}

}  // namespace
}  // namespace cohort
