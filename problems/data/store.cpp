#include "problems/data/store.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace cohort {
namespace {

// Sections of the blob.
enum : std::size_t {
  shape_section,
  client_offsets_section,
  client_test_offsets_section,  // empty without such rows
  file_rows_section,
  labels_section,
  row_offsets_section,  // empty when dense
  columns_section,      // empty when dense
  values_section,
  classes_section,
  mean_section,
  scale_section,
  section_count,
};

/// Numbers of the first section.
struct Shape {
  std::uint64_t features = 0;
  std::uint64_t is_sparse = 0;
  std::uint64_t is_single = 0;
  std::uint64_t table_rows = 0;                    // of the train file
  std::array<std::uint64_t, row_sources> total{};  // rows of the run by RowSource
  std::array<std::uint64_t, row_sources> first{};  // rows [first, last) of each are in the blob
  std::array<std::uint64_t, row_sources> last{};
};

using HeldRows = std::array<IdRange, row_sources>;  // by RowSource

IdRange clamp(IdRange range, std::uint64_t count) {
  const std::uint64_t last = std::min(range.last, count);
  return {std::min(range.first, last), last};
}

/// Rows of an evaluation set of n rows that belong to a share.
IdRange evaluation_rows(std::uint64_t n, const Share& share) {
  const std::uint64_t block = row_block(n);
  const IdRange blocks = rank_range((n + block - 1) / block, share.part, share.parts);
  return {std::min(n, blocks.first * block), std::min(n, blocks.last * block)};
}

HeldRows held_rows(std::span<const std::uint64_t> client_offsets,
                   std::span<const std::uint64_t> client_test_offsets, std::uint64_t validation,
                   std::uint64_t test, const Share& share) {
  const IdRange clients = clamp(share.clients, client_offsets.size() - 1);
  const auto of_clients = [&](std::span<const std::uint64_t> offsets) {
    return offsets.empty() ? IdRange{0, 0} : IdRange{offsets[clients.first], offsets[clients.last]};
  };
  return {of_clients(client_offsets), evaluation_rows(validation, share),
          evaluation_rows(test, share), of_clients(client_test_offsets)};
}

/// Calls f(row of its table, whether that is the test table, number in the files) for the rows of a
/// share, in the store's order.
template <class F>
void for_each_row(const StorePlan& plan, const HeldRows& held, F f) {
  const auto train_rows = static_cast<std::uint32_t>(plan.train_table.count());
  for (auto i = held[0].first; i < held[0].last; ++i) {
    const auto row = plan.split.train[plan.partition.order[i]];
    f(row, false, row);
  }
  for (auto i = held[1].first; i < held[1].last; ++i) {
    f(plan.split.validation[i], false, plan.split.validation[i]);
  }
  for (auto i = held[2].first; i < held[2].last; ++i) {
    if (plan.test_table.empty()) {
      f(plan.split.test[i], false, plan.split.test[i]);
    } else {
      f(static_cast<std::uint32_t>(i), true, static_cast<std::uint32_t>(train_rows + i));
    }
  }
  for (auto i = held[3].first; i < held[3].last; ++i) {
    const auto row = plan.split.train[plan.partition.test_order[i]];
    f(row, false, row);
  }
}

template <class T, class Block>
void copy_dense(const Block& block, std::size_t row, const FeatureScale& scale,
                std::size_t features, T* to) {
  const auto apply = [&](std::size_t j, double x) {
    if (!scale.mean.empty()) x -= scale.mean[j];
    if (!scale.scale.empty()) x /= scale.scale[j];
    return static_cast<T>(x);
  };
  const auto values = block.values(row);
  if constexpr (Block::is_sparse) {
    for (std::size_t j = 0; j < features; ++j) to[j] = apply(j, 0.0);
    const auto index = block.index(row);
    for (std::size_t k = 0; k < values.size(); ++k) to[index[k]] = apply(index[k], values[k]);
  } else {
    for (std::size_t j = 0; j < values.size(); ++j) to[j] = apply(j, values[j]);
    for (std::size_t j = values.size(); j < features; ++j) to[j] = apply(j, 0.0);
  }
}

/// Rows of clients, where they are among all rows of a share.
template <class T>
void skew_clients(const StorePlan& plan, const HeldRows& held, Array<T>& values) {
  if (plan.skew.type == FeatureSkew::Type::none) return;
  const Partition& partition = plan.partition;
  const std::size_t clients = partition.offsets.size() - 1;
  const auto apply = [&](std::span<const std::uint64_t> offsets,
                         std::span<const std::uint32_t> order, IdRange range, std::uint64_t at) {
    for (std::size_t k = 0; k + 1 < offsets.size(); ++k) {
      const auto end = std::min(offsets[k + 1], range.last);
      for (auto i = std::max(offsets[k], range.first); i < end; ++i) {
        T* const row = values.data() + (at + i - range.first) * plan.features;
        skew_row<T>(plan.skew, k, clients, plan.split.train[order[i]], plan.seed,
                    {row, plan.features});
      }
    }
  };
  std::uint64_t before = 0;  // rows in front of the clients' test rows
  for (std::size_t s = 0; s < 3; ++s) before += held[s].last - held[s].first;
  apply(partition.offsets, partition.order, held[0], 0);
  apply(partition.test_offsets, partition.test_order, held[3], before);
}

template <class T>
Array<T> make_dense(const StorePlan& plan, const HeldRows& held, std::size_t rows) {
  Array<T> values(rows * plan.features);
  T* to = values.data();
  for_each_row(plan, held, [&](std::uint32_t row, bool in_test, std::uint32_t) {
    visit(in_test ? plan.test_table : plan.train_table,
          [&](const auto& block) { copy_dense(block, row, plan.scale, plan.features, to); });
    to += plan.features;
  });
  skew_clients(plan, held, values);
  return values;
}

template <class T>
Array<T> make_sparse(const StorePlan& plan, const HeldRows& held, std::size_t rows,
                     Array<std::uint64_t>& offsets, Array<std::uint32_t>& columns) {
  const auto sparse_row = [&](bool in_test, auto f) {
    const auto* block =
        std::get_if<SparseRows<double>>(&(in_test ? plan.test_table : plan.train_table).typed());
    COHORT_CHECK(block != nullptr, "a sparse store is made from sparse tables");
    f(*block);
  };
  offsets.reserve(rows + 1);
  offsets.push_back(0);
  for_each_row(plan, held, [&](std::uint32_t row, bool in_test, std::uint32_t) {
    sparse_row(in_test, [&](const SparseRows<double>& block) {
      offsets.push_back(offsets[offsets.size() - 1] + block.index(row).size());
    });
  });
  const auto stored = static_cast<std::size_t>(offsets[rows]);
  columns.resize(stored);
  Array<T> values(stored);
  std::size_t at = 0;
  for_each_row(plan, held, [&](std::uint32_t row, bool in_test, std::uint32_t) {
    sparse_row(in_test, [&](const SparseRows<double>& block) {
      const auto index = block.index(row);
      const auto entries = block.values(row);
      for (std::size_t k = 0; k < index.size(); ++k, ++at) {
        columns[at] = index[k];
        const double x = entries[k];
        values[at] = static_cast<T>(plan.scale.scale.empty() ? x : x / plan.scale.scale[index[k]]);
      }
    });
  });
  return values;
}

}  // namespace

Blob DataStore::make(const StorePlan& plan, const Share& share) {
  const std::uint64_t validation = plan.split.validation.size();
  const std::uint64_t test =
      plan.test_table.empty() ? plan.split.test.size() : plan.test_table.count();
  const Partition& partition = plan.partition;
  const auto held = held_rows(partition.offsets, partition.test_offsets, validation, test, share);
  Shape shape{.features = plan.features,
              .is_sparse = plan.is_sparse,
              .is_single = plan.storage == Storage::f32,
              .table_rows = plan.train_table.count(),
              .total = {partition.order.size(), validation, test, partition.test_order.size()},
              .first = {},
              .last = {}};
  std::size_t rows = 0;
  for (std::size_t s = 0; s < row_sources; ++s) {
    shape.first[s] = held[s].first;
    shape.last[s] = held[s].last;
    rows += static_cast<std::size_t>(held[s].last - held[s].first);
  }

  Array<double> labels(rows);
  Array<std::uint32_t> file_rows(rows);
  std::size_t at = 0;
  for_each_row(plan, held, [&](std::uint32_t row, bool in_test, std::uint32_t file_row) {
    const double label = (in_test ? plan.test_table : plan.train_table).labels()[row];
    const auto found = std::lower_bound(plan.classes.begin(), plan.classes.end(), label);
    labels[at] = plan.classes.empty() ? label : static_cast<double>(found - plan.classes.begin());
    file_rows[at++] = file_row;
  });

  Array<std::uint64_t> row_offsets;
  Array<std::uint32_t> columns;
  Array<double> doubles;
  Array<float> floats;
  if (plan.is_sparse && plan.storage == Storage::f64) {
    doubles = make_sparse<double>(plan, held, rows, row_offsets, columns);
  } else if (plan.is_sparse) {
    floats = make_sparse<float>(plan, held, rows, row_offsets, columns);
  } else if (plan.storage == Storage::f64) {
    doubles = make_dense<double>(plan, held, rows);
  } else {
    floats = make_dense<float>(plan, held, rows);
  }

  Blob blob;
  blob.add(std::span<const Shape>(&shape, 1));
  blob.add(std::span<const std::uint64_t>(partition.offsets));
  blob.add(std::span<const std::uint64_t>(partition.test_offsets));
  blob.add(std::move(file_rows));
  blob.add(std::move(labels));
  blob.add(std::move(row_offsets));
  blob.add(std::move(columns));
  if (plan.storage == Storage::f64) {
    blob.add(std::move(doubles));
  } else {
    blob.add(std::move(floats));
  }
  blob.add(plan.classes);
  blob.add(std::span<const double>(plan.scale.mean));
  blob.add(std::span<const double>(plan.scale.scale));
  return blob;
}

Result<DataStore> DataStore::open(Blob blob, const Share& share) {
  const auto wrong = [] { return bad_environment("the ordered data do not fit each other"); };
  if (blob.sections() != section_count || blob.bytes(shape_section).size() != sizeof(Shape) ||
      blob.bytes(client_offsets_section).size() < 2 * sizeof(std::uint64_t)) {
    return wrong();
  }
  const Shape shape = blob.as<Shape>(shape_section)[0];
  DataStore store;
  store.client_offsets_ = blob.as<std::uint64_t>(client_offsets_section);
  store.client_test_offsets_ = blob.as<std::uint64_t>(client_test_offsets_section);
  if (!store.client_test_offsets_.empty() &&
      store.client_test_offsets_.size() != store.client_offsets_.size()) {
    return wrong();
  }
  store.file_rows_ = blob.as<std::uint32_t>(file_rows_section);
  store.classes_ = blob.as<double>(classes_section);
  store.mean_ = blob.as<double>(mean_section);
  store.scale_ = blob.as<double>(scale_section);
  const auto labels = blob.as<double>(labels_section);
  const auto offsets = blob.as<std::uint64_t>(row_offsets_section);
  const auto columns = blob.as<std::uint32_t>(columns_section);
  const auto features = static_cast<std::size_t>(shape.features);
  const std::size_t rows = labels.size();
  const std::size_t width = shape.is_single != 0 ? sizeof(float) : sizeof(double);
  const std::size_t stored = blob.bytes(values_section).size() / width;

  const auto wanted = held_rows(store.client_offsets_, store.client_test_offsets_, shape.total[1],
                                shape.total[2], share);
  std::uint64_t position = 0;
  for (std::size_t s = 0; s < row_sources; ++s) {
    if (shape.first[s] > shape.last[s] || wanted[s].first < shape.first[s] ||
        wanted[s].last > shape.last[s]) {
      return wrong();
    }
    store.parts_[s] = {shape.total[s], wanted[s], position + wanted[s].first - shape.first[s]};
    position += shape.last[s] - shape.first[s];
  }
  const bool is_sparse = shape.is_sparse != 0;
  if (position != rows || store.file_rows_.size() != rows ||
      (is_sparse &&
       (offsets.size() != rows + 1 || columns.size() != stored || offsets[rows] != stored)) ||
      (!is_sparse && stored != rows * features)) {
    return wrong();
  }
  store.held_clients_ = clamp(share.clients, store.clients());
  store.table_rows_ = shape.table_rows;

  const auto view = [&]<class T>(std::span<const T> values) -> Rows {
    if (is_sparse) {
      return SparseRows<T>{rows,           features,      offsets.data(),
                           columns.data(), values.data(), labels.data()};
    }
    return DenseRows<T>{rows, features, features, values.data(), labels.data()};
  };
  store.rows_ = shape.is_single != 0 ? view(blob.as<float>(values_section))
                                     : view(blob.as<double>(values_section));
  store.blob_ = std::move(blob);
  return store;
}

DataStore DataStore::with_flipped_labels() const {
  COHORT_CHECK(classes_.size() >= 2, "labels are classes");
  const std::span<const double> labels = rows_.labels();
  Array<double> flipped(labels.size());
  std::copy(labels.begin(), labels.end(), flipped.data());
  const Part& train = part(RowSource::client);
  const std::uint64_t rows = train.held.last - train.held.first;
  const auto last = static_cast<double>(classes_.size() - 1);
  for (std::uint64_t i = train.position; i < train.position + rows; ++i) {
    flipped[i] = last - labels[i];
  }
  DataStore store = *this;
  store.rows_ = rows_.with_labels(flipped.data());
  store.blob_.add(std::move(flipped));
  return store;
}

std::uint64_t DataStore::rows_of_client(ClientId client, RowSource source) const {
  COHORT_CHECK(client.value < clients(), "no such client");
  const auto first = offsets(source);
  return first.empty() ? 0 : first[client.value + 1] - first[client.value];
}

Rows DataStore::client_rows(ClientId client, RowSource source) const {
  COHORT_CHECK(client.value >= held_clients_.first && client.value < held_clients_.last,
               "the client's rows are held by another process");
  const Part& all = part(source);
  const std::uint64_t n = rows_of_client(client, source);
  const std::uint64_t offset = n == 0 ? 0 : offsets(source)[client.value] - all.held.first;
  return rows_.slice(static_cast<std::size_t>(all.position + offset), static_cast<std::size_t>(n));
}

std::uint64_t DataStore::count(RowSource source) const { return part(source).total; }

IdRange DataStore::held(RowSource source) const { return part(source).held; }

Rows DataStore::rows(RowSource source) const {
  const Part& p = part(source);
  return rows_.slice(static_cast<std::size_t>(p.position),
                     static_cast<std::size_t>(p.held.last - p.held.first));
}

std::span<const std::uint32_t> DataStore::file_rows(RowSource source) const {
  const Part& p = part(source);
  return file_rows_.subspan(static_cast<std::size_t>(p.position),
                            static_cast<std::size_t>(p.held.last - p.held.first));
}

}  // namespace cohort
