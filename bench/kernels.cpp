#include "core/kernels.hpp"

#include "bench/benches.hpp"
#include "bench/yardstick.hpp"
#include "core/random.hpp"

namespace cohort::bench {

cohort::Result<std::vector<Result>> kernels() {
  std::vector<Result> results;
  const std::size_t in_memory = 4 * last_level_cache() / sizeof(double);
  struct Size {
    std::string where;
    std::size_t n;
  };
  for (const Size& size : {Size{"cache", 1 << 12}, Size{"memory", in_memory}}) {
    const std::size_t n = size.n;
    std::vector<double> x(n), y(n), z(n);
    Stream(1, Purpose::test).fill_normal(x);
    Stream(2, Purpose::test).fill_normal(y);
    // Long enough for the clock, whatever n is.
    const std::size_t calls = std::max<std::size_t>(1, (std::size_t{1} << 22) / n);
    volatile double kept = 0;
    const auto measure = [&](const std::string& name, const std::string& yardstick_name,
                             const std::function<void()>& target,
                             const std::function<void()>& yardstick) {
      const auto often = [calls](const std::function<void()>& body) {
        return [calls, body] {
          for (std::size_t i = 0; i < calls; ++i) body();
        };
      };
      const Pair pair = interleave(often(target), often(yardstick));
      const double factor = 1e9 / static_cast<double>(calls * n);
      Result r;
      r.bench = "kernels";
      r.args = {{"kernel", name}, {"where", size.where}, {"n", std::to_string(n)}};
      r.unit = "ns/element";
      r.target = scaled(pair.target, factor);
      r.yardstick_name = yardstick_name;
      r.yardstick = scaled(pair.yardstick, factor);
      r.ratio = pair.target.median / pair.yardstick.median;
      results.push_back(std::move(r));
    };
    const auto read_one = [&] { kept = read_all(std::as_bytes(std::span<const double>(x))); };
    const auto read_two = [&] {
      kept = read_all(std::as_bytes(std::span<const double>(x))) +
             read_all(std::as_bytes(std::span<const double>(y)));
    };
    const auto pass = [&] { triad(z, x, 0.5, y); };
    const auto copy = [&] { copy_all(x, z); };
    measure(
        "sum", "read", [&] { kept = cohort::kernels::sum(x); }, read_one);
    measure(
        "squared_norm", "read", [&] { kept = cohort::kernels::squared_norm(x); }, read_one);
    measure(
        "dot", "read of both", [&] { kept = cohort::kernels::dot(x, y); }, read_two);
    measure(
        "axpy", "triad", [&] { cohort::kernels::axpy(1e-9, x, z); }, pass);
    measure(
        "add", "triad", [&] { cohort::kernels::add(x, z); }, pass);
    measure(
        "exp", "copy", [&] { cohort::kernels::exp(x, z); }, copy);
    measure(
        "softplus", "copy", [&] { cohort::kernels::softplus(x, z); }, copy);
    measure(
        "tanh", "copy", [&] { cohort::kernels::tanh(x, z); }, copy);
    measure(
        "normal", "copy", [&] { Stream(3, Purpose::test).fill_normal(z); }, copy);
  }
  return results;
}

}  // namespace cohort::bench
