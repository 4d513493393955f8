#pragma once
// How many coordinates a sparsifier keeps, and in which precision their values travel.

#include <algorithm>
#include <cmath>

#include "algorithms/compressors/rounded.hpp"

namespace cohort {

/// A count, or a share of d rounded up; at least one coordinate.
struct Kept {
  std::uint64_t count = 0;  // 0: by share
  double share = 0.01;

  std::uint64_t of(std::uint64_t d) const {
    const double wanted = std::ceil(share * static_cast<double>(d));
    const std::uint64_t k = count > 0 ? count : static_cast<std::uint64_t>(std::max(wanted, 1.0));
    return std::min(k, d);
  }
};

template <>
struct OptionType<Kept> {
  static std::string name() { return "whole number or share"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, Kept& out,
                   Mistakes& mistakes) {
    const auto* whole = std::get_if<std::int64_t>(&node.value);
    const auto* share = std::get_if<double>(&node.value);
    if (whole != nullptr && *whole >= 1) {
      out = {static_cast<std::uint64_t>(*whole), 0};
    } else if (share != nullptr && *share > 0 && *share <= 1) {
      out = {0, *share};
    } else {
      options_detail::expected(
          node, path, "a whole number of coordinates, 1 or more, or a share of them in (0, 1]",
          mistakes);
      return false;
    }
    return true;
  }
  static ConfigNode write(const Kept& v) {
    return v.count > 0 ? config_value(static_cast<std::int64_t>(v.count)) : config_value(v.share);
  }
};

enum class Values : std::uint8_t { f64, f32, bf16 };
inline std::vector<std::pair<std::string, Values>> option_names(Values) {
  return {{"f64", Values::f64}, {"f32", Values::f32}, {"bf16", Values::bf16}};
}
inline Element element_of(Values values) {
  return values == Values::f64   ? Element::f64
         : values == Values::f32 ? Element::f32
                                 : Element::bf16;
}

struct KeptOptions {
  Kept kept;
  Values values = Values::f64;

  template <class O>
  static void declare_values(OptionTable<O>& t) {
    t.add("values", &O::values, "the element that kept values are sent in");
  }
};

}  // namespace cohort
