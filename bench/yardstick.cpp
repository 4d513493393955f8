#include "bench/yardstick.hpp"

#include <immintrin.h>
#include <unistd.h>

namespace cohort::bench {

std::size_t last_level_cache() {
  const long size = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  return size > 0 ? static_cast<std::size_t>(size) : std::size_t{32} << 20;
}

double read_all(std::span<const std::byte> bytes) {
  __m256d sum[8];
  for (__m256d& lane : sum) lane = _mm256_setzero_pd();
  const std::byte* data = bytes.data();
  for (std::size_t i = 0; i + 256 <= bytes.size(); i += 256) {
    for (std::size_t k = 0; k < 8; ++k) {
      // The bits are not numbers of any use; xor takes them all the same, at the speed of loads.
      const __m256d x = _mm256_loadu_pd(reinterpret_cast<const double*>(data + i + 32 * k));
      sum[k] = _mm256_xor_pd(sum[k], x);
    }
  }
  __m256d total = sum[0];
  for (std::size_t k = 1; k < 8; ++k) total = _mm256_xor_pd(total, sum[k]);
  return _mm256_cvtsd_f64(total);
}

void copy_all(std::span<const double> from, std::span<double> to) {
  const std::size_t n = from.size() / 4 * 4;
  for (std::size_t i = 0; i < n; i += 4) {
    _mm256_storeu_pd(to.data() + i, _mm256_loadu_pd(from.data() + i));
  }
  for (std::size_t i = n; i < from.size(); ++i) to[i] = from[i];
}

void triad(std::span<double> a, std::span<const double> b, double s, std::span<const double> c) {
  const std::size_t n = a.size() / 4 * 4;
  const __m256d factor = _mm256_set1_pd(s);
  for (std::size_t i = 0; i < n; i += 4) {
    _mm256_storeu_pd(a.data() + i, _mm256_fmadd_pd(factor, _mm256_loadu_pd(c.data() + i),
                                                   _mm256_loadu_pd(b.data() + i)));
  }
  for (std::size_t i = n; i < a.size(); ++i) a[i] = b[i] + s * c[i];
}

}  // namespace cohort::bench
