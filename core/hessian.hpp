#pragma once
// The two places where a Hessian is usually written.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/oracle.hpp"
#include "core/payload.hpp"

namespace cohort {

/// The full symmetric matrix [d × d].
class DenseHessian final : public HessianSink {
 public:
  explicit DenseHessian(std::size_t d)
      : matrix_(Mat::Zero(static_cast<Index>(d), static_cast<Index>(d))) {}
  void add(std::size_t i, std::size_t j, double value) override {
    const auto row = static_cast<Index>(i), col = static_cast<Index>(j);
    matrix_(row, col) = matrix_(col, row) = value;
  }
  const Mat& matrix() const { return matrix_; }

 private:
  Mat matrix_;
};

/// The entries that a function gives, as a block that travels: of sparse data only those of
/// coordinates that occur together in a row, and the diagonal.
class SparseHessian final : public HessianSink {
 public:
  explicit SparseHessian(std::size_t d) : d_(d) {}
  void add(std::size_t i, std::size_t j, double value) override {
    entries_.emplace_back(static_cast<std::uint32_t>(packed_index(i, j, d_)), value);
  }
  /// Ascending by packed index.
  Block block(std::string name) {
    std::sort(entries_.begin(), entries_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::uint32_t> index;
    std::vector<double> values;
    for (const auto& [i, v] : entries_) {
      index.push_back(i);
      values.push_back(v);
    }
    return sparse_symmetric_block(std::move(name), d_, index, values);
  }

 private:
  std::size_t d_;
  std::vector<std::pair<std::uint32_t, double>> entries_;  // packed index and value
};

}  // namespace cohort
