#pragma once
// Rows: the view of a contiguous block of samples that every objective reads. The rows of a client,
// of a minibatch's storage, of an evaluation block are all this one value; it owns nothing and is a
// few words, so it is passed by value. The DataStore that it came from outlives it.
//
//   visit(rows, [&]<class Block>(const Block& block) {   // one of four types, decided once
//     for (std::size_t i = 0; i < block.count; ++i) {
//       if constexpr (Block::is_sparse) use(block.index(i), block.values(i), block.labels[i]);
//       else                            use(block.values(i), block.labels[i]);
//     }
//   });

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/check.hpp"

namespace cohort {

/// Row-major values: row i is first[i·stride … i·stride + features). T is float or double.
template <class T>
struct DenseRows {
  using value_type = T;
  static constexpr bool is_sparse = false;
  std::size_t count = 0;     // rows
  std::size_t features = 0;  // columns
  std::size_t stride = 0;    // elements from one row to the next, ≥ features
  const T* first = nullptr;
  const double* labels = nullptr;  // [count] as stored: class number 0 … C−1, or the raw target

  std::span<const T> values(std::size_t i) const { return {first + i * stride, features}; }
  std::uint64_t stored() const { return std::uint64_t{count} * features; }
};

/// Compressed rows: the non-zeros of row i are the positions offsets[i] … offsets[i+1), with
/// 0-based strictly ascending columns. Offsets are absolute positions in `columns` and `entries`,
/// so a slice moves `offsets` and `labels` only. A row may be empty. T is float or double.
template <class T>
struct SparseRows {
  using value_type = T;
  static constexpr bool is_sparse = true;
  std::size_t count = 0;                   // rows
  std::size_t features = 0;                // columns
  const std::uint64_t* offsets = nullptr;  // [count + 1]
  const std::uint32_t* columns = nullptr;
  const T* entries = nullptr;
  const double* labels = nullptr;  // [count] as stored: class number 0 … C−1, or the raw target

  std::span<const std::uint32_t> index(std::size_t i) const {
    return {columns + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
  }
  std::span<const T> values(std::size_t i) const {
    return {entries + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
  }
  std::uint64_t stored() const { return count == 0 ? 0 : offsets[count] - offsets[0]; }
};

class Rows {
 public:
  using Typed =
      std::variant<DenseRows<double>, DenseRows<float>, SparseRows<double>, SparseRows<float>>;

  Rows() = default;
  template <class Block>
  requires std::is_constructible_v<Typed, Block> Rows(const Block& block) : typed_(block) {}

  const Typed& typed() const { return typed_; }
  std::size_t count() const {
    return std::visit([](const auto& b) { return b.count; }, typed_);
  }
  bool empty() const { return count() == 0; }
  std::size_t features() const {
    return std::visit([](const auto& b) { return b.features; }, typed_);
  }
  bool is_sparse() const { return typed_.index() >= 2; }
  bool is_single() const { return typed_.index() % 2 == 1; }
  /// Stored values: count · features when dense, non-zeros when sparse.
  std::uint64_t stored() const {
    return std::visit([](const auto& b) { return b.stored(); }, typed_);
  }
  std::span<const double> labels() const {
    return std::visit([](const auto& b) { return std::span(b.labels, b.count); }, typed_);
  }

  /// The same rows with other labels, [count].
  Rows with_labels(const double* labels) const {
    return std::visit(
        [labels](auto block) {
          block.labels = labels;
          return Rows(block);
        },
        typed_);
  }
  /// Rows [first, first + size) of this view.
  Rows slice(std::size_t first, std::size_t size) const {
    return std::visit(
        [&]<class Block>(Block block) {
          COHORT_CHECK(first <= block.count && size <= block.count - first, "slice past the end");
          if constexpr (Block::is_sparse) {
            if (block.offsets != nullptr) block.offsets += first;
          } else {
            block.first += first * block.stride;
          }
          if (block.labels != nullptr) block.labels += first;
          block.count = size;
          return Rows(block);
        },
        typed_);
  }

 private:
  Typed typed_;
};

/// Calls f with the typed block; one indirect jump, so once a batch or block and never once a row.
template <class F>
decltype(auto) visit(const Rows& rows, F&& f) {
  return std::visit(std::forward<F>(f), rows.typed());
}

}  // namespace cohort
