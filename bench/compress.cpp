#include <algorithm>
#include <cmath>
#include <functional>

#include "algorithms/catalogue.hpp"
#include "bench/benches.hpp"
#include "bench/yardstick.hpp"
#include "core/kernels_top_k.hpp"

namespace cohort::bench {

namespace {

constexpr double most_ns_of_selection = 1.5;
constexpr double least_gain_of_selection = 5;
constexpr double most_passes = 2;  // of qsgd and natural

Result line(std::string target, std::uint64_t d, const Pair& seconds, const char* yardstick) {
  const double ns = 1e9 / static_cast<double>(d);
  Result r;
  r.bench = "compress";
  r.args = {{"target", std::move(target)}, {"d", std::to_string(d)}};
  r.unit = "ns an element";
  r.target = scaled(seconds.target, ns);
  r.yardstick_name = yardstick;
  r.yardstick = scaled(seconds.yardstick, ns);
  r.ratio = r.target.median / r.yardstick.median;
  return r;
}

}  // namespace

cohort::Result<std::vector<Result>> compress(const CompressArgs& args) {
  if (!args.only.empty() && compressors().find(args.only) == nullptr) {
    return bad_input(
        unknown_name_message("compressor", args.only, "--only", compressors().names()));
  }
  const std::uint64_t d = args.coordinates;
  std::vector<double> x(d), magnitudes(d), b(d, 1.0), c(d, 2.0);
  Stream(1, Purpose::test).fill_normal(x);
  volatile std::uint64_t kept = 0;
  std::vector<Result> results;

  for (const double share : {0.001, 0.01, 0.1, 0.5, 0.9}) {
    const auto k =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share * static_cast<double>(d)));
    std::vector<double> target, reference;
    for (int i = 0; i <= repetitions; ++i) {
      target.push_back(seconds_of([&] { kept = kernels::top_threshold(x, k).magnitude; }));
      std::transform(x.begin(), x.end(), magnitudes.begin(), [](double v) { return std::abs(v); });
      reference.push_back(seconds_of([&] {
        std::nth_element(magnitudes.begin(),
                         magnitudes.begin() + static_cast<std::ptrdiff_t>(k - 1), magnitudes.end(),
                         std::greater<>());
        kept = kept + (magnitudes[k - 1] > 0);
      }));
    }
    target.erase(target.begin());  // the first warms up
    reference.erase(reference.begin());
    Result r = line("selection of k = " + std::to_string(k), d,
                    {quantiles(target), quantiles(reference)}, "std::nth_element");
    r.ratio = r.target.median;
    r.ratio_of = "ns an element";
    r.bound = most_ns_of_selection;
    results.push_back(r);
    r.ratio = r.yardstick.median / r.target.median;
    r.ratio_of = "yardstick / target";
    r.bound = least_gain_of_selection;
    r.bound_is_least = true;
    results.push_back(r);
  }

  const Block dense = dense_block("x", x);
  for (const std::string& name : compressors().names()) {
    if (!args.only.empty() && name != args.only) continue;
    Mistakes mistakes;
    const auto compressor = compressors().make(config_value(name), "compressor", mistakes).object;
    const Pair seconds = interleave(
        [&] {
          Block block = dense;
          compressor->compress(Stream(1, Purpose::compressor), block);
          kept = block.data.size();
        },
        [&] { triad(magnitudes, b, 3.0, c); });
    Result r = line(name, d, seconds, "one pass (triad)");
    if (name == "qsgd" || name == "natural") r.bound = most_passes;
    results.push_back(r);
  }
  return results;
}

}  // namespace cohort::bench
