#include "problems/data/builtin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "problems/data/text_source.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr BuiltinData table[] = {
    {"digits", "digits.csv.gz", FileFormat::csv, "", 1797, 64, 10,
     "UCI Optical Recognition of Handwritten Digits; from scikit-learn 1.2.1 (BSD-3)"},
    {"breast_cancer", "breast_cancer.csv", FileFormat::csv, "569,30,malignant,benign", 569, 30, 2,
     "UCI Breast Cancer Wisconsin (Diagnostic); from scikit-learn 1.2.1 (BSD-3)"},
    {"heart_scale", "heart_scale.libsvm", FileFormat::libsvm, "", 270, 13, 2,
     "UCI Statlog (Heart), scaled; from liblinear-tools (BSD-3)"},
    {"spam", "spam.libsvm.gz", FileFormat::libsvm, "", 4601, 57, 2,
     "UCI Spambase; from the R package kernlab"},
    {"mushroom", "mushroom.libsvm.gz", FileFormat::libsvm, "", 8124, 116, 2,
     "UCI Mushroom, one-hot; from the R package cba"},
    {"fashion-mnist", "train-images-idx3-ubyte", FileFormat::idx, "", 60000, 784, 10,
     "Zalando Fashion-MNIST, images of 28 x 28 (MIT)", "train-labels-idx1-ubyte",
     "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "dataset-fashion-mnist",
     "/usr/share/datasets/fashion-mnist"},
};

}  // namespace

std::span<const BuiltinData> builtin_data() { return table; }

Result<BuiltinData> find_builtin(std::string_view name) {
  std::string known;
  for (const auto& entry : table) {
    if (entry.name == name) return entry;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  return bad_input(fmt::format("data.name: expected one of {}, found '{}'", known, name));
}

std::vector<fs::path> data_directories() {
  std::vector<fs::path> directories;
  if (const char* listed = std::getenv("COHORT_DATA_DIR"); listed != nullptr) {
    std::string_view rest = listed;
    while (!rest.empty()) {
      const auto colon = std::min(rest.find(':'), rest.size());
      if (colon > 0) directories.emplace_back(rest.substr(0, colon));
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  directories.emplace_back(COHORT_SHIPPED_DATA_DIR);
  std::error_code error;
  if (const fs::path program = fs::read_symlink("/proc/self/exe", error); !error) {
    directories.push_back(program.parent_path().parent_path() / "share" / "cohort" / "data");
  }
  return directories;
}

namespace {

Result<fs::path> find_in(const std::vector<fs::path>& places, const fs::path& file) {
  std::string tried;
  for (const auto& place : places) {
    const fs::path candidate = place / file;
    std::error_code error;
    if (fs::exists(candidate, error)) return candidate;
    if (!place.empty()) tried += (tried.empty() ? "" : ", ") + place.string();
  }
  return bad_input(fmt::format("{}: no such file; looked in {}", file.string(), tried));
}

}  // namespace

Result<fs::path> find_builtin_file(const BuiltinData& data, std::string_view file) {
  std::vector<fs::path> places = data_directories();
  if (!data.folder.empty()) places.emplace_back(data.folder);
  auto found = find_in(places, file);
  if (!found) found = find_in(places, std::string(file) + ".gz");
  if (found || data.package.empty()) return found;
  return bad_input(fmt::format("{}: {} is not on this machine; expected it from `apt install {}`",
                               data.name, file, data.package));
}

Result<fs::path> find_data_file(const fs::path& file, const fs::path& base) {
  if (file.is_absolute()) return file;
  std::vector<fs::path> places = {base, fs::path(".")};
  for (auto& directory : data_directories()) places.push_back(std::move(directory));
  return find_in(places, file);
}

Result<FileFormat> file_format(const fs::path& path, FileFormat format) {
  if (format != FileFormat::detect) return format;
  fs::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  if (name.extension() == ".libsvm" || name.extension() == ".svm") return FileFormat::libsvm;
  if (name.extension() == ".csv" || name.extension() == ".tsv") return FileFormat::csv;
  COHORT_TRY(ByteSource bytes, ByteSource::open(path));
  char head[2]{};
  COHORT_TRY(const std::size_t size, bytes.read(std::as_writable_bytes(std::span(head))));
  const std::string_view first(head, size);
  if (first == std::string_view("\0\0", 2)) return FileFormat::idx;
  if (first == "\x93N") return FileFormat::npy;
  if (first == "PK") return FileFormat::npz;
  COHORT_TRY(TextSource source, TextSource::open(path));
  COHORT_TRY(const std::string_view block, source.next(1));
  return block.find(':') != std::string_view::npos ? FileFormat::libsvm : FileFormat::csv;
}

}  // namespace cohort
