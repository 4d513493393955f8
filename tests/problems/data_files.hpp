#pragma once
// Small files for the tests of readers and cache.

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace cohort::test {

/// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cohort-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  std::filesystem::path write_gzip(const std::string& name, std::string_view text) const {
    const auto path = path_ / name;
    gzFile file = ::gzopen(path.c_str(), "wb");
    ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(file);
    return path;
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_bytes(const std::filesystem::path& path) {
  std::string text(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

inline std::filesystem::path shipped(const std::string& name) {
  return std::filesystem::path(COHORT_SOURCE_DIR) / "problems/data/shipped" / name;
}

/// A file of $COHORT_REFERENCE_DATA, or of ../shared/data/reference beside the sources; may not
/// exist: these are not part of the project.
inline std::filesystem::path reference(const std::string& name) {
  const char* const set = std::getenv("COHORT_REFERENCE_DATA");
  const auto folder = set != nullptr ? std::filesystem::path(set)
                                     : std::filesystem::path(COHORT_SOURCE_DIR).parent_path() /
                                           "shared/data/reference";
  return folder / name;
}

}  // namespace cohort::test
