#pragma once
// Order statistics of many short lists at once: comparator networks over vectors of lists. The same
// bits with AVX2 and with AVX-512 (DESIGN section 4.3).

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort::kernels {

struct Comparator {
  std::uint32_t low, high;  // where the smaller and where the larger value goes
};

/// Lists that go through a network together.
inline constexpr std::size_t network_lanes = 16;

/// values[p · network_lanes + l] is the value at place p of list l: each comparator, in order,
/// orders two places of every list. Equal values change places, so that zeros keep their signs.
/// Places are not checked; no value is NaN.
void apply_network(std::span<const Comparator> network, double* values);

}  // namespace cohort::kernels
