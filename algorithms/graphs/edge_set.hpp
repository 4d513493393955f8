#pragma once
// The undirected edges that a draw has made so far: a hash table with open addressing, O(edges).

#include <cstdint>
#include <utility>
#include <vector>

#include "core/graph.hpp"

namespace cohort {

class EdgeSet {
 public:
  explicit EdgeSet(std::uint64_t most) {
    std::uint64_t size = 16;
    while (size < 2 * most) size *= 2;
    slots_.assign(size, empty);
  }
  bool contains(std::uint32_t i, std::uint32_t j) const { return slots_[place(i, j)] == key(i, j); }
  /// False if it is there already.
  bool insert(std::uint32_t i, std::uint32_t j) {
    std::uint64_t& slot = slots_[place(i, j)];
    if (slot == key(i, j)) return false;
    slot = key(i, j);
    return true;
  }
  /// One that is there. Those after it move up, so that no search ends early.
  void erase(std::uint32_t i, std::uint32_t j) {
    std::uint64_t hole = place(i, j);
    const std::uint64_t mask = slots_.size() - 1;
    for (std::uint64_t next = (hole + 1) & mask; slots_[next] != empty; next = (next + 1) & mask) {
      const std::uint64_t home = hash(slots_[next]) & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        slots_[hole] = slots_[next];
        hole = next;
      }
    }
    slots_[hole] = empty;
  }

 private:
  static constexpr std::uint64_t empty = ~std::uint64_t{0};
  static std::uint64_t key(std::uint32_t i, std::uint32_t j) {
    if (i > j) std::swap(i, j);
    return std::uint64_t{i} << 32 | j;
  }
  static std::uint64_t hash(std::uint64_t x) {  // the finaliser of SplitMix64
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }
  /// Where the edge is, or would be.
  std::uint64_t place(std::uint32_t i, std::uint32_t j) const {
    const std::uint64_t mask = slots_.size() - 1;
    std::uint64_t at = hash(key(i, j)) & mask;
    while (slots_[at] != empty && slots_[at] != key(i, j)) at = (at + 1) & mask;
    return at;
  }
  std::vector<std::uint64_t> slots_;
};

}  // namespace cohort
