#pragma once
// Random geometric graph: nodes at random in the unit square, an edge where two are no further
// apart than r. Gilbert, J. SIAM 9 (1961). Connected with high probability if π r² > ln n/n. The
// gap is Θ(r²). Cells of side r are searched: O(n + edges).

#include <algorithm>
#include <cmath>

#include "algorithms/topology.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct Geometric {
  static constexpr std::string_view name = "geometric";
  static constexpr std::string_view summary = "random points, edges between those that are near";
  static constexpr std::string_view source = "Gilbert, J. SIAM 9 (1961)";
  struct Options : DrawnOptions {
    double radius = 0.0;
    static void declare(OptionTable<Options>& t) {
      declare_drawn(t);
      t.add("radius", &Options::radius, non_negative,
            "r, in sides of the square; 0: sqrt(ln n/n), 1.8 times what connects");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return options.period(); }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    const double threshold = std::sqrt(kernels::log(n) / n);
    const double r = options.radius > 0.0 ? options.radius : threshold;
    return drawn_graph(name, options, input,
                       "raise radius above " + std::to_string(0.5641895835 * threshold),
                       [&](const Stream& stream) { return draw(n, r, stream); });
  }

 private:
  static Graph draw(std::uint32_t n, double r, const Stream& stream) {
    std::vector<double> xy(2 * std::size_t{n});
    stream.fill_uniform(xy);
    const auto side = static_cast<std::uint32_t>(
        std::clamp(1.0 / r, 1.0, std::ceil(std::sqrt(static_cast<double>(n)))));
    const auto cell_of = [&](double x) {
      return std::min(side - 1, static_cast<std::uint32_t>(x * side));
    };
    std::vector<std::vector<std::uint32_t>> cells(std::size_t{side} * side);
    std::vector<Edge> edges;
    for (std::uint32_t i = 0; i < n; ++i) {
      const double x = xy[2 * i], y = xy[2 * i + 1];
      const std::uint32_t cx = cell_of(x), cy = cell_of(y);
      for (std::uint32_t a = cx > 0 ? cx - 1 : 0; a <= std::min(cx + 1, side - 1); ++a) {
        for (std::uint32_t b = cy > 0 ? cy - 1 : 0; b <= std::min(cy + 1, side - 1); ++b) {
          for (const std::uint32_t j : cells[std::size_t{a} * side + b]) {
            const double dx = x - xy[2 * j], dy = y - xy[2 * j + 1];
            if (dx * dx + dy * dy <= r * r) edges.push_back({j, i});
          }
        }
      }
      cells[std::size_t{cx} * side + cy].push_back(i);
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
