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
// shards: the rows by class, at random within a class, cut into N · s runs whose sizes differ by at
//   most 1; client k holds the s runs π(ks) … π(ks + s − 1) of a random permutation π. A client has
//   few classes: the pathological split of McMahan et al., AISTATS 2017, whose s is 2.
//
// quantity: a random permutation cut into runs of shares w_k, at ⌊(w_1 + … + w_k) · n⌋: sizes
//   differ, classes do not. sizes = "dirichlet": w ~ Dirichlet(α, …, α), Li et al., ICDE 2022;
//   sizes = "lognormal": w_k = e^{σ z_k} / Σ_j e^{σ z_j}, z_k ~ N(0, 1).
//
// by_column: a row belongs to the client that its key in a column names.
// file: a row belongs to the client that a file names (problems/data/parts.hpp).
//
// iid, dirichlet and quantity deal min_rows · N rows first, min_rows to each client at random, the
// rest as above. (Drawing again until every client has enough, as is often done, fails almost
// always at α = 0.1.) The others only check that every client has min_rows.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace cohort {

struct PartitionOptions {
  enum class Type { iid, dirichlet, shards, quantity, by_column, file } type = Type::iid;
  enum class Over { clients, classes } over = Over::clients;           // dirichlet
  enum class Sizes { dirichlet, lognormal } sizes = Sizes::dirichlet;  // quantity
  double alpha = 1.0;                   // concentration, ≥ 1e-6; of each Dirichlet
  double sigma = 1.0;                   // of the log-normal, from 0 to 10
  std::uint64_t shards_per_client = 2;  // shards, ≥ 1
  std::uint64_t min_rows = 0;           // of every client
  std::string column{};                 // by_column: a name of the header, or a number from 1
  std::string file{};                   // file: .npz
};

/// What the train rows are dealt by; each span has one entry a row.
struct DealtRows {
  std::span<const std::uint32_t> classes;  // 0 … class_count − 1; anything where that is 0
  std::uint32_t class_count = 0;           // 0: regression
  std::span<const std::uint32_t> owners;   // by_column and file: the client, below N
};

/// The rows of client k are order[offsets[k] … offsets[k+1]), ascending.
struct Partition {
  std::vector<std::uint64_t> offsets;  // [clients + 1]
  std::vector<std::uint32_t> order;    // positions 0 … n−1 of the train rows
  // What each client keeps of them for a test of its own, likewise; empty without (split_clients).
  std::vector<std::uint64_t> test_offsets;
  std::vector<std::uint32_t> test_order;
};

/// Streams: (seed, Purpose::partition). Errors (bad_input): N · min_rows > n, no clients, α or σ
/// outside their range, Dirichlet or shards without classes, more shards than rows, a client with
/// less than min_rows.
Result<Partition> partition_rows(const DealtRows& rows, std::uint64_t clients,
                                 const PartitionOptions& options, std::uint64_t seed);

}  // namespace cohort
