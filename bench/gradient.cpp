#include <fmt/format.h>

#include "bench/benches.hpp"
#include "bench/yardstick.hpp"
#include "core/thread_pool.hpp"
#include "problems/data/load.hpp"
#include "scenarios/catalogue.hpp"

namespace cohort::bench {

namespace {

constexpr double bound_in_cache = 1.5;   // ns a stored value
constexpr double bound_in_memory = 2.0;  // times a read of the same bytes

// The rows of a table, `times` over, with class numbers as labels.
Table repeated(const Rows& rows, std::size_t times) {
  Table t;
  visit(rows, [&]<class Block>(const Block& block) {
    const std::size_t n = block.count;
    t.features = block.features;
    t.is_sparse = Block::is_sparse;
    t.labels = Array<double>(n * times);
    t.values = Array<double>(block.stored() * times);
    if constexpr (Block::is_sparse) {
      t.offsets = Array<std::uint64_t>(n * times + 1);
      t.columns = Array<std::uint32_t>(block.stored() * times);
      t.offsets.data()[0] = 0;
    }
    std::size_t at = 0;
    for (std::size_t k = 0; k < n * times; ++k) {
      const std::size_t i = k % n;
      t.labels.data()[k] = block.labels[i];
      const auto values = block.values(i);
      for (std::size_t j = 0; j < values.size(); ++j) {
        if constexpr (Block::is_sparse) t.columns.data()[at + j] = block.index(i)[j];
        t.values.data()[at + j] = values[j];
      }
      at += values.size();
      if constexpr (Block::is_sparse) t.offsets.data()[k + 1] = at;
    }
  });
  return t;
}

cohort::Result<DataStore> store_of(const Table& table, std::span<const double> classes) {
  Split split;
  Partition partition;
  const auto n = static_cast<std::uint32_t>(table.labels.size());
  for (std::uint32_t i = 0; i < n; ++i) split.train.push_back(i);
  partition.order = split.train;
  partition.offsets = {0, n};
  const FeatureScale scale;
  const StorePlan plan{table.rows(),    {},           table.features,
                       table.is_sparse, Storage::f64, classes,
                       split,           partition,    scale};
  const Share share;
  return DataStore::open(DataStore::make(plan, share), share);
}

struct Timed {
  std::shared_ptr<const Function> function;
  ThreadPool pool{1};
  Scratch scratch;
  OracleCounts counts;
  Vec w, g;

  explicit Timed(std::shared_ptr<const Function> f) : function(std::move(f)) {
    const auto d = static_cast<Index>(function->layout().size());
    w = Vec::LinSpaced(d, -0.1, 0.1);
    g = Vec::Zero(d);
  }
  void run() {
    Oracle oracle(*function, ClientId(0), {pool, scratch}, counts);
    oracle.gradient(w, g);
  }
};

// What a gradient must read: values, columns, offsets and labels.
std::size_t bytes_of(const DataStore& store) {
  const Rows rows = store.rows(RowSource::client);
  const std::size_t per_value = 8 + (rows.is_sparse() ? 4 : 0);
  return rows.stored() * per_value + rows.count() * (rows.is_sparse() ? 16 : 8);
}

}  // namespace

cohort::Result<std::vector<Result>> gradient(const GradientArgs& args) {
  DataOptions options;
  options.train = args.data;
  options.base = ".";
  COHORT_TRY(const DataSet data, load_data(options));
  ConfigNode name = config_value(args.objective);
  Mistakes mistakes;
  const auto objective = shipped_catalogue().models->make(name, "objective", mistakes).object;
  COHORT_DO(mistakes.result());

  std::vector<Result> results;
  const auto measure = [&](const DataStore& store, const std::string& where, double bound,
                           bool against_read) -> cohort::Result<void> {
    COHORT_TRY(auto function, objective->make({&store, 1, 1}));
    Timed timed(std::move(function));
    // Written once: pages that nobody wrote are all one page of zeros, which stays in cache.
    const std::vector<std::byte> same_bytes(bytes_of(store) + 256, std::byte{1});
    volatile double kept = 0;
    const Pair pair = interleave([&] { timed.run(); },
                                 [&] {
                                   kept = read_all({same_bytes.data(), same_bytes.size()});
                                 });
    const double stored = static_cast<double>(store.rows(RowSource::client).stored());
    Result r;
    r.bench = "gradient";
    r.args = {{"data", args.data},
              {"objective", args.objective},
              {"where", where},
              {"values", fmt::format("{}", stored)}};
    r.unit = "ns/value";
    r.target = scaled(pair.target, 1e9 / stored);
    r.yardstick_name = "read of the same bytes";
    r.yardstick = scaled(pair.yardstick, 1e9 / stored);
    r.ratio = against_read ? r.target.median / r.yardstick.median : r.target.median;
    if (!against_read) r.ratio_of = "ns a stored value";
    r.bound = bound;
    results.push_back(std::move(r));
    return {};
  };
  COHORT_DO(measure(data.store, "cache", bound_in_cache, false));
  if (args.bytes > 0) {
    const std::size_t once = bytes_of(data.store);
    const Table table =
        repeated(data.store.rows(RowSource::client), (args.bytes + once - 1) / once);
    COHORT_TRY(const DataStore store, store_of(table, data.store.classes()));
    COHORT_DO(measure(store, "memory", bound_in_memory, true));
  }
  return results;
}

}  // namespace cohort::bench
