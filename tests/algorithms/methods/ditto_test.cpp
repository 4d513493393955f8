#include "algorithms/methods/ditto.hpp"

#include "tests/algorithms/drive.hpp"

namespace cohort {
namespace {

using drive::table;

const Vec& personal(const State& state) { return state.as<Ditto::ClientState>().personal; }

TEST(Ditto, SharedModelIsThatOfFedAvg) {
  const drive::Quadratics f(drive::different_clients(4, 4, 9));
  drive::Run ditto(table({{"type", "ditto"}, {"batch_size", 4}}), f, drive::equal_weights(4));
  drive::Run fedavg(table({{"type", "fedavg"}, {"batch_size", 4}}), f, drive::equal_weights(4));
  ditto.rounds(3);
  fedavg.rounds(3);
  EXPECT_EQ(ditto.x, fedavg.x);
}

TEST(Ditto, PersonalModelMinimisesItsFunctionNearTheSharedOne) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  for (const double pull : {0.0, 1.5, 6.0}) {
    // 300 steps of rate 0.1 at a curvature of at least 1: 0.9^300 ≈ 1e-14.
    drive::Run run(table({{"type", "ditto"}, {"local_steps", 300}, {"pull", pull}}), f,
                   drive::equal_weights(3));
    run.round();
    const Vec x = run.x;  // that the clients get in the second round
    run.round();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& c = f.clients()[i];
      const Mat a = c.a + pull * Mat::Identity(4, 4);
      EXPECT_TRUE(personal(run.client_state(i))
                      .isApprox(drive::solve(a, c.a * c.centre() + pull * x), 1e-12))
          << pull;
    }
  }
}

TEST(Ditto, ClientThatNeverTookPartHasTheSharedModel) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  drive::Run run(table({{"type", "ditto"}, {"local_steps", 2}}), f, drive::equal_weights(3));
  run.round({0, 1}, {1});  // what client 1 sends is lost
  OracleCounts counts;
  ThreadPool pool(1);
  Scratch scratch;
  const auto model_of = [&](std::size_t client) {
    Oracle rows(f, ClientId(client), {pool, scratch}, counts);
    Vec out(4);
    run.method().personal(run.client_state(client), run.x, rows, out);
    return out;
  };
  EXPECT_EQ(model_of(0), personal(run.client_state(0)));
  EXPECT_NE(model_of(0), run.x);
  EXPECT_EQ(model_of(1), run.x);
  EXPECT_EQ(model_of(2), run.x);
}

TEST(Ditto, RefusesAPipelineThatItsModelsWouldShare) {
  for (const auto& local :
       {table({{"state", "keep"}}), table({{"estimator", table({{"type", "svrg"}})}})}) {
    Mistakes mistakes;
    make_method(drive::placed(table({{"type", "ditto"}, {"local", local}})), "method", methods(),
                Stages{}, mistakes);
    EXPECT_NE(mistakes.result().error().message.find("ditto's two models"), std::string::npos);
  }
}

TEST(Ditto, AStrongPullMakesPersonalModelsTheSharedOne) {
  const drive::Quadratics f(drive::different_clients(3, 4, 6));
  constexpr double pull = 1e6;  // steps of rate 1e-7 contract by 0.9
  drive::Run run(
      table({{"type", "ditto"},
             {"local_steps", 300},
             {"pull", pull},
             {"local", table({{"optimizer", table({{"type", "sgd"}, {"learning_rate", 1e-7}})}})}}),
      f, drive::equal_weights(3));
  run.x = Vec::Ones(4);
  run.round();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LT((personal(run.client_state(i)) - Vec::Ones(4)).norm(), 1e-4);
  }
}

}  // namespace
}  // namespace cohort
