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

/// A network, and the products of its layers on a batch.
struct Subject {
  std::string layers;
  std::unique_ptr<Function> network;
  std::vector<LayerProducts> products;
  std::optional<double> least_share;
  int times;
};

cohort::Result<std::unique_ptr<Function>> network_of(std::initializer_list<std::string> layers,
                                                     const Data& data) {
  NeuralOptions options;
  for (const std::string& text : layers) {
    COHORT_TRY(LayerSpec layer, parse_layer(text));
    options.layers.push_back(std::move(layer));
  }
  return Neural::make(pixels, classes, data.rows(), options, 1);
}

/// Its gradient beside the products alone, with each instruction set.
void add_gradients(Subject& subject, std::span<const std::uint32_t> batch,
                   std::vector<Result>& results) {
  double flops = 0;
  for (const LayerProducts& layer : subject.products) flops += layer.flops();
  const Vec w = subject.network->start();
  Vec g(w.size());
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  const Oracle all(*subject.network, ClientId(0), {pool, scratch}, counts);
  // Long enough for the clock, short and often enough for other work on the machine to meet few.
  const std::size_t calls = std::max<std::size_t>(1, 64 / batch.size());
  const auto of_each = [&](const auto& body) {
    return [calls, &body] {
      for (std::size_t i = 0; i < calls; ++i) body();
    };
  };
  const auto gradient = [&] {
    Oracle oracle = all.on(batch);
    oracle.gradient(w, g);
  };
  const auto eigen = [&] {
    for (LayerProducts& layer : subject.products) layer.run();
  };
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    const Pair pair = interleave(of_each(gradient), of_each(eigen), subject.times);
    const double factor = 1e6 / static_cast<double>(calls);
    Result r;
    r.bench = "mlp";
    r.unit = "us/batch";
    r.target = scaled(pair.target, factor);
    r.yardstick_name = "the layers' products by Eigen in single precision, AVX2";
    r.yardstick = scaled(pair.yardstick, factor);
    const auto images = [&](double microseconds) {
      return fmt::format("{:.0f}", 1e6 * static_cast<double>(batch.size()) / microseconds);
    };
    r.args = {{"layers", subject.layers},
              {"what", "gradient"},
              {"batch", fmt::format("{}", batch.size())},
              {"isa", std::string(isa_name())},
              {"gflops", fmt::format("{:.1f}", flops / r.target.median / 1e3)},
              {"yardstick_gflops", fmt::format("{:.1f}", flops / r.yardstick.median / 1e3)},
              {"images_per_second", images(r.target.median)},
              {"yardstick_images_per_second", images(r.yardstick.median)}};
    r.ratio = r.yardstick.median / r.target.median;
    r.ratio_of = "flop/s of target / yardstick";
    // Eigen is compiled for AVX2: only there are the two alike.
    if (used == Isa::avx2) r.bound = subject.least_share;
    r.bound_is_least = true;
    results.push_back(std::move(r));
  }
  set_isa(before);
}

}  // namespace

cohort::Result<std::vector<Result>> mlp(const MlpArgs& args) {
  const Data data;
  const auto order = permutation(Stream(2, Purpose::test), client_rows);
  const auto batch = [&](std::size_t n) { return std::span(order).first(n); };
  const auto rows = static_cast<Index>(args.batch);
  std::vector<Result> results;
  constexpr int times = 5 * repetitions;

  Subject dense{
      fmt::format("{}-{}-{}-{}", pixels, hidden, hidden, classes), {}, {}, least_share, times};
  const std::string layer = fmt::format("dense {} relu", hidden);
  COHORT_TRY(dense.network, network_of({layer, layer}, data));
  dense.products.emplace_back(pixels, hidden, rows, false);
  dense.products.emplace_back(hidden, hidden, rows, true);
  dense.products.emplace_back(hidden, classes, rows, true);
  add_gradients(dense, batch(args.batch), results);

  // A convolution is the product of its kernels with what each position sees.
  Subject images{
      "conv 32x5, pool, conv 64x5, pool, dense 512, dense 10", {}, {}, std::nullopt, repetitions};
  COHORT_TRY(images.network, network_of({"conv 32 5 pad 2 relu", "pool 2", "conv 64 5 pad 2 relu",
                                         "pool 2", "dense 512 relu"},
                                        data));
  images.products.emplace_back(5 * 5, 32, 28 * 28 * rows, false);
  images.products.emplace_back(32 * 5 * 5, 64, 14 * 14 * rows, true);
  images.products.emplace_back(64 * 7 * 7, 512, rows, true);
  images.products.emplace_back(512, classes, rows, true);
  add_gradients(images, batch(args.batch), results);

  const Vec w = dense.network->start();
  Vec g(w.size());
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  const Oracle all(*dense.network, ClientId(0), {pool, scratch}, counts);
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
