#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "core/file.hpp"
#include "problems/data/parts.hpp"
#include "scenarios/commands/command.hpp"
#include "scenarios/download.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/partition_report.hpp"
#include "scenarios/report/draw.hpp"

namespace cohort {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_classes_shown = 20;

/// Where the files of a data set are; empty where one is missing.
std::string place_of(const BuiltinData& data) {
  std::string place;
  for (const auto file : {data.file, data.labels, data.test, data.test_labels}) {
    if (file.empty()) continue;
    const auto found = find_builtin_file(data, file);
    if (!found) return {};
    if (place.empty()) place = found->parent_path().string();
  }
  return place;
}

class DataCommand final : public Command {
 public:
  std::string name() const override { return "data"; }
  std::string help() const override { return "Data sets, files of rows, and partitions"; }

  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    app.add_subcommand("list", "Data sets that have a name, what they are and where from");
    auto* get = app.add_subcommand("get", "Fetch a data set from its public home");
    get->add_option("NAME", name_)->required();
    auto* check = app.add_subcommand("check", "Read a file and tell what is in it");
    check->add_option("FILE", file_)->required();
    check->add_option("--labels", labels_, "File of its labels, of IDX and .npy");
    check->add_option("--label", label_, "Label column of CSV")->capture_default_str();
    check->add_option("--format", format_, "csv or libsvm; default: by name, then content");
    auto* partition = app.add_subcommand(
        "partition", "Deal the rows of a scenario and tell what the partition is like");
    partition->add_option("FILE", file_, "A scenario")->required();
    partition->add_option("--set", sets_, "An option of it, as key.path=value");
    partition->add_option("--out", out_,
                          "File for the partition, .npz; read by "
                          "data.partition = { type = \"file\", file = … }");
    partition->add_option("--svg", svg_, "File for a figure of the labels");
    app_ = &app;
  }

  int run(const Environment& environment) override {
    const std::string chosen = app_->get_subcommands().front()->get_name();
    if (chosen == "list") return environment.print(Result<std::string>(list()));
    if (chosen == "get") return environment.prints() ? told(environment, get()) : 0;
    if (chosen == "check") return environment.print(check());
    return environment.print(environment.prints() ? partition(environment.catalogue())
                                                  : Result<std::string>(std::string()));
  }

 private:
  static int told(const Environment& environment, const Result<void>& done) {
    return done ? 0 : environment.fail(done.error());
  }

  static std::string list() {
    std::string text;
    for (const BuiltinData& data : builtin_data()) {
      text +=
          fmt::format("{:<14} {:>6} rows {:>4} features  {}\n", data.name, data.rows, data.features,
                      data.classes == 0 ? "values" : fmt::format("{} classes", data.classes));
      std::string state = place_of(data);
      if (data.ships && !state.empty()) state = "ships";
      if (state.empty()) {
        state = "missing";
        if (!data.ships) {
          state = fmt::format(
              "not here: {}cohort data get {}",
              data.package.empty() ? "" : fmt::format("apt install {}, or ", data.package),
              data.name);
        }
      }
      text += fmt::format("{:<14} {}\n{:<14} {}\n", "", data.origin, "", state);
    }
    return text;
  }

  Result<void> get() const {
    COHORT_TRY(const BuiltinData data, find_builtin(name_));
    if (const std::string place = place_of(data); !place.empty()) {
      std::cout << fmt::format("{} is in {}\n", data.name, place);
      return {};
    }
    if (data.ships) {
      return bad_environment(
          fmt::format("{} ships with Cohort and is missing; see cohort doctor", data.name));
    }
    const fs::path folder = fetched_data_directory();
    if (folder.empty()) return bad_environment("neither HOME nor XDG_DATA_HOME is set");
    for (const RemoteFile& file : remote_files(data)) {
      std::cout << fmt::format("{} → {}\n", file.url, (folder / file.file).string()) << std::flush;
      COHORT_DO(download(file, folder));
    }
    return {};
  }

  Result<std::string> check() const {
    FileFormat format = FileFormat::detect;
    if (!format_.empty()) {
      COHORT_TRY(format, format_named(format_));
    }
    CsvFormat csv;
    csv.label = label_;
    COHORT_TRY(const Table table, read_table(file_, format, csv, labels_));
    const std::size_t rows = table.labels.size();
    const double cells = static_cast<double>(rows) * static_cast<double>(table.features);
    std::string text = fmt::format(
        "rows      {}\nfeatures  {}, {}\n", rows, table.features,
        table.is_sparse ? fmt::format("{} values stored ({:.3g} %)", table.values.size(),
                                      100 * static_cast<double>(table.values.size()) / cells)
                        : "dense");
    std::map<double, std::size_t> counts;
    bool are_whole = true;
    for (std::size_t i = 0; i < rows; ++i) {
      ++counts[table.labels[i]];
      are_whole = are_whole && table.labels[i] == std::nearbyint(table.labels[i]);
    }
    if (are_whole && counts.size() <= most_classes_shown) {
      text += fmt::format("labels    {} values\n", counts.size());
      for (const auto& [label, count] : counts)
        text += fmt::format("  {:>6}  {} rows\n", label, count);
    } else {
      text += fmt::format("labels    {} values from {} to {}\n", counts.size(),
                          counts.begin()->first, counts.rbegin()->first);
    }
    std::vector<bool> differs(table.features, false);
    if (!table.is_sparse) {
      for (std::size_t i = table.features; i < table.values.size(); ++i) {
        const std::size_t j = i % table.features;
        if (table.values[i] != table.values[j]) differs[j] = true;
      }
      const auto constant = std::count(differs.begin(), differs.end(), false);
      if (constant > 0) text += fmt::format("constant  {} features\n", constant);
    }
    return text;
  }

  Result<std::string> partition(const Catalogue& catalogue) const {
    COHORT_TRY(const LoadedScenario loaded, load_scenario(file_, sets_, catalogue));
    const Scenario& scenario = loaded.cases.front();
    if (!scenario.data) return bad_input(fmt::format("{}: expected [data], found none", file_));
    COHORT_TRY(const auto prepared, Prepared::make(scenario, 0, 1));
    ThreadPool pool(1);
    COHORT_TRY(const PartitionReport report, report_partition(*prepared, pool));
    if (!out_.empty()) {
      COHORT_DO(write_parts(out_, prepared->data()->store, scenario.data->has_test_file()));
    }
    if (!svg_.empty()) {
      const std::string svg = report::to_svg(label_map(report), report::page_width);
      COHORT_DO(write_durably(svg_, std::as_bytes(std::span(svg))));
    }
    return to_text(report);
  }

  CLI::App* app_ = nullptr;
  std::string name_;
  std::string file_;
  std::string labels_;
  std::string label_ = "last";
  std::string format_;
  std::vector<std::string> sets_;
  std::string out_;
  std::string svg_;
};

}  // namespace

std::unique_ptr<Command> data_command() { return std::make_unique<DataCommand>(); }

}  // namespace cohort
