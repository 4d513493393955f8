#include "scenarios/report/draw.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "scenarios/report/frame.hpp"
#include "tests/scenarios/report_examples.hpp"
#include "tests/scenarios/xml.hpp"

namespace cohort::report {
namespace {

using examples::noise;

// The positions that a path goes through.
std::vector<std::vector<Point>> points_of(const std::string& data) {
  std::vector<std::vector<Point>> out;
  const char* at = data.c_str();
  Point now, start;
  char command = ' ';
  const auto next = [&] {
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    at = end;
    return value;
  };
  while (*at != '\0') {
    if (*at == ' ') ++at;
    if (std::isalpha(static_cast<unsigned char>(*at)) != 0) command = *at++;
    switch (command) {
      case 'z':
        now = start;
        continue;
      case 'h':
        now.x += next();
        break;
      case 'v':
        now.y += next();
        break;
      default:
        now.x += next();
        now.y += next();
    }
    if (command == 'm') {
      start = now;
      out.emplace_back();
    }
    out.back().push_back(now);
  }
  return out;
}

struct Drawing {
  std::vector<XmlElement> elements;
  double width = 0.0, height = 0.0;

  std::vector<const XmlElement*> all(const std::string& name) const {
    std::vector<const XmlElement*> out;
    for (const XmlElement& e : elements) {
      if (e.name == name) out.push_back(&e);
    }
    return out;
  }
  const XmlElement* text(const std::string& text) const {
    for (const XmlElement* e : all("text")) {
      if (e->text == text) return e;
    }
    return nullptr;
  }
  /// Of the paths that are drawn as lines of this colour.
  std::vector<std::vector<Point>> lines(const std::string& colour) const {
    for (const XmlElement* e : all("path")) {
      const auto stroke = e->attributes.find("stroke");
      if (stroke != e->attributes.end() && stroke->second == colour &&
          e->attributes.at("fill") == "none") {
        return points_of(e->attributes.at("d"));
      }
    }
    return {};
  }
};

Drawing drawing(const Figure& figure, double width = column_width) {
  Drawing out{.elements = read_xml(to_svg(figure, width))};
  if (!out.elements.empty()) {
    const std::string view = out.elements.front().attributes.at("viewBox").substr(4);
    out.width = std::stod(view);
    out.height = std::stod(view.substr(view.find(' ')));
  }
  return out;
}

CurveFigure one_curve(std::vector<double> x, std::vector<double> y, Scale scale = Scale::linear) {
  return {.title = "",
          .description = "",
          .x = {"x"},
          .y = {"y", scale},
          .series = {{.name = "a", .x = std::move(x), .y = std::move(y)}}};
}

// What is hard to draw.
std::vector<std::pair<std::string, Figure>> hostile_figures() {
  using Form = DistributionFigure::Form;
  std::vector<std::pair<std::string, Figure>> out = {
      {"no series", CurveFigure{}},
      {"nothing finite", one_curve({0, 1}, {none, INFINITY})},
      {"one point", one_curve({3}, {0.5})},
      {"constant", one_curve({0, 1, 2}, {0.5, 0.5, 0.5})},
      {"zero on a log axis", one_curve({0, 1, 2}, {0.0, -1.0, 1.0}, Scale::log)},
      {"huge", one_curve({0, 1, 2}, {1e-300, 1.0, 1e300}, Scale::log)},
      {"huge, linear", one_curve({0, 1, 2}, {-1e300, 1.0, 1e300})},
      {"beyond", one_curve({0, 1, 2}, {1e308, -1e308, 1e-320})},
      {"subnormal", one_curve({0, 1, 2}, {1e-310, 2e-310, 3e-310})},
      {"nearly equal", one_curve({0, 1, 2}, {0.69314718, 0.69314719, 0.6931472})},
      {"unequal lengths", one_curve({0, 1, 2}, {1.0})},
      {"no rows", IntervalFigure{}},
      {"nothing reached", IntervalFigure{.title = "",
                                         .description = "",
                                         .value = {"rounds", Scale::log},
                                         .rows = {{.label = "a", .note = "not reached 5 of 5"}}}},
      {"negative bars",
       IntervalFigure{.title = "",
                      .description = "",
                      .value = {"difference"},
                      .rows = {{.label = "a", .value = -2.0, .low = -3.0, .high = 1.0}},
                      .is_bars = true}},
      {"interval below zero on a log axis",
       IntervalFigure{.title = "",
                      .description = "",
                      .value = {"rounds", Scale::log},
                      .rows = {{.label = "a", .value = 5.0, .low = -1.0, .high = 11.0}}}},
      {"no clients", DistributionFigure{.samples = {{.name = "a", .values = {}}}}},
      {"one client", DistributionFigure{.samples = {{.name = "a", .values = {0.5}}}}},
      {"equal clients", DistributionFigure{.samples = {{.name = "a", .values = {1, 1, 1}}},
                                           .form = Form::histogram}},
      {"one far client", DistributionFigure{.samples = {{.name = "a", .values = {0, 1, 2, 1e12}}},
                                            .form = Form::histogram}},
      {"empty map", HeatMap{}},
      {"map without values", HeatMap{.rows = {"a", "b"}, .values = {none, none}}},
      {"map of one", HeatMap{.rows = {"a"}, .columns = {"b"}, .values = {7.0}, .decimals = 1}},
      {"map with a ragged end", HeatMap{.rows = {"a", "b"}, .values = {1, 2, 3, 4, 5}}},
      {"no bars", StackFigure{}},
      {"bars of nothing", StackFigure{.parts = {"p"}, .bars = {{.label = "a", .values = {0.0}}}}},
      {"bars with gaps",
       StackFigure{.parts = {"p", "q", "r"},
                   .bars = {{.label = "a", .values = {1.0, none, -2.0}, .note = "x"}}}},
      {"no settings", SensitivityFigure{}},
      {"all diverged",
       SensitivityFigure{.option = {"rate", Scale::log},
                         .series = {{.name = "a", .x = {0.1, 1.0}, .y = {none, none}}}}}};
  CurveFigure long_labels = examples::loss_curves(3, 20);
  for (Series& s : long_labels.series) {
    s.name = "method.local.optimizer = { type = \"sgd\", learning_rate = 0.1 } <& 'x'> " + s.name;
  }
  long_labels.x.label = long_labels.y.label =
      "an axis whose label is longer than what it is a label of, by a good deal, and then some";
  out.emplace_back("long labels", long_labels);
  CurveFigure cut = one_curve({1, 2, 3, 4}, {0.2, 1.8, 0.5, -3.0});
  cut.series[0].low = {0.1, 1.5, 0.4, -4.0};
  cut.series[0].high = {0.3, 2.5, 0.6, -2.0};
  cut.y.low = 0.0;
  cut.y.high = 1.0;
  out.emplace_back("cut", cut);
  HeatMap wide{.title = "",
               .description = "",
               .row_label = "rule",
               .column_label = "attack",
               .value = {"loss"},
               .rows = {"a rule whose name goes on and on and on"},
               .columns = {},
               .values = {},
               .decimals = 3};
  for (std::size_t c = 0; c < 40; ++c) {
    wide.columns.push_back("attack_number_" + std::to_string(c));
    wide.values.push_back(1.25 * static_cast<double>(c));
  }
  out.emplace_back("wide map", wide);
  return out;
}

std::vector<std::pair<std::string, Figure>> all_figures() {
  auto out = examples::figures();
  for (auto& figure : hostile_figures()) out.push_back(std::move(figure));
  return out;
}

// The box of a text that is level or stands upright.
Box box_of(const XmlElement& text) {
  const double size = text.attributes.contains("font-size") ? text.number("font-size") : text_size;
  // Digits and capitals reach 0.72 em up; descenders are left out, they may touch.
  double begin = 0.0;
  const double width = text_width(text.text, size);
  const auto anchor = text.attributes.find("text-anchor");
  if (anchor != text.attributes.end()) begin = anchor->second == "end" ? -width : -width / 2.0;
  const double x = text.number("x"), y = text.number("y");
  const bool is_upright = text.attributes.contains("transform") &&
                          text.attributes.at("transform").starts_with("rotate(-90");
  if (is_upright) return {x - 0.72 * size, y - begin - width, x, y - begin};
  return {x + begin, y - 0.72 * size, x + begin + width, y};
}

bool is_slanted(const XmlElement& text) {
  return text.attributes.contains("transform") &&
         text.attributes.at("transform").starts_with("rotate(-45");
}

bool overlap(const Box& a, const Box& b) {
  constexpr double touching = 0.1;  // the grid of the numbers
  return a.left < b.right - touching && b.left < a.right - touching &&
         a.top < b.bottom - touching && b.top < a.bottom - touching;
}

constexpr double widths[] = {120.0, column_width, page_width};

TEST(ReportDraw, MakesWellFormedSvgWithATitleOfEveryFigure) {
  for (const auto& [name, figure] : all_figures()) {
    SCOPED_TRACE(name);
    const Drawing d = drawing(figure);
    ASSERT_GE(d.elements.size(), 3U);
    EXPECT_EQ(d.elements[0].name, "svg");
    EXPECT_EQ(d.elements[0].attributes.at("xmlns"), "http://www.w3.org/2000/svg");
    EXPECT_EQ(d.elements[1].name, "title");
    EXPECT_EQ(d.elements[2].name, "desc");
    std::visit([&](const auto& f) { EXPECT_EQ(d.elements[1].text, f.title); }, figure);
  }
}

TEST(ReportDraw, WritesNoNumberThatIsNotFiniteAndNoId) {
  for (const auto& [name, figure] : all_figures()) {
    for (const XmlElement& e : drawing(figure).elements) {
      EXPECT_FALSE(e.attributes.contains("id")) << name;
      for (const auto& [key, value] : e.attributes) {
        if (key == "fill" || key.starts_with("font") || key == "xmlns") continue;
        EXPECT_EQ(value.find("nan"), std::string::npos) << name << ": " << key << "=" << value;
        EXPECT_EQ(value.find("inf"), std::string::npos) << name << ": " << key << "=" << value;
      }
    }
  }
}

TEST(ReportDraw, KeepsEverythingWithinTheFigure) {
  constexpr double stroke = 2.0;  // half a line, a marker's rim
  for (const auto& [name, figure] : all_figures()) {
    for (const double width : widths) {
      SCOPED_TRACE(name + " at " + std::to_string(width));
      const Drawing d = drawing(figure, width);
      EXPECT_EQ(d.width, width);
      const Box page{-stroke, -stroke, d.width + stroke, d.height + stroke};
      for (const XmlElement* e : d.all("path")) {
        for (const auto& piece : points_of(e->attributes.at("d"))) {
          for (const Point& p : piece) EXPECT_TRUE(page.holds(p)) << p.x << " " << p.y;
        }
      }
      for (const XmlElement* e : d.all("circle")) {
        EXPECT_TRUE(page.holds({e->number("cx"), e->number("cy")}));
      }
      for (const XmlElement* e : d.all("rect")) {
        EXPECT_GE(e->number("width"), 0.0);
        EXPECT_GE(e->number("height"), 0.0);
        EXPECT_TRUE(page.holds({e->number("x"), e->number("y")}));
        EXPECT_TRUE(page.holds(
            {e->number("x") + e->number("width"), e->number("y") + e->number("height")}));
      }
      if (width < column_width) continue;  // there, labels have to give
      for (const XmlElement* e : d.all("text")) {
        if (is_slanted(*e)) continue;
        const Box box = box_of(*e);
        EXPECT_TRUE(page.holds({box.left, box.top}) && page.holds({box.right, box.bottom}))
            << e->text << ": " << box.left << " " << box.top << " " << box.right << " "
            << box.bottom;
      }
    }
  }
}

TEST(ReportDraw, LetsNoTwoTextsOverlap) {
  for (const auto& [name, figure] : all_figures()) {
    for (const double width : {column_width, page_width}) {
      const Drawing d = drawing(figure, width);
      const auto texts = d.all("text");
      for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (is_slanted(*texts[i]) || is_slanted(*texts[j])) continue;
          EXPECT_FALSE(overlap(box_of(*texts[i]), box_of(*texts[j])))
              << name << " at " << width << ": " << texts[i]->text << " | " << texts[j]->text;
        }
      }
    }
  }
}

TEST(ReportDraw, GivesTheSameBytesForTheSameFigure) {
  for (const auto& [name, figure] : all_figures()) EXPECT_EQ(to_svg(figure), to_svg(figure));
  DistributionFigure clients = examples::clients(50, DistributionFigure::Form::ecdf);
  const std::string before = to_svg(clients);
  for (Sample& sample : clients.samples) std::reverse(sample.values.begin(), sample.values.end());
  EXPECT_EQ(to_svg(clients), before);
}

TEST(ReportDraw, SaysNoDataWhereThereIsNone) {
  for (const auto& [name, figure] : hostile_figures()) {
    const bool is_empty = name.starts_with("no ") || name.starts_with("nothing") ||
                          name.starts_with("empty") || name == "map without values" ||
                          name == "bars of nothing" || name == "all diverged";
    EXPECT_EQ(drawing(figure).text("no data") != nullptr, is_empty) << name;
  }
}

TEST(ReportDraw, LeavesGapsWhereValuesAreNotFinite) {
  const auto line = [](std::vector<double> y) {
    std::vector<double> x(y.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    return drawing(one_curve(x, std::move(y))).lines("#0072b2");
  };
  EXPECT_EQ(line({1, 3, 2, 5, 4, 6}).size(), 1U);
  EXPECT_EQ(line({1, 3, none, 5, 4, 6}).size(), 2U);
  EXPECT_EQ(line({1, 3, INFINITY, 5, none, 6}).size(), 1U);  // the lone ones are dots
  EXPECT_EQ(drawing(one_curve({0, 1, 2, 3}, {1, none, 2, none})).all("circle").size(), 3U);
}

TEST(ReportDraw, CountsWhatALogAxisCannotShow) {
  EXPECT_TRUE(drawing(one_curve({0, 1, 2}, {0, -1, 1}, Scale::log))
                  .text("2 values ≤ 0 are not on the log axis"));
  EXPECT_TRUE(drawing(one_curve({0, 1, 2}, {0, 1, 1}, Scale::log))
                  .text("1 value ≤ 0 is not on the log axis"));
  EXPECT_FALSE(drawing(one_curve({0, 1, 2}, {2, 1, none}, Scale::log))
                   .text("1 value ≤ 0 is not on the log axis"));
}

TEST(ReportDraw, DrawsACurveWhereItsValuesAre) {
  CurveFigure figure = one_curve({0, 1, 2, 3}, {0.0, 1.0, 0.25, 0.5});
  figure.x.low = 0.0;
  figure.x.high = 3.0;
  figure.y.low = 0.0;
  figure.y.high = 1.0;
  const Drawing d = drawing(figure);
  // The tick labels tell where 0 and 1 are.
  const auto y_of = [&](const std::string& label) {
    return d.text(label)->number("y") - 0.35 * text_size;
  };
  const auto line = d.lines("#0072b2");
  ASSERT_EQ(line.size(), 1U);
  ASSERT_EQ(line[0].size(), 4U);
  const double zero = line[0][0].y, one = y_of("1.0");
  constexpr double grid = 0.15;
  for (const auto& [i, value] : {std::pair{1, 1.0}, {2, 0.25}, {3, 0.5}}) {
    EXPECT_NEAR(line[0][static_cast<std::size_t>(i)].y, zero + value * (one - zero), grid);
  }
  EXPECT_NEAR(line[0][2].x - line[0][1].x, line[0][1].x - line[0][0].x, grid);
}

TEST(ReportDraw, CutsOffWhatLiesOutsideGivenLimits) {
  CurveFigure figure = one_curve({0, 1, 2, 3, 4}, {0.5, 0.5, 9.0, 0.5, 0.25});
  figure.y.low = 0.0;
  figure.y.high = 1.0;
  const auto line = drawing(figure).lines("#0072b2");
  ASSERT_EQ(line.size(), 2U);
  EXPECT_NEAR(line[0].back().y, line[1].front().y, 0.15);  // both at the upper edge
  EXPECT_LT(line[0].back().x, line[1].front().x);
}

TEST(ReportDraw, ThinsLongCurvesWithoutLosingTheirExtremes) {
  constexpr std::size_t rounds = 100'000;
  CurveFigure figure = one_curve({}, {});
  for (std::size_t i = 0; i < rounds; ++i) {
    figure.series[0].x.push_back(static_cast<double>(i));
    figure.series[0].y.push_back(noise(i));
  }
  // Both orders, so close that they share a place on the x axis.
  figure.series[0].y[20'010] = figure.series[0].y[70'020] = -10.0;
  figure.series[0].y[20'020] = figure.series[0].y[70'010] = 10.0;
  const auto line = drawing(figure).lines("#0072b2");
  ASSERT_EQ(line.size(), 1U);
  EXPECT_LT(line[0].size(), 4U * 4U * static_cast<std::size_t>(column_width));
  const double left = line[0].front().x, right = line[0].back().x;
  double top = 1e9, bottom = 0.0;
  for (const Point& p : line[0]) {
    top = std::min(top, p.y);
    bottom = std::max(bottom, p.y);
  }
  for (const double share : {0.2, 0.7}) {
    for (const double y : {top, bottom}) {
      EXPECT_TRUE(std::any_of(line[0].begin(), line[0].end(),
                              [&](const Point& p) {
                                return std::abs(p.x - left - share * (right - left)) < 0.3 &&
                                       std::abs(p.y - y) < 0.2;
                              }))
          << share << " " << y;
    }
  }
}

TEST(ReportDraw, ThinsSmoothCurvesToWithinAThirdOfAPoint) {
  constexpr std::size_t rounds = 500;
  CurveFigure figure = one_curve({}, {});
  // Slopes of at most 1 on paper: 0.1 for thinning, 0.05 for the grid in x and y, times √2.
  constexpr double error = 1.0 / 3.0;
  const auto value = [](double t) { return std::sin(3.0 * t) * std::exp(-t); };
  for (std::size_t i = 0; i <= rounds; ++i) {
    const double t = static_cast<double>(i) / rounds;
    figure.series[0].x.push_back(t);
    figure.series[0].y.push_back(value(t));
  }
  figure.y.low = -1.0;
  figure.y.high = 1.0;
  const Drawing d = drawing(figure);
  const auto line = d.lines("#0072b2").at(0);
  EXPECT_LT(line.size(), rounds / 3);
  const auto y_of = [&](const std::string& label) {
    return d.text(label)->number("y") - 0.35 * text_size;
  };
  const double zero = y_of("0"), one = y_of("1.0");
  std::size_t at = 1;
  for (std::size_t i = 0; i <= rounds; ++i) {
    const double t = static_cast<double>(i) / rounds;
    const double x = line.front().x + t * (line.back().x - line.front().x);
    while (at + 1 < line.size() && line[at].x < x) ++at;
    const Point a = line[at - 1], b = line[at];
    const double y = a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x);
    EXPECT_NEAR(y, zero + value(t) * (one - zero), error) << t;
  }
}

TEST(ReportDraw, PutsTheLegendBelowTheDataInTheOrderOfTheSeries) {
  const Drawing d = drawing(examples::loss_curves(12, 50));
  double lowest = 0.0;
  for (const XmlElement* e : d.all("path")) {
    const auto points = points_of(e->attributes.at("d"));
    if (e->attributes.contains("fill-opacity")) {
      for (const Point& p : points.at(0)) lowest = std::max(lowest, p.y);
    }
  }
  Point before{-1.0, 0.0};
  for (const std::string& rule : examples::rules()) {
    const XmlElement* entry = d.text(rule);
    ASSERT_NE(entry, nullptr) << rule;
    const Point at{entry->number("x"), entry->number("y")};
    EXPECT_GT(at.y, lowest);
    EXPECT_TRUE(at.y > before.y || (at.y == before.y && at.x > before.x)) << rule;
    before = at;
  }
}

TEST(ReportDraw, LabelsAGuideBesideItsLineOnlyWhereNothingIsDrawn) {
  CurveFigure figure = one_curve({}, {});
  for (std::size_t i = 0; i < 200; ++i) {
    figure.series[0].x.push_back(static_cast<double>(i));
    figure.series[0].y.push_back(i < 100 ? 0.2 : 0.9 + 0.4 * noise(i));
  }
  figure.guides.push_back(horizontal("target", 0.9));
  const auto legend_begins = [](const Drawing& d) { return d.text("x")->number("y"); };
  {
    const Drawing d = drawing(figure);
    const Box label = box_of(*d.text("target"));
    EXPECT_LT(label.bottom, legend_begins(d));
    for (const auto& piece : d.lines("#0072b2")) {
      for (const Point& p : piece) EXPECT_FALSE(label.holds(p));
    }
  }
  for (std::size_t i = 0; i < 200; ++i) figure.series[0].y[i] = 0.9 + 0.4 * noise(i);
  const Drawing d = drawing(figure);
  EXPECT_GT(d.text("target")->number("y"), legend_begins(d));
}

TEST(ReportDraw, TellsTwentyFourSeriesApartByMoreThanColour) {
  std::set<std::tuple<std::string_view, int, bool>> without_colour;
  std::set<std::tuple<std::string_view, std::string_view, int, bool>> all;
  for (std::size_t i = 0; i < 24; ++i) {
    const Pen pen = pen_of({}, i);
    EXPECT_NE(pen.dashes, pen_of({}, i + 1).dashes);
    if (i < 12) without_colour.emplace(pen.dashes, static_cast<int>(pen.shape), pen.is_hollow);
    all.emplace(pen.colour, pen.dashes, static_cast<int>(pen.shape), pen.is_hollow);
  }
  EXPECT_EQ(without_colour.size(), 12U);
  EXPECT_EQ(all.size(), 24U);
}

TEST(ReportDraw, KeepsALookThatIsGiven) {
  CurveFigure figure = one_curve({0, 1}, {1, 2});
  figure.series[0].look = 1;
  EXPECT_TRUE(drawing(figure).lines("#0072b2").empty());
  EXPECT_FALSE(drawing(figure).lines("#d55e00").empty());
}

TEST(ReportDraw, ShowsIntervalsThatWereNotReachedAsNotes) {
  const Drawing d = drawing(examples::to_target());
  EXPECT_NE(d.text("not reached 2 of 5"), nullptr);
  EXPECT_NE(d.text("not reached 5 of 5"), nullptr);
}

TEST(ReportDraw, StartsBarsAtZero) {
  IntervalFigure figure{.title = "",
                        .description = "",
                        .value = {"v"},
                        .rows = {{.label = "a", .value = 4.0}, {.label = "b", .value = 8.0}},
                        .is_bars = true};
  const auto bars = drawing(figure).all("rect");
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[0]->number("x"), bars[1]->number("x"));
  EXPECT_NEAR(2.0 * bars[0]->number("width"), bars[1]->number("width"), 0.2);
}

TEST(ReportDraw, DrawsTheDistributionFunctionExactlyForFewClients) {
  const DistributionFigure figure{.title = "",
                                  .description = "",
                                  .value = {"v"},
                                  .samples = {{.name = "a", .values = {4, 1, none, 2, 2}}}};
  const Drawing d = drawing(figure);
  EXPECT_NE(d.text("share of 4 clients"), nullptr);
  const auto line = d.lines("#0072b2");
  ASSERT_EQ(line.size(), 1U);
  const double zero = line[0].front().y, one = line[0].back().y;
  const double left = line[0].front().x, right = line[0].back().x;
  // Value and share after each rise.
  std::vector<std::pair<double, double>> rises;
  for (std::size_t i = 1; i < line[0].size(); ++i) {
    if (line[0][i].y == line[0][i - 1].y) continue;
    EXPECT_EQ(line[0][i].x, line[0][i - 1].x);
    rises.emplace_back(1.0 + 3.0 * (line[0][i].x - left) / (right - left),
                       (zero - line[0][i].y) / (zero - one));
  }
  ASSERT_EQ(rises.size(), 3U);
  const std::pair<double, double> expected[] = {{1, 0.25}, {2, 0.75}, {4, 1.0}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(rises[i].first, expected[i].first, 0.01);
    EXPECT_NEAR(rises[i].second, expected[i].second, 0.01);
  }
}

TEST(ReportDraw, KeepsFiguresOfTenThousandClientsSmallAndSaysHowTheyAreBinned) {
  constexpr std::size_t clients = 10'000, largest = 60'000;
  const HeatMap map = examples::labels_by_client(clients);
  EXPECT_LT(to_svg(map).size(), largest);
  EXPECT_NE(drawing(map).text("each column is the mean of 50 neighbours"), nullptr);
  for (const auto form : {DistributionFigure::Form::ecdf, DistributionFigure::Form::histogram}) {
    EXPECT_LT(to_svg(examples::clients(clients, form)).size(), largest);
  }
  const Drawing d = drawing(examples::clients(clients, DistributionFigure::Form::histogram));
  EXPECT_NE(d.text("50 equal bins"), nullptr);
  EXPECT_NE(d.text("share of 10 000 clients"), nullptr);
}

TEST(ReportDraw, JoinsNeighbouringColumnsByTheirMean) {
  // 400 columns in pairs: (0, 1) → 0.5 and (none, 1) → 1, turn about.
  HeatMap map{.title = "",
              .description = "",
              .row_label = "",
              .column_label = "",
              .value = {""},
              .rows = {"a"},
              .columns = {},
              .values = {}};
  for (std::size_t pair = 0; pair < 200; ++pair) {
    map.values.push_back(pair % 2 == 0 ? 0.0 : none);
    map.values.push_back(1.0);
  }
  const Drawing d = drawing(map);
  EXPECT_NE(d.text("each column is the mean of 2 neighbours"), nullptr);
  const auto paths = d.all("path");
  ASSERT_EQ(paths.size(), 2U);  // two colours, none missing
  for (const XmlElement* path : paths) {
    EXPECT_EQ(points_of(path->attributes.at("d")).size(), 100U);
  }
}

TEST(ReportDraw, HatchesMissingCellsAndWritesTheOthers) {
  HeatMap map = examples::rule_by_attack();
  const Drawing d = drawing(map);
  EXPECT_NE(d.text("hatched: no value"), nullptr);
  const auto hatching = d.lines("#b0b0b0");
  EXPECT_GT(hatching.size(), 4U);
  // One column to the left of −0.01, in the row of bulyan.
  const Point missing{d.text("−0.01")->number("x") - 20.0, d.text("bulyan")->number("y")};
  for (const auto& stroke : hatching) {
    EXPECT_NEAR(stroke.front().x, missing.x, 12.0);
    EXPECT_NEAR(stroke.front().y, missing.y, 12.0);
  }
  EXPECT_NE(d.text("0.81"), nullptr);
  EXPECT_NE(d.text("−0.01"), nullptr);
  for (double& value : map.values) value = std::isfinite(value) ? value : 0.0;
  EXPECT_EQ(drawing(map).text("hatched: no value"), nullptr);
  map.texts.assign(map.values.size(), "x");
  EXPECT_EQ(drawing(map).text("0.81"), nullptr);
}

TEST(ReportDraw, WritesOnEveryColourWithTheContrastThatWcagAsksFor) {
  const auto luminance = [](const Colour& c) {
    const auto linear = [](double v) {
      return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
  };
  for (int r = 0; r <= 10; ++r) {
    for (int g = 0; g <= 10; ++g) {
      for (int b = 0; b <= 10; ++b) {
        const Colour under{r / 10.0, g / 10.0, b / 10.0};
        const double x = luminance(under), y = luminance(colour_of(ink_on(under)));
        EXPECT_GE((std::max(x, y) + 0.05) / (std::min(x, y) + 0.05), 4.5) << hex_of(under);
      }
    }
  }
}

TEST(ReportDraw, StacksPartsToTheirSum) {
  const StackFigure figure{.title = "",
                           .description = "",
                           .value = {"time", Scale::linear, "s"},
                           .parts = {"p", "q", "r"},
                           .bars = {{.label = "a", .values = {1, 2, 3}},
                                    {.label = "b", .values = {3, 3, 0}, .note = "imbalance 1.5"}}};
  const Drawing d = drawing(figure);
  const auto all = d.all("rect");
  ASSERT_EQ(all.size(), 5U + 3U);  // and the legend's
  const auto end = [&](std::size_t i) { return all[i]->number("x") + all[i]->number("width"); };
  EXPECT_NEAR(end(0), all[1]->number("x"), 0.11);
  EXPECT_NEAR(end(1), all[2]->number("x"), 0.11);
  EXPECT_NEAR(end(2), end(4), 0.21);
  EXPECT_NEAR(all[1]->number("width"), 2.0 * all[0]->number("width"), 0.2);
  EXPECT_NE(d.text("33 %"), nullptr);
  EXPECT_NE(d.text("imbalance 1.5"), nullptr);
}

TEST(ReportDraw, RingsTheBestSettingAndCrossesWhatDiverged) {
  SensitivityFigure figure{
      .title = "",
      .description = "",
      .option = {"rate", Scale::log},
      .value = {"loss"},
      .series = {{.name = "a", .x = {0.01, 0.1, 1.0, 10.0}, .y = {3.0, 1.0, 2.0, none}}}};
  const auto ring_of = [](const Drawing& d) {
    const XmlElement* ring = nullptr;
    for (const XmlElement* e : d.all("circle")) {
      if (e->attributes.at("fill") == "none") ring = e;
    }
    return ring;
  };
  const Drawing lower = drawing(figure);
  EXPECT_NE(lower.text("×: not finite (diverged)"), nullptr);
  const auto line = lower.lines("#0072b2");
  ASSERT_NE(ring_of(lower), nullptr);
  EXPECT_NEAR(ring_of(lower)->number("cx"), line.at(0).at(1).x, 0.11);
  EXPECT_NEAR(ring_of(lower)->number("cy"), line.at(0).at(1).y, 0.11);
  figure.higher_is_better = true;
  EXPECT_NEAR(ring_of(drawing(figure))->number("cx"), line.at(0).at(0).x, 0.11);
}

TEST(ReportDraw, ClipsLinesAtTheBox) {
  const Box box{0.0, 0.0, 10.0, 10.0};
  const std::vector<Point> through = {{-10.0, 5.0}, {20.0, 5.0}};
  const auto pieces = clipped_line(through, box);
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0], (std::vector<Point>{{0.0, 5.0}, {10.0, 5.0}}));
  EXPECT_TRUE(clipped_line(std::vector<Point>{{-1.0, 0.0}, {-1.0, 10.0}}, box).empty());
  const auto square =
      clipped_polygon({{-5.0, -5.0}, {15.0, -5.0}, {15.0, 15.0}, {-5.0, 15.0}}, box);
  for (const Point corner : {Point{0, 0}, Point{10, 0}, Point{10, 10}, Point{0, 10}}) {
    EXPECT_NE(std::find(square.begin(), square.end(), corner), square.end());
  }
}

}  // namespace
}  // namespace cohort::report
