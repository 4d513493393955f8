#include "algorithms/methods/mime.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

Vec mean_gradient(const drive::Quadratics& f, const std::vector<double>& p, const Vec& x) {
  Vec g = Vec::Zero(x.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    g += p[i] * (f.clients()[i].a * (x - f.clients()[i].centre()));
  }
  return g;
}

TEST(Mime, OneFullBatchStepIsCentralisedMomentum) {
  const drive::Quadratics f(drive::different_clients(5, 4, 6));
  const std::vector<double> p = {0.1, 0.15, 0.2, 0.25, 0.3};
  for (const bool lite : {false, true}) {
    drive::Run run(table({{"type", "mime"}, {"beta", 0.8}, {"lite", config_value(lite)}}), f, p);
    Vec x = Vec::Zero(4), m = Vec::Zero(4);
    for (int k = 0; k < 10; ++k) {
      m = 0.2 * mean_gradient(f, p, x) + 0.8 * m;
      x -= 0.1 * m;
      run.round();
      EXPECT_TRUE(run.x.isApprox(x, 1e-12)) << lite << " round " << k;  // 10 rounds of roundings
    }
  }
}

// Quadratics of one curvature: g_i(y) − g_i(x) + c is the gradient of the mean at y, so that every
// client walks the same path, with several steps and batches too.
TEST(Mime, CorrectionMakesTheClientsOfOneCurvatureAgree) {
  auto clients = drive::different_clients(4, 3, 6);
  for (auto& c : clients) c.a = clients[0].a;
  const drive::Quadratics f(clients);
  const std::vector<double> p = drive::equal_weights(4);
  drive::Run run(table({{"type", "mime"}, {"local_steps", 3}, {"batch_size", 2}, {"beta", 0.5}}), f,
                 p);
  Vec x = Vec::Zero(3), m = Vec::Zero(3);
  for (int k = 0; k < 5; ++k) {
    Vec y = x;
    for (int s = 0; s < 3; ++s) y -= 0.1 * (0.5 * mean_gradient(f, p, y) + 0.5 * m);
    m = 0.5 * mean_gradient(f, p, x) + 0.5 * m;
    x = y;
    run.round();
    EXPECT_TRUE(run.x.isApprox(x, 1e-12)) << k;
  }
}

TEST(Mime, LiteDoesNotCorrect) {
  const drive::Quadratics f(drive::different_clients(4, 3, 6));
  const auto model = [&](bool lite) {
    drive::Run run(table({{"type", "mime"}, {"local_steps", 5}, {"lite", config_value(lite)}}), f,
                   drive::equal_weights(4));
    run.rounds(3);
    return run.x;
  };
  EXPECT_FALSE(model(true).isApprox(model(false), 1e-3));
}

TEST(Mime, RefusesStagesThatWouldMeanSomethingElse) {
  const auto mistakes_of = [](const ConfigNode& local) {
    Mistakes mistakes;
    make_method(table({{"type", "mime"}, {"local", local}}), "method", methods(), Stages{},
                mistakes);
    return mistakes.messages();
  };
  EXPECT_THAT(mistakes_of(table({{"optimizer", "adam"}})), testing::SizeIs(1));
  EXPECT_THAT(mistakes_of(table({{"estimator", "svrg"}})), testing::SizeIs(1));
  EXPECT_THAT(mistakes_of(table({{"transforms", drive::list({"clip"})}})), testing::SizeIs(1));
}

}  // namespace
}  // namespace cohort
