#pragma once
// Who works on what: processes of one machine or of a cluster that share a folder claim names in
// it. A claim ends with its process, however that ends.
//
// One lock file serves all names: a claim is a lock on the byte at the hash of the name. Open file
// description locks, so that a process that closes another descriptor of the file loses nothing.

#include <filesystem>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace cohort {

class Claims {
 public:
  /// A forked process must open its own: it shares those of its parent.
  static Result<Claims> open(const std::filesystem::path& lock_file);
  Claims(Claims&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Claims& operator=(Claims&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Claims();

  /// False: another process has it. Error (environment): the file system cannot lock.
  Result<bool> take(std::string_view name);
  /// Waits for it.
  Result<void> wait_for(std::string_view name);
  void release(std::string_view name);
  /// Whether another process has it.
  bool is_taken(std::string_view name) const;

 private:
  Claims() = default;
  int descriptor_ = -1;
};

}  // namespace cohort
