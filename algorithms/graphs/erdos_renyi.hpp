#pragma once
// Erdős–Rényi graph G(n, p): every pair is an edge with probability p, each on its own. Gilbert,
// Annals of Mathematical Statistics 30 (1959). Connected with high probability if p > ln n/n; the
// second eigenvalue of D^−½ A D^−½ is then near 2/√(np).
// Drawn by skips of geometric length (Batagelj, Brandes, Physical Review E 71 (2005)): O(n +
// edges).

#include "algorithms/topology.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct ErdosRenyi {
  static constexpr std::string_view name = "erdos_renyi";
  static constexpr std::string_view summary = "every pair is an edge with the same probability";
  static constexpr std::string_view source = "Gilbert, Annals of Mathematical Statistics 30 (1959)";
  struct Options : DrawnOptions {
    double probability = 0.0;
    static void declare(OptionTable<Options>& t) {
      declare_drawn(t);
      t.add("probability", &Options::probability, cohort::probability,
            "p of an edge; 0: 2 ln n/n, twice what connects");
    }
  };
  Options options;

  Result<std::uint64_t> period(const GraphInput&) const { return options.period(); }
  Result<Graph> graph(const GraphInput& input) const {
    COHORT_TRY(const std::uint32_t n, node_count(name, options.nodes, input, 2));
    const double size = n;
    const double p = options.probability > 0.0 ? options.probability
                                               : std::min(1.0, 2.0 * kernels::log(size) / size);
    return drawn_graph(
        name, options, input,
        "raise probability above ln n/n = " + std::to_string(kernels::log(size) / size),
        [&](Stream stream) { return draw(n, p, stream); });
  }

 private:
  static Graph draw(std::uint32_t n, double p, Stream stream) {
    std::vector<Edge> edges;
    // Pairs (i, j), j < i, in order; the number passed over before an edge is geometric.
    const double log_none = p < 1.0 ? kernels::log1p(-p) : 0.0;
    std::uint64_t i = 1, j = 0;
    for (;;) {
      const double skip = p < 1.0 ? kernels::log(stream.uniform()) / log_none : 0.0;
      const double pairs = static_cast<double>(n) * static_cast<double>(n);
      if (skip >= pairs) break;
      j += static_cast<std::uint64_t>(skip);
      while (j >= i && i < n) j -= i++;
      if (i >= n) break;
      edges.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)});
      ++j;
      while (j >= i && i < n) j -= i++;
      if (i >= n) break;
    }
    return make_graph(n, edges);
  }
};

}  // namespace cohort
