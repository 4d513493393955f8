#include "core/hash.hpp"

#include <fmt/core.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cohort {

std::string Hash128::hex() const { return fmt::format("{:016x}{:016x}", high, low); }

Hash128 hash_bytes(std::span<const std::byte> bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.high64, h.low64};
}

}  // namespace cohort
