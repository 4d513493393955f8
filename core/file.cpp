#include "core/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/hash.hpp"

namespace cohort {

namespace {

// Closes on every way out.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

Error failed(const char* what, const std::filesystem::path& path) {
  return bad_environment(std::string(what) + " " + path.string() + ": " + std::strerror(errno));
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const Descriptor d{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (d.fd < 0 || ::fsync(d.fd) != 0) return failed("cannot sync directory", directory);
  return {};
}

}  // namespace

Result<void> write_durably(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::filesystem::path temporary = path.string() + ".tmp";
  {
    const Descriptor d{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (d.fd < 0) return failed("cannot create", temporary);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::write(d.fd, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const Error error = failed("cannot write", temporary);
        ::unlink(temporary.c_str());
        return error;
      }
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(d.fd) != 0) return failed("cannot sync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot rename to", path);
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

Result<std::vector<std::byte>> read_file(const std::filesystem::path& path) {
  const Descriptor d{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (d.fd < 0) return failed("cannot open", path);
  struct stat info {};
  if (::fstat(d.fd, &info) != 0) return failed("cannot read", path);
  if (!S_ISREG(info.st_mode)) return bad_input(path.string() + ": expected a regular file");
  std::vector<std::byte> bytes(static_cast<std::size_t>(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(d.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot read", path);
    if (n == 0) return bad_environment("cannot read " + path.string() + ": it became shorter");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

Result<void> write_sealed(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::vector<std::byte> file = to_bytes(hash_bytes(bytes));
  file.insert(file.end(), bytes.begin(), bytes.end());
  return write_durably(path, file);
}

Result<std::vector<std::byte>> read_sealed(const std::filesystem::path& path) {
  COHORT_TRY(std::vector<std::byte> file, read_file(path));
  constexpr std::ptrdiff_t hash_size = 2 * sizeof(std::uint64_t);
  if (file.size() < static_cast<std::size_t>(hash_size)) {
    return bad_input(path.string() + ": expected a hash and what it is of, found " +
                     std::to_string(file.size()) + " bytes");
  }
  COHORT_TRY(const Hash128 hash, from_bytes<Hash128>(std::span(file).first(hash_size)));
  file.erase(file.begin(), file.begin() + hash_size);
  if (hash != hash_bytes(file)) {
    return bad_input(path.string() + ": the file is damaged (its hash differs)");
  }
  return file;
}

}  // namespace cohort
