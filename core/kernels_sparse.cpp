#include "core/kernels_sparse.hpp"

#include <fmt/format.h>

namespace cohort::kernels {
namespace {

// Copies the coefficient of every row beside each of its elements, sixteen at a time whatever the
// length of the row (the next row overwrites the excess), and then makes one loop of all elements,
// whose end is the only branch that is hard to predict.
template <class Value>
void axpy_rows(std::span<const double> a, std::span<const std::uint64_t> offsets,
               std::span<const std::uint32_t> index, std::span<const Value> value,
               std::span<double> y) {
  COHORT_CHECK(offsets.size() == a.size() + 1,
               fmt::format("{} offsets of {} sparse rows", offsets.size(), a.size()));
  COHORT_CHECK(index.size() == value.size() && offsets.back() <= index.size(),
               fmt::format("sparse rows up to element {} of {} indices and {} values",
                           offsets.back(), index.size(), value.size()));
  constexpr std::size_t capacity = 1024;
  constexpr std::size_t stride = 16;
  double coefficient[capacity + stride];
  std::size_t row = 0;
  while (row < a.size()) {
    const std::uint64_t begin = offsets[row];
    const std::size_t first = row;
    for (; row < a.size() && offsets[row + 1] - begin <= capacity; ++row) {
      double* at = coefficient + (offsets[row] - begin);
      const double* end = coefficient + (offsets[row + 1] - begin);
      const __m256d copies = _mm256_set1_pd(a[row]);
      do {
        for (std::size_t l = 0; l < stride; l += 4) _mm256_storeu_pd(at + l, copies);
        at += stride;
      } while (at < end);
    }
    if (row == first) {  // a row that is longer than the buffer
      const std::uint64_t length = offsets[row + 1] - begin;
      detail::sparse_axpy(a[row], index.subspan(begin, length), value.subspan(begin, length), y);
      ++row;
      continue;
    }
    const std::size_t count = offsets[row] - begin;
    const std::uint32_t* i = index.data() + begin;
    const Value* v = value.data() + begin;
    double* out = y.data();
    for (std::size_t k = 0; k < count; ++k) {
      out[i[k]] = std::fma(coefficient[k], static_cast<double>(v[k]), out[i[k]]);
    }
  }
}

}  // namespace

void sparse_axpy_rows(std::span<const double> a, std::span<const std::uint64_t> offsets,
                      std::span<const std::uint32_t> index, std::span<const double> value,
                      std::span<double> y) {
  axpy_rows(a, offsets, index, value, y);
}
void sparse_axpy_rows(std::span<const double> a, std::span<const std::uint64_t> offsets,
                      std::span<const std::uint32_t> index, std::span<const float> value,
                      std::span<double> y) {
  axpy_rows(a, offsets, index, value, y);
}

}  // namespace cohort::kernels
