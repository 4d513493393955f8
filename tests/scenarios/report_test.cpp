// Reports as a whole: of folders of runs, to files.
#include "scenarios/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/report_runs.hpp"

namespace cohort::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string rule(const std::string& name, const std::string& attack = "") {
  std::string options = "[aggregation]\nrule = { type = \"" + name + "\" }\n";
  if (!attack.empty()) {
    options +=
        "[clients]\nbyzantine = { fraction = 0.2, attack = { type = \"" + attack + "\" } }\n";
  }
  return options;
}

void write_sweep(const std::filesystem::path& root, const std::string& seconds, int threads) {
  for (const char* name : {"krum", "mean"}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const double last = name[0] == 'k' ? 0.875 : 0.25 + 0.25 * static_cast<double>(seed);
      FakeRun run{.seed = seed, .options = rule(name), .accuracy = {0.1, 0.5, last}};
      run.seconds = seconds;
      run.threads = threads;
      run.write(root / name / fmt::format("s{}", seed));
    }
  }
}

std::string html_of(const std::vector<std::filesystem::path>& runs, ReportOptions options = {}) {
  const Folder out;
  options.out = out.path();
  const auto report = write_report(runs, options);
  return report ? text_of(out / "report.html") : report.error().message;
}

TEST(Report, SameRunsGiveTheSameBytesWhereverAndHoweverTheyWereComputed) {
  const Folder one, other;
  write_sweep(one.path(), "1.5", 1);
  write_sweep(other.path(), "77.25", 64);
  const std::string html = html_of({one.path()});
  EXPECT_EQ(html, html_of({other.path()}));
  EXPECT_THAT(html, AllOf(HasSubstr("krum"), HasSubstr("0123"), HasSubstr("digits.csv.gz ef")));
  EXPECT_THAT(html, Not(HasSubstr(one.path().filename().string())));
  EXPECT_THAT(html, Not(HasSubstr("77.25")));
}

TEST(Report, WallTimeIsThereOnlyWhenItIsAskedFor) {
  const Folder folder;
  write_sweep(folder.path(), "1.5", 1);
  EXPECT_THAT(html_of({folder.path()}), Not(HasSubstr("imbalance")));
  EXPECT_THAT(html_of({folder.path()}, {.x = Abscissa::wall_seconds}),
              AllOf(HasSubstr("wall time"), HasSubstr("imbalance 1.50")));
}

TEST(Report, TerminalSeesTheResultAndTheFilesAndWhatToDoNext) {
  const Folder folder;
  write_sweep(folder.path(), "1.5", 1);
  const auto report = write_report({folder.path()}, {.targets = {"accuracy=0.6"}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->text, HasSubstr("0.875 ± 0*"));
  EXPECT_THAT(report->text, HasSubstr("not reached 1 of 3"));
  EXPECT_THAT(report->text, HasSubstr((folder / "report.html").string()));
  EXPECT_THAT(report->text, HasSubstr("next: cohort report"));
  EXPECT_TRUE(std::filesystem::exists(folder / "report.html"));
}

TEST(Report, RunsThatDidNotFinishAreShownAndNotAveraged) {
  const Folder folder;
  FakeRun{.seed = 1, .options = rule("krum"), .accuracy = {0.1, 0.8}}.write(folder / "a1");
  FakeRun{.seed = 2, .options = rule("krum"), .accuracy = {0.1, 0.1}, .status = "diverged"}.write(
      folder / "a2");
  FakeRun{.seed = 3, .options = rule("krum"), .accuracy = {0.1, 0.1}, .status = ""}.write(folder /
                                                                                          "a3");
  FakeRun{.seed = 1, .options = rule("mean"), .accuracy = {0.1, 0.5}, .status = ""}.write(folder /
                                                                                          "b1");
  const auto report = write_report({folder.path()}, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(report->text, HasSubstr("diverged 1 of 3, unfinished 1 of 3"));
  EXPECT_THAT(report->text, HasSubstr("0.5 so far"));
  // 0.8 is the mean of the one that finished; a series with a diverged run is not the best.
  EXPECT_THAT(report->text, AllOf(HasSubstr(" 0.8 "), Not(HasSubstr("0.8*"))));
  EXPECT_THAT(report->text, HasSubstr("! krum: diverged 1 of 3, unfinished 1 of 3 (seed 2, 3)"));
  EXPECT_THAT(text_of(folder / "report.html"), HasSubstr("diverged 1 of 3"));
}

TEST(Report, DifferencesAreToTheBestOrToANamedSeries) {
  const Folder folder;
  write_sweep(folder.path(), "1.5", 1);
  const auto best = write_report({folder.path()}, {.is_paired = true});
  ASSERT_TRUE(best);
  // mean: 0.5, 0.75, 1; krum: 0.875 three times; half width 4.3027 · 0.25/√3.
  EXPECT_THAT(best->text, HasSubstr("Difference to the best by seed"));
  const auto named = write_report({folder.path()}, {.baseline = "mean"});
  ASSERT_TRUE(named);
  EXPECT_THAT(named->text, HasSubstr("Difference to mean by seed"));
  EXPECT_THAT(named->text, HasSubstr("± 0.62 (n = 3)†"));
  const auto unknown = write_report({folder.path()}, {.baseline = "median"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("expected one of the series \"krum\", \"mean\""));
}

TEST(Report, AsksThatCannotBeAnsweredSayWhatThereIs) {
  const Folder folder;
  write_sweep(folder.path(), "1.5", 1);
  EXPECT_THAT(html_of({folder.path()}, {.x = Abscissa::sim_seconds}),
              AllOf(HasSubstr("--x sim_seconds: krum/s1 did not record it"),
                    HasSubstr("rounds, bytes, bytes_up, wall_seconds, data_passes, queries")));
  EXPECT_THAT(html_of({folder.path()}, {.y = {"f1"}}),
              HasSubstr("--y f1: was not measured; what was: test_accuracy"));
  EXPECT_THAT(html_of({folder.path()}, {.targets = {"accuracy"}}),
              HasSubstr("expected metric=number, as accuracy=0.9, found accuracy"));
  EXPECT_THAT(html_of({folder.path()}, {.targets = {"accuracy=x"}}), HasSubstr("metric=number"));
}

TEST(Report, EveryFormatIsWritten) {
  const Folder folder, out;
  write_sweep(folder.path(), "1.5", 1);
  const auto report = write_report(
      {folder.path()},
      {.targets = {"accuracy=0.6"},
       .formats = {Format::html, Format::svg, Format::csv, Format::latex, Format::pgfplots},
       .out = out.path()});
  ASSERT_TRUE(report) << report.error().message;
  for (const char* name :
       {"report.html", "report-test_accuracy.svg", "report-target_test_accuracy_0.6.svg",
        "report-final.csv", "report-runs.csv", "report-curves.csv", "report-targets.csv",
        "report.tex", "report-test_accuracy.tex"}) {
    EXPECT_TRUE(std::filesystem::exists(out / name)) << name;
  }
  EXPECT_THAT(text_of(out / "report-final.csv"), HasSubstr("mean,mean,test_accuracy,3,0.75,"));
  EXPECT_THAT(text_of(out / "report-runs.csv"),
              HasSubstr("mean,mean/s1,1,1,1,finished,2,test_accuracy,0.5\n"));
  EXPECT_THAT(text_of(out / "report-targets.csv"),
              HasSubstr("mean,mean/s1,1,finished,test_accuracy,0.6,0,,,\n"));
}

TEST(Report, RulesAndAttacksBecomeAHeatMap) {
  const Folder folder, out;
  for (const char* name : {"krum", "mean"}) {
    for (const char* attack : {"alie", "ipm"}) {
      FakeRun{.options = rule(name, attack), .more = ",\"byzantine_in_cohort\":2,\"f\":1"}.write(
          folder / (std::string(name) + attack));
    }
  }
  const auto report = write_report({folder.path()}, {.formats = {Format::svg}, .out = out.path()});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(text_of(out / "report-attacks.svg"),
              AllOf(HasSubstr("krum"), HasSubstr("mean"), HasSubstr("alie"), HasSubstr("ipm")));
  EXPECT_THAT(text_of(out / "report-byzantine.svg"), HasSubstr("more than f in 2 of 2 rounds"));
}

TEST(Report, LearningRatesBecomeASensitivityFigure) {
  const Folder folder, out;
  for (const char* where : {"", "tuning/"}) {
    for (const char* rate : {"0.1", "0.3", "1.0"}) {
      FakeRun{.options = fmt::format(
                  "[method]\nlocal = {{ optimizer = {{ learning_rate = {} }} }}\n", rate)}
          .write(folder / (std::string(where) + rate));
    }
  }
  const auto report = write_report({folder.path()}, {.formats = {Format::svg}, .out = out.path()});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(std::filesystem::exists(out / "report-learning_rate.svg"));
  EXPECT_TRUE(std::filesystem::exists(out / "report-tuning.svg"));
}

TEST(Report, FiguresOverClientsAreOfHonestOnes) {
  const Folder folder, out;
  FakeRun{}.write(folder / "a");
  std::string csv = "client,byzantine,rows,rows_label_7,test_accuracy\n";
  for (int i = 0; i < 30; ++i) csv += fmt::format("{},0,5,5,{}\n", i, 0.5 + 0.01 * i);
  write_text(folder / "a/clients.csv", csv + "30,1,5,5,0.9\n");
  const auto write = [&] {
    const auto report =
        write_report({folder.path()}, {.formats = {Format::svg}, .out = out.path()});
    EXPECT_TRUE(report) << report.error().message;
    return text_of(out / "report-clients_test_accuracy.svg") + text_of(out / "report-labels.svg");
  };
  const std::string with_liar = write();
  EXPECT_THAT(with_liar, HasSubstr("honest"));
  write_text(folder / "a/clients.csv", csv);
  EXPECT_EQ(write(), with_liar);
  write_text(folder / "a/clients.csv", csv + "30,0,5,5,0.9\n");
  EXPECT_NE(write(), with_liar);
}

}  // namespace
}  // namespace cohort::report
