#include "scenarios/sweep/claims.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "core/hash.hpp"

namespace cohort {

namespace {

struct flock byte_of(std::string_view name, short type) {
  const Hash128 hash = hash_bytes(std::as_bytes(std::span(name)));
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(hash.low >> 2);  // off_t is signed
  lock.l_len = 1;
  return lock;
}

Error cannot(std::string_view what, std::string_view name) {
  return bad_environment(fmt::format("cannot {} {}: {}", what, name, std::strerror(errno)));
}

}  // namespace

Result<Claims> Claims::open(const std::filesystem::path& lock_file) {
  Claims claims;
  claims.descriptor_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (claims.descriptor_ < 0) return cannot("open", lock_file.string());
  return claims;
}

Claims::~Claims() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<bool> Claims::take(std::string_view name) {
  struct flock lock = byte_of(name, F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return cannot("claim", name);
}

Result<void> Claims::wait_for(std::string_view name) {
  struct flock lock = byte_of(name, F_WRLCK);
  while (::fcntl(descriptor_, F_OFD_SETLKW, &lock) != 0) {
    if (errno != EINTR) return cannot("claim", name);
  }
  return {};
}

void Claims::release(std::string_view name) {
  struct flock lock = byte_of(name, F_UNLCK);
  ::fcntl(descriptor_, F_OFD_SETLK, &lock);
}

bool Claims::is_taken(std::string_view name) const {
  struct flock lock = byte_of(name, F_WRLCK);
  return ::fcntl(descriptor_, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace cohort
