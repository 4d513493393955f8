#pragma once
// DataStore: the rows that a process holds at run time.
//
// Rows are ordered physically: train rows by client (sparse ones then by their number of
// non-zeros), then validation, then test, then the test rows of the clients. A client is one entry
// of an offsets table, so an idle client costs 8 bytes, and 8 more where clients have test rows.
// The arrays are mapped from the cache (pages that this process never touches are never resident)
// or, without one, held in memory for this process's share only.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/ids.hpp"
#include "core/oracle.hpp"
#include "core/ordered_sum.hpp"
#include "core/result.hpp"
#include "problems/data/cache.hpp"
#include "problems/data/feature_skew.hpp"
#include "problems/data/partition.hpp"
#include "problems/data/rows.hpp"
#include "problems/data/split.hpp"
#include "problems/data/standardize.hpp"

namespace cohort {

/// What a process keeps: the clients with these ids, and of the row blocks (core/ordered_sum.hpp)
/// of the validation and the test set those of part `part` of `parts`.
struct Share {
  IdRange clients;
  std::uint32_t part = 0;
  std::uint32_t parts = 1;

  static Share of_rank(std::uint64_t clients, std::uint32_t rank, std::uint32_t ranks) {
    return {rank_range(clients, rank, ranks), rank, ranks};
  }
};

/// Element type of the stored values.
enum class Storage { f64, f32 };

/// What a store is made from. Tables are in file order with raw labels; the row numbers of the test
/// table follow those of the train table.
struct StorePlan {
  Rows train_table;
  Rows test_table;  // empty: no file of its own
  std::size_t features = 0;
  bool is_sparse = false;
  Storage storage = Storage::f64;
  std::span<const double> classes;  // ascending label values; empty: labels stay as they are
  const Split& split;
  const Partition& partition;
  const FeatureScale& scale;
  FeatureSkew skew = {};
  std::uint64_t seed = 0;  // of the skew
};

class DataStore {
 public:
  /// The arrays of the whole plan, or of one share of it.
  static Blob make(const StorePlan& plan, const Share& share);
  /// A view of such arrays, which may hold more than the share. Error: Code::environment when they
  /// do not fit each other or the share.
  static Result<DataStore> open(Blob blob, const Share& share);

  std::uint64_t clients() const { return client_offsets_.size() - 1; }
  std::size_t features() const { return rows_.features(); }
  /// Label value of class c; empty for regression. Rows carry the class number c as their label;
  /// with two classes 2c − 1 is the ±1 label (−1 = the smaller value).
  std::span<const double> classes() const { return classes_; }
  /// x ← (x − mean)/scale was applied; empty: it was not.
  std::span<const double> mean() const { return mean_; }
  std::span<const double> scale() const { return scale_; }

  /// The same data, where the rows that clients train on have labels C − 1 − y; C ≥ 2 classes.
  DataStore with_flipped_labels() const;

  /// The clients [first, last) that this process holds.
  IdRange held_clients() const { return held_clients_; }
  /// Number of rows of any client, held or not; `source` is client or client_test.
  std::uint64_t rows_of_client(ClientId client, RowSource source = RowSource::client) const;
  /// The rows of a client that is held.
  Rows client_rows(ClientId client, RowSource source = RowSource::client) const;
  /// Rows of the whole run: of all clients, or of an evaluation set.
  std::uint64_t count(RowSource source) const;
  /// Which rows of an evaluation set this process holds: whole row blocks. (Of the clients' rows:
  /// those of held clients, in client order.)
  IdRange held(RowSource source) const;
  /// Those rows.
  Rows rows(RowSource source) const;
  /// Rows of the train file, used or not.
  std::uint64_t table_rows() const { return table_rows_; }
  /// Numbers of rows() in the files: train file first, then test file.
  std::span<const std::uint32_t> file_rows(RowSource source) const;

 private:
  struct Part {
    std::uint64_t total = 0;     // rows of the run
    IdRange held;                // rows of this process
    std::uint64_t position = 0;  // of row held.first in rows_
  };
  const Part& part(RowSource source) const { return parts_[static_cast<std::size_t>(source)]; }
  std::span<const std::uint64_t> offsets(RowSource source) const {
    return source == RowSource::client ? client_offsets_ : client_test_offsets_;
  }

  Blob blob_;  // keeps what follows alive
  std::span<const std::uint64_t> client_offsets_;
  std::span<const std::uint64_t> client_test_offsets_;  // empty without such rows
  std::span<const std::uint32_t> file_rows_;
  std::span<const double> classes_;
  std::span<const double> mean_;
  std::span<const double> scale_;
  Rows rows_;
  IdRange held_clients_;
  Part parts_[row_sources];
  std::uint64_t table_rows_ = 0;
};

}  // namespace cohort
