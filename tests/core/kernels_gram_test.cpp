#include "core/kernels_gram.hpp"

#include <bit>
#include <cmath>

#include "core/cpu.hpp"
#include "core/payload.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

std::vector<std::vector<double>> normal_rows(std::size_t n, std::size_t width) {
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < n; ++i) {
    Stream(i + 1, Purpose::test).fill_normal(rows.emplace_back(width));
  }
  return rows;
}

std::vector<double> gram(const std::vector<std::vector<double>>& rows) {
  std::vector<const double*> pointers;
  for (const auto& row : rows) pointers.push_back(row.data());
  std::vector<double> out(rows.size() * (rows.size() + 1) / 2, -1.0);
  kernels::gram(pointers, rows.front().size(), out);
  return out;
}

/// What the header says, one operation at a time.
double by_lanes(const std::vector<double>& x, const std::vector<double>& y) {
  double lane[8] = {};
  for (std::size_t k = 0; k < x.size(); ++k) lane[k % 8] = std::fma(x[k], y[k], lane[k % 8]);
  for (std::size_t half = 4; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
  }
  return lane[0];
}

TEST(KernelsGram, GivesTheStatedBitsWithEveryInstructionSet) {
  const Isa before = isa();
  for (const Isa used : {Isa::avx2, Isa::avx512}) {
    if (!supports(used)) continue;
    set_isa(used);
    // Whole and partial groups of rows, and a second panel; whole and partial vectors.
    for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 7U, 12U, 24U, 25U, 30U, 53U}) {
      for (const std::size_t width : {0U, 1U, 3U, 4U, 7U, 8U, 13U, 16U, 100U}) {
        const auto rows = normal_rows(n, width);
        const auto products = gram(rows);
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = i; j < n; ++j) {
            ASSERT_EQ(std::bit_cast<std::uint64_t>(products[packed_index(i, j, n)]),
                      std::bit_cast<std::uint64_t>(by_lanes(rows[i], rows[j])))
                << isa_name() << ", n = " << n << ", width = " << width << ": " << i << " " << j;
          }
        }
      }
    }
  }
  set_isa(before);
}

}  // namespace
}  // namespace cohort
