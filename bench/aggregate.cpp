#include "bench/benches.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <variant>

#include "algorithms/aggregation_catalogue.hpp"
#include "bench/yardstick.hpp"
#include "core/cpu.hpp"
#include "core/random.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort::bench {

namespace {

/// What the project sets itself for rules that work on each coordinate, in passes.
std::optional<double> bound_in_passes(const AggregateArgs& args) {
  if (args.rule == "meamed") return args.rows <= 32 ? std::optional(8.0) : std::nullopt;
  if (args.rule != "median" && args.rule != "trimmed_mean") return std::nullopt;
  if (args.rows <= 10) return 1.5;
  if (args.rows <= 32) return isa() == Isa::avx512 ? 3.0 : 6.0;
  return args.rows <= 100 ? std::optional(10.0) : std::nullopt;
}
constexpr double bound_of_gram = 1.3;

template <class T>
cohort::Result<std::vector<Result>> measure(const AggregateArgs& args, const Aggregation& chain) {
  const std::size_t n = args.rows, d = args.coordinates;
  std::vector<T> matrix(n * d);
  Stream(1, Purpose::test).fill_normal(std::span<T>(matrix));
  std::vector<RowOf<T>> rows;
  for (std::size_t i = 0; i < n; ++i) {
    // A reply is checked for finite values when it leaves its client.
    rows.push_back({ClientId(i), std::span<const T>(matrix).subspan(i * d, d), true});
  }
  ThreadPool pool(args.threads);
  const RoundInput round{args.f, Stream(1, Purpose::aggregation)};
  const auto aggregate = [&] {
    return aggregate_rows(chain, rows, d, round, pool, nullptr, Deadline::after(Seconds(0)));
  };
  if (const auto once = aggregate(); !once) return once.error();

  const bool by_gram = chain.needs_distances() && chain.rule->kind() != RuleKind::tile;
  // In double, whatever the rows are.
  Mat columns;
  if (by_gram) {
    columns.resize(static_cast<Index>(d), static_cast<Index>(n));
    std::copy(matrix.begin(), matrix.end(), columns.data());
  }
  Mat gram = Mat::Zero(columns.cols(), columns.cols());
  [[maybe_unused]] volatile double kept = 0;  // for the compiler, so that nothing is left out
  std::vector<double> target, pass, rank_update;
  for (int i = 0; i <= repetitions; ++i) {
    target.push_back(seconds_of([&] { kept = aggregate()->value[0]; }));
    pass.push_back(seconds_of([&] { kept = read_all(std::as_bytes(std::span<const T>(matrix))); }));
    if (by_gram) {
      rank_update.push_back(seconds_of([&] {
        gram.setZero();
        gram.selfadjointView<Eigen::Lower>().rankUpdate(columns.transpose());
        kept = gram(0, 0);
      }));
    }
  }
  for (auto* samples : {&target, &pass, &rank_update}) {
    if (!samples->empty()) samples->erase(samples->begin());  // the first warms up
  }

  Result r;
  r.bench = "aggregate";
  r.args = {{"rule", args.rule},           {"pre", fmt::format("{}", fmt::join(args.maps, "+"))},
            {"n", std::to_string(n)},      {"d", std::to_string(d)},
            {"f", std::to_string(args.f)}, {"precision", args.precision}};
  r.threads = args.threads;
  r.unit = "s";
  r.target = quantiles(target);
  r.yardstick_name = "one pass over the rows, one thread";
  r.yardstick = quantiles(pass);
  r.ratio = r.target.median / r.yardstick.median;
  r.bound = args.maps.empty() ? bound_in_passes(args) : std::nullopt;
  std::vector<Result> results{r};
  if (by_gram) {
    const Quantiles q = quantiles(rank_update);
    r.yardstick_name = "Eigen rankUpdate in double, one thread, and two passes";
    r.yardstick = {q.median + 2 * results[0].yardstick.median, q.p10 + 2 * results[0].yardstick.p10,
                   q.p90 + 2 * results[0].yardstick.p90};
    r.ratio = r.target.median / r.yardstick.median;
    r.bound = bound_of_gram;
    results.push_back(r);
  }
  return results;
}

}  // namespace

cohort::Result<std::vector<Result>> aggregate(const AggregateArgs& args) {
  Mistakes mistakes;
  Aggregation chain;
  chain.rule = rules().make(config_value(args.rule), "--rule", mistakes).object;
  for (const std::string& map : args.maps) {
    chain.maps.push_back(row_maps().make(config_value(map), "--pre", mistakes).object);
  }
  COHORT_DO(mistakes.result());
  COHORT_DO(check_tolerance(chain, args.rows, args.f));
  return args.precision == "single" ? measure<float>(args, chain) : measure<double>(args, chain);
}

}  // namespace cohort::bench
