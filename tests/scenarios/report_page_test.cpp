#include "scenarios/report/page.hpp"

#include <cstdlib>
#include <fstream>
#include <set>

#include "tests/scenarios/folder.hpp"
#include "tests/scenarios/report_examples.hpp"
#include "tests/scenarios/xml.hpp"

namespace cohort::report {
namespace {

// The page is written so that an XML reader takes it, too.
std::vector<XmlElement> read_page(const std::string& html) {
  const std::string doctype = "<!DOCTYPE html>\n";
  EXPECT_TRUE(html.starts_with(doctype));
  return read_xml(std::string_view(html).substr(doctype.size()));
}

std::size_t count(const std::vector<XmlElement>& elements, const std::string& name) {
  std::size_t n = 0;
  for (const XmlElement& e : elements) n += e.name == name ? 1U : 0U;
  return n;
}

TEST(ReportPage, HoldsEveryTableAndFigureWithNumberedCaptions) {
  const Page page = examples::page();
  const auto elements = read_page(to_html(page));
  EXPECT_EQ(count(elements, "table"), 2U);
  EXPECT_EQ(count(elements, "svg"), examples::figures().size());
  std::vector<std::string> captions;
  for (const XmlElement& e : elements) {
    if (e.name == "caption" || e.name == "figcaption") captions.push_back(e.text);
  }
  ASSERT_EQ(captions.size(), 2U + examples::figures().size());
  EXPECT_TRUE(captions[0].starts_with("Table 1. Final values")) << captions[0];
  EXPECT_TRUE(captions[2].starts_with("Figure 2. ")) << captions[2];
  EXPECT_TRUE(captions.back().starts_with("Table 2. ")) << captions.back();
}

TEST(ReportPage, LoadsNothingAndRunsNothing) {
  std::string html = to_html(examples::page());
  for (const char* what : {"<script", "<link", "<img", "<iframe", "<object", " src=", "url(",
                           "@import", "javascript:", " onload="}) {
    EXPECT_EQ(html.find(what), std::string::npos) << what;
  }
  const std::string svg_namespace = "http://www.w3.org/2000/svg";
  for (std::size_t at = 0; (at = html.find("//", at)) != std::string::npos; at += 2) {
    EXPECT_EQ(html.substr(at - 5, svg_namespace.size()), svg_namespace);
  }
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(ReportPage, EscapesAllTexts) {
  const std::string evil = "</title><script>alert(1)</script>&\"'";
  Page page{
      .title = evil, .subtitle = evil, .facts = {{evil, evil}}, .warnings = {evil}, .sections = {}};
  Section section{.heading = evil, .text = evil, .tables = {}, .figures = {}};
  section.tables.push_back(
      {.caption = evil, .columns = {{evil}}, .rows = {{{evil}}}, .legend = evil});
  section.figures.push_back({examples::loss_curves(), evil});
  page.sections.push_back(section);
  const std::string html = to_html(page);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  const std::set<std::string> around = {"thead", "tbody", "tr"};
  std::vector<std::string> seen;
  for (const XmlElement& e : read_page(html)) {
    if (e.text == evil && !around.contains(e.name)) seen.push_back(e.name);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"title", "h1", "p", "dt", "dd", "li", "h2", "p", "th",
                                            "td", "p"}));
}

TEST(ReportPage, PutsWarningsBeforeTheNumbersAndSectionsInOrder) {
  const std::string html = to_html(examples::page());
  const std::size_t warning = html.find("diverged at round 17");
  const std::size_t result = html.find(">Result</h2>");
  const std::size_t figures = html.find(">Figures</h2>");
  const std::size_t provenance = html.find(">Provenance</h2>");
  ASSERT_NE(provenance, std::string::npos);
  EXPECT_LT(warning, result);
  EXPECT_LT(result, figures);
  EXPECT_LT(figures, provenance);
  Page quiet = examples::page();
  quiet.warnings.clear();
  EXPECT_EQ(to_html(quiet).find("<aside"), std::string::npos);
}

TEST(ReportPage, MarksTheBestTheTiedAndWhatIsMissing) {
  Table table{.caption = "",
              .columns = {{"rule", false}, {"accuracy"}},
              .rows = {{{"a"}, {"0.9", true}}, {{"b"}, {"0.8", false, true}}, {{"c"}, {""}}},
              .legend = {}};
  const std::string html =
      to_html({.title = "t", .sections = {{.heading = "h", .tables = {table}}}});
  EXPECT_NE(html.find("<th scope=\"col\">rule</th><th scope=\"col\" class=\"n\">accuracy</th>"),
            std::string::npos);
  EXPECT_NE(html.find("<td>a</td><td class=\"n\"><b>0.9</b></td>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"n\">0.8<span class=\"tied\">†</span></td>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"n\">–</td>"), std::string::npos);
}

TEST(ReportPage, SplitsTextIntoParagraphs) {
  const auto elements = read_page(
      to_html({.title = "t", .sections = {{.heading = "h", .text = "one\ntwo\n\nthree"}}}));
  EXPECT_EQ(count(elements, "p"), 2U);
}

TEST(ReportPage, GivesTheSameBytesForTheSamePage) {
  EXPECT_EQ(to_html(examples::page()), to_html(examples::page()));
}

TEST(ReportPage, StaysBelowAMegabyteForTwelveSeriesOfFiveHundredRounds) {
  // 60 points in 12 series of 5 seeds, evaluated in every round: loss and accuracy on two sets, and
  // the gradient norm, beside all other figures.
  constexpr std::size_t megabyte = 1'000'000;
  Page page = examples::page();
  for (int k = 0; k < 4; ++k) {
    page.sections[1].figures.push_back({examples::loss_curves(12, 500), ""});
  }
  EXPECT_LT(to_html(page).size(), megabyte);
}

// Looked at by report_browser_test.sh, which names the file.
TEST(ReportPage, IsWrittenForTheBrowser) {
  const char* named = std::getenv("COHORT_REPORT_PAGE");
  const Folder folder;
  const std::filesystem::path path = named != nullptr ? named : (folder / "report.html").string();
  std::ofstream(path) << to_html(examples::page());
  EXPECT_EQ(text_of(path), to_html(examples::page()));
}

}  // namespace
}  // namespace cohort::report
