#pragma once
// The binary cache: what was parsed or ordered once is written to a file and mapped afterwards.
//
// A Blob is an ordered list of arrays, on the heap or mapped. Its file:
//   header   magic, version, sizes, XXH3-128 of all that follows
//   key      the text that says what the blob was made from
//   table    offset and size of every array
//   arrays   each at a multiple of 64 bytes
// A file is used only when its header, key and checksum agree with what is wanted; otherwise it is
// made again. Writers hold a lock and rename a finished file into place, so a reader sees a whole
// file or none. Nothing that goes wrong with the cache fails a run: the blob stays in memory and a
// warning says why.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/result.hpp"
#include "problems/data/array.hpp"

namespace cohort {

class Blob {
 public:
  template <class T>
  void add(Array<T> array) {
    auto owner = std::make_shared<const Array<T>>(std::move(array));
    sections_.push_back(std::as_bytes(std::span<const T>(*owner)));
    owners_.push_back(std::move(owner));
  }
  template <class T>
  void add(std::span<const T> values) {
    Array<T> array(values.size());
    std::copy(values.begin(), values.end(), array.data());
    add(std::move(array));
  }

  std::size_t sections() const { return sections_.size(); }
  std::span<const std::byte> bytes(std::size_t section) const { return sections_[section]; }
  template <class T>
  std::span<const T> as(std::size_t section) const {
    COHORT_CHECK(section < sections_.size() && sections_[section].size() % sizeof(T) == 0,
                 "a section of the blob has another element type");
    return {reinterpret_cast<const T*>(sections_[section].data()),
            sections_[section].size() / sizeof(T)};
  }
  bool is_mapped() const { return is_mapped_; }

 private:
  friend std::optional<Blob> load_blob(const std::filesystem::path&, std::string_view,
                                       std::string&);
  std::vector<std::span<const std::byte>> sections_;
  // What the sections point into; copies of a blob share it, and it is never written again.
  std::vector<std::shared_ptr<const void>> owners_;
  bool is_mapped_ = false;
};

/// Maps a blob's file. Without one: nullopt, and `why` says what is wrong with the file, or is
/// empty where there is none. The file is read once through a small buffer for its checksum, so
/// that pages which nobody asks for never become resident.
std::optional<Blob> load_blob(const std::filesystem::path& path, std::string_view key,
                              std::string& why);

/// Writes a blob under a temporary name and renames it. Errors: Code::environment.
Result<void> save_blob(const std::filesystem::path& path, std::string_view key, const Blob& blob);

struct CacheOptions {
  /// Empty: no cache, everything stays in memory.
  std::filesystem::path directory;
  /// How long to wait for another process that writes the same file before doing without.
  std::chrono::milliseconds patience = std::chrono::minutes(2);
  /// Files whose name begins with the same word (`view-…`) in one folder; the least recently used
  /// are removed, so a sweep over seeds does not fill the disk.
  std::size_t keep = 16;
};

/// `cohort` in the folder that an environment variable names, or below the home directory; empty
/// where neither is known.
std::filesystem::path xdg_folder(const char* variable, const char* below_home);
/// $XDG_CACHE_HOME/cohort, or ~/.cache/cohort; empty where neither is known.
std::filesystem::path default_cache_directory();

/// The blob of `folder`/`name` in the cache; made by `make` (and written) when it is not there.
/// `make(is_shared)`: whether the blob is for the cache and so for every process, or for this
/// process's memory only. Errors are those of `make`.
Result<Blob> cached_blob(const CacheOptions& options, std::string_view folder,
                         std::string_view name, std::string_view key,
                         const std::function<Result<Blob>(bool is_shared)>& make,
                         std::vector<std::string>& warnings);

}  // namespace cohort
