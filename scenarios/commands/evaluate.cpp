#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "coordinator/measure.hpp"
#include "scenarios/commands/command.hpp"
#include "scenarios/model_rows.hpp"
#include "worker/evaluation.hpp"

namespace cohort {

namespace {

/// Of a set that is all there is.
constexpr const char* set_name = "data";

/// The metrics of a set that an objective can have, or those that were named.
Result<std::vector<Metric>> chosen_metrics(const std::vector<std::string>& names,
                                           const Prediction& prediction) {
  std::vector<Metric> metrics;
  std::vector<std::string> possible;
  for (const MetricInfo& info : metric_infos()) {
    if (info.is_of_a_set && missing_for(info.metric, prediction).empty()) {
      possible.emplace_back(info.name);
      if (names.empty()) metrics.push_back(info.metric);
    }
  }
  for (const std::string& name : names) {
    if (std::find(possible.begin(), possible.end(), name) == possible.end()) {
      return bad_input(unknown_name_message("metric", name, "those of this model", possible));
    }
    metrics.push_back(find_metric(name)->metric);
  }
  return metrics;
}

class Evaluate final : public Command {
 public:
  std::string name() const override { return "evaluate"; }
  std::string help() const override { return "Measure a model on the rows of a file"; }
  void declare(CLI::App& app) override {
    app.add_option("--model", model_, "model.npz or model_best.npz of a run")->required();
    app.add_option("--data", data_, "CSV or LIBSVM text, also .gz; - is standard input")
        ->required();
    app.add_option("--metrics", metrics_, "As in evaluation.metrics; default all that it can have")
        ->delimiter(',');
    app.add_option("--format", format_, "csv or libsvm; default by name, then content");
    app.add_option("--label", options_.label, "Label column; default the model's");
    app.add_flag("--json", json_, "One object");
  }

  int run(const Environment& environment) override {
    if (!environment.prints()) return 0;
    return environment.print(evaluate(environment));
  }

 private:
  /// By the code of an evaluation inside a run, on rows that are all here.
  Result<std::string> evaluate(const Environment& environment) {
    options_.needs_label = true;
    COHORT_TRY(options_.format, format_named(format_));
    COHORT_TRY(const LoadedModel model, LoadedModel::read(model_, environment.catalogue()));
    COHORT_TRY(ModelRows rows, ModelRows::open(model.file(), data_, options_));
    COHORT_TRY(const DataStore store, rows.next(std::numeric_limits<std::uint64_t>::max()));
    COHORT_TRY(const auto function, model.on(store));
    COHORT_TRY(const Vec x, model.point(*function));
    COHORT_TRY(const std::vector<Metric> metrics, chosen_metrics(metrics_, function->prediction()));

    ThreadPool pool(available_threads());
    std::vector<Scratch> scratch(pool.size());
    const std::uint64_t n = store.count(RowSource::test);
    EvaluationSetup setup;
    setup.metrics = metrics;
    setup.sets = {{set_name, RowSource::test, n, {0, n}}};
    EvaluationPlace place;
    place.function = function.get();
    place.pool = &pool;
    place.is_first = true;
    place.scratch = [&](std::size_t lane) -> Scratch& { return scratch[lane]; };
    EvaluateMessage message;
    message.x.resize(as_span(x).size_bytes());
    std::copy(x.begin(), x.end(), message.x.as_mutable<double>().begin());
    EvaluationPlan plan;
    plan.prediction = function->prediction();
    plan.metrics = metrics;
    COHORT_TRY(const Measurement measured,
               measure(plan, {Evaluator(setup, place).measure(message)}, 1));
    return text(metrics, measured.values.at(set_name), n);
  }

  std::string text(const std::vector<Metric>& metrics, const std::map<std::string, double>& values,
                   std::uint64_t rows) const {
    nlohmann::ordered_json json = {{"rows", rows}};
    std::string lines = fmt::format("rows {}\n", rows);
    for (const Metric metric : metrics) {
      const std::string name(to_string(metric));
      const double value = values.at(name);
      json[name] = value;  // null if it is undefined
      lines += fmt::format("{} {}\n", name, shortest(value));
    }
    return json_ ? json.dump() + "\n" : lines;
  }

  std::string model_, data_, format_;
  std::vector<std::string> metrics_;
  RowsOptions options_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> evaluate_command() { return std::make_unique<Evaluate>(); }

}  // namespace cohort
