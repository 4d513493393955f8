#include <CLI/CLI.hpp>
#include <map>

#include "scenarios/commands/command.hpp"
#include "scenarios/report/report.hpp"

namespace cohort {

namespace {

using report::Band;
using report::Format;

const std::map<std::string, Band> bands = {
    {"t95", Band::t95}, {"iqr", Band::iqr}, {"minmax", Band::minmax}};
const std::map<std::string, Format> formats = {{"html", Format::html},
                                               {"svg", Format::svg},
                                               {"csv", Format::csv},
                                               {"latex", Format::latex},
                                               {"pgfplots", Format::pgfplots}};

class ReportCommand final : public Command {
 public:
  std::string name() const override { return "report"; }
  std::string help() const override { return "Figures and tables of runs and sweeps"; }

  void declare(CLI::App& app) override {
    app.add_option("RUN", runs_, "Folders of runs and sweeps, any number")->required();
    app.add_option("--x", x_, "What curves run over; default rounds")
        ->check(CLI::IsMember(report::abscissa_names()));
    list(app, "--y", options_.y, "Metrics, as accuracy,test_loss; default what was measured");
    list(app, "--target", options_.targets, "accuracy=0.9: what it costs until then; several");
    app.add_option("--band", band_,
                   "t95: mean and its 95 % interval (default); iqr: median and quartiles; minmax")
        ->check(CLI::IsMember(&bands));
    app.add_flag("--paired", options_.is_paired, "Differences to the best series by seed");
    app.add_option("--baseline", options_.baseline, "Differences to this series by seed instead");
    app.add_option("--format", formats_, "Several; default html")
        ->check(CLI::IsMember(&formats))
        ->delimiter(',')
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--out", options_.out,
                   "Folder to write to; default the run or sweep, with several the current one");
  }

  int run(const Environment& environment) override {
    if (!environment.prints()) return 0;
    if (!x_.empty()) options_.x = *report::abscissa(x_);
    if (!band_.empty()) options_.band = bands.at(band_);
    if (!formats_.empty()) options_.formats.clear();
    for (const std::string& name : formats_) options_.formats.push_back(formats.at(name));
    const auto report = report::write_report({runs_.begin(), runs_.end()}, options_);
    if (!report) return environment.fail(report.error());
    environment.print(report->text);
    return 0;
  }

 private:
  static void list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                   const std::string& help) {
    app.add_option(name, values, help)->delimiter(',')->allow_extra_args(false);
  }

  std::vector<std::string> runs_;
  std::string x_, band_;
  std::vector<std::string> formats_;
  report::ReportOptions options_;
};

}  // namespace

std::unique_ptr<Command> report_command() { return std::make_unique<ReportCommand>(); }

}  // namespace cohort
