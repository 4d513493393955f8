#include "core/seeded_direction.hpp"

#include <algorithm>
#include <array>

#include "core/kernels.hpp"
#include "core/ordered_sum.hpp"

namespace cohort {
namespace {

constexpr std::size_t block = coordinate_block;

/// f(first, z_first … ) for the blocks of the coordinates below d.
template <class F>
void for_blocks(const SeededDirection& z, std::uint64_t d, F f) {
  std::array<double, block> values;
  for (std::uint64_t first = 0; first < d; first += block) {
    const std::span<double> part =
        std::span(values).first(std::min<std::uint64_t>(block, d - first));
    z.fill(part, first);
    f(first, part);
  }
}

}  // namespace

void SeededDirection::fill(std::span<double> out, std::uint64_t first) const {
  switch (law) {
    case Law::gaussian:
      stream.fill_normal(out, first);
      break;
    case Law::rademacher:
      stream.fill_rademacher(out, first);
      break;
    case Law::coordinate:
      std::fill(out.begin(), out.end(), 0.0);
      if (coordinate >= first && coordinate - first < out.size()) out[coordinate - first] = 1;
      break;
  }
  if (factor != 1) kernels::scale(factor, out);
}

void add_seeded(double a, const SeededDirection& z, std::span<double> y) {
  if (z.law == SeededDirection::Law::coordinate) {
    if (z.coordinate >= y.size()) return;
    kernels::axpy(a, std::span(&z.factor, 1), y.subspan(z.coordinate, 1));
    return;
  }
  for_blocks(z, y.size(), [&](std::uint64_t first, std::span<const double> part) {
    kernels::axpy(a, part, y.subspan(first, part.size()));
  });
}

double squared_norm(const SeededDirection& z, std::uint64_t d) {
  double sum = 0;
  for_blocks(z, d, [&](std::uint64_t, std::span<const double> part) {
    sum += kernels::squared_norm(part);
  });
  return sum;
}

}  // namespace cohort
