#include "algorithms/methods/f2sa.hpp"

#include "core/random.hpp"
#include "problems/bilevel/hypercleaning.hpp"
#include "tests/algorithms/bilevel.hpp"

namespace cohort {
namespace {

using drive::table;

TEST(F2sa, OneRoundFollowsTheBox) {
  const bilevel::Problem problem({.upper_dimension = 2, .lower_dimension = 3}, 2);
  drive::Run run = problem.run(table({{"type", "f2sa"},
                                      {"inner_steps", 2},
                                      {"lower_rate", 0.2},
                                      {"multiplier", 5.0},
                                      {"ratio", 0.5}}));
  const Mat f = problem.quadratic().mean_matrix(problem.weights);
  const auto& lower = dynamic_cast<const QuadraticLevel&>(*problem.function->lower());
  const Mat g = lower.mean_matrix(problem.weights);
  const Vec of_f = problem.quadratic().mean_linear(problem.weights);
  const Vec of_g = lower.mean_linear(problem.weights);
  const auto at = [](const Mat& m, const Vec& b, const Vec& x, const Vec& y) {
    Vec w(x.size() + y.size());
    w << x, y;
    return Vec(m * w - b);
  };
  Vec x = Vec::Ones(2), y = Vec::Constant(3, 2.0), z = y;
  run.x << x, y;
  const double alpha = 0.2 / (2 * 5.0);
  for (int t = 0; t < 2; ++t) {
    const Vec dz = at(g, of_g, x, z).tail(3);
    y -= alpha * (at(f, of_f, x, y).tail(3) + 5 * at(g, of_g, x, y).tail(3));
    z -= 0.2 * dz;
  }
  x -= 0.5 * alpha *
       (at(f, of_f, x, y).head(2) + 5 * (at(g, of_g, x, y).head(2) - at(g, of_g, x, z).head(2)));
  run.round();
  EXPECT_TRUE(problem.x(run).isApprox(x, 1e-13));
  EXPECT_TRUE(problem.y(run).isApprox(y, 1e-13));
}

TEST(F2sa, ReachesTheSolutionWithoutNoise) {
  const bilevel::Problem problem;
  drive::Run run = problem.run(table({{"type", "f2sa"},
                                      {"noise", "none"},
                                      {"inner_steps", 10},
                                      {"lower_rate", 1.0},
                                      {"multiplier", 30.0},
                                      {"ratio", 1.0}}));
  EXPECT_GT(problem.error(run), 0.5);
  run.rounds(3000);
  EXPECT_LT(problem.error(run), 0.05);  // λ = 200 then, and the error of the penalty is O(1/λ)
}

TEST(F2sa, TellsALambdaThatIsTooSmall) {
  // f curves down by 1 in y and g up by 1: with λ = 1/2 their sum has no minimiser.
  Layout layout;
  layout.append("y", 1, 1, SegmentKind::weight);
  F2sa::Options options;
  options.noise = BilevelNoise::none;
  options.inner_steps = 3;
  const auto error_with = [&](double lambda) {
    options.multiplier = lambda;
    const MethodOf<F2sa> method(options);
    ServerContext server;
    server.round = Round(1);
    server.layout = &layout;
    State state = method.server_state(layout);
    Vec y = Vec::Ones(1);
    Combined combined;
    for (;;) {
      const auto next = method.next(server, y, state, std::move(combined));
      if (!next) return next.error().message;
      if (std::holds_alternative<Done>(*next)) return std::string();
      combined = {};
      combined.phase = std::get<Ask>(*next).phase;
      combined.values = {{"z", Vec::Zero(1), 1}, {"y", (lambda - 1) * y, 1}};
    }
  };
  EXPECT_EQ(error_with(2.0), "");
  EXPECT_THAT(error_with(0.5), testing::HasSubstr("lambda = 0.5 is too small"));
}

// Two clients with rows of three classes around three centres, a third of them with a random label.
TEST(F2sa, FindsWhichRowsAreCorrupted) {
  constexpr std::size_t rows = 150, features = 3;
  std::vector<double> values(2 * rows * features), labels(2 * rows);
  Stream(1, Purpose::test).fill_normal(values);
  for (std::size_t j = 0; j < 2 * rows; ++j) {
    labels[j] = static_cast<double>(j % 3);
    values[j * features + j % 3] += 4;
  }
  const auto of = [&](RowSource, ClientId client) -> Rows {
    const std::size_t first = client.value * rows;
    return DenseRows<double>{rows, features, features, values.data() + first * features,
                             labels.data() + first};
  };
  const Hypercleaning f(features, 3, of, {0, 2}, {.corruption = 0.5, .clean = 0.2}, 1);
  drive::Run run(table({{"type", "f2sa"},
                        {"noise", "none"},
                        {"inner_steps", 5},
                        {"lower_rate", 0.5},
                        {"multiplier", 10.0},
                        {"ratio", 4000.0}}),
                 f, drive::equal_weights(2));
  run.rounds(200);
  for (std::size_t c = 0; c < 2; ++c) {
    const Vec& x = run.client_state(c).as<BilevelClient>().owned.x;
    const auto truth = f.owned_truth(ClientId(c));
    ASSERT_EQ(static_cast<std::size_t>(x.size()), truth.size());
    double pairs = 0, in_order = 0;  // the area under the ROC curve
    for (std::size_t i = 0; i < truth.size(); ++i) {
      for (std::size_t j = 0; j < truth.size(); ++j) {
        if (truth[i] != 1 || truth[j] != 0) continue;
        pairs += 1;
        in_order += x[static_cast<Index>(i)] > x[static_cast<Index>(j)] ? 1 : 0;
      }
    }
    EXPECT_GT(pairs, 1000);
    EXPECT_GT(in_order / pairs, 0.95) << c;
  }
}

TEST(F2sa, ExponentsAreThoseOfTheirRates) {
  // The theorem: the rate is 1 − a where both are noisy (2/7), 1 − a (2/5), and 1 − a (2/3).
  for (const PenaltyExponents& e : F2sa::exponents) EXPECT_NEAR(e.rate, 1 - e.a, 1e-15);
}

}  // namespace
}  // namespace cohort
