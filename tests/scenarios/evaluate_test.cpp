// `cohort evaluate` against the evaluation inside the run that made the model.

#include "problems/data/load.hpp"
#include "tests/scenarios/model_runs.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// The test rows of a run in the order of its evaluation, as text that keeps every bit.
std::string rows_as_text(const std::string& name, const SplitFractions& split, bool as_libsvm) {
  DataOptions options;
  options.name = name;
  options.split = split;
  options.clients = 5;
  options.cache = {};
  const auto data = load_data(options);
  EXPECT_TRUE(data) << data.error().message;
  const BuiltinData builtin = *find_builtin(name);
  const CsvFormat csv{.header = CsvFormat::Header::no, .preamble = std::string(builtin.preamble)};
  const auto table = *read_table(*find_builtin_file(builtin, builtin.file), builtin.format, csv);
  std::string text;
  for (const std::uint32_t row : data->store.file_rows(RowSource::test)) {
    const std::string label = fmt::format("{}", table.labels[row]);
    if (as_libsvm) text += label;
    if (table.is_sparse) {
      for (auto k = table.offsets[row]; k < table.offsets[row + 1]; ++k) {
        text += fmt::format(" {}:{}", table.columns[k] + 1, table.values[k]);
      }
    } else {
      for (std::size_t j = 0; j < table.features; ++j) {
        text += fmt::format("{},", table.values[row * table.features + j]);
      }
      text += label;
    }
    text += "\n";
  }
  return text;
}

struct Case {
  std::string name;
  std::string model;
  std::string standardize;
  std::string storage;
  bool is_libsvm;
};
class EvaluatesLikeItsRun : public testing::TestWithParam<Case> {};

TEST_P(EvaluatesLikeItsRun, ToTheBit) {
  const Folder folder;
  const Case& c = GetParam();
  const std::string run = run_of(
      folder, scenario(fmt::format("name = \"{}\"\nsplit = {{ test = 0.4 }}\nstandardize = \"{}\"\n"
                                   "storage = \"{}\"",
                                   c.name, c.standardize, c.storage),
                       fmt::format("type = \"{}\"", c.model)));
  const std::string file =
      write(folder, c.is_libsvm ? "rows.libsvm" : "rows.csv",
            rows_as_text(c.name, {.train = 0.6, .validation = 0, .test = 0.4}, c.is_libsvm))
          .string();

  const Told told = tell({"evaluate", "--model", run + "/model.npz", "--data", file, "--metrics",
                          "loss,accuracy", "--json"});

  ASSERT_EQ(told.status, 0) << told.err;
  const json here = json::parse(told.out), there = summary_of(run)["final"]["test"];
  EXPECT_EQ(here["loss"].get<double>(), there["loss"].get<double>());
  EXPECT_EQ(here["accuracy"].get<double>(), there["accuracy"].get<double>());

  // The predictions of the same rows are right as often.
  const Told predicted = tell({"predict", "--model", run + "/model.npz", "--data", file});
  ASSERT_EQ(predicted.status, 0) << predicted.err;
  std::istringstream lines(predicted.out), rows(text_of(file));
  std::string line, row;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("row,predicted,p_")) << line;
  double right = 0, n = 0;
  for (; std::getline(lines, line) && std::getline(rows, row); ++n) {
    const auto at = line.find(',') + 1;
    const std::string guess = line.substr(at, line.find(',', at) - at);
    const std::string label =
        c.is_libsvm ? row.substr(0, row.find(' ')) : row.substr(row.rfind(',') + 1);
    right += guess == label ? 1 : 0;
  }
  EXPECT_EQ(n, here["rows"].get<double>());
  EXPECT_EQ(right / n, here["accuracy"].get<double>());
}

INSTANTIATE_TEST_SUITE_P(Data, EvaluatesLikeItsRun,
                         testing::Values(Case{"digits", "softmax", "none", "f32", false},
                                         Case{"breast_cancer", "logistic", "global", "f64", false},
                                         Case{"mushroom", "logistic", "scale", "f64", true}),
                         [](const auto& tested) { return tested.param.name; });

TEST(Evaluate, NeedsLabelsThatTheModelKnows) {
  const Folder folder;
  const std::string model = named_model(folder);
  const auto mistake = [&](const std::string& text, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"evaluate", "--model", model, "--data",
                                      write(folder, "x.csv", text).string()};
    words.insert(words.end(), more.begin(), more.end());
    const Told told = tell(words);
    EXPECT_EQ(told.status, 2);
    return told.err;
  };
  EXPECT_THAT(mistake("age,dose\n30,1\n"), HasSubstr("expected a label column 'ill', found none"));
  EXPECT_THAT(mistake("age,dose,ill\n30,1,1\n30,1,2\n"),
              HasSubstr("expected a label of the model (0, 1), found 2 in row 2"));
  EXPECT_THAT(mistake("age,dose,ill\n30,1,1\n", {"--metrics", "acuracy"}),
              HasSubstr("did you mean 'accuracy'?"));
}

}  // namespace
}  // namespace cohort
