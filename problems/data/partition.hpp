#pragma once
// Which client holds which train row.
//
// iid: a random permutation cut into N runs; sizes differ by at most 1.
//
// dirichlet, over = "clients": for each class c a draw p_c ~ Dirichlet(α, …, α) over the clients;
//   the class's rows, in random order, are cut at ⌊(p_c1 + … + p_ck) · n_c⌋. Sizes differ widely
//   and a client may be empty. Yurochkin et al., ICML 2019; Li et al., ICDE 2022.
// dirichlet, over = "classes": for each client k a draw q_k ~ Dirichlet(α, …, α) over the classes;
//   sizes are those of iid. Clients 0 … N−1 take turns, one row a turn: a class by q_k, restricted
//   to the classes that have rows left (and by the rows left where q_k has no mass on them), then
//   the next row of that class in random order. Hsu, Qi, Brown, arXiv:1909.06335, who fill one
//   client after another; taking turns spreads the distortion of the classes that run out.
//
// min_rows · N rows are dealt first, min_rows to each client at random; the rest as above. (Drawing
// again until every client has enough, as is often done, fails almost always at α = 0.1.)

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace cohort {

struct PartitionOptions {
  enum class Type { iid, dirichlet } type = Type::iid;
  enum class Over { clients, classes } over = Over::clients;
  double alpha = 1.0;          // concentration, ≥ 1e-6; dirichlet only
  std::uint64_t min_rows = 0;  // of every client
};

/// The rows of client k are order[offsets[k] … offsets[k+1]), ascending.
struct Partition {
  std::vector<std::uint64_t> offsets;  // [clients + 1]
  std::vector<std::uint32_t> order;    // positions 0 … n−1 of the train rows
  // What each client keeps of them for a test of its own, likewise; empty without (split_clients).
  std::vector<std::uint64_t> test_offsets;
  std::vector<std::uint32_t> test_order;
};

/// `classes` are the class numbers 0 … class_count − 1 of the n train rows; class_count = 0 for
/// regression, which has iid only. Streams: (seed, Purpose::partition). Errors (bad_input):
/// N · min_rows > n, no clients, α below 1e-6 or not finite, Dirichlet without classes.
Result<Partition> partition_rows(std::span<const std::uint32_t> classes, std::uint32_t class_count,
                                 std::uint64_t clients, const PartitionOptions& options,
                                 std::uint64_t seed);

}  // namespace cohort
