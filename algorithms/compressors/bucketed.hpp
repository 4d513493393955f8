#pragma once
// Options of the quantizers that may have a scale for every bucket of coordinates.

#include <algorithm>

#include "algorithms/compressors/quantize.hpp"

namespace cohort {

/// A multiple of 64; 0: all coordinates share one scale.
struct BucketSize {
  std::uint32_t value = 0;
};
template <>
struct OptionType<BucketSize> {
  static std::string name() { return "multiple of 64"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, BucketSize& out,
                   Mistakes& mistakes) {
    const auto* whole = std::get_if<std::int64_t>(&node.value);
    if (whole == nullptr || *whole < 0 || *whole > (std::int64_t{1} << 30) || *whole % 64 != 0) {
      options_detail::expected(node, path, "a multiple of 64 up to 2^30, or 0 for one bucket",
                               mistakes);
      return false;
    }
    out.value = static_cast<std::uint32_t>(*whole);
    return true;
  }
  static ConfigNode write(BucketSize v) { return config_value(std::int64_t{v.value}); }
};

struct Bucketed {
  BucketSize bucket;

  template <class O>
  static void declare_bucket(OptionTable<O>& t) {
    t.add("bucket", &O::bucket, "coordinates that share a scale; 0: all of them");
  }
  double largest_bucket(std::uint64_t d) const {
    return static_cast<double>(bucket.value == 0 ? d : std::min<std::uint64_t>(bucket.value, d));
  }
};

}  // namespace cohort
