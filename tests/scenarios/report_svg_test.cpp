#include "scenarios/report/svg.hpp"

#include "tests/scenarios/xml.hpp"

namespace cohort::report {
namespace {

TEST(ReportSvg, EscapesWhatXmlReservesAndReplacesWhatItForbids) {
  EXPECT_EQ(escaped("a<b & \"c\" > 'd'"), "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(escaped("α … 漢 🙂"), "α … 漢 🙂");
  EXPECT_EQ(escaped(std::string("\x01", 1)), "\uFFFD");
  EXPECT_EQ(escaped(std::string("a\0b", 3)),
            "a\uFFFD"
            "b");
}

TEST(ReportSvg, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(escaped("\xC3"), "\uFFFD");                                // ends early
  EXPECT_EQ(escaped("\xC0\xAF"), "\uFFFD\uFFFD");                      // overlong
  EXPECT_EQ(escaped("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");            // likewise
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // beyond Unicode
  EXPECT_EQ(escaped("\xE2\x82x"), "\uFFFD\uFFFDx");
}

TEST(ReportSvg, WritesShortFixedPointNumbers) {
  EXPECT_EQ(number(12.34), "12.3");
  EXPECT_EQ(number(12.0), "12");
  EXPECT_EQ(number(-0.04), "0");
  EXPECT_EQ(number(-0.06), "-0.1");
  EXPECT_EQ(number(100.0, 0), "100");
  EXPECT_EQ(number(0.25, 2), "0.25");
}

TEST(ReportSvg, KnowsTheWidthsOfHelvetica) {
  // Adobe's metrics: H 722, e 556, l 222, o 556 thousandths of an em.
  EXPECT_DOUBLE_EQ(text_width("Hello", 10.0), 0.01 * (722 + 556 + 222 + 222 + 556));
  EXPECT_DOUBLE_EQ(text_width("", 10.0), 0.0);
  EXPECT_LT(text_width("10⁻³", 10.0), text_width("10−3", 10.0));
}

TEST(ReportSvg, ElidesTheMiddleAndStaysWithinTheRoom) {
  const std::string label = "method.local.optimizer.learning_rate = 0.1";
  EXPECT_EQ(elided(label, 8.0, text_width(label, 8.0)), label);
  const std::string cut = elided(label, 8.0, 80.0);
  EXPECT_TRUE(cut.starts_with("method.")) << cut;
  EXPECT_TRUE(cut.ends_with("0.1")) << cut;
  for (double room = 8.0; room < 160.0; room += 1.0) {
    EXPECT_LE(text_width(elided(label, 8.0, room), 8.0), room + 1e-6);
  }
}

TEST(ReportSvg, ElidesBetweenCharactersNotWithinThem) {
  for (double room = 8.0; room < 100.0; room += 1.0) {
    EXPECT_EQ(escaped(elided("ααααααββββββ漢漢漢漢", 8.0, room)).find("\uFFFD"), std::string::npos);
  }
}

TEST(ReportSvg, WritesPathsRelativeOnAGridOfTenths) {
  Path path;
  path.move({1.0, 2.04});
  path.line({1.52, 2.0});
  path.line({1.2, 12.5});
  path.close();
  path.move({1.0, 2.0});
  path.line({3.0, 2.0});
  EXPECT_EQ(path.data(), "m1 2l.5 0-.3 10.5zm0 0l2 0");
}

TEST(ReportSvg, DoesNotLetTheRoundingOfPathsAddUp) {
  Path path;
  path.move({0.0, 0.0});
  double x = 0.0;
  for (int i = 1; i <= 1000; ++i) path.line({0.04 * i, 0.0});
  for (std::string_view rest = std::string_view(path.data()).substr(5); !rest.empty();) {
    std::size_t used = 0;
    x += std::stod(std::string(rest), &used);
    rest.remove_prefix(std::min(rest.size(), used + 2));  // and the " 0" that follows
    if (rest.starts_with(" ")) rest.remove_prefix(1);
  }
  EXPECT_NEAR(x, 40.0, 1e-9);
}

TEST(ReportSvg, ClosesRectanglesWhereTheyBegan) {
  Path path;
  path.rect({1.0, 2.0}, 3.5, 4.0);
  path.rect({10.0, 2.0}, -1.0, 1.0);
  EXPECT_EQ(path.data(), "m1 2h3.5v4h-3.5zm9 0h-1v1h1z");
}

TEST(ReportSvg, SetsSuperscriptsAsRaisedFigures) {
  Svg svg;
  svg.text({0.0, 0.0}, "2×10⁻³ s");
  const auto elements = read_xml(svg.element(10.0, 10.0, "", ""));
  ASSERT_EQ(elements.size(), 6U);
  EXPECT_EQ(elements[3].text, "2×10−3 s");
  EXPECT_EQ(elements[4].text, "−3");
  EXPECT_LT(elements[4].number("dy"), 0.0);
  EXPECT_EQ(elements[5].text, " s");
  EXPECT_EQ(elements[5].number("dy"), -elements[4].number("dy"));
}

TEST(ReportSvg, KeepsTheWholeOfAnElidedTextAsItsTitle) {
  Svg svg;
  svg.text({0.0, 0.0}, "a label that is <long> & wide", {}, 50.0);
  const auto elements = read_xml(svg.element(10.0, 10.0, "t & t", "d < d"));
  ASSERT_EQ(elements.size(), 5U);
  EXPECT_EQ(elements[1].text, "t & t");
  EXPECT_EQ(elements[2].text, "d < d");
  EXPECT_EQ(elements[4].name, "title");
  EXPECT_EQ(elements[4].text, "a label that is <long> & wide");
}

}  // namespace
}  // namespace cohort::report
