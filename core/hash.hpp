#pragma once
// XXH3-128 of bytes, written as 32 hex digits: state_hash, model_hash, scenario hash, checksums.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/archive.hpp"

namespace cohort {

struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  std::string hex() const;
  template <class V>
  void fields(V&& v) {
    v("high", high);
    v("low", low);
  }
};

Hash128 hash_bytes(std::span<const std::byte> bytes);

/// Of the encoded fields.
template <class T>
Hash128 hash_fields(const T& value) {
  return hash_bytes(to_bytes(value));
}
/// Of the little-endian f64 of a vector: `model_hash`.
inline Hash128 hash_vec(const Vec& x) { return hash_bytes(std::as_bytes(as_span(x))); }

}  // namespace cohort
