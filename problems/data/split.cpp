#include "problems/data/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.hpp"

namespace cohort {
namespace {

// 0.29 · 100 is 28.999…96 in a double: a product this close below a whole number is that number.
constexpr double whole_number_slack = 1e-9;

std::size_t share_of(double fraction, std::uint64_t rows) {
  return static_cast<std::size_t>(
      std::floor(fraction * static_cast<double>(rows) + whole_number_slack));
}

}  // namespace

Result<Split> split_rows(std::uint64_t rows, const SplitFractions& fractions, bool has_test_file,
                         std::uint64_t seed) {
  const double sum = fractions.train + fractions.validation + fractions.test;
  for (const double f : {fractions.train, fractions.validation, fractions.test}) {
    if (!(f >= 0.0 && f <= 1.0)) {
      return bad_input(fmt::format("data.split: expected shares from 0 to 1, found {}", f));
    }
  }
  if (!(fractions.client_test >= 0.0 && fractions.client_test < 1.0)) {
    return bad_input(
        fmt::format("data.split.client_test: expected a share from 0 to below 1, found {}",
                    fractions.client_test));
  }
  if (!(std::abs(sum - 1.0) <= whole_number_slack)) {
    return bad_input(
        fmt::format("data.split: expected shares that sum to 1, found {} + {} + {} = {}",
                    fractions.train, fractions.validation, fractions.test, sum));
  }
  const std::size_t test = has_test_file ? 0 : share_of(fractions.test, rows);
  const std::size_t validation = share_of(fractions.validation, rows);
  if (test + validation >= rows) {
    return bad_input(fmt::format(
        "data.split: expected at least one train row, found {} rows of which {} validation and {} "
        "test",
        rows, validation, test));
  }
  std::vector<std::uint32_t> order;
  if (test + validation > 0) {
    order = permutation(Stream(seed, Purpose::data_split), rows);
  } else {
    order.resize(rows);
    std::iota(order.begin(), order.end(), 0U);
  }
  const auto part = [&](std::size_t begin, std::size_t count) {
    const auto first = order.begin() + static_cast<std::ptrdiff_t>(begin);
    std::vector<std::uint32_t> rows_of_part(first, first + static_cast<std::ptrdiff_t>(count));
    std::sort(rows_of_part.begin(), rows_of_part.end());
    return rows_of_part;
  };
  return Split{.train = part(test + validation, order.size() - test - validation),
               .validation = part(test, validation),
               .test = part(0, test)};
}

void separate_test(Partition& partition, const std::vector<bool>& is_test) {
  const std::size_t clients = partition.offsets.size() - 1;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> order;
  partition.test_offsets.assign(1, 0);
  offsets.reserve(clients + 1);
  partition.test_offsets.reserve(clients + 1);
  for (std::size_t k = 0; k < clients; ++k) {
    for (auto i = partition.offsets[k]; i < partition.offsets[k + 1]; ++i) {
      (is_test[i] ? partition.test_order : order).push_back(partition.order[i]);
    }
    offsets.push_back(order.size());
    partition.test_offsets.push_back(partition.test_order.size());
  }
  partition.offsets = std::move(offsets);
  partition.order = std::move(order);
}

void split_clients(Partition& partition, double share, std::uint64_t seed) {
  if (share == 0.0) return;
  std::vector<bool> is_test(partition.order.size(), false);
  for (std::size_t k = 0; k + 1 < partition.offsets.size(); ++k) {
    const std::uint64_t first = partition.offsets[k], n = partition.offsets[k + 1] - first;
    const std::uint64_t kept = n == 0 ? 0 : std::min<std::uint64_t>(share_of(share, n), n - 1);
    for (const auto i :
         sample_without_replacement(Stream(seed, Purpose::data_split, k, 1), kept, n)) {
      is_test[first + i] = true;
    }
  }
  separate_test(partition, is_test);
}

}  // namespace cohort
