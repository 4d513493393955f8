#include "core/random.hpp"

#include <Random123/philox.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/kernels_random.hpp"

namespace cohort {
namespace {

constexpr std::uint64_t field = std::uint64_t{1} << 40;
constexpr std::uint64_t draws = field / 2;  // the upper half of the field makes sub-streams
constexpr std::uint64_t numbers = 2 * draws;

__extension__ using Wide = unsigned __int128;

std::uint64_t scaled(std::uint64_t bits, std::uint64_t m) {
  return static_cast<std::uint64_t>((Wide{bits} * m) >> 64);
}

void check_numbers(std::uint64_t first, std::uint64_t count, std::uint64_t limit) {
  COHORT_CHECK(
      count <= limit && first <= limit - count,
      fmt::format("numbers {} to {} of a stream that holds {}", first, first + count, limit));
}

using Block = std::array<std::uint64_t, 2>;

Block philox_block(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
  const auto word = [](std::uint64_t pair, int i) {
    return static_cast<std::uint32_t>(pair >> (32 * i));
  };
  using Philox = r123::Philox4x32;
  const Philox::ctr_type out =
      Philox()(Philox::ctr_type{{word(low, 0), word(low, 1), word(high, 0), word(high, 1)}},
               Philox::key_type{{word(key, 0), word(key, 1)}});
  return {out[0] | std::uint64_t{out[1]} << 32, out[2] | std::uint64_t{out[3]} << 32};
}

// What kernels::uniforms and kernels::centred_uniforms do; every operation here is exact.
double uniform_from(std::uint64_t bits) {
  const double high = static_cast<double>(static_cast<std::int64_t>(bits >> 11));
  return (high + (high < 0x1p52 ? 0.5 : 0.0)) * 0x1p-53;
}
double normal_from(std::uint64_t bits) {
  const auto high = static_cast<std::int64_t>(bits ^ (std::uint64_t{1} << 63)) >> 11;
  return kernels::centred_normal_quantile((static_cast<double>(high) + 0.5) * 0x1p-53);
}

double sign_of(std::uint64_t bits) { return (bits >> 63) != 0 ? -1.0 : 1.0; }

// The fills work through chunks that stay in the first-level cache.
constexpr std::size_t chunk = 512;

// f(i, words of the elements i, i + 1, … of a float fill), a chunk at a time.
template <class F>
void for_words(const Stream& stream, std::size_t size, std::uint64_t first, F f) {
  check_numbers(first, size, 2 * numbers);
  std::array<std::uint64_t, chunk / 2 + 1> pairs;
  std::array<std::uint32_t, chunk + 2> words;
  for (std::size_t i = 0; i < size; i += chunk) {
    const std::size_t n = std::min(chunk, size - i);
    const std::uint64_t begin = first + i;
    const std::size_t skip = begin % 2;
    const std::span<std::uint64_t> used = std::span(pairs).first((skip + n + 1) / 2);
    stream.fill_bits(used, begin / 2);
    for (std::size_t k = 0; k < used.size(); ++k) {
      words[2 * k] = static_cast<std::uint32_t>(used[k]);
      words[2 * k + 1] = static_cast<std::uint32_t>(used[k] >> 32);
    }
    f(i, std::span<const std::uint32_t>(words).subspan(skip, n));
  }
}

// The logarithm, since the value underflows for small shapes.
double log_gamma_variate(Stream& stream, double shape) {
  COHORT_CHECK(shape > 0.0 && std::isfinite(shape), fmt::format("gamma of shape {}", shape));
  if (shape < 1.0) {
    const double boost = kernels::log(stream.uniform()) / shape;
    return log_gamma_variate(stream, shape + 1.0) + boost;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = stream.normal();
    const double u = stream.uniform();
    const double t = 1.0 + c * x;
    if (t <= 0.0) continue;
    const double v = t * t * t;
    const double log_v = kernels::log(v);
    if (kernels::log(u) < 0.5 * x * x + d - d * v + d * log_v) return kernels::log(d) + log_v;
  }
}

}  // namespace

Stream::Stream(std::uint64_t seed, Purpose purpose, std::uint64_t entity, std::uint64_t step)
    : key_(seed),
      low_(step << 40),
      high_(step >> 24 | entity << 16 | static_cast<std::uint64_t>(purpose) << 56) {
  COHORT_CHECK(
      entity < field && step < field,
      fmt::format("a random stream of entity {} and step {}, at most 2^40 each", entity, step));
}

Stream Stream::sub(std::uint64_t i) const {
  COHORT_CHECK(i < field - draws, fmt::format("sub-stream {} of at most {}", i, field - draws));
  Stream result = *this;
  result.key_ = philox_block(key_, low_ + (field - 1 - i), high_)[0];
  result.cursor_ = 0;
  return result;
}

std::uint64_t Stream::bits_at(std::uint64_t j) const {
  check_numbers(j, 1, numbers);
  return philox_block(key_, low_ + j / 2, high_)[j % 2];
}
double Stream::uniform_at(std::uint64_t j) const { return uniform_from(bits_at(j)); }
double Stream::normal_at(std::uint64_t j) const { return normal_from(bits_at(j)); }

void Stream::fill_bits(std::span<std::uint64_t> out, std::uint64_t first) const {
  check_numbers(first, out.size(), numbers);
  if (out.empty()) return;
  if (first % 2 == 1) {
    out[0] = bits_at(first);
    out = out.subspan(1);
    ++first;
  }
  kernels::philox(key_, low_ + first / 2, high_, out);
}

void Stream::fill_uniform(std::span<double> out, std::uint64_t first) const {
  std::array<std::uint64_t, chunk> words;
  for (std::size_t i = 0; i < out.size(); i += chunk) {
    const std::size_t n = std::min(chunk, out.size() - i);
    fill_bits(std::span(words).first(n), first + i);
    kernels::uniforms(std::span(words).first(n), out.subspan(i, n));
  }
}

void Stream::fill_normal(std::span<double> out, std::uint64_t first) const {
  std::array<std::uint64_t, chunk> words;
  for (std::size_t i = 0; i < out.size(); i += chunk) {
    const std::size_t n = std::min(chunk, out.size() - i);
    const std::span<double> part = out.subspan(i, n);
    fill_bits(std::span(words).first(n), first + i);
    kernels::centred_uniforms(std::span(words).first(n), part);
    kernels::centred_normal_quantile(part, part);
  }
}

void Stream::fill_rademacher(std::span<double> out, std::uint64_t first) const {
  std::array<std::uint64_t, chunk> words;
  for (std::size_t i = 0; i < out.size(); i += chunk) {
    const std::size_t n = std::min(chunk, out.size() - i);
    fill_bits(std::span(words).first(n), first + i);
    for (std::size_t k = 0; k < n; ++k) out[i + k] = sign_of(words[k]);
  }
}

void Stream::fill_uniform(std::span<float> out, std::uint64_t first) const {
  for_words(*this, out.size(), first, [&](std::size_t i, std::span<const std::uint32_t> words) {
    for (std::size_t k = 0; k < words.size(); ++k) {
      const float high = static_cast<float>(words[k] >> 8);
      out[i + k] = (high + (high < 0x1p23F ? 0.5F : 0.0F)) * 0x1p-24F;
    }
  });
}

void Stream::fill_normal(std::span<float> out, std::uint64_t first) const {
  check_numbers(first, out.size(), 2 * numbers);
  std::array<std::uint64_t, chunk> words;
  if (first % 2 == 1 && !out.empty()) {
    const std::uint64_t high = bits_at(first / 2) >> 32;
    kernels::normals(std::span(&high, 1), out.first(1));
    out = out.subspan(1);
    ++first;
  }
  for (std::size_t i = 0; i < out.size(); i += 2 * chunk) {
    const std::span<float> part = out.subspan(i, std::min(2 * chunk, out.size() - i));
    const std::span<std::uint64_t> used = std::span(words).first((part.size() + 1) / 2);
    fill_bits(used, (first + i) / 2);
    kernels::normals(used, part);
  }
}

std::uint64_t Stream::bits() {
  check_numbers(cursor_, 1, numbers);
  const std::uint64_t j = cursor_++;
  if (j % 2 == 1) return second_;
  const Block block = philox_block(key_, low_ + j / 2, high_);
  second_ = block[1];
  return block[0];
}
double Stream::uniform() { return uniform_from(bits()); }
double Stream::normal() { return normal_from(bits()); }
double Stream::exponential() { return -kernels::log(uniform()); }
double Stream::rademacher() { return sign_of(bits()); }
std::uint64_t Stream::below(std::uint64_t m) {
  COHORT_CHECK(m >= 1, "a random integer below 0");
  return scaled(bits(), m);
}

void permutation(const Stream& stream, std::span<std::uint32_t> out) {
  const std::size_t n = out.size();
  COHORT_CHECK(n < (std::uint64_t{1} << 32), fmt::format("a permutation of {} elements", n));
  std::iota(out.begin(), out.end(), std::uint32_t{0});
  std::array<std::uint64_t, chunk> words;
  for (std::size_t i = 0; i < n; i += chunk) {
    const std::size_t count = std::min(chunk, n - i);
    stream.fill_bits(std::span(words).first(count), i);
    for (std::size_t k = 0; k < count; ++k) {
      std::swap(out[i + k], out[i + k + scaled(words[k], n - i - k)]);
    }
  }
}

std::vector<std::uint32_t> permutation(const Stream& stream, std::size_t n) {
  std::vector<std::uint32_t> out(n);
  permutation(stream, out);
  return out;
}

std::vector<std::uint64_t> sample_without_replacement(const Stream& stream, std::uint64_t k,
                                                      std::uint64_t n) {
  COHORT_CHECK(k <= n, fmt::format("{} different elements of {}", k, n));
  std::vector<std::uint64_t> chosen(k);
  stream.fill_bits(chosen);
  // A hash table of at most half its places; place 0 means free, so elements are stored plus one.
  const std::uint64_t places = std::bit_ceil(2 * k + 2);
  std::vector<std::uint64_t> table(places, 0);
  const int shift = std::countl_zero(places) + 1;
  const auto insert = [&](std::uint64_t element) {
    for (std::uint64_t at = (element * 0x9E3779B97F4A7C15U) >> shift;;
         at = (at + 1) & (places - 1)) {
      if (table[at] == element + 1) return false;
      if (table[at] != 0) continue;
      table[at] = element + 1;
      return true;
    }
  };
  for (std::uint64_t i = 0; i < k; ++i) {
    const std::uint64_t last = n - k + i;
    const std::uint64_t drawn = scaled(chosen[i], last + 1);
    if (insert(drawn)) {
      chosen[i] = drawn;
    } else {
      insert(last);
      chosen[i] = last;
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

double gamma(Stream& stream, double shape) {
  return kernels::exp(log_gamma_variate(stream, shape));
}

std::vector<double> dirichlet(Stream stream, std::span<const double> alpha) {
  constexpr double smallest = 1e-6;  // below, logarithms of variates leave the range of double
  std::vector<double> p(alpha.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    COHORT_CHECK(alpha[i] >= smallest, fmt::format("Dirichlet with alpha = {}", alpha[i]));
    p[i] = log_gamma_variate(stream, alpha[i]);
  }
  if (p.empty()) return p;
  const double largest = *std::max_element(p.begin(), p.end());
  for (double& x : p) x -= largest;
  kernels::exp(p, p);
  const double total = kernels::sum(p);
  for (double& x : p) x /= total;
  return p;
}

std::vector<double> dirichlet(Stream stream, double alpha, std::size_t n) {
  return dirichlet(stream, std::vector<double>(n, alpha));
}

std::size_t categorical(Stream& stream, std::span<const double> weights) {
  double total = 0.0;
  for (const double w : weights) {
    COHORT_CHECK(w >= 0.0 && std::isfinite(w), fmt::format("a categorical weight of {}", w));
    total += w;
  }
  COHORT_CHECK(total >= std::numeric_limits<double>::min() && std::isfinite(total),
               fmt::format("categorical weights that sum to {}", total));
  // uniform() < 1 keeps the threshold below the last partial sum, which is the total.
  const double threshold = stream.uniform() * total;
  double sum = 0.0;
  std::size_t i = 0;
  while ((sum += weights[i]) <= threshold) ++i;
  return i;
}

}  // namespace cohort
