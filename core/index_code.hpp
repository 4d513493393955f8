#pragma once
// Ascending indices in few bits: the code of Elias and Fano.
//
// Of k indices below n, each gives its l = ⌊log2(n / k)⌋ low bits as they are (0 if k = n), index
// after index; then, index after index, the increments of what is above them in unary: a 1 for the
// index after as many 0 as its high part grew. Bit j of the string is bit j mod 64 of word ⌊j/64⌋.
//   bits = k l + k + ⌊(n − 1) / 2^l⌋  ≤  k (2 + log2(n / k))  + k,   whatever the indices are
// which is within 2 bits an index of the least possible, log2 (n over k).
// Sources: Elias, Efficient storage and retrieval by content and address of static files, J. ACM 21
//   (1974); Fano, On the number of bits required to implement an associative memory, MIT, 1971.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cohort {

/// Words that `count` indices below `length` take; count ≤ length ≤ 2^32.
std::uint64_t index_code_words(std::uint64_t count, std::uint64_t length);
/// `words` has index_code_words() zeros; `indices` ascend below `length`.
void encode_indices(std::span<const std::uint32_t> indices, std::uint64_t length,
                    std::span<std::uint64_t> words);
/// None if the words are no code of `count` indices that ascend below `length`.
std::optional<std::vector<std::uint32_t>> decode_indices(std::span<const std::uint64_t> words,
                                                         std::uint64_t count, std::uint64_t length);

}  // namespace cohort
