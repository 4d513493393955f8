#include "problems/data/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "problems/data/npz.hpp"

namespace cohort {
namespace {

enum Set : std::uint8_t { train_set, validation_set, test_set, client_test_set, unused_set };

const NumberArray* find(const std::vector<NumberArray>& arrays, std::string_view name) {
  const auto found =
      std::find_if(arrays.begin(), arrays.end(), [&](const auto& a) { return a.name == name; });
  return found == arrays.end() ? nullptr : &*found;
}

}  // namespace

Result<Parts> read_parts(const std::filesystem::path& path) {
  const std::string file = path.string();
  COHORT_TRY(const auto arrays, read_npz(path));
  const NumberArray* const client = find(arrays, "client");
  const auto* clients =
      client == nullptr ? nullptr : std::get_if<std::vector<std::int64_t>>(&client->values);
  if (clients == nullptr || client->shape.size() != 1) {
    return bad_input(fmt::format(
        "{}: expected an array client, one whole number of more than a byte for each row", file));
  }
  const std::size_t n = clients->size();
  const NumberArray* const set = find(arrays, "set");
  const auto* sets =
      set == nullptr ? nullptr : std::get_if<std::vector<std::uint8_t>>(&set->values);
  if (set != nullptr && (sets == nullptr || sets->size() != n)) {
    return bad_input(
        fmt::format("{}: expected an array set of {} bytes, as client has rows", file, n));
  }
  Parts parts;
  parts.rows = n;
  if (n > std::numeric_limits<std::uint32_t>::max()) {
    return bad_input(fmt::format("{}: expected at most 4294967295 rows, found {}", file, n));
  }
  for (std::size_t row = 0; row < n; ++row) {
    const std::int64_t owner = (*clients)[row];
    const unsigned kind =
        sets != nullptr ? (*sets)[row] : static_cast<unsigned>(owner < 0 ? unused_set : train_set);
    const bool needs_client = kind == train_set || kind == client_test_set;
    if (kind > unused_set || (owner != -1) != needs_client || owner < -1 ||
        owner >= std::numeric_limits<std::uint32_t>::max()) {
      return bad_input(fmt::format(
          "{}: expected a client from 0 for rows of sets 0 and 3, and -1 for sets 1, 2 and 4, "
          "found client {} and set {} in row {}",
          file, owner, kind, row + 1));
    }
    const auto number = static_cast<std::uint32_t>(row);
    if (kind == validation_set) parts.split.validation.push_back(number);
    if (kind == test_set) parts.split.test.push_back(number);
    if (!needs_client) continue;
    parts.split.train.push_back(number);
    parts.owners.push_back(static_cast<std::uint32_t>(owner));
    parts.is_client_test.push_back(kind == client_test_set);
  }
  if (parts.split.train.empty()) {
    return bad_input(fmt::format("{}: expected rows with a client, found none", file));
  }
  return parts;
}

Result<void> write_parts(const std::filesystem::path& path, const DataStore& store,
                         bool has_test_file) {
  const auto n = static_cast<std::size_t>(store.table_rows());
  std::vector<std::int64_t> clients(n, -1);
  std::vector<std::uint8_t> sets(n, unused_set);
  for (const auto& [source, set] : {std::pair(RowSource::client, train_set),
                                    std::pair(RowSource::client_test, client_test_set)}) {
    const auto rows = store.file_rows(source);
    std::size_t at = 0;
    for (std::uint64_t k = 0; k < store.clients(); ++k) {
      for (std::uint64_t i = 0; i < store.rows_of_client(ClientId(k), source); ++i, ++at) {
        clients[rows[at]] = static_cast<std::int64_t>(k);
        sets[rows[at]] = set;
      }
    }
  }
  for (const auto row : store.file_rows(RowSource::validation)) sets[row] = validation_set;
  if (!has_test_file) {
    for (const auto row : store.file_rows(RowSource::test)) sets[row] = test_set;
  }
  return write_npz(path, {{"client", {n}, std::move(clients)}, {"set", {n}, std::move(sets)}});
}

}  // namespace cohort
