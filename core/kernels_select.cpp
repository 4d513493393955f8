#include "core/kernels_select.hpp"

#include "core/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels_select.cpp"
#include <hwy/foreach_target.h>

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace cohort::kernels::HWY_NAMESPACE {
namespace {

void apply_network(const Comparator* network, std::size_t size, double* values) {
  for (std::size_t c = 0; c < size; ++c) {
    double* low = values + network[c].low * network_lanes;
    double* high = values + network[c].high * network_lanes;
    for (std::size_t l = 0; l < network_lanes; l += lanes) {
      const V64 a = load(low + l), b = load(high + l);
      // Of two equal values both instructions give the second.
      hn::StoreU(hn::Min(a, b), F64(), low + l);
      hn::StoreU(hn::Max(b, a), F64(), high + l);
    }
  }
}

}  // namespace
}  // namespace cohort::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace cohort::kernels {

void apply_network(std::span<const Comparator> network, double* values) {
  COHORT_DISPATCH(apply_network)(network.data(), network.size(), values);
}

}  // namespace cohort::kernels

#endif  // HWY_ONCE
