#include <fmt/format.h>

#include <functional>

#include "algorithms/surrogate.hpp"
#include "bench/benches.hpp"
#include "core/cpu.hpp"
#include "core/kernels_gemm.hpp"

namespace cohort::bench {

namespace {

constexpr double noise = 1e-6;

std::vector<double> uniform(std::size_t n, std::uint64_t sub) {
  std::vector<double> out(n);
  Stream(1, Purpose::test).sub(sub).fill_uniform(out);
  return out;
}

// A square product of doubles, whose rate is what arithmetic can do here.
struct Product {
  static constexpr std::size_t side = 768;
  std::vector<double> a = uniform(side * side, 0), b = uniform(side * side, 1);
  std::vector<double> c = std::vector<double>(side * side);
  kernels::ProductShape shape{side, side, side};
  std::vector<double> room = std::vector<double>(kernels::gemm_room(shape));

  void run() {
    kernels::gemm(kernels::Product::nn, shape, {a.data(), side}, {b.data(), side}, {c.data(), side},
                  false, room);
  }
  static constexpr double flops() { return 2.0 * side * side * side; }
};

}  // namespace

cohort::Result<std::vector<Result>> surrogate(const SurrogateArgs& args) {
  const std::size_t n = args.points, d = args.dimension, features = args.features;
  const RadialKernel kernel{KernelName::rbf, 1.0};
  // One point more than the window has: near `here` the last is out of it, near `there` the first.
  QueryStore store;
  store.start(d);
  const std::vector<double> all = uniform((n + 1) * d, 2);
  for (std::size_t j = 0; j <= n; ++j) {
    const auto x = std::span<const double>(all).subspan(j * d, d);
    store.add(x, x[0] + x[d / 2]);
  }
  const auto here = store.point(0), there = store.point(n);
  GaussianProcess process(kernel, noise, d);
  process.move_to(store, here, n);
  const Vec x = as_vec(here);
  Vec g(x.size());
  bool is_here = true;
  const FeatureBasis basis(features, d, Stream(1, Purpose::test).sub(3));
  const RandomFeatures phi(basis, kernel);
  Vec w = phi.fit(store, here, n, noise);

  const auto N = static_cast<double>(n), D = static_cast<double>(d),
             M = static_cast<double>(features);
  struct Part {
    const char* what;
    double flops;
    std::function<void()> body;
  };
  const Part parts[] = {
      {"a point joins the window, one leaves", 2 * 3 * N * D + 4 * N * N,
       [&] {
         is_here = !is_here;
         process.move_to(store, is_here ? here : there, n);
       }},
      {"gradient of the process", 5 * N * D + 2 * N * N, [&] { process.gradient(x, g); }},
      {"features fitted to the window", 2 * N * M * (D + N) + N * N * N / 3 + 2 * N * M,
       [&] { w = phi.fit(store, here, n, noise); }},
      {"gradient of the features", 4 * M * D, [&] { phi.add_gradient(1.0, w, x, g); }},
  };

  Product product;
  std::vector<Result> results;
  for (const Part& part : parts) {
    const Pair pair = interleave(part.body, [&] { product.run(); });
    const double rate = Product::flops() / pair.yardstick.median;
    Result r;
    r.bench = "surrogate";
    r.unit = "us";
    r.target = scaled(pair.target, 1e6);
    r.yardstick_name = "the same operations at the rate of a product of doubles";
    r.yardstick = scaled(pair.yardstick, 1e6 * part.flops / Product::flops());
    r.args = {{"what", part.what},
              {"points", fmt::format("{}", n)},
              {"d", fmt::format("{}", d)},
              {"features", fmt::format("{}", features)},
              {"isa", std::string(isa_name())},
              {"mflop", fmt::format("{:.3g}", part.flops / 1e6)},
              {"gflops", fmt::format("{:.2f}", part.flops / pair.target.median / 1e9)},
              {"yardstick_gflops", fmt::format("{:.1f}", rate / 1e9)}};
    r.ratio = r.target.median / r.yardstick.median;
    r.ratio_of = "time / flop bound";
    results.push_back(std::move(r));
  }
  return results;
}

}  // namespace cohort::bench
