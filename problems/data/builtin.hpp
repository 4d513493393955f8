#pragma once
// Where data comes from: the data sets that ship with the program, the folders in which files are
// looked for, and the reader that fits a file.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "problems/data/csv.hpp"
#include "problems/data/table.hpp"

namespace cohort {

/// `detect`: by the name (.libsvm, .svm, .csv, .tsv, each also with .gz), else by the first bytes
/// (IDX, .npy, .npz), else LIBSVM when the first lines have a ':'.
enum class FileFormat { detect, libsvm, csv, idx, npy, npz };

/// A data set that has a name.
struct BuiltinData {
  std::string_view name;
  std::string_view file;  // found as it is or with .gz
  FileFormat format;
  std::string_view preamble;  // the exact first line of a CSV file that has one
  std::size_t rows;           // of `file`
  std::size_t features;
  std::size_t classes;      // 0: labels are values
  std::string_view origin;  // source and licence
  // Where they are files of their own:
  std::string_view labels = {};
  std::string_view test = {};
  std::string_view test_labels = {};
  bool ships = true;
  // Where a Debian package has it: its name, and the folder of its files.
  std::string_view package = {};
  std::string_view folder = {};
};

/// Where a file that does not ship is fetched from.
struct RemoteFile {
  std::string_view file;    // as it is called here
  std::string url;          // plain or gzip
  std::string_view sha256;  // of the bytes, inflated
};

std::span<const BuiltinData> builtin_data();
/// Error bad_input names the ones there are.
Result<BuiltinData> find_builtin(std::string_view name);

/// Those of a data set; none where it ships.
std::vector<RemoteFile> remote_files(const BuiltinData& data);
/// $XDG_DATA_HOME/cohort, or ~/.local/share/cohort: what was fetched; empty where neither is known.
std::filesystem::path fetched_data_directory();

/// Folders of data files, in order: those of $COHORT_DATA_DIR (separated by ':'), the shipped data
/// of the source tree, `share/cohort/data` beside the folder of the executable, what was fetched.
std::vector<std::filesystem::path> data_directories();

/// A file of a built-in: in the data directories and the folder of its package only, since a file
/// of the same name beside the scenario is somebody else's. Error bad_input says what brings it.
Result<std::filesystem::path> find_builtin_file(const BuiltinData& data, std::string_view file);

/// A file by its path: as it is when absolute; else below `base` (the scenario's folder), the
/// working directory, then the data directories. Error bad_input lists the places.
Result<std::filesystem::path> find_data_file(const std::filesystem::path& file,
                                             const std::filesystem::path& base);

/// `detect` resolved for this file.
Result<FileFormat> file_format(const std::filesystem::path& path, FileFormat format);

}  // namespace cohort
