#pragma once
// Which nodes of a graph should be near each other: an order in which a cut anywhere separates few
// neighbours, so that contiguous ranges of it are good parts for processes.
//
//   The nodes are split in halves, each half again, and so on; an order is read off the leaves. A
//   half grows by breadth from a node at the rim, and is then improved by passes of swaps: of each
//   side in turn the node whose move cuts the fewest edges goes to the other, once a pass, and the
//   best prefix of the pass is kept (Fiduccia and Mattheyses, DAC 1982, with the balance of
//   Kernighan and Lin, 1970). Ties go to the lower number, so the order is a function of the graph
//   alone.
// Cost: for each of log2 n levels a few passes of O(m log n), that end after `patience` swaps that
// bring nothing.

#include <cstdint>
#include <span>
#include <vector>

#include "core/graph.hpp"
#include "core/ordered_sum.hpp"

namespace cohort {

/// [nodes] the node at each place.
std::vector<std::uint32_t> local_order(const Graph& graph);

/// The node at place k becomes node k; `order` is a permutation (checked).
Graph renumbered(const Graph& graph, std::span<const std::uint32_t> order);

/// Edges whose ends are in different parts; `parts` are ascending ranges that cover the nodes.
std::uint64_t cut_edges(const Graph& graph, std::span<const IdRange> parts);

}  // namespace cohort
