#include "algorithms/rules/subsets.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/kernels.hpp"

namespace cohort {

std::uint64_t choices(std::uint64_t n, std::uint64_t f, std::uint64_t most) {
  std::uint64_t count = 1;
  for (std::uint64_t k = 1; k <= std::min(f, n - f); ++k) {
    const std::uint64_t factor = n - k + 1;
    if (count > std::numeric_limits<std::uint64_t>::max() / factor) return most;
    count = count * factor / k;
    if (count >= most) return most;
  }
  return count;
}

std::size_t largest_f_within(std::size_t n, std::uint64_t most) {
  std::size_t f = 0;
  while (2 * (f + 1) < n && choices(n, f + 1, most + 1) <= most) ++f;
  return f;
}

std::vector<Index> central_first(const Distances& distances, std::size_t f) {
  const auto n = static_cast<std::size_t>(distances.rows());
  std::vector<double> scores;
  for (Index i = 0; i < distances.rows(); ++i) {
    std::vector<double> d2(distances.d2.col(i).data(), distances.d2.col(i).data() + n);
    std::sort(d2.begin(), d2.end());
    scores.push_back(kernels::sum(std::span(d2).first(n - f)));
  }
  return first_rows(scores, n);
}

namespace {

class Search {
 public:
  using Bound = std::function<double(std::span<const Index>, std::span<const Index>)>;
  Search(const std::vector<Index>& order, std::size_t size, const Bound& bound)
      : order_(order), size_(size), bound_(bound) {}

  std::vector<Index> run() {
    descend(0);
    return best_;
  }

 private:
  void descend(std::size_t next) {
    const std::span<const Index> left = std::span(order_).subspan(next);
    if (chosen_.size() + left.size() < size_) return;
    const bool is_whole = chosen_.size() == size_;
    const double cost = bound_(chosen_, is_whole ? std::span<const Index>() : left);
    if (!best_.empty() && cost >= least_) return;
    if (is_whole) {
      best_ = chosen_;
      least_ = cost;
      return;
    }
    chosen_.push_back(order_[next]);
    descend(next + 1);
    chosen_.pop_back();
    descend(next + 1);
  }

  const std::vector<Index>& order_;
  std::size_t size_;
  const Bound& bound_;
  std::vector<Index> chosen_, best_;
  double least_ = std::numeric_limits<double>::infinity();
};

/// Whether at most `budget` of the rows that are still in meet all pairs farther apart than d2.
bool has_cover(const Distances& distances, double d2, std::vector<bool>& is_in,
               std::size_t budget) {
  const Index n = distances.rows();
  const auto far = [&](Index i, Index j) {
    return is_in[static_cast<std::size_t>(j)] && distances.d2(j, i) > d2;
  };
  Index widest = 0;
  std::size_t most = 0, pairs = 0;
  for (Index i = 0; i < n; ++i) {
    if (!is_in[static_cast<std::size_t>(i)]) continue;
    std::size_t degree = 0;
    for (Index j = 0; j < n; ++j) degree += far(i, j);
    pairs += degree;
    if (degree > most) {
      most = degree;
      widest = i;
    }
  }
  if (most == 0) return true;
  if (pairs / 2 > budget * most) return false;
  // Without `widest`, or without all that is far from it; both where it has one such row.
  is_in[static_cast<std::size_t>(widest)] = false;
  bool found = has_cover(distances, d2, is_in, budget - 1);
  is_in[static_cast<std::size_t>(widest)] = true;
  if (found || most == 1 || most > budget) return found;
  std::vector<Index> taken;
  for (Index j = 0; j < n; ++j) {
    if (far(widest, j)) taken.push_back(j);
  }
  for (const Index j : taken) is_in[static_cast<std::size_t>(j)] = false;
  found = has_cover(distances, d2, is_in, budget - most);
  for (const Index j : taken) is_in[static_cast<std::size_t>(j)] = true;
  return found;
}

}  // namespace

std::vector<Index> least_subset(
    const std::vector<Index>& order, std::size_t size,
    const std::function<double(std::span<const Index>, std::span<const Index>)>& bound) {
  return Search(order, size, bound).run();
}

std::vector<Index> least_diameter_subset(const Distances& distances, std::size_t f) {
  const Index n = distances.rows();
  std::vector<bool> is_in(static_cast<std::size_t>(n), true);
  std::vector<double> candidates{0.0};
  for (Index j = 0; j < n; ++j) {
    for (Index i = 0; i < j; ++i) candidates.push_back(distances.d2(i, j));
  }
  std::sort(candidates.begin(), candidates.end());
  const double d2 = *std::partition_point(candidates.begin(), candidates.end(), [&](double c) {
    return !has_cover(distances, c, is_in, f);
  });
  // Of all such subsets, the one with the most central rows.
  const std::size_t size = static_cast<std::size_t>(n) - f;
  std::vector<Index> chosen;
  std::size_t budget = f;
  for (const Index i : central_first(distances, f)) {
    if (chosen.size() == size) break;
    if (!is_in[static_cast<std::size_t>(i)]) continue;
    std::vector<Index> out;
    for (Index j = 0; j < n; ++j) {
      if (is_in[static_cast<std::size_t>(j)] && distances.d2(j, i) > d2) out.push_back(j);
    }
    if (out.size() > budget) continue;
    for (const Index j : out) is_in[static_cast<std::size_t>(j)] = false;
    if (has_cover(distances, d2, is_in, budget - out.size())) {
      budget -= out.size();
      chosen.push_back(i);
    } else {
      for (const Index j : out) is_in[static_cast<std::size_t>(j)] = true;
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace cohort
