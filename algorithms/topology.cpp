#include "algorithms/topology.hpp"

#include <fmt/format.h>

namespace cohort {

Result<std::uint32_t> node_count(std::string_view topology, std::uint64_t option,
                                 const GraphInput& input, std::uint64_t least) {
  constexpr std::uint64_t most = 0xffff'fffe;
  if (option != 0 && input.nodes != 0 && option != input.nodes) {
    return bad_input(fmt::format("graph {}: expected nodes = {}, as many as there are, found {}",
                                 topology, input.nodes, option));
  }
  const std::uint64_t nodes = option != 0 ? option : input.nodes;
  if (nodes == 0) {
    return bad_input(fmt::format("graph {}: expected the number of nodes, as in '{} nodes=16'",
                                 topology, topology));
  }
  if (nodes < least || nodes > most) {
    return bad_input(
        fmt::format("graph {}: expected {} to {} nodes, found {}", topology, least, most, nodes));
  }
  return static_cast<std::uint32_t>(nodes);
}

}  // namespace cohort
