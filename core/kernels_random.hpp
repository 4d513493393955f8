#pragma once
// Random words and what is made of them, many at a time: the inside of core/random.hpp.

#include <cstdint>
#include <span>

namespace cohort::kernels {

/// Philox4x32-10 (Salmon et al., SC 2011) of consecutive counters. key = words 0 and 1 of the key,
/// low and high = words (0, 1) and (2, 3) of the first counter, the first word of a pair in the
/// low half. words[2i], words[2i + 1] = the block of low + i, packed alike; low may not wrap.
void philox(std::uint64_t key, std::uint64_t low, std::uint64_t high,
            std::span<std::uint64_t> words);

/// With k the 53 high bits of a word: (k + ½) 2^−53, rounded down where it needs 54 bits, so that
/// all values lie in [2^−54, 1 − 2^−53].
void uniforms(std::span<const std::uint64_t> words, std::span<double> out);
/// (k + ½) 2^−53 − ½, exactly: symmetric about 0, for kernels::centred_normal_quantile.
void centred_uniforms(std::span<const std::uint64_t> words, std::span<double> out);

/// out[j] ← Φ^−1((k + ½) 2^−32) with k the low half of words[j/2] for even j, the high half for odd
/// ones: exactly symmetric, relative error below 1e-6 (as Giles, GPU Computing Gems 2, 2011).
void normals(std::span<const std::uint64_t> words, std::span<float> out);

}  // namespace cohort::kernels
