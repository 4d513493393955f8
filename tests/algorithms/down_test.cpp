#include "algorithms/down.hpp"

#include "tests/algorithms/methods/compression_problems.hpp"

namespace cohort {
namespace {

using drive::table;

ConfigNode with_down(ConfigNode method, ConfigNode compressor) {
  method.set("down", table({{"compressor", std::move(compressor)}}));
  return method;
}
ConfigNode gradient_descent(double rate) {
  return table({{"type", "fedsgd"}, {"server", drive::sgd(rate)}});
}

constexpr std::uint64_t model_bytes(Index d) { return 16 + 8 * static_cast<std::uint64_t>(d); }

TEST(Down, WithoutCompressionIsTheMethod) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  drive::Run a(with_down(gradient_descent(0.1), drive::Value("identity")), f,
               drive::equal_weights(4));
  drive::Run b(gradient_descent(0.1), f, drive::equal_weights(4));
  a.rounds(20);
  b.rounds(20);
  EXPECT_TRUE(a.x.isApprox(b.x, 1e-13));  // w + (x − w) rounds, 20 rounds
}

// EF21-P on three coordinates by hand: top-1 keeps the largest of x − w.
TEST(Down, FollowsTheBox) {
  drive::QuadraticClient client{Mat::Identity(3, 3), Mat(3, 1)};
  client.b << 3, 2, 1;
  const drive::Quadratics f({client});
  drive::Run run(with_down(gradient_descent(0.5), drive::top(1)), f, {1.0});
  Vec x = Vec::Zero(3), w = x;
  for (int k = 0; k < 6; ++k) {
    if (k > 0) {
      const Vec missing = x - w;
      Index largest = 0;
      missing.cwiseAbs().maxCoeff(&largest);
      w[largest] += missing[largest];
    }
    x -= 0.5 * (w - client.b.col(0));
    run.round();
    EXPECT_TRUE(run.x.isApprox(x, 1e-14)) << k;
  }
}

// Fixed points are those of the method, whatever is left out on the way.
TEST(Down, LeavesTheFixedPoints) {
  const drive::Quadratics f(drive::different_clients(4, 5, 3));
  const auto limit = [&](const ConfigNode& method, int rounds) {
    drive::Run run(method, f, drive::equal_weights(4));
    run.rounds(rounds);
    EXPECT_LT(run.invariant_gap(), 1e-11);  // as many additions as rounds
    return run.x;
  };
  const Vec optimum = drive::optimum(f);
  const auto up = [](ConfigNode method, ConfigNode compressor) {
    method.set("update", table({{"compressor", std::move(compressor)}}));
    return method;
  };
  const ConfigNode ef21 = table({{"type", "ef21"}, {"server", drive::sgd(0.03)}});
  const ConfigNode diana = table({{"type", "diana"}, {"server", drive::sgd(0.03)}});
  const ConfigNode dyn = table({{"type", "feddyn"},
                                {"local_steps", 20},
                                {"alpha", 4.0},
                                {"local", table({{"optimizer", drive::sgd_options(0.1)}})}});
  constexpr double fixed_point = 1e-10;
  EXPECT_TRUE(
      limit(with_down(gradient_descent(0.05), drive::top(1)), 2000).isApprox(optimum, fixed_point));
  EXPECT_TRUE(limit(with_down(up(ef21, drive::top(1)), drive::top(2)), 3000)
                  .isApprox(optimum, fixed_point));
  EXPECT_TRUE(limit(with_down(up(diana, drive::rand(2)), drive::Value("natural")), 3000)
                  .isApprox(optimum, fixed_point));
  EXPECT_TRUE(limit(with_down(dyn, drive::top(3)), 600).isApprox(optimum, fixed_point));

  const ConfigNode local = table({{"type", "fedavg"}, {"local_steps", 5}});
  const Vec biased = limit(local, 300);
  EXPECT_TRUE(limit(with_down(local, drive::top(2)), 2000).isApprox(biased, fixed_point));
  EXPECT_FALSE(biased.isApprox(optimum, 1e-3));
}

TEST(Down, ChargesTheModelOnceAndThenWhatWasEncoded) {
  constexpr Index d = 40;
  const drive::Quadratics f(drive::different_clients(3, d, 2));
  drive::Run run(with_down(gradient_descent(0.1), drive::top(4)), f, drive::equal_weights(3));
  run.round();
  EXPECT_EQ(run.bytes_down(), 3 * model_bytes(d));
  run.rounds(5);
  const std::uint64_t sparse = 16 + coded_sparse_bytes(d, 4, Element::f64);
  EXPECT_EQ(run.bytes_down(), 3 * model_bytes(d) + 5U * 3U * sparse);
  const Ask ask = run.next_ask();  // of round 7
  EXPECT_EQ(run.method().bytes_down(ask, AskId{6, 0}), sparse);
  EXPECT_EQ(run.method().bytes_down(ask, AskId{4, 0}), 3 * sparse);
  EXPECT_EQ(run.method().bytes_down(ask, AskId{1, 0}), model_bytes(d));  // 6 times is more
  EXPECT_EQ(run.method().bytes_down(ask, std::nullopt), model_bytes(d));
}

TEST(Down, AProcessThatMissedAnAskSaysSo) {
  const drive::Quadratics f(drive::different_clients(2, 4, 2));
  drive::Run run(with_down(gradient_descent(0.1), drive::top(1)), f, drive::equal_weights(2));
  const Ask first = run.next_ask();
  run.rounds(2);
  const Ask third = run.next_ask();
  State replica = run.method().replica(f.layout());
  run.method().observe(replica, first);
  Ask heard = first;
  EXPECT_TRUE(static_cast<bool>(run.method().hear(replica, heard)));
  run.method().observe(replica, third);
  heard = third;
  const auto lost = run.method().hear(replica, heard);
  ASSERT_FALSE(static_cast<bool>(lost));
  EXPECT_EQ(lost.error().code, Code::peer_lost);
  EXPECT_NE(lost.error().message.find("the model of round 2"), std::string::npos);
}

TEST(Down, UpdateTransformsSeeTheModelThatClientsKnow) {
  const drive::Quadratics f(drive::different_clients(2, 4, 2));
  ConfigNode method = with_down(gradient_descent(0.1), drive::top(1));
  method.set("update", table({{"transforms", drive::list({"weight_decay"})}}));
  drive::Run run(method, f, drive::equal_weights(2));
  run.rounds(5);
  EXPECT_TRUE(run.x.allFinite());
}

TEST(Down, RefusesMethodsThatSendMore) {
  for (const char* method : {"scaffold", "mime", "fedsplit", "proxskip", "marina"}) {
    Mistakes mistakes;
    make_method(drive::placed(with_down(table({{"type", method}}), drive::top(1))), "method",
                methods(), Stages{}, mistakes);
    ASSERT_FALSE(mistakes.empty()) << method;
    EXPECT_NE(mistakes.result().error().message.find("expected a method of one exchange"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace cohort
