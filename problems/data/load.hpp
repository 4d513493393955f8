#pragma once
// From the options of [data] to a DataStore.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "problems/data/builtin.hpp"
#include "problems/data/store.hpp"

namespace cohort {

/// What labels are: `classification` numbers the whole-number label values 0 … C−1 in ascending
/// order over all files; `regression` keeps them as they are.
enum class Task { classification, regression };

struct DataOptions {
  std::string name;   // a built-in data set (builtin_data), or empty
  std::string train;  // else: its file
  std::string test;   // a test file of its own; replaces the test share
  // Files of labels, where those with the features have none (IDX, .npy).
  std::string train_labels;
  std::string test_labels;
  FileFormat format = FileFormat::detect;
  CsvFormat csv;  // label column, separator, header
  Task task = Task::classification;
  SplitFractions split;
  Standardize standardize = Standardize::none;
  Storage storage = Storage::f64;
  PartitionOptions partition;
  FeatureSkew feature_skew;
  std::uint64_t clients = 1;
  std::uint64_t seed = 1;      // data.seed
  std::filesystem::path base;  // the scenario's folder: relative paths begin there
  CacheOptions cache{.directory = default_cache_directory()};

  /// Whether test rows are a file of their own, named here or by the built-in.
  bool has_test_file() const;
};

/// Where a data set came from, for summary.json.
struct DataFile {
  std::string path;
  Hash128 checksum;            // of the bytes on disk
  std::string role = "train";  // train, train_labels, test or test_labels
};

struct DataSet {
  DataStore store;
  std::vector<DataFile> files;
  std::vector<std::string> feature_names;  // of a CSV file with a header
  std::string label_name;                  // of the same; else empty
  std::string origin;                      // of a built-in: source and licence
  std::vector<std::string> warnings;       // about the cache
};

/// One file as a table, without the cache. `labels` is the file of its labels, where that is
/// another: an IDX or .npy file without one is all features, its labels 0. An .npz has arrays X,
/// rows of features, and y, their labels.
Result<Table> read_table(const std::filesystem::path& path, FileFormat format, const CsvFormat& csv,
                         const std::filesystem::path& labels = {});

/// Where the split of `partition.type = file` is: found like a data file.
Result<std::filesystem::path> find_parts(const DataOptions& options);

/// Reads, splits, standardises, partitions; by way of the cache. Sparse when all files are LIBSVM
/// and at most half of all values are stored, else dense. The result depends on the options and the
/// bytes of the files alone; `share` only says what of it this process holds. Errors (bad_input)
/// are those of the readers and of each step, e.g. `global` for sparse data, which would fill it.
Result<DataSet> load_data(const DataOptions& options, const Share& share = {});

}  // namespace cohort
