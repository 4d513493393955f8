#pragma once
// What the machine can do, measured by loops that a reviewer can check at a glance: streaming read,
// copy and triad with independent vector accumulators.

#include <cstddef>
#include <span>

namespace cohort::bench {

/// Size of the last-level cache in bytes, 32 MiB where the system does not tell.
std::size_t last_level_cache();

/// Reads every byte once (a multiple of 256 is read); the value keeps the loop alive.
double read_all(std::span<const std::byte> bytes);
/// to ← from
void copy_all(std::span<const double> from, std::span<double> to);
/// a ← b + s c: one *pass* over d doubles.
void triad(std::span<double> a, std::span<const double> b, double s, std::span<const double> c);

}  // namespace cohort::bench
