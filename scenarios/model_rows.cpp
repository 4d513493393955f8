#include "scenarios/model_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "problems/data/libsvm.hpp"

namespace cohort {

namespace {

constexpr std::size_t no_column = static_cast<std::size_t>(-1);

/// Which feature each column of a file is, and where the label is.
struct ColumnMap {
  std::vector<std::size_t> feature;  // [columns]; no_column: the label
  std::size_t label = no_column;
};

/// By name, in any order.
Result<ColumnMap> map_by_name(const RowForm& form, const std::vector<std::string>& names,
                              std::size_t label, const std::string& file) {
  ColumnMap map{.feature = {}, .label = label};
  std::vector<std::string> missing, unknown, twice;
  std::set<std::string> seen;
  for (std::size_t c = 0; c < names.size(); ++c) {
    map.feature.push_back(no_column);
    if (c == label) continue;
    const auto found = std::find(form.names.begin(), form.names.end(), names[c]);
    if (found == form.names.end()) {
      unknown.push_back(names[c]);
    } else if (!seen.insert(names[c]).second) {
      twice.push_back(names[c]);
    } else {
      map.feature.back() = static_cast<std::size_t>(found - form.names.begin());
    }
  }
  for (const std::string& name : form.names) {
    if (!seen.contains(name)) missing.push_back(name);
  }
  std::string wrong;
  for (const auto& [what, list] : {std::pair("missing", &missing), std::pair("unknown", &unknown),
                                   std::pair("twice", &twice)}) {
    if (!list->empty()) wrong += fmt::format("; {}: {}", what, fmt::join(*list, ", "));
  }
  if (!wrong.empty()) {
    return bad_input(
        fmt::format("{}: expected the {} columns of the model{}", file, form.names.size(), wrong));
  }
  return map;
}

Result<ColumnMap> map_by_place(const RowForm& form, std::size_t columns, std::size_t label,
                               const std::string& file) {
  if (columns != form.features + (label == no_column ? 0 : 1)) {
    return bad_input(fmt::format("{}: expected {} columns, or {} with the label, found {}", file,
                                 form.features, form.features + 1, columns));
  }
  ColumnMap map{.feature = {}, .label = label};
  for (std::size_t c = 0, feature = 0; c < columns; ++c) {
    map.feature.push_back(c == label ? no_column : feature++);
  }
  return map;
}

Result<ColumnMap> map_columns(const RowForm& form, const std::vector<std::string>& names,
                              std::size_t columns, const RowsOptions& options,
                              const std::string& file) {
  const std::string& wanted = options.label.empty() ? form.label : options.label;
  const bool by_name = !form.names.empty();
  if (by_name && names.empty()) {
    return bad_input(fmt::format("{}: expected a header with the columns of the model, {}", file,
                                 fmt::join(form.names, ", ")));
  }
  std::optional<std::size_t> label;
  // Without names a file of as many columns as features has no label.
  if (by_name || columns != form.features || !options.label.empty()) {
    label = label_column(wanted, names, columns);
  }
  if (!label && (options.needs_label || !options.label.empty())) {
    return bad_input(fmt::format("{}: expected a label column '{}', found none", file, wanted));
  }
  const std::size_t at = label.value_or(no_column);
  // A header that is the model's own is taken as it is, also where it has a name twice.
  std::vector<std::string> features = names;
  if (label && !names.empty()) {
    features.erase(features.begin() + static_cast<std::ptrdiff_t>(*label));
  }
  return by_name && features != form.names ? map_by_name(form, names, at, file)
                                           : map_by_place(form, columns, at, file);
}

/// All columns → the model's features and the label.
Table arranged(const Table& raw, const ColumnMap& map, std::size_t features) {
  Table table;
  table.features = features;
  const std::size_t rows = raw.labels.size(), columns = raw.features;
  table.labels.resize(rows);
  table.values.resize(rows * features);
  for (std::size_t i = 0; i < rows; ++i) {
    table.labels[i] = map.label == no_column ? 0 : raw.values[i * columns + map.label];
    for (std::size_t c = 0; c < columns; ++c) {
      if (c == map.label) continue;
      table.values[i * features + map.feature[c]] = raw.values[i * columns + c];
    }
  }
  return table;
}

Table without_zeros(const Table& dense) {
  Table table;
  table.is_sparse = true;
  table.features = dense.features;
  table.offsets.push_back(0);
  for (std::size_t i = 0; i < dense.labels.size(); ++i) {
    table.labels.push_back(dense.labels[i]);
    for (std::size_t j = 0; j < dense.features; ++j) {
      const double x = dense.values[i * dense.features + j];
      if (x == 0) continue;
      table.columns.push_back(static_cast<std::uint32_t>(j));
      table.values.push_back(x);
    }
    table.offsets.push_back(table.values.size());
  }
  return table;
}

}  // namespace

class ModelRows::Impl {
 public:
  Impl(const ModelFile& model, TextSource source, FileFormat format, RowsOptions options)
      : model_(model), source_(std::move(source)), options_(std::move(options)) {
    if (format == FileFormat::csv) {
      csv_.emplace(source_, CsvFormat{}, false);
    } else {
      libsvm_.emplace(source_);
    }
  }

  Result<DataStore> next(std::uint64_t rows) {
    COHORT_TRY(Table table, csv_ ? read_csv_rows(rows) : read_libsvm_rows(rows));
    if (!options_.needs_label) {
      for (std::size_t i = 0; i < table.labels.size(); ++i) table.labels[i] = 0;
    }
    COHORT_DO(check_labels(table));
    first_ += table.labels.size();
    if (form().is_sparse && !table.is_sparse) table = without_zeros(table);
    const Split no_rows;
    Partition nobody;  // one client, without rows
    nobody.offsets = {0, 0};
    const FeatureScale scale{model_.mean, model_.scale};
    return DataStore::open(DataStore::make({.train_table = {},
                                            .test_table = table.rows(),
                                            .features = form().features,
                                            .is_sparse = form().is_sparse,
                                            .storage = form().storage,
                                            .classes = model_.labels,
                                            .split = no_rows,
                                            .partition = nobody,
                                            .scale = scale},
                                           {}),
                           {});
  }

 private:
  const RowForm& form() const { return *model_.rows; }

  Result<Table> read_csv_rows(std::uint64_t rows) {
    COHORT_TRY(const Table raw, csv_->next(rows));
    if (!columns_) {
      COHORT_TRY(columns_,
                 map_columns(form(), csv_->names(), raw.features, options_, source_.name()));
    }
    return arranged(raw, *columns_, form().features);
  }
  Result<Table> read_libsvm_rows(std::uint64_t rows) {
    COHORT_TRY(Table table, libsvm_->next(rows));
    if (table.features <= form().features) return table;
    for (std::size_t i = 0; i < table.labels.size(); ++i) {
      const auto end = static_cast<std::size_t>(table.offsets[i + 1]);
      if (end == table.offsets[i] || table.columns[end - 1] < form().features) continue;
      return bad_input(
          fmt::format("{}: expected indices up to {}, the features of the model, found "
                      "{} in row {}",
                      source_.name(), form().features, table.columns[end - 1] + 1, first_ + i + 1));
    }
    return table;
  }
  Result<void> check_labels(const Table& table) const {
    if (!options_.needs_label || model_.labels.empty()) return {};
    for (std::size_t i = 0; i < table.labels.size(); ++i) {
      if (std::binary_search(model_.labels.begin(), model_.labels.end(), table.labels[i])) continue;
      return bad_input(fmt::format("{}: expected a label of the model ({}), found {} in row {}",
                                   source_.name(), fmt::join(model_.labels, ", "), table.labels[i],
                                   first_ + i + 1));
    }
    return {};
  }

  const ModelFile& model_;
  TextSource source_;
  RowsOptions options_;
  std::optional<CsvReader> csv_;
  std::optional<LibsvmReader> libsvm_;
  std::optional<ColumnMap> columns_;
  std::uint64_t first_ = 0;  // rows so far
};

ModelRows::ModelRows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ModelRows::ModelRows(ModelRows&&) noexcept = default;
ModelRows::~ModelRows() = default;
Result<DataStore> ModelRows::next(std::uint64_t rows) { return impl_->next(rows); }

Result<ModelRows> ModelRows::open(const ModelFile& model, const std::string& file,
                                  const RowsOptions& options) {
  FileFormat format = options.format;
  if (file == "-") {
    if (format == FileFormat::detect) {
      format = model.rows->is_sparse ? FileFormat::libsvm : FileFormat::csv;
    }
    COHORT_TRY(TextSource source, TextSource::standard_input());
    return ModelRows(std::make_unique<Impl>(model, std::move(source), format, options));
  }
  COHORT_TRY(format, file_format(file, format));
  if (format != FileFormat::csv && format != FileFormat::libsvm) {
    return bad_input(fmt::format("{}: expected LIBSVM or CSV text, found another format", file));
  }
  COHORT_TRY(TextSource source, TextSource::open(file));
  return ModelRows(std::make_unique<Impl>(model, std::move(source), format, options));
}

Result<LoadedModel> LoadedModel::read(const std::string& file, const Catalogue& catalogue) {
  LoadedModel model;
  model.name_ = file;
  COHORT_TRY(model.file_, read_model(file));
  if (!model.file_.rows) {
    return bad_input(fmt::format(
        "{}: expected a model of rows, found the point of a [problem], which predicts nothing",
        file));
  }
  Mistakes mistakes;
  model.objective_ = catalogue.models->make(model.file_.options, "model", mistakes).object;
  COHORT_DO(mistakes.result());
  return model;
}

Result<std::shared_ptr<const Function>> LoadedModel::on(const DataStore& rows) const {
  return objective_->make({.data = &rows, .clients = 1, .seed = 0});
}

Result<Vec> LoadedModel::point(const Function& function) const {
  return point_of(file_, function.layout(), name_);
}

std::string shortest(double x) { return fmt::format("{}", x); }

}  // namespace cohort
