#pragma once
// Train, validation and test rows.

#include <cstdint>
#include <vector>

#include "core/result.hpp"

namespace cohort {

/// Shares of the rows, each in [0, 1]; they sum to 1.
struct SplitFractions {
  double train = 1.0;
  double validation = 0.0;
  double test = 0.0;
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

}  // namespace cohort
