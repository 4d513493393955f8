#pragma once
// NaN: what a broken client sends. Dropped before anything is combined, and counted against f.
// Cost: one pass.

#include <limits>

#include "algorithms/aggregation.hpp"

namespace cohort {

struct SendNan {
  static constexpr std::string_view name = "nan";
  static constexpr std::string_view summary = "sends NaN in each coordinate";
  static constexpr std::string_view source = "";
  struct Options {};
  Options options;
  void craft(const Stream&, VecRef block) const {
    block.setConstant(std::numeric_limits<double>::quiet_NaN());
  }
};

}  // namespace cohort
