#include "problems/data/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/random.hpp"

namespace cohort {
namespace {

using Rows32 = std::vector<std::uint32_t>;

constexpr double smallest_alpha = 1e-6;  // of core/random.hpp

/// Where client k's rows begin when n are dealt evenly: the first n mod N clients get one more.
std::uint64_t even_cut(std::uint64_t n, std::uint64_t clients, std::uint64_t k) {
  return n / clients * k + std::min(k, n % clients);
}

/// From the owner of every row to rows grouped by owner, ascending within each.
Partition group(std::span<const std::uint64_t> owner, std::uint64_t clients) {
  Partition partition;
  partition.offsets.assign(clients + 1, 0);
  for (const auto client : owner) ++partition.offsets[client + 1];
  std::partial_sum(partition.offsets.begin(), partition.offsets.end(), partition.offsets.begin());
  std::vector<std::uint64_t> next(partition.offsets.begin(), partition.offsets.end() - 1);
  partition.order.resize(owner.size());
  for (std::size_t row = 0; row < owner.size(); ++row) {
    partition.order[next[owner[row]]++] = static_cast<std::uint32_t>(row);
  }
  return partition;
}

std::vector<Rows32> by_class(std::span<const std::uint32_t> rows,
                             std::span<const std::uint32_t> classes, std::uint32_t class_count) {
  std::vector<Rows32> lists(class_count);
  for (const auto row : rows) lists[classes[row]].push_back(row);
  return lists;
}

void deal_over_clients(const Stream& base, const std::vector<Rows32>& lists, std::uint64_t clients,
                       double alpha, std::span<std::uint64_t> owner) {
  for (std::size_t c = 0; c < lists.size(); ++c) {
    const Rows32& rows = lists[c];
    const auto shares = dirichlet(base.sub(c), alpha, clients);
    double cumulative = 0.0;
    std::size_t begin = 0;
    for (std::uint64_t k = 0; k < clients && begin < rows.size(); ++k) {
      cumulative += shares[k];
      const double cut = std::floor(cumulative * static_cast<double>(rows.size()));
      // Shares sum to 1 up to rounding: the last client takes what is left.
      const std::size_t end = k + 1 == clients || cut >= static_cast<double>(rows.size())
                                  ? rows.size()
                                  : static_cast<std::size_t>(cut);
      for (; begin < end; ++begin) owner[rows[begin]] = k;
    }
  }
}

/// A class by weight among those with rows left; by the rows left where all weight is on others.
std::size_t draw_class(Stream& stream, std::span<const double> weights,
                       std::span<const std::uint64_t> left, std::vector<double>& scratch) {
  double mass = 0.0;
  for (std::size_t c = 0; c < left.size(); ++c) {
    scratch[c] = left[c] > 0 ? weights[c] : 0.0;
    mass += scratch[c];
  }
  if (!(mass >= std::numeric_limits<double>::min())) {
    for (std::size_t c = 0; c < left.size(); ++c) scratch[c] = static_cast<double>(left[c]);
  }
  return categorical(stream, scratch);
}

void deal_over_classes(const Stream& base, const std::vector<Rows32>& lists,
                       std::span<std::uint64_t> quota, double alpha,
                       std::span<std::uint64_t> owner) {
  std::vector<std::uint64_t> left(lists.size());
  for (std::size_t c = 0; c < lists.size(); ++c) left[c] = lists[c].size();
  std::uint64_t remaining = std::accumulate(left.begin(), left.end(), std::uint64_t{0});
  std::vector<double> mixtures;  // [clients × classes]
  std::vector<Stream> streams;
  std::vector<double> scratch(lists.size());
  for (std::size_t k = 0; k < quota.size(); ++k) {
    const auto mixture = dirichlet(base.sub(2 * k), alpha, lists.size());
    mixtures.insert(mixtures.end(), mixture.begin(), mixture.end());
    streams.push_back(base.sub(2 * k + 1));
  }
  while (remaining > 0) {
    for (std::size_t k = 0; k < quota.size(); ++k) {
      if (quota[k] == 0) continue;
      --quota[k];
      --remaining;
      const auto mixture = std::span(mixtures).subspan(k * lists.size(), lists.size());
      const std::size_t c = draw_class(streams[k], mixture, left, scratch);
      owner[lists[c][lists[c].size() - left[c]]] = k;
      --left[c];
    }
  }
}

}  // namespace

Result<Partition> partition_rows(std::span<const std::uint32_t> classes, std::uint32_t class_count,
                                 std::uint64_t clients, const PartitionOptions& options,
                                 std::uint64_t seed) {
  const std::uint64_t n = classes.size();
  if (clients == 0) return bad_input("clients.count: expected at least 1, found 0");
  if (options.min_rows > 0 && clients > n / options.min_rows) {
    return bad_input(fmt::format(
        "data.partition.min_rows: expected clients · min_rows ≤ train rows, found {} · {} > {}",
        clients, options.min_rows, n));
  }
  const bool is_dirichlet = options.type == PartitionOptions::Type::dirichlet;
  if (is_dirichlet && !(options.alpha >= smallest_alpha && std::isfinite(options.alpha))) {
    return bad_input(fmt::format("data.partition.alpha: expected a number from {} on, found {}",
                                 smallest_alpha, options.alpha));
  }
  if (is_dirichlet && class_count == 0) {
    return bad_input(
        "data.partition.type: 'dirichlet' needs classes, found a regression target; "
        "expected 'iid'");
  }

  const Stream base(seed, Purpose::partition);
  const Rows32 shuffled = permutation(base.sub(0), n);
  std::vector<std::uint64_t> owner(n, 0);
  if (!is_dirichlet) {  // min_rows ≤ ⌊n/N⌋ holds by itself
    for (std::uint64_t k = 0; k < clients; ++k) {
      for (auto i = even_cut(n, clients, k); i < even_cut(n, clients, k + 1); ++i) {
        owner[shuffled[i]] = k;
      }
    }
    return group(owner, clients);
  }
  const std::uint64_t dealt = clients * options.min_rows;
  for (std::uint64_t i = 0; i < dealt; ++i) owner[shuffled[i]] = i / options.min_rows;
  const auto lists = by_class(std::span(shuffled).subspan(dealt), classes, class_count);
  if (options.over == PartitionOptions::Over::clients) {
    deal_over_clients(base.sub(1), lists, clients, options.alpha, owner);
  } else {
    std::vector<std::uint64_t> quota(clients);
    for (std::uint64_t k = 0; k < clients; ++k) {
      quota[k] = even_cut(n, clients, k + 1) - even_cut(n, clients, k) - options.min_rows;
    }
    deal_over_classes(base.sub(2), lists, quota, options.alpha, owner);
  }
  return group(owner, clients);
}

}  // namespace cohort
