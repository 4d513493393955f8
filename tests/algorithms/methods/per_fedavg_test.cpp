#include "algorithms/methods/per_fedavg.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr double alpha = 0.2;

drive::Run per_fedavg(const drive::Quadratics& f, const char* gradient, double adapt_rate = alpha) {
  return {table({{"type", "per_fedavg"},
                 {"local_steps", 3},
                 {"batch_size", 4},
                 {"adapt_rate", adapt_rate},
                 {"meta_gradient", gradient}}),
          f, drive::equal_weights(f.clients().size())};
}

TEST(PerFedAvg, WithoutAdaptationItIsFedAvg) {
  const drive::Quadratics f(drive::different_clients(4, 4, 9));
  drive::Run fedavg(table({{"type", "fedavg"}, {"local_steps", 3}, {"batch_size", 4}}), f,
                    drive::equal_weights(4));
  fedavg.rounds(3);
  for (const char* gradient : {"exact", "first_order", "hessian_free"}) {
    drive::Run run = per_fedavg(f, gradient, 0.0);
    run.rounds(3);
    EXPECT_EQ(run.x, fedavg.x) << gradient;
  }
}

// With f(w) = ½ (w − b)ᵀ A (w − b) and M = I − αA, F(w) = f(M (w − b) + b) and ∇F = M A M (w − b).
TEST(PerFedAvg, StepsAlongTheGradientAfterAdaptation) {
  const drive::Quadratics f(drive::different_clients(1, 4, 6));
  const auto& c = f.clients()[0];
  const Mat m = Mat::Identity(4, 4) - alpha * c.a;
  const auto expected = [&](const Mat& left) {
    Vec w = Vec::Zero(4);
    for (int step = 0; step < 3; ++step) w -= 0.1 * left * c.a * m * (w - c.centre());
    return w;
  };
  const std::vector<std::tuple<const char*, Mat, double>> cases = {
      {"exact", m, 1e-13},
      {"first_order", Mat::Identity(4, 4), 1e-13},
      {"hessian_free", m, 1e-9},  // differences over 1e-4 leave 1e-16/1e-4 of the gradient
  };
  for (const auto& [gradient, left, tolerance] : cases) {
    drive::Run run(table({{"type", "per_fedavg"},
                          {"local_steps", 3},
                          {"adapt_rate", alpha},
                          {"meta_gradient", gradient}}),
                   f, {1.0});
    run.round();
    EXPECT_TRUE(run.x.isApprox(expected(left), tolerance)) << gradient;
  }
}

TEST(PerFedAvg, PersonalModelIsOneStepAway) {
  const drive::Quadratics f(drive::different_clients(2, 4, 6));
  drive::Run run = per_fedavg(f, "exact");
  run.round();
  OracleCounts counts;
  ThreadPool pool(1);
  Scratch scratch;
  Oracle rows(f, ClientId(1), {pool, scratch}, counts);
  Vec out(4);
  run.method().personal(run.client_state(1), run.x, rows, out);
  const auto& c = f.clients()[1];
  EXPECT_TRUE(out.isApprox(run.x - alpha * c.a * (run.x - c.centre()), 1e-14));
}

TEST(PerFedAvg, RefusesEstimatesThatAreNotOfTheBatch) {
  Mistakes mistakes;
  make_method(drive::placed(table({{"type", "per_fedavg"},
                                   {"local", table({{"estimator", table({{"type", "svrg"}})}})}})),
              "method", methods(), Stages{}, mistakes);
  EXPECT_NE(mistakes.result().error().message.find("minibatch or full_batch"), std::string::npos);
}

}  // namespace
}  // namespace cohort
