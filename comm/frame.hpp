#pragma once
// A message as it travels: a small header and big blocks. Bytes share their storage, so a vector
// goes from where it was computed to the wire without a copy, and through an in-process transport
// without any.

#include <cstdint>
#include <vector>

#include "core/bytes.hpp"

namespace cohort {

struct Frame {
  Bytes header;
  std::vector<Bytes> parts;

  std::uint64_t size() const {
    std::uint64_t n = header.size();
    for (const Bytes& part : parts) n += part.size();
    return n;
  }
  friend bool operator==(const Frame&, const Frame&) = default;
};

}  // namespace cohort
