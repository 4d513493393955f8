#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "scenarios/commands/command.hpp"
#include "scenarios/model_rows.hpp"

namespace cohort {

namespace {

constexpr std::uint64_t rows_at_once = 16384;

/// Standard output, or a file that appears once it is whole.
class Output {
 public:
  explicit Output(std::string path) : path_(std::move(path)) {
    if (!to_file()) return;
    temporary_ = fmt::format("{}.new-{}", path_, ::getpid());
    file_.open(temporary_, std::ios::binary | std::ios::trunc);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    std::error_code ignored;
    if (to_file()) std::filesystem::remove(temporary_, ignored);
  }
  Result<void> write(const std::string& text) {
    std::ostream& out = to_file() ? static_cast<std::ostream&>(file_) : std::cout;
    out << text << std::flush;
    if (!out) return failed();
    return {};
  }
  Result<void> finish() {
    if (!to_file()) return {};
    file_.close();
    if (!file_ || std::rename(temporary_.c_str(), path_.c_str()) != 0) return failed();
    return {};
  }

 private:
  bool to_file() const { return !path_.empty() && path_ != "-"; }
  Error failed() const {
    return bad_environment(fmt::format("cannot write {}: {}", to_file() ? path_ : "standard output",
                                       std::strerror(errno)));
  }
  std::string path_;
  std::string temporary_;
  std::ofstream file_;
};

std::string header(const Prediction& prediction, std::span<const double> labels) {
  std::string line = "row,predicted";
  for (std::size_t c = 0; c < prediction.classes(); ++c) {
    line += fmt::format(",{}_{}", prediction.has_probabilities ? 'p' : 's', shortest(labels[c]));
  }
  return line + "\n";
}

/// A line a row; scores [columns] of the row. The two classes of one margin z have σ(−z) and σ(z).
std::string line(std::uint64_t row, const Prediction& prediction, std::span<const double> labels,
                 std::span<double> scores) {
  if (!prediction.has_classes()) return fmt::format("{},{}\n", row, shortest(scores[0]));
  std::string text = fmt::format("{},{}", row, shortest(labels[predicted_class(scores)]));
  std::vector<double> all(scores.begin(), scores.end());
  if (prediction.outcome == Outcome::binary) all = {-scores[0], scores[0]};
  if (prediction.has_probabilities) to_probabilities(prediction, all);
  for (const double p : all) text += "," + shortest(p);
  return text + "\n";
}

class Predict final : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string help() const override { return "What a model says of the rows of a file"; }
  void declare(CLI::App& app) override {
    app.add_option("--model", model_, "model.npz or model_best.npz of a run")->required();
    app.add_option("--data", data_, "CSV or LIBSVM text, also .gz; - is standard input")
        ->required();
    app.add_option("--out", out_, "CSV file to write; default standard output");
    app.add_option("--format", format_, "csv or libsvm; default by name, then content");
    app.add_option("--label", options_.label,
                   "Label column, which is passed over; default the model's, where there is one");
  }

  int run(const Environment& environment) override {
    if (!environment.prints()) return 0;
    if (const auto done = predict(environment); !done) return environment.fail(done.error());
    return 0;
  }

 private:
  Result<void> predict(const Environment& environment) {
    COHORT_TRY(options_.format, format_named(format_));
    COHORT_TRY(const LoadedModel model, LoadedModel::read(model_, environment.catalogue()));
    COHORT_TRY(ModelRows rows, ModelRows::open(model.file(), data_, options_));
    const std::span<const double> labels = model.file().labels;
    ThreadPool pool(available_threads());
    Scratch scratch;
    Output output(out_);
    std::vector<double> scores;
    std::string text;
    for (std::uint64_t row = 1;;) {
      COHORT_TRY(const DataStore store, rows.next(rows_at_once));
      const std::uint64_t n = store.count(RowSource::test);
      if (n == 0) break;
      COHORT_TRY(const auto function, model.on(store));
      COHORT_TRY(const Vec x, model.point(*function));
      const Prediction prediction = function->prediction();
      const std::size_t columns = prediction.columns;
      scores.resize(n * columns);
      const Sample sample{
          .source = RowSource::test, .client = {}, .first = 0, .count = n, .picks = {}};
      function->predict({pool, scratch}, sample, x, {}, scores);
      text = row == 1 ? header(prediction, labels) : "";
      for (std::uint64_t j = 0; j < n; ++j, ++row) {
        text += line(row, prediction, labels, std::span(scores).subspan(j * columns, columns));
      }
      COHORT_DO(output.write(text));
    }
    return output.finish();
  }

  std::string model_, data_, out_, format_;
  RowsOptions options_;
};

}  // namespace

Result<FileFormat> format_named(const std::string& name) {
  if (name.empty()) return FileFormat::detect;
  if (name == "csv") return FileFormat::csv;
  if (name == "libsvm") return FileFormat::libsvm;
  return bad_input(unknown_name_message("format", name, "--format", {"csv", "libsvm"}));
}

std::unique_ptr<Command> predict_command() { return std::make_unique<Predict>(); }

}  // namespace cohort
