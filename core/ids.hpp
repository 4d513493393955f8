#pragma once
// Strong ids: explicit, comparable, not interchangeable.

#include <compare>
#include <cstdint>
#include <functional>

namespace cohort {

template <class Tag, class Rep = std::uint64_t>
struct Id {
  using rep = Rep;
  Rep value{};

  constexpr Id() = default;
  constexpr explicit Id(Rep v) : value(v) {}
  friend constexpr auto operator<=>(Id, Id) = default;
  constexpr Id next() const { return Id(static_cast<Rep>(value + 1)); }
  template <class V>
  void fields(V&& v) {
    v("value", value);
  }
};

/// Who holds data. Ids are 0 … N−1 and are the leaves of the summation trie.
using ClientId = Id<struct ClientTag>;
/// A vertex of a graph.
using NodeId = Id<struct NodeTag>;
/// Round 0 is the start; the first round that trains is 1.
using Round = Id<struct RoundTag>;
/// A process of a run. Rank 0 is the coordinator, and a worker too.
using Rank = Id<struct RankTag, std::uint32_t>;

/// Ask ids strictly increase: (round, index of the Ask in its round).
struct AskId {
  std::uint64_t round = 0;
  std::uint32_t index = 0;
  friend constexpr auto operator<=>(const AskId&, const AskId&) = default;
  template <class V>
  void fields(V&& v) {
    v("round", round);
    v("index", index);
  }
};

}  // namespace cohort

template <class Tag, class Rep>
struct std::hash<cohort::Id<Tag, Rep>> {
  std::size_t operator()(cohort::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
