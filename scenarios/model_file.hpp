#pragma once
// model.npz: a model that stands alone, as a run leaves it and `cohort predict`, `cohort evaluate`
// and `[model] init` read it. Its arrays:
//
//   <segment>  [rows × cols]  every segment that all clients share, by its name; one of a client's
//                             own would be client/<id>/<segment>
//   _mean, _scale  [F]        x ← (x − mean)/scale was applied to the rows; absent: it was not
//   _labels    [C]            label values, ascending; class c is _labels[c]
//   _cohort    bytes          TOML: [model] as in a scenario, and of [data] what a prediction needs

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/options.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"
#include "scenarios/catalogue.hpp"
#include "scenarios/session.hpp"

namespace cohort {

/// The form of the rows that a model was trained on.
struct RowForm {
  std::uint64_t features = 0;
  bool is_sparse = false;
  Storage storage = Storage::f64;
  std::vector<std::string> names;  // of the features, where a header told them
  std::string label = "last";      // column of CSV files: a name, first, last or a number from 1

  friend bool operator==(const RowForm&, const RowForm&) = default;
  static void declare(OptionTable<RowForm>& t);
};

struct ModelFile {
  struct Block {
    std::string name;
    std::uint64_t rows = 0;
    std::uint64_t cols = 0;
    std::vector<double> values;  // row-major
    friend bool operator==(const Block&, const Block&) = default;
  };
  std::vector<Block> blocks;
  std::vector<double> mean, scale, labels;
  std::string section;          // "model", or "problem"
  ConfigNode options;           // of that section, with its type
  std::optional<RowForm> rows;  // absent for a [problem]
};

/// The point x [shared] of a run, whose scenario and data `prepared` holds.
ModelFile model_of(const Prepared& prepared, const Vec& x);

/// Durably; the same model gives the same bytes.
Result<void> write_model(const std::filesystem::path& path, const ModelFile& model);
/// Error (bad_input): not a model file; names the file and what was expected.
Result<ModelFile> read_model(const std::filesystem::path& path);

/// The values of the blocks as one vector of the layout. Error (bad_input): a block is missing, is
/// none of the layout's, or has another shape.
Result<Vec> point_of(const ModelFile& model, const Layout& layout, const std::string& file);

/// That a model was trained on rows like these: labels, features and what was applied to them.
/// Error (bad_input): names what differs.
Result<void> check_rows(const ModelFile& model, const DataSet& data, const std::string& file);

}  // namespace cohort
