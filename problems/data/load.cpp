#include "problems/data/load.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "core/file.hpp"
#include "problems/data/checksum.hpp"
#include "problems/data/idx.hpp"
#include "problems/data/libsvm.hpp"
#include "problems/data/npy.hpp"
#include "problems/data/npz.hpp"
#include "problems/data/parts.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_classes = 65536;
constexpr double dense_above = 0.5;  // share of values that are stored

bool is_text(FileFormat format) {
  return format == FileFormat::csv || format == FileFormat::libsvm;
}

/// One table: where it is, how it is read, and what identifies the result.
struct Source {
  fs::path path;
  fs::path labels;  // a file of their own; empty: they are in `path`
  FileFormat format = FileFormat::detect;
  CsvFormat csv;
  Hash128 checksum;
  Hash128 labels_checksum;
  std::string key;
};

Result<Source> find_source(const fs::path& path, const fs::path& labels, FileFormat format,
                           const CsvFormat& csv) {
  Source source{path, labels, format, csv, {}, {}, {}};
  COHORT_TRY(source.format, file_format(path, format));
  const bool has_labels_apart =
      source.format == FileFormat::idx || source.format == FileFormat::npy;
  if (has_labels_apart && labels.empty()) {
    return bad_input(
        fmt::format("{}: expected a file of labels (data.train_labels or "
                    "data.test_labels): {} has them apart",
                    path.string(), source.format == FileFormat::idx ? "IDX" : ".npy"));
  }
  if (!has_labels_apart && !labels.empty()) {
    return bad_input(
        fmt::format("{}: expected no file of labels beside {}, found {}", path.string(),
                    is_text(source.format) ? "LIBSVM or CSV text" : "an .npz", labels.string()));
  }
  COHORT_TRY(source.checksum, checksum_file(path));
  source.key = fmt::format("table 2 {}", source.checksum.hex());
  if (source.format == FileFormat::csv) {
    source.key += fmt::format(" csv label={} separator={} header={} preamble={} key={}", csv.label,
                              static_cast<int>(csv.separator), static_cast<int>(csv.header),
                              csv.preamble, csv.key);
  } else if (source.format == FileFormat::libsvm) {
    source.key += " libsvm";
  } else {
    source.key += fmt::format(" arrays {}", static_cast<int>(source.format));
  }
  if (!labels.empty()) {
    COHORT_TRY(source.labels_checksum, checksum_file(labels));
    source.key += fmt::format(" labels={}", source.labels_checksum.hex());
  }
  return source;
}

Result<Table> read_text(TextSource& text, FileFormat format, const CsvFormat& csv) {
  return format == FileFormat::csv ? read_csv(text, csv) : read_libsvm(text);
}

Error changed(const fs::path& path) {
  return bad_environment(fmt::format("{}: changed while it was read", path.string()));
}

/// `checksum`, if there is one, must be that of the file.
Result<NumberArray> read_array(const fs::path& path, FileFormat format, const Hash128* checksum) {
  COHORT_TRY(ByteSource bytes, ByteSource::open(path));
  COHORT_TRY(NumberArray array, format == FileFormat::npy ? read_npy(bytes) : read_idx(bytes));
  if (checksum != nullptr && bytes.checksum() != *checksum) return changed(path);
  return array;
}

Result<Table> read_arrays_of_npz(const fs::path& path, const Hash128* checksum) {
  COHORT_TRY(const auto bytes, read_file(path));
  if (checksum != nullptr && hash_bytes(bytes) != *checksum) return changed(path);
  COHORT_TRY(auto arrays, parse_npz(bytes, path.string()));
  NumberArray* found[2] = {nullptr, nullptr};
  std::string names;
  for (NumberArray& array : arrays) {
    names += (names.empty() ? "" : ", ") + array.name;
    if (array.name == "X") found[0] = &array;
    if (array.name == "y") found[1] = &array;
    array.name = fmt::format("{}: {}", path.string(), array.name);
  }
  if (found[0] == nullptr || found[1] == nullptr) {
    return bad_input(
        fmt::format("{}: expected arrays X, rows of features, and y, their labels; "
                    "found {}",
                    path.string(), names.empty() ? "none" : names));
  }
  return table_of(*found[0], found[1], 1.0);
}

Result<Table> read_arrays(const fs::path& path, FileFormat format, const Hash128* checksum,
                          const fs::path& labels, const Hash128* labels_checksum) {
  if (format == FileFormat::npz) return read_arrays_of_npz(path, checksum);
  COHORT_TRY(const NumberArray features, read_array(path, format, checksum));
  const double unit = format == FileFormat::idx && features.is_bytes() ? idx_byte_unit : 1.0;
  if (labels.empty()) return table_of(features, nullptr, unit);
  COHORT_TRY(const FileFormat labels_format, file_format(labels, FileFormat::detect));
  COHORT_TRY(const NumberArray values, read_array(labels, labels_format, labels_checksum));
  return table_of(features, &values, unit);
}

Result<Table> read_source(const Source& source) {
  if (!is_text(source.format)) {
    return read_arrays(source.path, source.format, &source.checksum, source.labels,
                       &source.labels_checksum);
  }
  COHORT_TRY(TextSource text, TextSource::open(source.path));
  COHORT_TRY(Table table, read_text(text, source.format, source.csv));
  if (text.checksum() != source.checksum) return changed(source.path);
  return table;
}

// Sections of a cached table.
enum : std::size_t {
  shape_section,  // features, whether sparse
  labels_section,
  offsets_section,
  columns_section,
  values_section,
  keys_section,
  key_names_section,  // each ends in '\n'
  section_count,
};

/// A file as rows in file order, from the cache where that has it.
struct CachedTable {
  Blob blob;
  Rows rows;
  std::span<const std::uint32_t> keys() const { return blob.as<std::uint32_t>(keys_section); }
  std::uint64_t key_count() const {
    const auto names = blob.as<char>(key_names_section);
    return static_cast<std::uint64_t>(std::count(names.begin(), names.end(), '\n'));
  }
};

Result<CachedTable> load_table(const Source& source, const CacheOptions& cache,
                               std::vector<std::string>& warnings) {
  const auto parse = [&](bool) -> Result<Blob> {
    COHORT_TRY(Table table, read_source(source));
    const std::uint64_t shape[] = {table.features, table.is_sparse};
    Blob blob;
    blob.add(std::span<const std::uint64_t>(shape));
    blob.add(std::move(table.labels));
    blob.add(std::move(table.offsets));
    blob.add(std::move(table.columns));
    blob.add(std::move(table.values));
    blob.add(std::move(table.keys));
    std::string names;
    for (const std::string& name : table.key_names) names += name + '\n';
    blob.add(std::span<const char>(names));
    return blob;
  };
  const std::string name = "table-" + hash_bytes(std::as_bytes(std::span(source.key))).hex();
  // Arrays are read about as fast from their own files as from the cache.
  COHORT_TRY(Blob blob, cached_blob(is_text(source.format) ? cache : CacheOptions{.directory = {}},
                                    source.checksum.hex(), name, source.key, parse, warnings));
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
  std::optional<DataFile> parts;  // partition.type = file
  std::string origin;
};

Result<Sources> find_sources(const DataOptions& options) {
  Sources sources;
  if (options.name.empty() == options.train.empty()) {
    return bad_input(options.name.empty()
                         ? "data: expected 'name' (a built-in data set) or 'train' (a file)"
                         : "data: expected either 'name' or 'train', found both");
  }
  const bool is_by_column = options.partition.type == PartitionOptions::Type::by_column;
  if (options.partition.type == PartitionOptions::Type::file) {
    COHORT_TRY(const fs::path parts, find_parts(options));
    COHORT_TRY(const Hash128 checksum, checksum_file(parts));
    sources.parts = {parts.string(), checksum, "partition"};
  }
  if (options.test.empty() && !options.test_labels.empty()) {
    return bad_input("data.test_labels: expected data.test, whose labels they are");
  }
  fs::path train, train_labels, test, test_labels;
  FileFormat format = options.format;
  CsvFormat csv = options.csv;
  const auto of_user = [&](std::string_view file) -> Result<fs::path> {
    if (file.empty()) return fs::path();
    return find_data_file(file, options.base);
  };
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
    sources.origin = builtin.origin;
    const auto of_builtin = [&](std::string_view file) -> Result<fs::path> {
      if (file.empty()) return fs::path();
      return find_builtin_file(builtin, file);
    };
    COHORT_TRY(train, of_builtin(builtin.file));
    COHORT_TRY(train_labels, of_builtin(builtin.labels));
    if (options.test.empty() && !builtin.test.empty()) {
      COHORT_TRY(test, of_builtin(builtin.test));
      COHORT_TRY(test_labels, of_builtin(builtin.test_labels));
      COHORT_TRY(sources.test, find_source(test, test_labels, format, csv));
    }
  } else {
    COHORT_TRY(train, of_user(options.train));
    COHORT_TRY(train_labels, of_user(options.train_labels));
  }
  if (is_by_column) csv.key = options.partition.column;
  COHORT_TRY(sources.train, find_source(train, train_labels, format, csv));
  if (is_by_column && sources.train.format != FileFormat::csv) {
    return bad_input(
        fmt::format("{}: data.partition.type = 'by_column' expected a CSV file", train.string()));
  }
  if (!options.test.empty()) {
    COHORT_TRY(test, of_user(options.test));
    COHORT_TRY(test_labels, of_user(options.test_labels));
    csv = options.csv;
    if (is_by_column) csv.key = options.partition.column;
    COHORT_TRY(sources.test, find_source(test, test_labels, options.format, csv));
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
      fmt::format("store 4 [{}] [{}]", sources.train.key, sources.test ? sources.test->key : "");
  key += fmt::format(
      " task={} split={:a},{:a},{:a},{:a} standardize={} storage={} clients={} seed={}",
      static_cast<int>(options.task), options.split.train, options.split.validation,
      options.split.test, options.split.client_test, static_cast<int>(options.standardize),
      static_cast<int>(options.storage), options.clients, options.seed);
  const PartitionOptions& p = options.partition;
  key += fmt::format(" partition={},{},{},{:a},{:a},{},{}", static_cast<int>(p.type),
                     static_cast<int>(p.over), static_cast<int>(p.sizes), p.alpha, p.sigma,
                     p.shards_per_client, p.min_rows);
  if (sources.parts) key += " parts=" + sources.parts->checksum.hex();
  const FeatureSkew& skew = options.feature_skew;
  key += fmt::format(" skew={},{:a},{}", static_cast<int>(skew.type), skew.variance, skew.turns);
  return key;
}

/// The rows that train, and who holds them.
struct Dealing {
  Split split;
  Partition partition;
  std::vector<bool> is_client_test;  // [train rows], where a file says so
};

std::vector<std::uint32_t> classes_of(std::span<const double> labels,
                                      const std::vector<std::uint32_t>& rows,
                                      std::span<const double> classes) {
  std::vector<std::uint32_t> numbers(rows.size(), 0);
  for (std::size_t i = 0; i < rows.size() && !classes.empty(); ++i) {
    numbers[i] = static_cast<std::uint32_t>(
        std::lower_bound(classes.begin(), classes.end(), labels[rows[i]]) - classes.begin());
  }
  return numbers;
}

Result<std::vector<std::uint32_t>> owners_by_key(const DataOptions& options,
                                                 const CachedTable& table,
                                                 const std::vector<std::uint32_t>& rows) {
  if (table.key_count() != options.clients) {
    return bad_input(fmt::format(
        "data.partition: expected clients.count = {}, the number of keys in column '{}', found {}",
        table.key_count(), options.partition.column, options.clients));
  }
  std::vector<std::uint32_t> owners;
  for (const auto row : rows) owners.push_back(table.keys()[row]);
  return owners;
}

Result<Dealing> deal(const DataOptions& options, const Sources& sources, const CachedTable& table,
                     std::span<const double> classes, bool has_test) {
  using Type = PartitionOptions::Type;
  Dealing dealing;
  std::vector<std::uint32_t> owners;
  if (sources.parts) {
    COHORT_TRY(Parts parts, read_parts(sources.parts->path));
    const std::string& file = sources.parts->path;
    if (parts.rows != table.rows.count()) {
      return bad_input(fmt::format("{}: expected {} rows, as the train file has, found {}", file,
                                   table.rows.count(), parts.rows));
    }
    if (has_test && !parts.split.test.empty()) {
      return bad_input(fmt::format("{}: expected no test rows (set 2) beside a test file", file));
    }
    for (const auto owner : parts.owners) {
      if (owner < options.clients) continue;
      return bad_input(fmt::format("{}: expected clients below clients.count = {}, found {}", file,
                                   options.clients, owner));
    }
    dealing.split = std::move(parts.split);
    dealing.is_client_test = std::move(parts.is_client_test);
    owners = std::move(parts.owners);
  } else {
    COHORT_TRY(dealing.split,
               split_rows(table.rows.count(), options.split, has_test, options.seed));
  }
  const auto& train = dealing.split.train;
  if (options.partition.type == Type::by_column) {
    COHORT_TRY(owners, owners_by_key(options, table, train));
  }
  const auto numbers = classes_of(table.rows.labels(), train, classes);
  COHORT_TRY(dealing.partition,
             partition_rows({numbers, static_cast<std::uint32_t>(classes.size()), owners},
                            options.clients, options.partition, options.seed));
  return dealing;
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
  COHORT_TRY(const Dealing dealing, deal(options, sources, train_table, classes, has_test));
  const Split& split = dealing.split;
  Partition partition = dealing.partition;
  if (is_sparse) order_by_length(train, split, partition);
  if (sources.parts) {
    std::vector<bool> is_test;
    for (const auto position : partition.order) {
      is_test.push_back(dealing.is_client_test[position]);
    }
    separate_test(partition, is_test);
  } else {
    split_clients(partition, options.split.client_test, options.seed);
  }
  COHORT_DO(check_feature_skew(options.feature_skew, features, is_sparse));
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
                          .scale = scale,
                          .skew = options.feature_skew,
                          .seed = options.seed},
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
  const auto& names = reader.names();
  const auto label = *label_column(source.csv.label, names, names.size());
  data.label_name = names[label];
  std::optional<std::size_t> key;
  if (!source.csv.key.empty()) key = label_column(source.csv.key, names, names.size());
  data.feature_names.clear();
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (c != label && c != key) data.feature_names.push_back(names[c]);
  }
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
  const auto add_files = [&](const Source& source, const std::string& role) {
    data.files.push_back({source.path.string(), source.checksum, role});
    if (source.labels.empty()) return;
    data.files.push_back({source.labels.string(), source.labels_checksum, role + "_labels"});
  };
  add_files(sources.train, "train");
  if (sources.test) add_files(*sources.test, "test");
  if (sources.parts) data.files.push_back(*sources.parts);
  COHORT_DO(read_names(sources.train, data));
  return data;
}

}  // namespace

bool DataOptions::has_test_file() const {
  if (!test.empty()) return true;
  const auto builtin = find_builtin(name);
  return builtin && !builtin->test.empty();
}

Result<fs::path> find_parts(const DataOptions& options) {
  return find_data_file(options.partition.file, options.base);
}

Result<Table> read_table(const fs::path& path, FileFormat format, const CsvFormat& csv,
                         const fs::path& labels) {
  COHORT_TRY(const FileFormat known, file_format(path, format));
  if (!is_text(known)) return read_arrays(path, known, nullptr, labels, nullptr);
  COHORT_TRY(TextSource text, TextSource::open(path));
  return read_text(text, known, csv);
}

Result<DataSet> load_data(const DataOptions& options, const Share& share) {
  try {
    return load(options, share);
  } catch (const std::bad_alloc&) {
    return bad_environment("data: out of memory");
  }
}

}  // namespace cohort
