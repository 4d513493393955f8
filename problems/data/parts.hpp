#pragma once
// A split and partition as a file that other programs read and write, .npz with one entry for each
// row of the train file, in its order:
//   client  whole numbers [n]: the client 0 … N − 1 that holds the row; −1 for nobody
//   set     bytes [n]: 0 train, 1 validation, 2 test, 3 the client's own test, 4 unused. Rows of
//   sets
//           0 and 3 have a client, others none. Without it: 0 where there is a client, else 4.
//
//   parts = numpy.load("parts.npz"); mine = X[(parts["client"] == k) & (parts["set"] == 0)]

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "problems/data/split.hpp"
#include "problems/data/store.hpp"

namespace cohort {

struct Parts {
  Split split;                        // its train rows are those of sets 0 and 3
  std::vector<std::uint32_t> owners;  // [train rows] their clients
  std::vector<bool> is_client_test;   // [train rows]
  std::uint64_t rows = 0;             // n
};

/// Errors (bad_input) name the file and the row.
Result<Parts> read_parts(const std::filesystem::path& path);

/// That of a store that holds all clients. `has_test_file`: its test rows are another file's.
Result<void> write_parts(const std::filesystem::path& path, const DataStore& store,
                         bool has_test_file);

}  // namespace cohort
