#pragma once
// Torus: rows × columns nodes, each next to the four around it, the borders joined. Node
// r · columns + c is in row r. rows, columns ≥ 3.
// Gap of W = metropolis: ⅖(1 − cos 2π/m), m = max(rows, columns). Diameter
// ⌊rows/2⌋ + ⌊columns/2⌋, 4 neighbours a node.

#include "algorithms/topology.hpp"

namespace cohort {

struct Torus {
  static constexpr std::string_view name = "torus";
  static constexpr std::string_view summary = "a grid whose opposite borders are joined";
  static constexpr std::string_view source = "";
  struct Options : NodesOption {
    std::uint64_t rows = 0;
    static void declare(OptionTable<Options>& t) {
      declare_nodes(t);
      t.add("rows", &Options::rows, non_negative,
            "rows, a divisor of nodes; 0: as near to a square as it goes");
    }
  };
  Options options;

  Result<Graph> graph(const GraphInput& input) const {
    constexpr std::uint32_t least = 3;
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, least * least));
    std::uint64_t rows = options.rows;
    if (rows == 0) {
      for (std::uint64_t r = least; r * r <= n; ++r) {
        if (n % r == 0) rows = r;
      }
    }
    if (rows < least || n % rows != 0 || n / rows < least) {
      return bad_input("graph torus: expected nodes = rows × columns, both at least 3, found " +
                       std::to_string(n) + " nodes" +
                       (options.rows == 0 ? "" : " in " + std::to_string(rows) + " rows"));
    }
    const auto height = static_cast<std::uint32_t>(rows), width = n / height;
    std::vector<Edge> edges;
    for (std::uint32_t r = 0; r < height; ++r) {
      for (std::uint32_t c = 0; c < width; ++c) {
        edges.push_back({r * width + c, r * width + (c + 1) % width});
        edges.push_back({r * width + c, (r + 1) % height * width + c});
      }
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
