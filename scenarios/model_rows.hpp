#pragma once
// Rows of a file in the form that a model was trained on, some at a time.

#include <memory>
#include <string>

#include "core/result.hpp"
#include "problems/data/builtin.hpp"
#include "problems/data/store.hpp"
#include "scenarios/model_file.hpp"

namespace cohort {

struct RowsOptions {
  FileFormat format = FileFormat::detect;
  std::string label;         // column of CSV files; empty: the model's
  bool needs_label = false;  // labels are read and must be the model's; else they are passed over
};

/// Columns of a CSV file with a header are matched to the model's by name, in any order; without
/// names by place. A label column may be there or not. Features are standardised as the model's
/// were.
class ModelRows {
 public:
  /// `file` may be "-", standard input: CSV unless the model is one of sparse rows. `model` must
  /// outlive it. Errors (bad_input): no model of rows, no such file.
  static Result<ModelRows> open(const ModelFile& model, const std::string& file,
                                const RowsOptions& options);
  ModelRows(ModelRows&&) noexcept;
  ~ModelRows();

  /// A store whose test rows are at least `rows` more, or all that are left; none at the end.
  /// Errors (bad_input): those of the readers; columns that are missing, unknown or there twice, by
  /// name; an index beyond the features; a label that the model does not know.
  Result<DataStore> next(std::uint64_t rows);

 private:
  class Impl;
  explicit ModelRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A model that can be asked.
class LoadedModel {
 public:
  /// Error (bad_input): not a model file of this program's models.
  static Result<LoadedModel> read(const std::string& file, const Catalogue& catalogue);

  const ModelFile& file() const { return file_; }
  /// On the rows of a store, which outlives it.
  Result<std::shared_ptr<const Function>> on(const DataStore& rows) const;
  /// Its point in the layout of such a function.
  Result<Vec> point(const Function& function) const;

 private:
  std::string name_;
  ModelFile file_;
  std::shared_ptr<const Objective> objective_;
};

/// A number as the shortest text that reads back to it.
std::string shortest(double x);

}  // namespace cohort
