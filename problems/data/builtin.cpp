#include "problems/data/builtin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "problems/data/cache.hpp"
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
     "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false, "dataset-fashion-mnist",
     "/usr/share/datasets/fashion-mnist"},
    {"diabetes", "diabetes.csv.gz", FileFormat::csv, "", 442, 10, 0,
     "Efron et al., Annals of Statistics 2004; from scikit-learn 1.2.1 (BSD-3)"},
    {"a9a", "a9a.libsvm", FileFormat::libsvm, "", 32561, 123, 2,
     "UCI Adult, binary features; LIBSVM data collection", "", "a9a.t.libsvm", "", false},
    {"w8a", "w8a.libsvm", FileFormat::libsvm, "", 49749, 300, 2,
     "Platt's web pages, binary features; LIBSVM data collection", "", "w8a.t.libsvm", "", false},
    {"phishing", "phishing.libsvm", FileFormat::libsvm, "", 11055, 68, 2,
     "UCI Phishing Websites, binary features; LIBSVM data collection", "", "", "", false},
};

constexpr std::string_view libsvm_home =
    "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/";
constexpr std::string_view fashion_home =
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/";

struct Pinned {
  std::string_view data, file, home, at_home, sha256;
};
constexpr Pinned pinned[] = {
    {"a9a", "a9a.libsvm", libsvm_home, "a9a",
     "f5d5ffd8d865ff41328e7ee043e4b020816914ff6843ff15b98905ddbedce906"},
    {"a9a", "a9a.t.libsvm", libsvm_home, "a9a.t",
     "1f448a153f0320399a7e40836eb207655b0bde0f21fc941cc472193daa9f5de9"},
    {"w8a", "w8a.libsvm", libsvm_home, "w8a",
     "6a9fa8fd5f524303240a5db07d4b3d4a51e8b7b4b20a914105d8e3e8c81640f2"},
    {"w8a", "w8a.t.libsvm", libsvm_home, "w8a.t",
     "618929ecb01bebb841daec4cae4aa07b97832d29b08652452775598929547fde"},
    {"phishing", "phishing.libsvm", libsvm_home, "phishing",
     "0cf66ef36604c393da9359b2e5d894a2df8aee31fd184633cefa138add2ef08a"},
    {"fashion-mnist", "train-images-idx3-ubyte", fashion_home, "train-images-idx3-ubyte.gz",
     "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
    {"fashion-mnist", "train-labels-idx1-ubyte", fashion_home, "train-labels-idx1-ubyte.gz",
     "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
    {"fashion-mnist", "t10k-images-idx3-ubyte", fashion_home, "t10k-images-idx3-ubyte.gz",
     "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
    {"fashion-mnist", "t10k-labels-idx1-ubyte", fashion_home, "t10k-labels-idx1-ubyte.gz",
     "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
};

}  // namespace

std::vector<RemoteFile> remote_files(const BuiltinData& data) {
  std::vector<RemoteFile> files;
  for (const Pinned& p : pinned) {
    if (p.data == data.name) {
      files.push_back({p.file, std::string(p.home) + std::string(p.at_home), p.sha256});
    }
  }
  return files;
}

fs::path fetched_data_directory() { return xdg_folder("XDG_DATA_HOME", ".local/share"); }

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
  if (fs::path fetched = fetched_data_directory(); !fetched.empty()) {
    directories.push_back(std::move(fetched));
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
  if (found || data.ships) return found;
  return bad_input(fmt::format(
      "{}: {} is not on this machine; expected it from {}`cohort data get {}`", data.name, file,
      data.package.empty() ? "" : fmt::format("`apt install {}` or ", data.package), data.name));
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
