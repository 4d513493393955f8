#pragma once
// A drawing of a graph: nodes repel, edges pull (Fruchterman, Reingold, Software: Practice and
// Experience 21 (1991)), from a circle.

#include <string>
#include <string_view>

#include "core/graph.hpp"
#include "core/result.hpp"

namespace cohort {

inline constexpr std::uint64_t drawn_nodes = 1500;
/// SVG. Error (bad_input): more nodes than `drawn_nodes`, which no page shows.
Result<std::string> draw_graph(const Graph& graph, std::string_view title);

}  // namespace cohort
