#include "algorithms/methods/scaffold.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

// Σ p_i c_i is n additions away from c, each round.
constexpr double invariant = 1e-13;
constexpr double fixed_point = 1e-10;
constexpr double exact = 1e-12;  // of an optimum, after the error fell below rounding

const Vec& control(const State& state) { return state.as<Scaffold::ServerState>().c; }

TEST(Scaffold, ReachesTheOptimumWhereFedAvgDoesNot) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (std::size_t i = 0; i < p.size(); ++i) {
    a += p[i] * f.clients()[i].a;
    ab += p[i] * f.clients()[i].a * f.clients()[i].centre();
  }
  const Vec optimum = drive::solve(a, ab);
  for (const char* option : {"steps", "gradient"}) {
    drive::Run run(table({{"type", "scaffold"}, {"local_steps", 5}, {"control", option}}), f, p);
    run.rounds(300);
    EXPECT_TRUE(run.x.isApprox(optimum, exact)) << option;
    // There each control variate is the client's gradient, and the server's is zero.
    EXPECT_LT(control(run.server_state()).norm(), fixed_point);
    const Vec g0 = f.clients()[0].a * (optimum - f.clients()[0].centre());
    EXPECT_TRUE(control(run.client_state(0)).isApprox(g0, fixed_point)) << option;
  }
}

// What is compressed, y_i − x and c_i⁺ − c_i, vanishes there.
TEST(Scaffold, ReachesTheOptimumWithCompressedVectors) {
  const drive::Quadratics f(drive::different_clients(4, 4, 6));
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (const auto& c : f.clients()) {
    a += c.a;
    ab += c.a * c.centre();
  }
  for (const char* compressor : {"natural", "qsgd", "f16"}) {
    drive::Run run(table({{"type", "scaffold"},
                          {"local_steps", 3},
                          {"update", table({{"compressor", compressor}})}}),
                   f, drive::equal_weights(4));
    run.rounds(400);
    EXPECT_TRUE(run.x.isApprox(drive::solve(a, ab), fixed_point)) << compressor;
    EXPECT_LT(run.invariant_gap(), invariant) << compressor;
  }
}

TEST(Scaffold, ServerVariateIsTheWeightedSumOfTheClientsEveryRound) {
  const drive::Quadratics f(drive::different_clients(6, 4, 9));
  const std::vector<double> p = {0.1, 0.1, 0.2, 0.2, 0.1, 0.3};
  for (const char* option : {"steps", "gradient"}) {
    drive::Run run(table({{"type", "scaffold"}, {"batch_size", 4}, {"control", option}}), f, p);
    const std::vector<std::vector<std::uint64_t>> cohorts = {{0, 3}, {1, 2, 3}, {4}, {0, 5}, {}};
    for (const auto& cohort : cohorts) {
      run.round(cohort, {3});  // client 3 never arrives
      EXPECT_LT(run.invariant_gap(), invariant) << option;
    }
    EXPECT_GT(control(run.server_state()).norm(), 0.1);
    EXPECT_EQ(control(run.client_state(3)), Vec::Zero(4));
  }
}

TEST(Scaffold, InvariantGapSeesALostIncrement) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run run(table({{"type", "scaffold"}, {"local_steps", 2}}), f, drive::equal_weights(3));
  run.round();
  const State lost(Scaffold::ClientState{Vec::Zero(4)});
  EXPECT_GT(run.method().invariant_gap(run.server_state(), {{1.0 / 3, &run.client_state(0)},
                                                            {1.0 / 3, &run.client_state(1)},
                                                            {1.0 / 3, &lost}}),
            0.01);
}

TEST(Scaffold, OnEqualClientsItIsFedAvgBitwise) {
  const auto one = drive::different_clients(1, 4, 6).front();
  const drive::Quadratics f({one, one, one, one});
  drive::Run scaffold(table({{"type", "scaffold"}, {"local_steps", 5}}), f,
                      drive::equal_weights(4));
  drive::Run fedavg(table({{"type", "fedavg"}, {"local_steps", 5}}), f, drive::equal_weights(4));
  scaffold.rounds(10);
  fedavg.rounds(10);
  EXPECT_EQ(scaffold.x, fedavg.x);  // p_i = ¼: c is exactly c_i
}

TEST(Scaffold, FirstControlVariateIsTheMeanGradientOfTheSteps) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  drive::Run run(table({{"type", "scaffold"}, {"local_steps", 3}}), f, {1.0});
  const auto& client = f.clients().front();
  Vec y = Vec::Zero(4), sum = Vec::Zero(4);
  for (int k = 0; k < 3; ++k) {
    const Vec g = client.a * (y - client.centre());
    sum += g;
    y -= 0.1 * g;
  }
  run.round();
  EXPECT_TRUE(control(run.client_state(0)).isApprox(sum / 3, 1e-14));
}

// With sgd the mean gradient can be read off the steps; up to the rounding of that reading.
TEST(Scaffold, MeanOfTheEstimatesIsWhatPlainStepsTell) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  const auto method = [](const char* control) {
    return table({{"type", "scaffold"}, {"local_steps", 4}, {"control", control}});
  };
  drive::Run read(method("steps"), f, drive::equal_weights(3));
  drive::Run summed(method("mean_estimate"), f, drive::equal_weights(3));
  read.rounds(10);
  summed.rounds(10);
  EXPECT_TRUE(summed.x.isApprox(read.x, 1e-12));
  EXPECT_TRUE(control(summed.client_state(1)).isApprox(control(read.client_state(1)), 1e-11));
}

// The first estimate is made at x; of full batches it is option I's gradient.
TEST(Scaffold, FirstEstimateIsTheGradientAtTheModel) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run asked(table({{"type", "scaffold"}, {"local_steps", 4}, {"control", "gradient"}}), f,
                   drive::equal_weights(3));
  drive::Run first(table({{"type", "scaffold"}, {"local_steps", 4}, {"control", "first_estimate"}}),
                   f, drive::equal_weights(3));
  asked.rounds(10);
  first.rounds(10);
  EXPECT_TRUE(first.x.isApprox(asked.x, 1e-13));
  const auto gradients = static_cast<std::size_t>(Query::gradient);
  EXPECT_EQ(asked.counts().calls[gradients] - first.counts().calls[gradients], 30U);
}

TEST(Scaffold, WithValuesAloneItReachesTheOptimum) {
  const drive::Quadratics f(drive::different_clients(3, 4, 2));
  Mat a = Mat::Zero(4, 4);
  Vec ab = Vec::Zero(4);
  for (const auto& c : f.clients()) {
    a += c.a;
    ab += c.a * c.centre();
  }
  const ConfigNode estimator = table(
      {{"type", "zeroth_order"}, {"direction", "coordinate"}, {"count", 4}, {"radius", 1e-3}});
  for (const char* option : {"steps", "first_estimate", "mean_estimate"}) {
    drive::Run run(table({{"type", "scaffold"},
                          {"local_steps", 5},
                          {"control", option},
                          {"local", table({{"estimator", estimator}})}}),
                   f, drive::equal_weights(3));
    run.rounds(300);
    EXPECT_LT((run.x - drive::solve(a, ab)).norm(), 1e-8) << option;
    EXPECT_EQ(run.counts().calls[static_cast<std::size_t>(Query::gradient)], 0U) << option;
    EXPECT_LT(run.invariant_gap(), invariant) << option;
  }
}

TEST(Scaffold, ClientWithoutRowsLeavesTheControlVariates) {
  auto clients = drive::different_clients(2, 3, 5);
  clients[1].b.resize(3, 0);
  const drive::Quadratics f(std::move(clients));
  drive::Run run(table({{"type", "scaffold"}}), f, {0.5, 0.5});
  run.rounds(3);
  EXPECT_EQ(control(run.client_state(1)), Vec::Zero(3));
  EXPECT_LT(run.invariant_gap(), invariant);
}

TEST(Scaffold, RefusesLocalStepsThatItCannotReadGradientsOff) {
  const auto mistakes_of = [](const char* option, const ConfigNode& local) {
    Mistakes mistakes;
    make_method(table({{"type", "scaffold"}, {"control", option}, {"local", local}}), "method",
                methods(), Stages{}, mistakes);
    return mistakes.messages();
  };
  const ConfigNode adam = table({{"optimizer", "adam"}});
  const ConfigNode clipped = table({{"transforms", drive::list({"clip"})}});
  EXPECT_THAT(mistakes_of("steps", adam), testing::ElementsAre(testing::HasSubstr("needs")));
  EXPECT_THAT(mistakes_of("steps", clipped), testing::SizeIs(1));
  EXPECT_THAT(mistakes_of("gradient", adam), testing::IsEmpty());
  EXPECT_THAT(mistakes_of("gradient", clipped), testing::IsEmpty());
  EXPECT_THAT(mistakes_of("mean_estimate", adam), testing::IsEmpty());
}

TEST(Scaffold, RefusesRobustRules) {
  const MethodNeeds needs = Scaffold{}.needs();
  EXPECT_TRUE(needs.has_mirrored_state);
  EXPECT_FALSE(needs.allows_rule_with_mirror);
}

}  // namespace
}  // namespace cohort
