#include "scenarios/report/formats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "scenarios/report/lines.hpp"
#include "scenarios/report/numbers.hpp"

namespace cohort::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Numbers, IntervalsHaveTwoDigitsAndMeansTheSameDecimals) {
  EXPECT_EQ(interval_text(0.912345, 0.00412), "0.9123 ± 0.0041");
  EXPECT_EQ(interval_text(0.912345, 0.0996), "0.91 ± 0.10");
  EXPECT_EQ(interval_text(-12.345, 2.5), "−12.3 ± 2.5");
  EXPECT_EQ(interval_text(27.57, 24.8), "28 ± 25");
  EXPECT_EQ(interval_text(1.2e-7, 1.1e-8), "(1.20 ± 0.11)·10⁻⁷");
  EXPECT_EQ(interval_text(1234567, 8900), "(1.2346 ± 0.0089)·10⁶");
  EXPECT_EQ(interval_text(5, 0), "5 ± 0");
  EXPECT_EQ(interval_text(5, std::nan("")), "5");
}

TEST(Numbers, PlainOnesHaveFourDigits) {
  EXPECT_EQ(number_text(0.91234567), "0.9123");
  EXPECT_EQ(number_text(35), "35");
  EXPECT_EQ(number_text(1234.5), "1234");  // to even
  EXPECT_EQ(number_text(-0.5), "−0.5");
  EXPECT_EQ(number_text(1.23456e-12), "1.235·10⁻¹²");
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(std::nan("")), "–");
}

TEST(Numbers, UnitsTakePrefixes) {
  EXPECT_EQ(interval_text(3.7e6, 2.9e6, "B"), "3.7 ± 2.9 MB");
  EXPECT_EQ(interval_text(0.0021, 0.0001, "s"), "2.10 ± 0.10 ms");
  EXPECT_EQ(interval_text(0, 0, "B"), "0 ± 0 B");
  EXPECT_EQ(interval_text(999, std::nan(""), "B"), "999 B");
}

TEST(Numbers, ExactOnesReadBack) {
  EXPECT_EQ(exact_text(0.1), "0.1");
  EXPECT_EQ(exact_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(exact_text(std::nan("")), "");
}

TEST(Tex, EverySpecialCharacterIsEscaped) {
  EXPECT_EQ(tex_escaped("a_b & 50% #1 $x$ {y} \\n ~ ^"),
            "a\\_b \\& 50\\% \\#1 \\$x\\$ \\{y\\} \\textbackslash{}n \\textasciitilde{} "
            "\\textasciicircum{}");
  EXPECT_EQ(tex_escaped("[x]* --"), "{[}x{]}{*} -{}-");
  EXPECT_EQ(tex_escaped("α=0.1, (1.2 ± 0.1)·10⁻⁷²"),
            "$\\alpha$=0.1, (1.2 $\\pm$ 0.1)$\\cdot$10$^{-72}$");
  EXPECT_EQ(tex_escaped("Müller ßé"), "Müller ßé");
  EXPECT_EQ(tex_escaped("😀Ж"), "{[}U+1F600{]}{[}U+0416{]}");
  EXPECT_EQ(tex_escaped("a\tb\xff"), "a b{[}U+FFFD{]}");
}

const Table small = {"100 % of it",
                     {{"rule", false}, {"accuracy", true}},
                     {{{"krum_1"}, {"0.91 ± 0.02", true, false}},
                      {{"mean"}, {"0.90 ± 0.02", false, true}},
                      {{""}, {""}}},
                     "& legend"};

TEST(Tex, TablesAreBooktabsWithTheBestInBold) {
  const std::string tex = to_latex(small, "x");
  EXPECT_THAT(tex, HasSubstr("\\caption{100 \\% of it}"));
  EXPECT_THAT(tex, HasSubstr("\\begin{tabular}{lr}\n    \\toprule\n    rule & accuracy \\\\\n"));
  EXPECT_THAT(tex, HasSubstr("    krum\\_1 & \\textbf{\\boldmath 0.91 $\\pm$ 0.02} \\\\\n"));
  EXPECT_THAT(tex, HasSubstr("    mean & 0.90 $\\pm$ 0.02$^{\\dagger}$ \\\\\n"));
  EXPECT_THAT(tex, HasSubstr("    -- & -- \\\\\n    \\bottomrule"));
  EXPECT_THAT(tex, HasSubstr("\\& legend"));
}

TEST(Text, TablesAreAligned) {
  EXPECT_EQ(to_text(small),
            "rule       accuracy\n"
            "krum_1  0.91 ± 0.02*\n"
            "mean    0.90 ± 0.02†\n"
            "–                 –\n");
}

TEST(Tex, CurvesArePgfplotsWithBandsAndTargets) {
  CurveFigure figure;
  figure.x = {"round"};
  figure.y = {"gap_1", Scale::log};
  figure.series = {{"a_b", {0, 1}, {1, 0.5}, {0.5, 0.25}, {2, 1}}, {"", {0}, {1}}};
  figure.guides = {horizontal("target", 0.1)};
  const std::string tex = to_pgfplots(figure);
  EXPECT_THAT(tex, HasSubstr("ylabel={gap\\_1}"));
  EXPECT_THAT(tex, HasSubstr("ymode=log"));
  EXPECT_THAT(tex, Not(HasSubstr("xmode=log")));
  EXPECT_THAT(tex, HasSubstr("\\addplot[series0, thick] coordinates {\n    (0,1) (1,0.5)\n  };"));
  EXPECT_THAT(tex, HasSubstr("fill between[of=low0 and high0]"));
  EXPECT_THAT(tex, Not(HasSubstr("low1")));
  EXPECT_THAT(tex, HasSubstr("\\addlegendentry{a\\_b}"));
  EXPECT_THAT(tex, HasSubstr("(0,0.1) (1,0.1)"));
}

TEST(Csv, CellsAreQuotedWhereTheyMustBeAndReadBack) {
  const std::array<std::string, 4> cells = {"a,b", "say \"x\"", "", "plain"};
  const std::string line = csv_line(cells);
  EXPECT_EQ(line, "\"a,b\",\"say \"\"x\"\"\",,plain\n");
  std::vector<std::string> read;
  ASSERT_TRUE(split_csv(line.substr(0, line.size() - 1), read));
  EXPECT_THAT(read, testing::ElementsAreArray(cells));
  ASSERT_TRUE(split_csv("a,", read));
  EXPECT_THAT(read, ElementsAre("a", ""));
  EXPECT_FALSE(*split_csv("\"a", read));
  ASSERT_TRUE(*split_csv("\"a\nb\",c", read));
  EXPECT_THAT(read, ElementsAre("a\nb", "c"));
  EXPECT_FALSE(split_csv("\"a\"b,c", read));
}

}  // namespace
}  // namespace cohort::report
