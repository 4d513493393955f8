#pragma once
// XXH3-128 of bytes that come in pieces, for provenance and the cache; the same as hash_bytes of
// the whole.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "core/hash.hpp"
#include "core/result.hpp"

struct XXH3_state_s;

namespace cohort {

class Checksum {
 public:
  Checksum();
  void update(std::span<const std::byte> bytes);
  /// Of the bytes so far; more may follow.
  Hash128 digest() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

/// Of the bytes of a regular file as they lie on disk (compressed, when it is). Error: bad_input.
Result<Hash128> checksum_file(const std::filesystem::path& path);

}  // namespace cohort
