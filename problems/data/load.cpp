#include "problems/data/load.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "problems/data/checksum.hpp"
#include "problems/data/libsvm.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_classes = 65536;
constexpr double dense_above = 0.5;  // share of values that are stored

/// One file: where it is, how it is read, and what identifies the result.
struct Source {
  fs::path path;
  FileFormat format = FileFormat::detect;
  CsvFormat csv;
  Hash128 checksum;
  std::string key;
};

Result<Source> find_source(const fs::path& path, FileFormat format, const CsvFormat& csv) {
  Source source{.path = path, .format = format, .csv = csv, .checksum = {}, .key = {}};
  COHORT_TRY(source.format, file_format(path, format));
  COHORT_TRY(source.checksum, checksum_file(path));
  source.key = fmt::format("table 1 {}", source.checksum.hex());
  if (source.format == FileFormat::csv) {
    source.key +=
        fmt::format(" csv label={} separator={} header={} preamble={}", csv.label,
                    static_cast<int>(csv.separator), static_cast<int>(csv.header), csv.preamble);
  } else {
    source.key += " libsvm";
  }
  return source;
}

Result<Table> read_source(TextSource& text, FileFormat format, const CsvFormat& csv) {
  return format == FileFormat::csv ? read_csv(text, csv) : read_libsvm(text);
}

// Sections of a cached table.
enum : std::size_t {
  shape_section,  // features, whether sparse
  labels_section,
  offsets_section,
  columns_section,
  values_section,
  section_count,
};

/// A file as rows in file order, from the cache where that has it.
struct CachedTable {
  Blob blob;
  Rows rows;
};

Result<CachedTable> load_table(const Source& source, const CacheOptions& cache,
                               std::vector<std::string>& warnings) {
  const auto parse = [&](bool) -> Result<Blob> {
    COHORT_TRY(TextSource text, TextSource::open(source.path));
    COHORT_TRY(Table table, read_source(text, source.format, source.csv));
    if (text.checksum() != source.checksum) {
      return bad_environment(fmt::format("{}: changed while it was read", source.path.string()));
    }
    const std::uint64_t shape[] = {table.features, table.is_sparse};
    Blob blob;
    blob.add(std::span<const std::uint64_t>(shape));
    blob.add(std::move(table.labels));
    blob.add(std::move(table.offsets));
    blob.add(std::move(table.columns));
    blob.add(std::move(table.values));
    return blob;
  };
  const std::string name = "table-" + hash_bytes(std::as_bytes(std::span(source.key))).hex();
  COHORT_TRY(Blob blob,
             cached_blob(cache, source.checksum.hex(), name, source.key, parse, warnings));
  COHORT_CHECK(blob.sections() == section_count, "a cached table has all its sections");
  const auto shape = blob.as<std::uint64_t>(shape_section);
  const auto labels = blob.as<double>(labels_section);
  const auto values = blob.as<double>(values_section);
  const auto features = static_cast<std::size_t>(shape[0]);
  Rows rows = DenseRows<double>{labels.size(), features, features, values.data(), labels.data()};
  if (shape[1] != 0) {
    rows = SparseRows<double>{labels.size(),
                              features,
                              blob.as<std::uint64_t>(offsets_section).data(),
                              blob.as<std::uint32_t>(columns_section).data(),
                              values.data(),
                              labels.data()};
  }
  return CachedTable{std::move(blob), rows};
}

/// Ascending label values of all files.
Result<std::vector<double>> find_classes(std::span<const double> train,
                                         std::span<const double> test) {
  std::set<double> values;
  for (const auto labels : {train, test}) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (i > 0 && labels[i] == labels[i - 1]) continue;
      if (labels[i] != std::nearbyint(labels[i])) {
        return bad_input(fmt::format(
            "data: expected class labels (whole numbers), found {} in row {}; a problem of "
            "regression keeps real labels",
            labels[i], i + 1));
      }
      values.insert(labels[i]);
      if (values.size() > most_classes) {
        return bad_input(
            fmt::format("data: expected at most {} classes, found more", most_classes));
      }
    }
  }
  return std::vector<double>(values.begin(), values.end());
}

struct Sources {
  Source train;
  std::optional<Source> test;
  std::string origin;
};

Result<Sources> find_sources(const DataOptions& options) {
  Sources sources;
  if (options.name.empty() == options.train.empty()) {
    return bad_input(options.name.empty()
                         ? "data: expected 'name' (a built-in data set) or 'train' (a file)"
                         : "data: expected either 'name' or 'train', found both");
  }
  fs::path train;
  FileFormat format = options.format;
  CsvFormat csv = options.csv;
  if (!options.name.empty()) {
    COHORT_TRY(const BuiltinData builtin, find_builtin(options.name));
    if (options.test.empty() &&
        (options.format != FileFormat::detect || options.csv != CsvFormat{})) {
      return bad_input(
          "data: expected no 'format', 'label', 'separator' or 'header' beside 'name', whose "
          "format "
          "is known");
    }
    format = builtin.format;
    csv = {};
    csv.preamble = builtin.preamble;
    if (builtin.format == FileFormat::csv) csv.header = CsvFormat::Header::no;
    sources.origin = builtin.origin;
    COHORT_TRY(train, find_builtin_file(builtin));
  } else {
    COHORT_TRY(train, find_data_file(options.train, options.base));
  }
  COHORT_TRY(sources.train, find_source(train, format, csv));
  if (!options.test.empty()) {
    COHORT_TRY(const fs::path test, find_data_file(options.test, options.base));
    COHORT_TRY(sources.test, find_source(test, options.format, options.csv));
  }
  return sources;
}

/// In file order.
std::vector<std::uint32_t> rows_to_train(const Split& split, const Partition& partition) {
  std::vector<std::uint32_t> rows;
  rows.reserve(partition.order.size());
  for (const std::uint32_t position : partition.order) rows.push_back(split.train[position]);
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// All that decides the bits of a store; doubles in hexadecimal, so that none is rounded.
/// The rows of each client by their number of non-zeros, and then as they were. Loops over sparse
/// rows pay for each row whose length they could not foresee; here most are as long as the last.
void order_by_length(const Rows& table, const Split& split, Partition& partition) {
  const auto length = [&](std::uint32_t position) {
    return table.slice(split.train[position], 1).stored();
  };
  for (std::size_t k = 0; k + 1 < partition.offsets.size(); ++k) {
    const auto begin = partition.order.begin();
    std::stable_sort(begin + static_cast<std::ptrdiff_t>(partition.offsets[k]),
                     begin + static_cast<std::ptrdiff_t>(partition.offsets[k + 1]),
                     [&](std::uint32_t a, std::uint32_t b) { return length(a) < length(b); });
  }
}

std::string store_key(const DataOptions& options, const Sources& sources) {
  std::string key =
      fmt::format("store 3 [{}] [{}]", sources.train.key, sources.test ? sources.test->key : "");
  key += fmt::format(
      " task={} split={:a},{:a},{:a},{:a} standardize={} storage={} clients={} seed={}",
      static_cast<int>(options.task), options.split.train, options.split.validation,
      options.split.test, options.split.client_test, static_cast<int>(options.standardize),
      static_cast<int>(options.storage), options.clients, options.seed);
  key += fmt::format(" partition={},{},{:a},{}", static_cast<int>(options.partition.type),
                     static_cast<int>(options.partition.over), options.partition.alpha,
                     options.partition.min_rows);
  return key;
}

Result<Blob> make_store(const DataOptions& options, const Sources& sources, const Share& share,
                        std::vector<std::string>& warnings) {
  COHORT_TRY(const CachedTable train_table, load_table(sources.train, options.cache, warnings));
  CachedTable test_table;
  if (sources.test) {
    COHORT_TRY(test_table, load_table(*sources.test, options.cache, warnings));
  }
  const Rows train = train_table.rows;
  const Rows test = test_table.rows;
  const bool has_test = sources.test.has_value();
  const std::string train_name = sources.train.path.string();

  const std::uint64_t rows = std::uint64_t{train.count()} + test.count();
  if (rows > std::numeric_limits<std::uint32_t>::max()) {
    return bad_input(
        fmt::format("{}: expected at most 4294967295 rows, found {}", train_name, rows));
  }
  const std::size_t features = std::max(train.features(), test.features());
  if (has_test && !train.is_sparse() && !test.is_sparse() && train.features() != test.features()) {
    return bad_input(fmt::format("{}: expected {} features, as in {}, found {}",
                                 sources.test->path.string(), train.features(), train_name,
                                 test.features()));
  }
  if (features == 0) return bad_input(fmt::format("{}: expected features, found none", train_name));
  const double density = static_cast<double>(train.stored() + test.stored()) /
                         (static_cast<double>(rows) * static_cast<double>(features));
  const bool is_sparse =
      train.is_sparse() && (!has_test || test.is_sparse()) && !(density > dense_above);
  if (is_sparse && options.standardize == Standardize::global) {
    return bad_input(fmt::format(
        "data.standardize: 'global' would fill the {:.2g} % of values that {} stores; expected "
        "'scale' or 'none'",
        100.0 * density, train_name));
  }

  std::vector<double> classes;
  if (options.task == Task::classification) {
    COHORT_TRY(classes, find_classes(train.labels(), test.labels()));
  }
  COHORT_TRY(const Split split, split_rows(train.count(), options.split, has_test, options.seed));
  std::vector<std::uint32_t> train_classes(split.train.size(), 0);
  for (std::size_t i = 0; i < train_classes.size() && !classes.empty(); ++i) {
    const double label = train.labels()[split.train[i]];
    train_classes[i] = static_cast<std::uint32_t>(
        std::lower_bound(classes.begin(), classes.end(), label) - classes.begin());
  }
  COHORT_TRY(Partition partition,
             partition_rows(train_classes, static_cast<std::uint32_t>(classes.size()),
                            options.clients, options.partition, options.seed));
  if (is_sparse) order_by_length(train, split, partition);
  split_clients(partition, options.split.client_test, options.seed);
  COHORT_TRY(const FeatureScale scale,
             feature_scale(train, rows_to_train(split, partition), features, options.standardize));
  return DataStore::make({.train_table = train,
                          .test_table = test,
                          .features = features,
                          .is_sparse = is_sparse,
                          .storage = options.storage,
                          .classes = classes,
                          .split = split,
                          .partition = partition,
                          .scale = scale},
                         share);
}

/// The names of the columns of a CSV file, the label's apart.
Result<void> read_names(const Source& source, DataSet& data) {
  if (source.format != FileFormat::csv || source.csv.header == CsvFormat::Header::no) return {};
  COHORT_TRY(TextSource text, TextSource::open(source.path));
  CsvReader reader(text, source.csv);
  COHORT_DO(reader.next(1));
  data.feature_names = reader.names();
  if (data.feature_names.empty()) return {};
  const auto label = *label_column(source.csv.label, reader.names(), reader.names().size());
  data.label_name = reader.names()[label];
  data.feature_names.erase(data.feature_names.begin() + static_cast<std::ptrdiff_t>(label));
  return {};
}

Result<DataSet> load(const DataOptions& options, const Share& share) {
  COHORT_TRY(const Sources sources, find_sources(options));
  std::vector<std::string> warnings;
  const std::string key = store_key(options, sources);
  const std::string name = "view-" + hash_bytes(std::as_bytes(std::span(key))).hex();
  COHORT_TRY(Blob blob, cached_blob(
                            options.cache, sources.train.checksum.hex(), name, key,
                            [&](bool is_shared) {
                              return make_store(options, sources, is_shared ? Share{} : share,
                                                warnings);
                            },
                            warnings));
  COHORT_TRY(DataStore store, DataStore::open(std::move(blob), share));
  DataSet data{.store = std::move(store),
               .files = {},
               .feature_names = {},
               .label_name = {},
               .origin = sources.origin,
               .warnings = std::move(warnings)};
  data.files.push_back({sources.train.path.string(), sources.train.checksum});
  if (sources.test) data.files.push_back({sources.test->path.string(), sources.test->checksum});
  COHORT_DO(read_names(sources.train, data));
  return data;
}

}  // namespace

Result<Table> read_table(const fs::path& path, FileFormat format, const CsvFormat& csv) {
  COHORT_TRY(const FileFormat known, file_format(path, format));
  COHORT_TRY(TextSource text, TextSource::open(path));
  return read_source(text, known, csv);
}

Result<DataSet> load_data(const DataOptions& options, const Share& share) {
  try {
    return load(options, share);
  } catch (const std::bad_alloc&) {
    return bad_environment("data: out of memory");
  }
}

}  // namespace cohort
