#pragma once
// What the tests of compressors share.

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "algorithms/compressor.hpp"

namespace cohort::compressed {

template <class T>
CompressorOf<T> made(typename T::Options options = {}) {
  return CompressorOf<T>(std::move(options));
}
inline Block block(const Compressor& compressor, const Vec& x, std::uint64_t trial = 0) {
  Block b = dense_block("x", as_span(x));
  compressor.compress(Stream(1, Purpose::compressor, trial), b);
  return b;
}
inline Vec vec(const Compressor& compressor, const Vec& x, std::uint64_t trial = 0) {
  return block(compressor, x, trial).to_vec();
}
inline Vec of(std::initializer_list<double> values) {
  return Eigen::Map<const Vec>(values.begin(), static_cast<Index>(values.size()));
}
inline Vec normal(Index d, std::uint64_t seed = 1) {
  Vec x(d);
  Stream(seed, Purpose::test).fill_normal(as_mutable_span(x));
  return x;
}

struct Moments {
  double bias = 0;      // ‖mean C(x) − x‖² / ‖x‖²
  double variance = 0;  // mean ‖C(x) − x‖² / ‖x‖²
};
inline Moments moments(const Compressor& compressor, const Vec& x, int trials) {
  Vec mean = Vec::Zero(x.size());
  double variance = 0;
  for (int t = 0; t < trials; ++t) {
    const Vec c = vec(compressor, x, static_cast<std::uint64_t>(t));
    mean += c / trials;
    variance += (c - x).squaredNorm() / trials;
  }
  return {(mean - x).squaredNorm() / x.squaredNorm(), variance / x.squaredNorm()};
}

}  // namespace cohort::compressed
