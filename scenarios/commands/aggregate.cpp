#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <iostream>

#include "scenarios/commands/command.hpp"
#include "scenarios/matrix_file.hpp"
#include "scenarios/toml.hpp"
#include "worker/sharded_aggregation.hpp"

namespace cohort {

namespace {

class AggregateCommand final : public Command {
 public:
  std::string name() const override { return "aggregate"; }
  std::string help() const override { return "Combine the rows of a matrix by a robust rule"; }

  void declare(CLI::App& app) override {
    app.footer(
        "The matrix is text (numbers between commas or blanks, one row a line) or .npy; rows are\n"
        "clients. Rows that are not finite are dropped, told, and counted against f.\n\n"
        "  cohort aggregate --rule krum --f 2 --pre nnm < updates.csv\n"
        "  cohort aggregate --rule median --option even=lower --in updates.npy --out mean.npy\n"
        "  cohort aggregate --rule mean --pre '{ type = \"clip\", norm = 2.0 }' < updates.csv");
    app.add_option("--rule", rule_, "As `cohort list rules` names")->required();
    app.add_option("--f", f_, "Byzantine rows");
    app.add_option("--pre", maps_, "Pre-aggregators in order: a name, or { type = …, … }");
    app.add_option("--option", options_, "An option of the rule, as name=value");
    app.add_option("--weights", weights_, "One positive weight a row, between commas");
    app.add_option("--in", in_, "File to read instead of standard input");
    app.add_option("--out", out_, "File to write instead of standard output, .npy");
    app.add_option("--seed", seed_, "Of rules that draw")->capture_default_str();
    app.add_option("--threads", threads_)->capture_default_str()->check(CLI::PositiveNumber);
  }

  int run(const Environment& environment) override {
    const auto done = aggregate(environment.catalogue());
    return done ? 0 : environment.fail(done.error());
  }

 private:
  Result<void> aggregate(const Catalogue& catalogue) const {
    COHORT_TRY(const Aggregation aggregation, chain(catalogue));
    COHORT_TRY(const MatrixFile matrix, read());
    if (matrix.rows == 0) {
      return bad_input(fmt::format("{}: expected at least one row, found none", source()));
    }
    COHORT_TRY(const std::vector<double> weights, row_weights(aggregation, matrix.rows));
    COHORT_DO(check_tolerance(aggregation, matrix.rows, f_));
    return std::visit(
        [&](const auto& values) { return combine(aggregation, matrix, values, weights); },
        matrix.values);
  }

  Result<Aggregation> chain(const Catalogue& catalogue) const {
    Mistakes mistakes;
    ConfigNode rule = config_table();
    rule.set("type", config_value(rule_));
    for (const std::string& option : options_) {
      const std::size_t equals = option.find('=');
      if (equals == std::string::npos) {
        return bad_input(fmt::format("--option: expected name=value, found '{}'", option));
      }
      COHORT_TRY(auto value, parse_toml_value(option.substr(equals + 1)));
      value.spot = {};  // of no file
      rule.set(option.substr(0, equals), std::move(value));
    }
    Aggregation out;
    out.rule = catalogue.rules->make(rule, "--rule", mistakes).object;
    for (const std::string& map : maps_) {
      COHORT_TRY(const auto node, parse_toml_value(map));
      out.maps.push_back(catalogue.row_maps->make(node, "--pre", mistakes).object);
    }
    COHORT_DO(mistakes.result());
    return out;
  }

  std::string source() const { return in_.empty() ? "standard input" : in_; }

  Result<MatrixFile> read() const {
    if (in_.empty()) return read_matrix(std::cin, source());
    std::ifstream file(in_, std::ios::binary);
    if (!file) return bad_input(fmt::format("{}: cannot be read", in_));
    return read_matrix(file, in_);
  }

  Result<std::vector<double>> row_weights(const Aggregation& aggregation, std::size_t rows) const {
    if (weights_.empty()) return std::vector<double>(rows, 1.0);
    if (!aggregation.rule->takes_weights()) {
      return bad_input(fmt::format("rule {} has no form for weighted rows", rule_));
    }
    if (!aggregation.maps.empty()) {
      return bad_input("--weights: rows that a pre-aggregator makes have no weights");
    }
    const auto text = std::as_bytes(std::span(weights_));
    COHORT_TRY(const MatrixFile read, parse_matrix(text, "--weights"));
    const auto& values = std::get<std::vector<double>>(read.values);
    if (values.size() != rows) {
      return bad_input(
          fmt::format("--weights: expected {} weights, one a row, found {}", rows, values.size()));
    }
    for (const double w : values) {
      if (!(w > 0.0) || !std::isfinite(w)) {
        return bad_input(fmt::format("--weights: expected positive numbers, found {}", w));
      }
    }
    return values;
  }

  template <class T>
  Result<void> combine(const Aggregation& aggregation, const MatrixFile& matrix,
                       const std::vector<T>& values, const std::vector<double>& weights) const {
    std::vector<RowOf<T>> rows;
    for (std::size_t i = 0; i < matrix.rows; ++i) {
      rows.push_back({ClientId(i), std::span(values).subspan(i * matrix.columns, matrix.columns),
                      false, weights[i]});
    }
    ThreadPool pool(threads_);
    const auto nobody_to_wait_for = Deadline::after(Seconds(0));
    const RoundInput round{f_.value_or(0), Stream(seed_, Purpose::aggregation)};
    auto done =
        aggregate_rows(aggregation, rows, matrix.columns, round, pool, nullptr, nobody_to_wait_for);
    if (!done && done.error().code == Code::diverged) return bad_input(done.error().message);
    if (!done) return done.error();
    for (const ClientId dropped : done->dropped) {
      std::cerr << fmt::format("{}: row {} is not finite, dropped\n", source(), dropped.value + 1);
    }
    if (f_ && done->dropped.size() > *f_) {
      std::cerr << fmt::format("{}: {} rows dropped, more than f = {}\n", source(),
                               done->dropped.size(), *f_);
    }
    if (!out_.empty()) return write_npy(out_, done->value);
    std::string line;
    for (const double x : done->value) fmt::format_to(std::back_inserter(line), "{},", x);
    if (!line.empty()) line.back() = '\n';
    std::cout << line;
    return {};
  }

  std::string rule_;
  std::optional<std::size_t> f_;
  std::vector<std::string> maps_;
  std::vector<std::string> options_;
  std::string weights_;
  std::string in_;
  std::string out_;
  std::uint64_t seed_ = 1;
  std::size_t threads_ = 1;
};

}  // namespace

std::unique_ptr<Command> aggregate_command() { return std::make_unique<AggregateCommand>(); }

}  // namespace cohort
