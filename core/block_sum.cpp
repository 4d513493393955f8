#include "core/block_sum.hpp"

#include "core/kernels.hpp"

namespace cohort {

namespace {

void make_dense(BlockSum& s) {
  if (s.dense) return;
  Bytes values(s.coordinates * sizeof(double));
  const auto out = values.as_mutable<double>();
  const auto in = s.values.as<double>();
  for (std::size_t i = 0; i < s.index.size(); ++i) out[s.index[i]] = in[i];
  s.values = std::move(values);
  s.index.clear();
  s.dense = true;
}

void make_dense_if_full(BlockSum& s) {
  if (2 * s.index.size() > s.coordinates) make_dense(s);
}

void merge_sparse(BlockSum& left, const BlockSum& right) {
  const auto a = left.values.as<double>(), b = right.values.as<double>();
  std::vector<std::uint32_t> index;
  std::vector<double> values;
  index.reserve(left.index.size() + right.index.size());
  values.reserve(index.capacity());
  std::size_t i = 0, j = 0;
  while (i < left.index.size() || j < right.index.size()) {
    const bool from_left =
        j == right.index.size() || (i < left.index.size() && left.index[i] <= right.index[j]);
    const bool from_right =
        i == left.index.size() || (j < right.index.size() && right.index[j] <= left.index[i]);
    index.push_back(from_left ? left.index[i] : right.index[j]);
    values.push_back(from_left && from_right ? a[i] + b[j] : from_left ? a[i] : b[j]);
    i += from_left;
    j += from_right;
  }
  left.index = std::move(index);
  left.values.resize(0);
  left.values.resize(values.size() * sizeof(double));
  std::copy(values.begin(), values.end(), left.values.as_mutable<double>().begin());
}

}  // namespace

Vec BlockSum::to_vec() const {
  Vec x = Vec::Zero(static_cast<Index>(coordinates));
  const auto in = values.as<double>();
  if (dense) {
    std::copy(in.begin(), in.end(), x.data());
  } else {
    for (std::size_t i = 0; i < index.size(); ++i) x[index[i]] = in[i];
  }
  return x;
}

Result<void> validate(const BlockSum& s) {
  const std::size_t expected = (s.dense ? s.coordinates : s.index.size()) * sizeof(double);
  if (s.values.size() != expected || (s.dense && !s.index.empty())) {
    return bad_input("sum of blocks: expected " + std::to_string(expected) + " bytes, found " +
                     std::to_string(s.values.size()));
  }
  for (std::size_t i = 0; i < s.index.size(); ++i) {
    if (s.index[i] >= s.coordinates || (i > 0 && s.index[i] <= s.index[i - 1])) {
      return bad_input("sum of blocks: index " + std::to_string(s.index[i]) +
                       " does not ascend below " + std::to_string(s.coordinates));
    }
  }
  return {};
}

BlockSum weighted_leaf(Block&& block, double w) {
  BlockSum s;
  s.coordinates = coordinates(block.form, block.length);
  s.weight = w;
  s.dense = !is_sparse(block.form);
  if (!s.dense) s.index = block.indices();
  if (block.element == Element::f64) {
    s.values = std::move(block.data);
    s.values.resize(block.count * sizeof(double));  // behind them lie the indices
  } else {
    s.values.resize(block.count * sizeof(double));
    block.copy_elements(s.values.as_mutable<double>());
  }
  kernels::scale(w, s.values.as_mutable<double>());
  if (!s.dense) make_dense_if_full(s);
  return s;
}

void add(BlockSum& left, BlockSum&& right, std::vector<Bytes>* spare) {
  COHORT_CHECK(left.coordinates == right.coordinates, "summed blocks have one length");
  left.weight += right.weight;
  if (!left.dense && !right.dense) {
    merge_sparse(left, right);
    make_dense_if_full(left);
    return;
  }
  if (left.dense && right.dense) {
    kernels::add(right.values.as<double>(), left.values.as_mutable<double>());
  } else {
    if (!left.dense) {
      std::swap(left.values, right.values);
      std::swap(left.index, right.index);
      left.dense = true;
      right.dense = false;
    }
    // Addition commutes, so it does not matter which side was the sparse one.
    const auto out = left.values.as_mutable<double>();
    const auto in = right.values.as<double>();
    for (std::size_t i = 0; i < right.index.size(); ++i) out[right.index[i]] += in[i];
  }
  if (spare != nullptr) spare->push_back(std::move(right.values));
}

}  // namespace cohort
