#pragma once
// Counter-based random streams (DESIGN section 4.1): every number is a function of (seed, purpose,
// entity, step, index), so no generator travels and any slice can be made by anyone.
//
// Philox4x32-10. Key = the 64-bit seed, low half first. The 128-bit counter is
//   purpose 8 | entity 40 | step 40 | draw 40     most significant first,
// and word 0 of the counter is its least significant one. A draw is a block of 128 bits, that is
// two 64-bit numbers: number j = words 2(j mod 2), 2(j mod 2) + 1 of block ⌊j/2⌋, the first word
// in the low half. Draws use the lower half of the 40-bit field, sub-streams the upper one.
//
// A stream serves two ways: at random (`…_at(j)`, `fill_…`; they leave the cursor alone), and in
// sequence (`uniform()`, `below()`, …: each consumes the next number; exceptions are named). The
// distributions are ours: those of the standard library differ between implementations.

#include <cstdint>
#include <span>
#include <vector>

namespace cohort {

/// What a stream is for. The numbers are part of every result: never reused, never changed.
enum class Purpose : std::uint8_t {
  cohort_sampling = 1,
  batches = 2,
  data_split = 3,
  partition = 4,
  model_init = 5,
  byzantine_choice = 6,
  attack = 7,
  directions = 8,
  compressor = 9,
  method = 10,
  noise = 11,
  synthetic_problem = 12,
  aggregation = 13,
  system = 14,
  walk = 15,
  fingerprint = 16,
  test = 17,
  evaluation = 18,  // which clients are evaluated
  topology = 19,    // the edges of a random graph
  availability = 21,
  dropout = 22,
};

class Stream {
 public:
  /// entity (a client or node id) and step (a round or hop) are below 2^40 (checked).
  Stream(std::uint64_t seed, Purpose purpose, std::uint64_t entity = 0, std::uint64_t step = 0);

  /// An independent stream at the same counter with cursor 0. i < 2^39 (checked). Its key is the
  /// first 64 bits of Philox(key, counter with draw = 2^40 − 1 − i).
  Stream sub(std::uint64_t i) const;

  // Random access; j < 2^40 (checked). The 64 bits of number j:
  std::uint64_t bits_at(std::uint64_t j) const;
  /// (k + ½) 2^−53 with k the 53 high bits, rounded down where that needs 54: in (0, 1).
  double uniform_at(std::uint64_t j) const;
  /// Φ^−1((k + ½) 2^−53): one uniform each, symmetric, |value| < 8.3.
  double normal_at(std::uint64_t j) const;

  // out[i] = the number first + i; the same bits as the one by one form.
  void fill_bits(std::span<std::uint64_t> out, std::uint64_t first = 0) const;
  void fill_uniform(std::span<double> out, std::uint64_t first = 0) const;
  void fill_normal(std::span<double> out, std::uint64_t first = 0) const;
  /// ±1, the sign being the highest bit of the number (set: −1).
  void fill_rademacher(std::span<double> out, std::uint64_t first = 0) const;
  // Single precision is another sequence: element j is made of word j mod 4 of block ⌊j/4⌋.
  // first + size ≤ 2^41 (checked).
  /// (k + ½) 2^−24 with k the 24 high bits, rounded down where that needs 25: in (0, 1).
  void fill_uniform(std::span<float> out, std::uint64_t first = 0) const;
  /// Φ^−1((k + ½) 2^−32) with k all 32 bits, relative error below 1e-6; |value| < 6.4.
  void fill_normal(std::span<float> out, std::uint64_t first = 0) const;

  // In sequence.
  std::uint64_t bits();
  double uniform();
  double normal();
  /// Exp(1) = −log(uniform), at most 37.5.
  double exponential();
  /// ⌊bits · m / 2^64⌋ in 0 … m − 1; m ≥ 1 (checked). Its bias is below m / 2^64.
  std::uint64_t below(std::uint64_t m);
  /// ±1
  double rademacher();

 private:
  std::uint64_t key_;
  std::uint64_t low_;   // words 0 and 1 of the counter of draw 0
  std::uint64_t high_;  // words 2 and 3
  std::uint64_t cursor_ = 0;
  std::uint64_t second_ = 0;  // number cursor_, when that is odd: it came with the one before
};

/// 0 … out.size() − 1 in random order: Fisher–Yates, position i drawing number i, so that the
/// first k positions need the first k numbers only. out.size() < 2^32 (checked).
void permutation(const Stream& stream, std::span<std::uint32_t> out);
std::vector<std::uint32_t> permutation(const Stream& stream, std::size_t n);

/// k different elements of 0 … n − 1, ascending, all subsets equally likely: Floyd's method,
/// memory and draws O(k). k ≤ n (checked).
std::vector<std::uint64_t> sample_without_replacement(const Stream& stream, std::uint64_t k,
                                                      std::uint64_t n);

/// Gamma(shape, 1), shape > 0 finite (checked): Marsaglia and Tsang, ACM TOMS 26 (2000), boosted
/// below shape 1. Consumes at least two numbers. Tiny shapes underflow to 0, as they must.
double gamma(Stream& stream, double shape);

/// A point of the simplex from Dirichlet(alpha_1 … alpha_n), alpha_i ≥ 1e-6 finite (checked). Works
/// with logarithms: never NaN, and the sum is 1 to rounding, however small the alphas.
std::vector<double> dirichlet(Stream stream, std::span<const double> alpha);
std::vector<double> dirichlet(Stream stream, double alpha, std::size_t n);

/// i with probability weights[i] / Σ weights; weights ≥ 0, their sum a positive
/// normal number (checked).
std::size_t categorical(Stream& stream, std::span<const double> weights);

}  // namespace cohort
