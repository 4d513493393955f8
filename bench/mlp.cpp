#include <fmt/format.h>

#include <Eigen/Core>

#include "bench/benches.hpp"
#include "core/cpu.hpp"
#include "core/random.hpp"
#include "core/thread_pool.hpp"
#include "problems/neural/neural.hpp"

namespace cohort::bench {

namespace {

constexpr std::size_t pixels = 784;
constexpr std::size_t hidden = 200;
constexpr std::size_t classes = 10;
constexpr std::size_t client_rows = 600;  // of which a batch is picked
constexpr std::size_t gram_rows = 256;
constexpr double least_share = 0.5;
constexpr double most_gradients = 3;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The products of one layer: outputs, gradient of the weights, and, behind the first layer,
// gradient of the inputs.
struct LayerProducts {
  Matrix w, a, z, g, back;
  bool has_back;

  LayerProducts(Index inputs, Index outputs, Index rows, bool propagates)
      : w(Matrix::Constant(outputs, inputs, 0.01F)),
        a(Matrix::Constant(inputs, rows, 0.5F)),
        z(outputs, rows),
        g(outputs, inputs),
        back(inputs, rows),
        has_back(propagates) {}
  void run() {
    z.noalias() = w * a;
    g.noalias() = z * a.transpose();
    if (has_back) back.noalias() = w.transpose() * z;
  }
  double flops() const {
    return (has_back ? 6.0 : 4.0) * static_cast<double>(w.size()) * static_cast<double>(a.cols());
  }
};

struct Data {
  std::vector<double> values = std::vector<double>(client_rows * pixels);
  std::vector<double> labels;

  Data() {
    Stream stream(1, Purpose::test);
    stream.fill_uniform(values);
    for (std::size_t j = 0; j < client_rows; ++j) {
      labels.push_back(static_cast<double>(stream.below(classes)));
    }
  }
  RowsOf rows() const {
    const DenseRows<double> all{client_rows, pixels, pixels, values.data(), labels.data()};
    return [all](RowSource, ClientId) { return Rows(all); };
  }
};

}  // namespace

cohort::Result<std::vector<Result>> mlp(const MlpArgs& args) {
  const Data data;
  NeuralOptions options;
  for (int i = 0; i < 2; ++i) {
    COHORT_TRY(LayerSpec layer, parse_layer(fmt::format("dense {} relu", hidden)));
    options.layers.push_back(std::move(layer));
  }
  COHORT_TRY(const auto network, Neural::make(pixels, classes, data.rows(), options, 1));
  const Vec w = network->start();
  Vec g(w.size());
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  const Oracle all(*network, ClientId(0), {pool, scratch}, counts);
  const auto order = permutation(Stream(2, Purpose::test), client_rows);

  const auto rows = static_cast<Index>(args.batch);
  std::vector<LayerProducts> products;
  products.emplace_back(pixels, hidden, rows, false);
  products.emplace_back(hidden, hidden, rows, true);
  products.emplace_back(hidden, classes, rows, true);
  double flops = 0;
  for (const LayerProducts& layer : products) flops += layer.flops();

  std::vector<Result> results;
  const auto batch = [&](std::size_t n) { return std::span(order).first(n); };
  // Long enough for the clock, short and often enough for other work on the machine to meet few.
  constexpr int times = 5 * repetitions;
  const std::size_t calls = std::max<std::size_t>(1, 64 / args.batch);
  const auto of_each = [&](const auto& body) {
    return [calls, &body] {
      for (std::size_t i = 0; i < calls; ++i) body();
    };
  };
  const auto gradient = [&] {
    Oracle oracle = all.on(batch(args.batch));
    oracle.gradient(w, g);
  };
  const auto eigen = [&] {
    for (LayerProducts& layer : products) layer.run();
  };
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    const Pair pair = interleave(of_each(gradient), of_each(eigen), times);
    const double factor = 1e6 / static_cast<double>(calls);
    Result r;
    r.bench = "mlp";
    r.unit = "us/batch";
    r.target = scaled(pair.target, factor);
    r.yardstick_name = "the layers' products by Eigen in single precision, AVX2";
    r.yardstick = scaled(pair.yardstick, factor);
    r.args = {{"layers", fmt::format("{}-{}-{}-{}", pixels, hidden, hidden, classes)},
              {"what", "gradient"},
              {"batch", fmt::format("{}", args.batch)},
              {"isa", std::string(isa_name())},
              {"gflops", fmt::format("{:.1f}", flops / r.target.median / 1e3)},
              {"yardstick_gflops", fmt::format("{:.1f}", flops / r.yardstick.median / 1e3)},
              {"images_per_second",
               fmt::format("{:.0f}", 1e6 * static_cast<double>(args.batch) / r.target.median)}};
    r.ratio = r.yardstick.median / r.target.median;
    r.ratio_of = "flop/s of target / yardstick";
    // Eigen is compiled for AVX2: only there are the two alike.
    if (used == Isa::avx2) r.bound = least_share;
    r.bound_is_least = true;
    results.push_back(std::move(r));
  }
  set_isa(before);

  Mat gram(static_cast<Index>(gram_rows), static_cast<Index>(gram_rows));
  const Pair pair = interleave(
      [&] {
        Oracle oracle = all.on(batch(gram_rows));
        oracle.gram(w, gram);
      },
      [&] {
        Oracle oracle = all.on(batch(gram_rows));
        oracle.gradient(w, g);
      },
      times);
  Result r;
  r.bench = "mlp";
  r.args = {{"layers", results.front().args.front().second},
            {"what", "Gram matrix of row gradients"},
            {"batch", fmt::format("{}", gram_rows)},
            {"isa", std::string(isa_name())}};
  r.unit = "us/batch";
  r.target = scaled(pair.target, 1e6);
  r.yardstick_name = "gradient of the same rows";
  r.yardstick = scaled(pair.yardstick, 1e6);
  r.ratio = r.target.median / r.yardstick.median;
  r.bound = most_gradients;
  results.push_back(std::move(r));
  return results;
}

}  // namespace cohort::bench
