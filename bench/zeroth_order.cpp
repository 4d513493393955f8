#include <fmt/format.h>
#include <sys/resource.h>

#include "bench/benches.hpp"
#include "bench/yardstick.hpp"
#include "core/cpu.hpp"
#include "core/oracle.hpp"
#include "core/thread_pool.hpp"
#include "problems/objectives/logistic.hpp"

namespace cohort::bench {

namespace {

// Asked of one core with AVX-512; half of it with AVX2.
constexpr double least_single = 800;  // million normals a second
constexpr double least_double = 400;
constexpr double most_two_point = 1.15;  // times two values
constexpr double most_memory = 0.01;     // times the model

double peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

// x ← x + c z without z. First of all, while the model is the most that the process has held.
Result seed_only_step(std::uint64_t d) {
  Vec x = Vec::Constant(static_cast<Index>(d), 1.0);
  const SeededDirection z{SeededDirection::Law::gaussian, Stream(1, Purpose::test)};
  std::vector<double> few(1);
  add_seeded(1.0, z, few);
  const double before = peak_bytes();
  add_seeded(1e-3, z, as_mutable_span(x));
  Result r;
  r.bench = "zeroth_order";
  r.args = {{"part", "seed-only step"}, {"d", std::to_string(d)}};
  r.ratio = (peak_bytes() - before) / (8.0 * static_cast<double>(d));
  r.ratio_of = "memory beside the model / the model";
  r.bound = most_memory;
  std::vector<double> a(d, 1.0), b(d, 2.0);
  const Pair pair = interleave([&] { add_seeded(1e-3, z, as_mutable_span(x)); },
                               [&] { triad(a, b, 0.5, as_span(x)); });
  r.unit = "ns/coordinate";
  r.target = scaled(pair.target, 1e9 / static_cast<double>(d));
  r.yardstick_name = "triad";
  r.yardstick = scaled(pair.yardstick, 1e9 / static_cast<double>(d));
  return r;
}

template <class T>
Result normals(const std::string& precision, double least) {
  constexpr std::size_t n = 1 << 14;  // in the second-level cache
  constexpr int calls = 8;            // within a time slice, for a machine that others use too
  std::vector<T> z(n);
  const std::vector<double> from(n * sizeof(T) / sizeof(double), 1.0);
  std::vector<double> to(from.size());
  const Stream stream(1, Purpose::test);
  const Pair pair = interleave(
      [&] {
        for (int i = 0; i < calls; ++i) stream.fill_normal(std::span<T>(z));
      },
      [&] {
        for (int i = 0; i < calls; ++i) copy_all(from, to);
      });
  Result r;
  r.bench = "zeroth_order";
  r.args = {{"part", "normals"}, {"precision", precision}};
  r.unit = "ns/normal";
  r.target = scaled(pair.target, 1e9 / (double{n} * calls));
  r.yardstick_name = "copy of as many bytes";
  r.yardstick = scaled(pair.yardstick, 1e9 / (double{n} * calls));
  r.ratio = 1e3 / r.target.median;
  r.ratio_of = "million normals a second";
  r.bound = isa() == Isa::avx512 ? least : least / 2;
  r.bound_is_least = true;
  return r;
}

// (f(w + μz) − f(w − μz)) / 2μ against f twice.
Result two_point(std::uint64_t rows, std::uint64_t features) {
  std::vector<double> values(rows * features), labels(rows);
  const Stream stream(1, Purpose::test);
  stream.fill_normal(values);
  for (std::uint64_t j = 0; j < rows; ++j) labels[j] = static_cast<double>(j % 2);
  const DenseRows<double> block{rows, features, features, values.data(), labels.data()};
  const auto f = Logistic::make(features, [block](RowSource, ClientId) { return Rows(block); }, {});
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle oracle(*f, ClientId(0), {pool, scratch}, counts);
  const Vec w = Vec::Constant(static_cast<Index>(f->layout().size()), 0.01);
  const SeededDirection z{SeededDirection::Law::gaussian, stream.sub(0)};
  constexpr double mu = 1e-4;
  volatile double kept = 0;
  const Pair pair = interleave(
      [&] { kept = (oracle.value_at(w, mu, z) - oracle.value_at(w, -mu, z)) / (2 * mu); },
      [&] { kept = oracle.value(w) + oracle.value(w); });
  Result r;
  r.bench = "zeroth_order";
  r.args = {{"part", "two-point query"},
            {"objective", "logistic"},
            {"rows", std::to_string(rows)},
            {"features", std::to_string(features)}};
  r.unit = "ms";
  r.target = scaled(pair.target, 1e3);
  r.yardstick_name = "two values";
  r.yardstick = scaled(pair.yardstick, 1e3);
  r.ratio = pair.target.median / pair.yardstick.median;
  r.bound = most_two_point;
  return r;
}

}  // namespace

cohort::Result<std::vector<Result>> zeroth_order(const ZerothOrderArgs& args) {
  std::vector<Result> results;
  results.push_back(seed_only_step(args.coordinates));
  results.push_back(normals<float>("single", least_single));
  results.push_back(normals<double>("double", least_double));
  results.push_back(two_point(args.rows, args.features));
  return results;
}

}  // namespace cohort::bench
