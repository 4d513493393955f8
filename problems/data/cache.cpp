#include "problems/data/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "problems/data/byte_source.hpp"
#include "problems/data/checksum.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t alignment = 64;
constexpr std::array<char, 8> magic = {'C', 'O', 'H', 'O', 'R', 'T', 'D', 'C'};
constexpr std::uint32_t format_version = 1;
constexpr std::uint32_t byte_order = 0x01020304;

struct Header {
  std::array<char, 8> magic{};
  std::uint32_t version = 0;
  std::uint32_t byte_order = 0;
  std::uint64_t file_size = 0;
  std::uint64_t key_size = 0;
  std::uint64_t sections = 0;
  std::uint64_t checksum_high = 0;
  std::uint64_t checksum_low = 0;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(Header) == alignment);

struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::uint64_t round_up(std::uint64_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int value() const { return value_; }
  bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

/// Appends to a file and to a checksum; remembers the first failure.
class BlobWriter {
 public:
  explicit BlobWriter(int descriptor) : descriptor_(descriptor) {}

  void write(std::span<const std::byte> bytes) {
    sum_.update(bytes);
    while (!bytes.empty() && error_ == 0) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0) {
        if (errno != EINTR) error_ = errno;
      } else {
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        position_ += static_cast<std::uint64_t>(written);
      }
    }
  }
  void pad() {
    static constexpr std::array<std::byte, alignment> zeros{};
    write(std::span(zeros).first(round_up(position_) - position_));
  }
  void write_header(const Header& header) {
    const auto written = ::pwrite(descriptor_, &header, sizeof(header), 0);
    if (written != static_cast<ssize_t>(sizeof(header)) && error_ == 0) {
      error_ = written < 0 ? errno : ENOSPC;
    }
  }
  int error() const { return error_; }
  Hash128 checksum() const { return sum_.digest(); }

 private:
  int descriptor_;
  int error_ = 0;
  std::uint64_t position_ = alignment;  // behind the header
  Checksum sum_;
};

/// Which file a path names: a file renamed into place is another one.
std::optional<std::uint64_t> identity(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_ino);
}

/// An exclusive lock, held until destroyed; released by the kernel when the process dies.
class FileLock {
 public:
  FileLock(const fs::path& path, std::chrono::steady_clock::time_point deadline)
      : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (!file_.is_open()) {
      error_ = std::strerror(errno);
      return;
    }
    while (::flock(file_.value(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        error_ = std::strerror(errno);
        return;
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        error_ = "another process holds its lock";
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  /// Why it is not held; empty when it is.
  const std::string& error() const { return error_; }

 private:
  Descriptor file_;
  std::string error_;
};

/// Removes the least recently used files of a kind beyond `keep`. Processes that have one mapped
/// keep it.
void remove_old(const fs::path& path, std::size_t keep) {
  const std::string name = path.filename().string();
  const std::string kind = name.substr(0, name.find('-') + 1);
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  for (fs::directory_iterator it(path.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() != ".bin" || !it->path().filename().string().starts_with(kind)) {
      continue;
    }
    std::error_code ignored;
    files.emplace_back(it->last_write_time(ignored), it->path());
  }
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i + keep < files.size(); ++i) {
    if (files[i].second != path) fs::remove(files[i].second, error);
  }
}

}  // namespace

std::optional<Blob> load_blob(const fs::path& path, std::string_view key, std::string& why) {
  why.clear();
  if (!identity(path)) return std::nullopt;
  const auto refuse = [&](std::string_view reason) {
    why = fmt::format("{}: {}", path.string(), reason);
    return std::nullopt;
  };
  auto file = InputFile::open(path);
  if (!file) return refuse("cannot be opened");
  Header header;
  const auto head = file->read(std::as_writable_bytes(std::span(&header, 1)));
  if (!head || *head != sizeof(header) || header.magic != magic) return refuse("is no cache file");
  if (header.version != format_version || header.byte_order != byte_order) {
    return refuse("was written by another version");
  }
  if (header.file_size != file->size()) {
    return refuse(fmt::format("has {} bytes and should have {}", file->size(), header.file_size));
  }
  Checksum sum;
  std::vector<std::byte> block(std::size_t{1} << 18);
  while (true) {
    const auto size = file->read(block);
    if (!size) return refuse("cannot be read");
    if (*size == 0) break;
    sum.update(std::span(block).first(*size));
  }
  if (sum.digest() != Hash128{header.checksum_high, header.checksum_low}) {
    return refuse("has a wrong checksum");
  }

  const auto size = static_cast<std::size_t>(header.file_size);
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file->descriptor(), 0);
  if (address == MAP_FAILED) return refuse("cannot be mapped");
  Blob blob;
  blob.is_mapped_ = true;
  blob.owners_.push_back(std::shared_ptr<const void>(
      address, [size](const void* p) { ::munmap(const_cast<void*>(p), size); }));
  const std::span<const std::byte> all(static_cast<const std::byte*>(address), size);
  const std::uint64_t body = size - sizeof(Header);
  if (header.key_size > body || header.sections > body / sizeof(Extent) ||
      round_up(header.key_size) + header.sections * sizeof(Extent) > body) {
    return refuse("has a wrong table");
  }
  const auto stored_key = all.subspan(sizeof(Header), header.key_size);
  if (std::string_view(reinterpret_cast<const char*>(stored_key.data()), stored_key.size()) !=
      key) {
    return refuse("was made from something else");
  }
  const std::byte* const table = all.data() + sizeof(Header) + round_up(header.key_size);
  for (std::uint64_t i = 0; i < header.sections; ++i) {
    Extent extent;
    std::memcpy(&extent, table + i * sizeof(Extent), sizeof(Extent));
    if (extent.offset % alignment != 0 || extent.offset > size ||
        extent.size > size - extent.offset) {
      return refuse("has a wrong table");
    }
    blob.sections_.push_back(all.subspan(extent.offset, extent.size));
  }
  ::futimens(file->descriptor(), nullptr);  // used now: see remove_old
  return blob;
}

Result<void> save_blob(const fs::path& path, std::string_view key, const Blob& blob) {
  fs::path temporary = path;
  temporary += ".tmp";
  const auto failed = [&](int number) {
    ::unlink(temporary.c_str());
    return bad_environment(
        fmt::format("{}: cannot be written: {}", path.string(), std::strerror(number)));
  };
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.is_open()) return failed(errno);

  const std::uint64_t table = sizeof(Header) + round_up(key.size());
  std::uint64_t end = round_up(table + blob.sections() * sizeof(Extent));
  std::vector<Extent> extents;
  for (std::size_t i = 0; i < blob.sections(); ++i) {
    extents.push_back({end, blob.bytes(i).size()});
    end += round_up(blob.bytes(i).size());
  }
  BlobWriter writer(file.value());
  if (::lseek(file.value(), sizeof(Header), SEEK_SET) < 0) return failed(errno);
  writer.write(std::as_bytes(std::span(key)));
  writer.pad();
  writer.write(std::as_bytes(std::span(extents)));
  writer.pad();
  for (std::size_t i = 0; i < blob.sections(); ++i) {
    writer.write(blob.bytes(i));
    writer.pad();
  }
  const Hash128 sum = writer.checksum();
  writer.write_header({.magic = magic,
                       .version = format_version,
                       .byte_order = byte_order,
                       .file_size = end,
                       .key_size = key.size(),
                       .sections = blob.sections(),
                       .checksum_high = sum.high,
                       .checksum_low = sum.low});
  if (writer.error() != 0) return failed(writer.error());
  // A network file system may report a full disk only now.
  if (::fsync(file.value()) != 0) return failed(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

fs::path xdg_folder(const char* variable, const char* below_home) {
  // The specification of XDG says that a relative path is to be ignored.
  const char* const xdg = std::getenv(variable);
  if (xdg != nullptr && fs::path(xdg).is_absolute()) return fs::path(xdg) / "cohort";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && fs::path(home).is_absolute()) {
    return fs::path(home) / below_home / "cohort";
  }
  return {};
}

fs::path default_cache_directory() { return xdg_folder("XDG_CACHE_HOME", ".cache"); }

Result<Blob> cached_blob(const CacheOptions& options, std::string_view folder,
                         std::string_view name, std::string_view key,
                         const std::function<Result<Blob>(bool is_shared)>& make,
                         std::vector<std::string>& warnings) {
  if (options.directory.empty()) return make(false);
  const auto in_memory = [&](std::string_view reason) {
    warnings.push_back(fmt::format("the data cache is not used: {}", reason));
    return make(false);
  };
  const fs::path place = options.directory / folder;
  const fs::path path = place / fmt::format("{}.bin", name);
  std::error_code error;
  fs::create_directories(place, error);
  if (error) return in_memory(fmt::format("{}: {}", place.string(), error.message()));

  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  std::string why;
  while (true) {
    const auto seen = identity(path);
    if (auto blob = load_blob(path, key, why)) return std::move(*blob);
    fs::path lock_path = path;
    lock_path += ".lock";
    const FileLock lock(lock_path, deadline);
    if (!lock.error().empty()) {
      return in_memory(fmt::format("{}: {}", path.string(), lock.error()));
    }
    // Somebody may have written it since; look again, outside the lock.
    if (identity(path) != seen && std::chrono::steady_clock::now() < deadline) continue;
    if (!why.empty()) warnings.push_back(fmt::format("the data cache is made again: {}", why));
    COHORT_TRY(Blob blob, make(true));
    if (auto saved = save_blob(path, key, blob); !saved) {
      warnings.push_back(fmt::format("the data cache is not used: {}", saved.error().message));
      return blob;
    }
    remove_old(path, options.keep);
    if (auto mapped = load_blob(path, key, why)) return std::move(*mapped);
    warnings.push_back(fmt::format("the data cache is not used: {}", why));
    return blob;
  }
}

}  // namespace cohort
