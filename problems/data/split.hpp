#pragma once
// Train, validation and test rows, of the run and of each client.

#include <cstdint>
#include <vector>

#include "core/result.hpp"
#include "problems/data/partition.hpp"

namespace cohort {

/// Shares of the rows, each in [0, 1]; the first three sum to 1.
struct SplitFractions {
  double train = 1.0;
  double validation = 0.0;
  double test = 0.0;
  double client_test = 0.0;  // of each client's train rows, below 1
};

/// Row numbers of a table, each list ascending.
struct Split {
  std::vector<std::uint32_t> train;
  std::vector<std::uint32_t> validation;
  std::vector<std::uint32_t> test;
};

/// At random, from the stream (seed, Purpose::data_split): ⌊test · n⌋ and ⌊validation · n⌋ rows,
/// the rest is train. With a test file of its own, the test share goes to train. Error bad_input:
/// shares outside [0, 1] or that do not sum to 1, or no train row left.
Result<Split> split_rows(std::uint64_t rows, const SplitFractions& fractions, bool has_test_file,
                         std::uint64_t seed);

/// Takes the marked positions of partition.order out of it, as the clients' rows for a test of
/// their own.
void separate_test(Partition& partition, const std::vector<bool>& is_test);

/// Every client k with n_k rows keeps ⌊share · n_k⌋ of them, at most n_k − 1, for a test of its
/// own: drawn at random from the stream (seed, Purpose::data_split, k, 1), in their order. 0 ≤
/// share < 1.
void split_clients(Partition& partition, double share, std::uint64_t seed);

}  // namespace cohort
