#include "scenarios/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "problems/data/npz.hpp"
#include "scenarios/read_scenario.hpp"
#include "scenarios/sections.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace {

constexpr std::int64_t format_version = 1;
constexpr std::string_view about_name = "_cohort";

Error wrong(std::string_view file, std::string_view expected) {
  return bad_input(fmt::format("{}: expected {}", file, expected));
}

std::string about_text(const ModelFile& model) {
  ConfigNode about = config_table();
  about.set("format", config_value(format_version));
  about.set(model.section, model.options);
  if (model.rows) about.set("data", option_table<RowForm>().write(*model.rows));
  return to_toml_document(about);
}

Result<void> read_about(const std::string& text, const std::string& file, ModelFile& model) {
  COHORT_TRY(const ConfigNode about, parse_toml(text, file + "/_cohort"));
  const ConfigNode* format = about.find("format");
  if (format == nullptr || format->to_toml() != std::to_string(format_version)) {
    return wrong(file, fmt::format("a model file of format {}, found {}", format_version,
                                   format == nullptr ? "none" : format->to_toml()));
  }
  for (const char* section : {"model", "problem"}) {
    if (const ConfigNode* options = about.find(section); options != nullptr) {
      model.section = section;
      model.options = *options;
    }
  }
  if (!model.options.is_table()) return wrong(file, "a table [model] in _cohort");
  if (const ConfigNode* data = about.find("data")) {
    Mistakes mistakes;
    model.rows = option_table<RowForm>().read(*data, "data", mistakes);
    COHORT_DO(mistakes.result());
  }
  return {};
}

std::vector<double>* plain_part(ModelFile& model, std::string_view name) {
  if (name == "_mean") return &model.mean;
  if (name == "_scale") return &model.scale;
  if (name == "_labels") return &model.labels;
  return nullptr;
}

std::string shape_text(std::uint64_t rows, std::uint64_t cols) {
  return fmt::format("[{} x {}]", rows, cols);
}

/// "feature 3 ('dose')"
std::string feature_name(const RowForm& rows, std::size_t j) {
  return j < rows.names.size() ? fmt::format("feature {} ('{}')", j + 1, rows.names[j])
                               : fmt::format("feature {}", j + 1);
}

Result<void> check_constants(std::string_view what, std::span<const double> expected,
                             std::span<const double> found, const RowForm& rows,
                             const std::string& file) {
  if (expected.empty() != found.empty()) {
    return wrong(file, expected.empty()
                           ? fmt::format("a model of rows without {0}, as data.standardize says "
                                         "here, found a {0} of every feature",
                                         what)
                           : fmt::format("a model with the {} of every feature, as "
                                         "data.standardize says here, found none",
                                         what));
  }
  for (std::size_t j = 0; j < expected.size(); ++j) {
    if (expected[j] == found[j]) continue;
    return wrong(file, fmt::format("the {} {} of {}, found {}: weights on features that were "
                                   "standardized otherwise mean something else",
                                   what, expected[j], feature_name(rows, j), found[j]));
  }
  return {};
}

}  // namespace

void RowForm::declare(OptionTable<RowForm>& t) {
  t.add("features", &RowForm::features, "columns without the label");
  t.add("sparse", &RowForm::is_sparse, "whether rows are stored by their non-zeros");
  t.add("storage", &RowForm::storage, "precision in which feature values are stored");
  t.add("names", &RowForm::names, "of the features, where a header told them");
  t.add("label", &RowForm::label, "label column of CSV files");
}

ModelFile model_of(const Prepared& prepared, const Vec& x) {
  const Scenario& scenario = prepared.scenario();
  ModelFile model;
  for (const Segment& s : prepared.function().layout().segments()) {
    if (s.owner != Owner::shared) continue;
    const double* first = x.data() + s.offset;
    model.blocks.push_back({s.name, s.rows, s.cols, {first, first + s.size()}});
  }
  model.section = scenario.data ? "model" : "problem";
  model.options =
      without(*scenario.effective.find(model.section), {"seed", "init", "init_checksum"});
  if (const DataSet* data = prepared.data()) {
    const auto copy = [](std::span<const double> v) {
      return std::vector<double>(v.begin(), v.end());
    };
    model.mean = copy(data->store.mean());
    model.scale = copy(data->store.scale());
    model.labels = copy(data->store.classes());
    const Rows rows = data->store.rows(RowSource::client);
    model.rows = {.features = data->store.features(),
                  .is_sparse = rows.is_sparse(),
                  .storage = rows.is_single() ? Storage::f32 : Storage::f64,
                  .names = data->feature_names,
                  .label = data->label_name.empty() ? scenario.data->csv.label : data->label_name};
    // Names that TOML cannot hold (not UTF-8) are left out; columns then go by their place.
    if (!parse_toml(about_text(model), "")) model.rows->names.clear();
  }
  return model;
}

Result<void> write_model(const std::filesystem::path& path, const ModelFile& model) {
  std::vector<NumberArray> arrays;
  for (const auto& b : model.blocks) arrays.push_back({b.name, {b.rows, b.cols}, b.values});
  const auto add = [&](const char* name, const std::vector<double>& values) {
    if (!values.empty()) arrays.push_back({name, {values.size()}, values});
  };
  add("_mean", model.mean);
  add("_scale", model.scale);
  add("_labels", model.labels);
  const std::string about = about_text(model);
  arrays.push_back({std::string(about_name),
                    {about.size()},
                    std::vector<std::uint8_t>(about.begin(), about.end())});
  return write_npz(path, arrays);
}

Result<ModelFile> read_model(const std::filesystem::path& path) {
  COHORT_TRY(std::vector<NumberArray> arrays, read_npz(path));
  const std::string file = path.string();
  ModelFile model;
  for (NumberArray& array : arrays) {
    if (const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&array.values)) {
      if (array.name != about_name) continue;
      COHORT_DO(read_about(std::string(bytes->begin(), bytes->end()), file, model));
      continue;
    }
    auto* const doubles = std::get_if<std::vector<double>>(&array.values);
    if (doubles == nullptr) return wrong(file, array.name + " in double precision");
    auto& values = *doubles;
    if (auto* part = plain_part(model, array.name)) {
      if (array.shape.size() != 1) return wrong(file, array.name + " as a list");
      *part = std::move(values);
    } else if (array.shape.size() == 2) {
      model.blocks.push_back({array.name, array.shape[0], array.shape[1], std::move(values)});
    } else {
      return wrong(file, fmt::format("{} as a matrix", array.name));
    }
  }
  if (model.section.empty()) return wrong(file, "an array _cohort, as Cohort writes it");
  const std::uint64_t features = model.rows ? model.rows->features : 0;
  for (const auto* part : {&model.mean, &model.scale}) {
    if (!part->empty() && part->size() != features) {
      return wrong(
          file, fmt::format("_mean and _scale of {} features, found {}", features, part->size()));
    }
  }
  if (model.rows && !model.rows->names.empty() && model.rows->names.size() != features) {
    return wrong(file, fmt::format("{} names, found {}", features, model.rows->names.size()));
  }
  return model;
}

Result<Vec> point_of(const ModelFile& model, const Layout& layout, const std::string& file) {
  Vec x = Vec::Zero(static_cast<Index>(layout.shared()));
  for (const ModelFile::Block& block : model.blocks) {
    const auto& segments = layout.segments();
    const auto s = std::find_if(segments.begin(), segments.end(), [&](const Segment& segment) {
      return segment.owner == Owner::shared && segment.name == block.name;
    });
    if (s == segments.end()) {
      return wrong(file, fmt::format("the segments of this model, found '{}' besides", block.name));
    }
    if (s->rows != block.rows || s->cols != block.cols) {
      return wrong(
          file, fmt::format("'{}' of shape {}, found {}", block.name, shape_text(s->rows, s->cols),
                            shape_text(block.rows, block.cols)));
    }
    std::copy(block.values.begin(), block.values.end(), x.data() + s->offset);
  }
  for (const Segment& s : layout.segments()) {
    const bool is_there =
        std::any_of(model.blocks.begin(), model.blocks.end(),
                    [&](const ModelFile::Block& block) { return block.name == s.name; });
    if (s.owner == Owner::shared && !is_there) {
      return wrong(file, fmt::format("a block '{}' of shape {}, found none", s.name,
                                     shape_text(s.rows, s.cols)));
    }
  }
  return x;
}

Result<void> check_rows(const ModelFile& model, const DataSet& data, const std::string& file) {
  if (!model.rows) return wrong(file, "the model of a run on [data]");
  const RowForm& rows = *model.rows;
  if (rows.features != data.store.features()) {
    return wrong(file, fmt::format("{} features, found {}", data.store.features(), rows.features));
  }
  if (!rows.names.empty() && !data.feature_names.empty()) {
    for (std::size_t j = 0; j < rows.names.size(); ++j) {
      if (rows.names[j] == data.feature_names[j]) continue;
      return wrong(file, fmt::format("feature {} to be '{}', found '{}'", j + 1,
                                     data.feature_names[j], rows.names[j]));
    }
  }
  if (!std::ranges::equal(model.labels, data.store.classes())) {
    return wrong(file, fmt::format("the {} classes of the data, found {} or other labels",
                                   data.store.classes().size(), model.labels.size()));
  }
  COHORT_DO(check_constants("mean", data.store.mean(), model.mean, rows, file));
  return check_constants("scale", data.store.scale(), model.scale, rows, file);
}

}  // namespace cohort
