#pragma once
// Divide and conquer: on random coordinates, the rows that reach farthest along the first principal
// direction go.
//   T times: a sample of b coordinates, v the top right singular vector of the centred rows there,
//     s_i = ⟨x_i − μ, v⟩²; the n − ⌊c f⌋ rows of least s_i are good
//   F = the mean of the rows that are good in all T samples, or in as many as some row is
// Shejwalkar, Houmansadr, NDSS 2021 (b = 10 000; T = 1 in later code). The sample is drawn anew
// each round. A row map in front needs the distances on all coordinates.
//
// Tolerates f < n/2. Cost: T Gram matrices of b coordinates (n²b/2), n³ each, one weighted sum.

#include <algorithm>
#include <cmath>

#include "algorithms/rules/spectral.hpp"
#include "core/options.hpp"

namespace cohort {

struct Dnc {
  static constexpr std::string_view name = "dnc";
  static constexpr std::string_view summary =
      "without the updates that lie far out on a principal direction of some coordinates";
  static constexpr std::string_view source = "Shejwalkar and Houmansadr, NDSS 2021";
  static constexpr std::string_view cost = "Gram matrices of samples, n³ each, one weighted sum";
  static constexpr bool needs_f = true;
  struct Options {
    std::size_t coordinates = 10000;
    std::size_t iterations = 1;
    double filter = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("coordinates", &Options::coordinates, at_least(1), "b, coordinates of a sample");
      t.add("iterations", &Options::iterations, at_least(1), "T, samples");
      t.add("filter", &Options::filter, positive, "c, updates that go as a multiple of f");
    }
  };
  Options options;

  std::size_t tolerated(std::size_t n) const { return n == 0 ? 0 : (n - 1) / 2; }

  std::vector<CoordinateSample> samples(std::size_t d, const Stream& stream) const {
    std::vector<CoordinateSample> all;
    for (std::size_t t = 0; t < options.iterations; ++t) {
      all.push_back(
          sample_without_replacement(stream.sub(1 + t), std::min(d, options.coordinates), d));
    }
    return all;
  }

  Vec weights(const Distances& distances, const RuleInput& input) const {
    const auto n = static_cast<std::size_t>(distances.rows());
    const auto gone = static_cast<std::size_t>(options.filter * static_cast<double>(input.f));
    std::vector<std::size_t> good(n, 0);
    for (const Distances& sample : input.sampled) {
      const Vec scores = top_spread(sample, Vec::Ones(sample.rows())).along.cwiseAbs2();
      for (const Index i : first_rows(as_span(scores), n - std::min(gone, n - 1))) {
        ++good[static_cast<std::size_t>(i)];
      }
    }
    const std::size_t most = *std::max_element(good.begin(), good.end());
    std::vector<Index> kept;
    for (std::size_t i = 0; i < n; ++i) {
      if (good[i] == most) kept.push_back(static_cast<Index>(i));
    }
    return mean_of(distances, kept);
  }
};

}  // namespace cohort
