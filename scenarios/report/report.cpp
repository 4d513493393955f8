#include "scenarios/report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "core/file.hpp"
#include "scenarios/report/charts.hpp"
#include "scenarios/report/draw.hpp"
#include "scenarios/report/formats.hpp"
#include "scenarios/report/numbers.hpp"
#include "scenarios/report/page.hpp"
#include "scenarios/report/tables.hpp"

namespace cohort::report {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_heat_maps = 4;
constexpr std::size_t most_runs_listed = 200;
constexpr std::size_t most_options_columns = 8;

using Charts = std::vector<NamedFigure>;

std::vector<std::string> measured_names(const std::vector<Run>& runs) {
  std::set<std::string> names;
  for (const Run& run : runs) {
    for (const auto& [name, measured] : run.history.measured) names.insert(name);
  }
  return {names.begin(), names.end()};
}

/// Every run that has begun has the column.
Result<void> check_abscissa(const std::vector<Run>& runs, Abscissa x) {
  const auto lacks = [&](Abscissa which) {
    return std::find_if(runs.begin(), runs.end(), [&](const Run& run) {
      return !run.history.round.empty() && column(run.history, which).empty();
    });
  };
  const auto lacking = lacks(x);
  if (lacking == runs.end()) return {};
  std::vector<std::string> others;
  for (const std::string& name : abscissa_names()) {
    const Abscissa other = *abscissa(name);
    if (other == Abscissa::wall_seconds || lacks(other) == runs.end()) others.push_back(name);
  }
  return bad_input(fmt::format("--x {}: {} did not record it; there are {}", to_string(x),
                               lacking->place, fmt::join(others, ", ")));
}

Result<std::vector<Quantity>> metrics_of(const std::vector<std::string>& wanted,
                                         const std::vector<std::string>& measured) {
  std::vector<Quantity> metrics;
  if (wanted.empty()) {
    for (const std::string& name : main_metrics(measured)) metrics.push_back(quantity(name));
  }
  for (const std::string& name : wanted) {
    const auto found = resolve_metric(name, measured);
    if (!found) return bad_input("--y " + found.error().message);
    metrics.push_back(quantity(*found));
  }
  return metrics;
}

Result<Target> target_of(const std::string& text, const std::vector<std::string>& measured) {
  const std::size_t equals = text.find('=');
  Target target;
  const char* end = text.data() + text.size();
  if (equals == std::string::npos ||
      std::from_chars(text.data() + equals + 1, end, target.value).ptr != end ||
      equals + 1 == text.size() || !std::isfinite(target.value)) {
    return bad_input(
        fmt::format("--target: expected metric=number, as accuracy=0.9, found {}", text));
  }
  const auto found = resolve_metric(std::string_view(text).substr(0, equals), measured);
  if (!found) return bad_input("--target " + found.error().message);
  target.metric = *found;
  target.better = quantity(*found).better;
  if (target.better == Better::unknown) {
    return bad_input(fmt::format(
        "--target {}: expected a metric of which it is known which way is better", target.metric));
  }
  return target;
}

Result<std::optional<std::size_t>> baseline_of(const std::string& name, const SeriesSet& set) {
  if (name.empty()) return std::optional<std::size_t>();
  std::vector<std::size_t> of_case;
  std::vector<std::string> labels;
  for (std::size_t s = 0; s < set.series.size(); ++s) {
    if (set.series[s].label == name) return std::optional(s);
    if (set.series[s].case_name == name) of_case.push_back(s);
    labels.push_back('"' + set.series[s].label + '"');
  }
  if (of_case.size() == 1) return std::optional(of_case.front());
  return bad_input(
      fmt::format("--baseline {}: expected one of the series {}", name, fmt::join(labels, ", ")));
}

/// What a reader must know before the numbers.
std::vector<std::string> warnings_of(const SeriesSet& set) {
  std::vector<std::string> warnings;
  for (const RunSeries& series : set.series) {
    const std::string status = status_text(series);
    if (status.empty()) continue;
    std::vector<std::string> seeds;
    for (const Run& run : series.runs) {
      if (run.status != Status::finished) seeds.push_back(fmt::format("{}", run.seeds[0]));
    }
    warnings.push_back(fmt::format("{}{}{} (seed {})", series.label,
                                   series.label.empty() ? "" : ": ", status,
                                   fmt::join(seeds, ", ")));
  }
  warnings.insert(warnings.end(), set.notes.begin(), set.notes.end());
  return warnings;
}

/// All different values of a text of the runs, in their order, ", " between them.
template <class Text>
std::string distinct(const SeriesSet& set, Text text_of) {
  std::vector<std::string> seen;
  for (const RunSeries& series : set.series) {
    for (const Run& run : series.runs) {
      for (const std::string& text : text_of(run)) {
        if (!text.empty() && std::find(seen.begin(), seen.end(), text) == seen.end()) {
          seen.push_back(text);
        }
      }
    }
  }
  return fmt::format("{}", fmt::join(seen, ", "));
}

std::size_t run_count(const SeriesSet& set) {
  std::size_t count = 0;
  for (const RunSeries& series : set.series) count += series.runs.size();
  return count;
}

std::string counted_text(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 || what == "series" ? "" : "s");
}

std::string title_of(const SeriesSet& set) {
  const std::string names = distinct(set, [](const Run& run) { return std::vector{run.name}; });
  return names.empty() ? "Report" : names;
}

struct Contents {
  SeriesSet set;
  std::vector<Quantity> metrics;
  std::vector<Target> targets;
  Table final;
  std::optional<Table> to_target;
  std::optional<Table> paired;
  Charts curves;
  Charts to_targets;
  Charts clients;
  Charts robustness;
  Charts sensitivity;
  Charts timing;
};

std::vector<CaptionedFigure> shown(const Charts& charts) {
  std::vector<CaptionedFigure> figures;
  for (const NamedFigure& chart : charts) figures.push_back(chart.shown);
  return figures;
}

Page page_of(const Contents& contents) {
  const SeriesSet& set = contents.set;
  Page page;
  page.title = title_of(set);
  page.subtitle =
      counted_text(set.series.size(), "series") + ", " + counted_text(run_count(set), "run");
  std::vector<std::string> options;
  for (const LegendOption& option : set.legend) options.push_back(option.path);
  if (!options.empty()) {
    page.facts.emplace_back("differs in", fmt::format("{}", fmt::join(options, ", ")));
  }
  const auto add_fact = [&](std::string name, std::string text) {
    if (!text.empty()) page.facts.emplace_back(std::move(name), std::move(text));
  };
  add_fact("seeds", distinct(set, [](const Run& run) {
             return std::vector{fmt::format("{}", run.seeds[0])};
           }));
  page.warnings = warnings_of(set);

  Section result{"Result", "", {contents.final}, shown(contents.curves)};
  if (contents.metrics.empty()) result.text = "Nothing was measured.";
  page.sections.push_back(std::move(result));
  if (contents.to_target) {
    page.sections.push_back(
        {"Cost of a target", "", {*contents.to_target}, shown(contents.to_targets)});
  }
  if (contents.paired) page.sections.push_back({"Differences by seed", "", {*contents.paired}});
  if (!contents.robustness.empty()) {
    page.sections.push_back({"Byzantine clients", "", {}, shown(contents.robustness)});
  }
  if (!contents.sensitivity.empty()) {
    page.sections.push_back({"Learning rate", "", {}, shown(contents.sensitivity)});
  }
  if (!contents.clients.empty()) {
    page.sections.push_back(
        {"Clients", "Byzantine clients do not count.", {}, shown(contents.clients)});
  }
  if (!contents.timing.empty()) {
    page.sections.push_back({"Wall time", "", {}, shown(contents.timing)});
  }
  Section provenance{"Where it comes from"};
  const auto add_line = [&](std::string_view what, const std::string& text) {
    if (text.empty()) return;
    provenance.text += fmt::format("{}{}: {}", provenance.text.empty() ? "" : "\n\n", what, text);
  };
  add_line("Cohort", distinct(set, [](const Run& run) { return std::vector{run.commit}; }));
  add_line("Data", distinct(set, [](const Run& run) { return run.data; }));
  for (Table table : {differing_options_table(set, most_options_columns), common_options_table(set),
                      runs_table(set, most_runs_listed)}) {
    if (!table.rows.empty()) provenance.tables.push_back(std::move(table));
  }
  page.sections.push_back(std::move(provenance));
  return page;
}

Result<Contents> contents_of(Runs read, const ReportOptions& options) {
  const std::vector<std::string> measured = measured_names(read.runs);
  COHORT_DO(check_abscissa(read.runs, options.x));
  Contents out;
  COHORT_TRY(out.metrics, metrics_of(options.y, measured));
  for (const std::string& text : options.targets) {
    COHORT_TRY(Target target, target_of(text, measured));
    out.targets.push_back(std::move(target));
  }
  out.set = group_runs(std::move(read.runs));
  COHORT_TRY(const auto baseline, baseline_of(options.baseline, out.set));

  const SeriesSet& set = out.set;
  out.final = final_table(set, out.metrics);
  if (!out.targets.empty()) out.to_target = target_table(set, out.targets, options.x);
  if ((options.is_paired || baseline) && set.series.size() > 1) {
    out.paired = paired_table(set, out.metrics, baseline);
  }
  for (const Quantity& metric : out.metrics) {
    out.curves.push_back(curves_chart(set, metric, out.targets, options.x, options.band));
  }
  if (set.series.size() > 1) {
    for (const Target& target : out.targets) {
      out.to_targets.push_back(target_chart(set, target, options.x));
    }
  }
  if (!out.metrics.empty()) {
    const Quantity& first = out.metrics.front();
    out.robustness = attack_charts(set, first, most_heat_maps);
    if (auto chart = learning_rate_chart(set, first, "learning_rate")) {
      out.sensitivity.push_back(std::move(*chart));
    }
    if (!read.tuning.empty()) {
      // What was tuned on, if it is there: validation, not test.
      const std::vector<std::string> tuned_on = measured_names(read.tuning);
      const std::string wanted = "validation_" + first.metric;
      const bool is_there = std::find(tuned_on.begin(), tuned_on.end(), wanted) != tuned_on.end();
      const SeriesSet tuning = group_runs(std::move(read.tuning));
      if (auto chart = learning_rate_chart(tuning, is_there ? quantity(wanted) : first, "tuning")) {
        chart->shown.caption = "Tuning runs. " + chart->shown.caption;
        out.sensitivity.push_back(std::move(*chart));
      }
    }
  }
  for (NamedFigure& chart : byzantine_charts(set, most_heat_maps)) {
    out.robustness.push_back(std::move(chart));
  }
  if (options.x == Abscissa::wall_seconds) {
    if (auto chart = phases_chart(set)) out.timing.push_back(std::move(*chart));
  }
  COHORT_TRY(auto of_clients, clients_chart(set));
  if (of_clients) out.clients.push_back(std::move(*of_clients));
  COHORT_TRY(auto of_labels, labels_charts(set, most_heat_maps));
  for (NamedFigure& chart : of_labels) out.clients.push_back(std::move(chart));
  return out;
}

class Writer {
 public:
  explicit Writer(fs::path folder) : folder_(std::move(folder)) {}
  Result<void> write(std::string_view name, const std::string& text) {
    const fs::path path = folder_ / name;
    COHORT_DO(write_durably(path, std::as_bytes(std::span(text))));
    files_.push_back(path);
    return {};
  }
  std::vector<fs::path> finish() && { return std::move(files_); }

 private:
  fs::path folder_;
  std::vector<fs::path> files_;
};

/// "report-test_accuracy.svg": no separators or spaces in file names.
std::string file_name(std::string_view name, std::string_view ending) {
  std::string safe(name);
  for (char& c : safe) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!is_plain) c = '_';
  }
  return fmt::format("report-{}.{}", safe, ending);
}

Result<void> write_format(Format format, const Contents& contents, const ReportOptions& options,
                          Writer& writer) {
  switch (format) {
    case Format::html:
      return writer.write("report.html", to_html(page_of(contents)));
    case Format::svg:
      for (const Charts* charts : {&contents.curves, &contents.to_targets, &contents.robustness,
                                   &contents.sensitivity, &contents.clients, &contents.timing}) {
        for (const NamedFigure& chart : *charts) {
          COHORT_DO(writer.write(file_name(chart.name, "svg"), to_svg(chart.shown.figure)));
        }
      }
      return {};
    case Format::csv:
      COHORT_DO(writer.write("report-final.csv", finals_csv(contents.set, contents.metrics)));
      COHORT_DO(writer.write("report-runs.csv", runs_csv(contents.set, contents.metrics)));
      COHORT_DO(writer.write("report-curves.csv",
                             curves_csv(contents.set, contents.metrics, options.x, options.band)));
      if (contents.targets.empty()) return {};
      return writer.write("report-targets.csv", targets_csv(contents.set, contents.targets));
    case Format::latex: {
      std::string tex = "% Needs \\usepackage{booktabs}.\n" + to_latex(contents.final, "final");
      if (contents.to_target) tex += "\n" + to_latex(*contents.to_target, "targets");
      if (contents.paired) tex += "\n" + to_latex(*contents.paired, "differences");
      return writer.write("report.tex", tex);
    }
    case Format::pgfplots:
      for (const NamedFigure& chart : contents.curves) {
        const auto* figure = std::get_if<CurveFigure>(&chart.shown.figure);
        const std::string head =
            "% Needs \\usepackage{pgfplots}, \\pgfplotsset{compat=1.18} and "
            "\\usepgfplotslibrary{fillbetween}.\n";
        COHORT_DO(writer.write(file_name(chart.name, "tex"), head + to_pgfplots(*figure)));
      }
      return {};
  }
  return {};
}

/// The command that most readers want next.
std::string next_command(const std::vector<fs::path>& runs, const Contents& contents,
                         const ReportOptions& options) {
  std::string paths;
  for (const fs::path& run : runs) paths += " " + run.string();
  const SeriesSet& set = contents.set;
  const bool has_pairs = std::any_of(set.series.begin(), set.series.end(),
                                     [](const RunSeries& s) { return s.runs.size() > 1; });
  if (set.series.size() > 1 && has_pairs && !contents.paired) {
    return fmt::format("cohort report{} --paired", paths);
  }
  const bool has_latex = std::find(options.formats.begin(), options.formats.end(), Format::latex) !=
                         options.formats.end();
  return has_latex ? "" : fmt::format("cohort report{} --format latex,svg", paths);
}

std::string terminal_text(const std::vector<fs::path>& runs, const Contents& contents,
                          const ReportOptions& options, const std::vector<fs::path>& files) {
  std::string legend = contents.final.legend;
  if (const std::size_t bold = legend.find("Bold"); bold != std::string::npos) {
    legend.replace(bold, 4, "*");
  }
  std::string text = to_text(contents.final) + legend + "\n";
  const auto add = [&](const std::optional<Table>& table) {
    if (table) text += "\n" + table->caption + "\n" + to_text(*table);
  };
  add(contents.to_target);
  add(contents.paired);
  const std::vector<std::string> warnings = warnings_of(contents.set);
  if (!warnings.empty()) text += "\n";
  for (const std::string& warning : warnings) text += "! " + warning + "\n";
  text += "\n";
  for (const fs::path& file : files) text += file.string() + "\n";
  const std::string next = next_command(runs, contents, options);
  if (!next.empty()) text += "next: " + next + "\n";
  return text;
}

}  // namespace

Result<Report> write_report(const std::vector<fs::path>& runs, const ReportOptions& options) {
  COHORT_TRY(Runs read, read_runs(runs, options.x == Abscissa::wall_seconds));
  COHORT_TRY(const Contents contents, contents_of(std::move(read), options));
  fs::path folder = options.out;
  if (folder.empty()) folder = runs.size() == 1 ? runs.front() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return bad_environment(fmt::format("{}: {}", folder.string(), error.message()));
  Writer writer(folder);
  for (const Format format : options.formats) {
    COHORT_DO(write_format(format, contents, options, writer));
  }
  Report report;
  report.files = std::move(writer).finish();
  report.text = terminal_text(runs, contents, options, report.files);
  return report;
}

}  // namespace cohort::report
