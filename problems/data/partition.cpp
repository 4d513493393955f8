#include "problems/data/partition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

using Rows32 = std::vector<std::uint32_t>;

constexpr double smallest_alpha = 1e-6;  // of core/random.hpp
constexpr double largest_sigma = 10.0;   // e^{8.3 σ} is far from overflow

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

void deal_shards(const Stream& base, const std::vector<Rows32>& lists, std::uint64_t clients,
                 std::uint64_t shards_per_client, std::span<std::uint64_t> owner) {
  Rows32 sorted;
  for (const Rows32& rows : lists) sorted.insert(sorted.end(), rows.begin(), rows.end());
  const std::uint64_t shards = clients * shards_per_client;
  const Rows32 dealt = permutation(base.sub(3), shards);
  for (std::uint64_t i = 0; i < shards; ++i) {
    const std::uint64_t shard = dealt[i];
    const auto end = even_cut(sorted.size(), shards, shard + 1);
    for (auto j = even_cut(sorted.size(), shards, shard); j < end; ++j) {
      owner[sorted[j]] = i / shards_per_client;
    }
  }
}

std::vector<double> quantity_shares(const Stream& stream, std::uint64_t clients,
                                    const PartitionOptions& options) {
  if (options.sizes == PartitionOptions::Sizes::dirichlet) {
    return dirichlet(stream, options.alpha, clients);
  }
  std::vector<double> shares(clients);
  stream.fill_normal(shares);
  for (double& w : shares) w *= options.sigma;
  kernels::exp(shares, shares);
  double sum = 0.0;
  for (const double w : shares) sum += w;
  for (double& w : shares) w /= sum;
  return shares;
}

/// `rows` cut by shares that sum to 1 up to rounding: the last client takes what is left.
void deal_by_shares(std::span<const std::uint32_t> rows, std::span<const double> shares,
                    std::span<std::uint64_t> owner) {
  double cumulative = 0.0;
  std::size_t begin = 0;
  for (std::size_t k = 0; k < shares.size() && begin < rows.size(); ++k) {
    cumulative += shares[k];
    const double cut = std::floor(cumulative * static_cast<double>(rows.size()));
    const std::size_t end = k + 1 == shares.size() || cut >= static_cast<double>(rows.size())
                                ? rows.size()
                                : static_cast<std::size_t>(cut);
    for (; begin < end; ++begin) owner[rows[begin]] = k;
  }
}

Result<void> check(const PartitionOptions& options, const DealtRows& rows, std::uint64_t n,
                   std::uint64_t clients) {
  using Type = PartitionOptions::Type;
  if (clients == 0) return bad_input("clients.count: expected at least 1, found 0");
  if (options.min_rows > 0 && clients > n / options.min_rows) {
    return bad_input(fmt::format(
        "data.partition.min_rows: expected clients · min_rows ≤ train rows, found {} · {} > {}",
        clients, options.min_rows, n));
  }
  const bool needs_classes = options.type == Type::dirichlet || options.type == Type::shards;
  if (needs_classes && rows.class_count == 0) {
    return bad_input(fmt::format(
        "data.partition.type: '{}' needs classes, found a regression target; expected 'iid', "
        "'quantity', 'by_column' or 'file'",
        options.type == Type::shards ? "shards" : "dirichlet"));
  }
  const bool is_lognormal =
      options.type == Type::quantity && options.sizes == PartitionOptions::Sizes::lognormal;
  const bool has_alpha =
      options.type == Type::dirichlet || (options.type == Type::quantity && !is_lognormal);
  if (has_alpha && !(options.alpha >= smallest_alpha && std::isfinite(options.alpha))) {
    return bad_input(fmt::format("data.partition.alpha: expected a number from {} on, found {}",
                                 smallest_alpha, options.alpha));
  }
  if (is_lognormal && !(options.sigma >= 0.0 && options.sigma <= largest_sigma)) {
    return bad_input(fmt::format("data.partition.sigma: expected a number from 0 to {}, found {}",
                                 largest_sigma, options.sigma));
  }
  if (options.type == Type::shards &&
      (options.shards_per_client == 0 || clients > n / options.shards_per_client)) {
    return bad_input(
        fmt::format("data.partition.shards_per_client: expected at least 1, and clients · "
                    "shards_per_client ≤ train rows, found {} · {} and {} rows",
                    clients, options.shards_per_client, n));
  }
  return {};
}

/// For the types that deal no row for the sake of min_rows.
Result<Partition> with_min_rows(Partition partition, std::uint64_t min_rows) {
  for (std::size_t k = 0; k + 1 < partition.offsets.size(); ++k) {
    const std::uint64_t found = partition.offsets[k + 1] - partition.offsets[k];
    if (found < min_rows) {
      return bad_input(
          fmt::format("data.partition.min_rows: expected {} train rows of every client, found {} "
                      "of client {}",
                      min_rows, found, k));
    }
  }
  return partition;
}

}  // namespace

Result<Partition> partition_rows(const DealtRows& rows, std::uint64_t clients,
                                 const PartitionOptions& options, std::uint64_t seed) {
  using Type = PartitionOptions::Type;
  const std::uint64_t n = rows.classes.size();
  COHORT_DO(check(options, rows, n, clients));
  const Stream base(seed, Purpose::partition);
  std::vector<std::uint64_t> owner(n, 0);
  if (options.type == Type::by_column || options.type == Type::file) {
    COHORT_CHECK(rows.owners.size() == n, "every row has an owner");
    std::copy(rows.owners.begin(), rows.owners.end(), owner.begin());
    return with_min_rows(group(owner, clients), options.min_rows);
  }
  const Rows32 shuffled = permutation(base.sub(0), n);
  if (options.type == Type::shards) {
    deal_shards(base, by_class(shuffled, rows.classes, rows.class_count), clients,
                options.shards_per_client, owner);
    return with_min_rows(group(owner, clients), options.min_rows);
  }
  if (options.type == Type::iid) {  // min_rows ≤ ⌊n/N⌋ holds by itself
    for (std::uint64_t k = 0; k < clients; ++k) {
      for (auto i = even_cut(n, clients, k); i < even_cut(n, clients, k + 1); ++i) {
        owner[shuffled[i]] = k;
      }
    }
    return group(owner, clients);
  }
  const std::uint64_t dealt = clients * options.min_rows;
  for (std::uint64_t i = 0; i < dealt; ++i) owner[shuffled[i]] = i / options.min_rows;
  const auto rest = std::span(shuffled).subspan(dealt);
  if (options.type == Type::quantity) {
    deal_by_shares(rest, quantity_shares(base.sub(4), clients, options), owner);
    return group(owner, clients);
  }
  const auto lists = by_class(rest, rows.classes, rows.class_count);
  if (options.over == PartitionOptions::Over::clients) {
    for (std::size_t c = 0; c < lists.size(); ++c) {
      deal_by_shares(lists[c], dirichlet(base.sub(1).sub(c), options.alpha, clients), owner);
    }
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
