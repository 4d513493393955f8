#pragma once
// A Table: what a reader makes of one file, in file order and in double.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "problems/data/array.hpp"
#include "problems/data/rows.hpp"

namespace cohort {

struct Table {
  bool is_sparse = false;
  std::size_t features = 0;            // dense: columns; sparse: largest index in the file
  Array<double> labels;                // [n] as written in the file
  Array<std::uint64_t> offsets;        // [n + 1], sparse only
  Array<std::uint32_t> columns;        // 0-based, sparse only
  Array<double> values;                // [n × features] row-major, or the non-zeros
  Array<std::uint32_t> keys;           // [n] number of the row's key; empty without a key column
  std::vector<std::string> key_names;  // by number

  Rows rows() const {
    if (is_sparse) {
      return SparseRows<double>{.count = labels.size(),
                                .features = features,
                                .offsets = offsets.data(),
                                .columns = columns.data(),
                                .entries = values.data(),
                                .labels = labels.data()};
    }
    return DenseRows<double>{.count = labels.size(),
                             .features = features,
                             .stride = features,
                             .first = values.data(),
                             .labels = labels.data()};
  }
};

}  // namespace cohort
