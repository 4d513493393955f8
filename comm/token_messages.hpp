#pragma once
// A token on its way from one process to another.

#include <cstdint>

#include "core/bytes.hpp"

namespace cohort {

struct TokenMessage {
  static constexpr std::uint16_t type = 46;
  std::uint64_t token = 0;
  std::uint64_t hop = 0;  // that it is on
  Bytes x;                // the model, f64
  Bytes memory;           // what travels with it
  template <class V>
  void fields(V&& v) {
    v("token", token);
    v("hop", hop);
    v("x", x);
    v("memory", memory);
  }
};

}  // namespace cohort
