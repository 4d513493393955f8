#pragma once
// Infinity: what a broken client sends. Dropped before anything is combined, and counted against f.
// Cost: one pass.

#include <limits>

#include "algorithms/aggregation.hpp"

namespace cohort {

struct SendInfinity {
  static constexpr std::string_view name = "infinity";
  static constexpr std::string_view summary = "sends infinity in each coordinate";
  static constexpr std::string_view source = "";
  struct Options {};
  Options options;
  void craft(const Stream&, VecRef block) const {
    block.setConstant(std::numeric_limits<double>::infinity());
  }
};

}  // namespace cohort
