#pragma once
// What a synchronous round costs on P ranks: a network of latency and bandwidth, the time of a
// client-visit, and the messages that scenarios/session and worker/sharded_aggregation really send.
//
//   A message of b bytes takes α + β b; who sends or takes several in a row needs g + β b for each.
//   (LogGP: Alexandrov et al., SPAA 1995. α is L + 2o, β is G, g the gap.)
//
//   broadcast   p (A g + β b↓) + A α         rank 0 sends A Asks to each of the p other ranks that
//                                            hold clients of the cohort, one after another
//   compute     c max_r Σ_{i ∈ S_r} w_i      S_r: clients of the cohort on rank r
//   replies     p A g + β b↑ Σ_{r>0} s_r + A α    s_r: sums of whole subtrees, of b↑ bytes
//   combine     γ b↑ (Σ_r s_r − 1)           rank 0 adds them
//   coordinate  what rank 0 needs beside that, as on one rank
//   aggregate   with a rule: census, tiles, what follows from the kind of rule (see the .cpp); its
//               arithmetic as on one rank, times the largest share of coordinates that a rank has
//
// Nothing overlaps in it and every rank computes equally fast. The n-dimensional work of a rule,
// which one rank does alone, shrinks in it with the coordinates: it is a lower bound there.

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace cohort::bench {

/// Seconds.
struct Network {
  double latency = 0;   // α
  double per_byte = 0;  // β
  double gap = 0;       // g
};

/// α and β from times of messages, (bytes, seconds), by least squares of relative errors; not
/// negative. Needs two different sizes. The gap is left alone.
Network fit_network(std::span<const std::pair<double, double>> messages);

/// How a cohort lies on P ranks, as a mean over the cohorts of some rounds.
struct Loads {
  double largest_work = 0;     // max_r Σ w_i
  double total_work = 0;       // Σ w_i
  double remote_ranks = 0;     // p
  double remote_subtrees = 0;  // Σ_{r>0} s_r
  double subtrees = 0;         // Σ s_r
};
/// `cohorts`: ascending ids below `clients`.
Loads loads_of(const std::vector<std::vector<std::uint64_t>>& cohorts, std::uint64_t clients,
               std::uint32_t ranks, const std::function<double(std::uint64_t)>& work);

struct RoundShape {
  double asks = 1;           // A
  double down_bytes = 0;     // b↓, of all Asks of a round
  double sum_bytes = 0;      // b↑, of a subtree and round
  double cohort = 1;         // n
  double coordinates = 0;    // d of the blocks for the rule; 0 without one
  int exchanges = 0;         // of the tiles of all rows: 2 where a tile rule stands behind row maps
  bool has_gram = false;     // n² inner products, and weights for everybody
  bool has_weights = false;  // Σ w_i x_i follows
};

/// Seconds, of a round on one rank.
struct RoundCosts {
  double coordinate = 0;
  double work = 0;       // c, of a unit of work
  double add_bytes = 0;  // γ, to add a byte of a sum to another
  double aggregate = 0;
};

struct Prediction {
  double broadcast = 0;
  double compute = 0;
  double replies = 0;
  double combine = 0;
  double coordinate = 0;
  double aggregate = 0;
  double total() const { return broadcast + compute + replies + combine + coordinate + aggregate; }
};
Prediction predict(const RoundShape& shape, const RoundCosts& costs, const Network& network,
                   const Loads& loads, std::uint32_t ranks);

}  // namespace cohort::bench
