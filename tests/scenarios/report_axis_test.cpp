#include "scenarios/report/axis.hpp"

#include <cmath>

#include "scenarios/report/svg.hpp"

namespace cohort::report {
namespace {

constexpr double size = 8.0;

std::vector<std::string> labels(const Ticks& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks.ticks) {
    if (!tick.label.empty()) out.push_back(tick.label);
  }
  return out;
}

std::vector<std::string> labels(const Axis& axis, Limits limits, double length = 200.0) {
  return labels(ticks_of(axis, limits, length, Direction::across, size));
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// What a reader takes a label for.
double read(std::string label) {
  replace(label, " ", "");
  replace(label, "−", "-");
  if (label.starts_with("10⁻") || label.starts_with("10⁰") || label.find("10") == 0) {
    for (const char* raised : {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"}) {
      if (label.find(raised) != std::string::npos) {
        label.insert(0, "1×");
        break;
      }
    }
  }
  replace(label, "×10", "e");
  replace(label, "⁻", "-");
  const char* figures[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  for (int i = 0; i < 10; ++i) replace(label, figures[i], std::to_string(i));
  return std::stod(label);
}

void expect_sound(const Ticks& ticks, Scale scale, Limits limits, double length,
                  Direction direction) {
  const Placement place(scale, limits, 0.0, length);
  double taken = -1e9;
  double before = -std::numeric_limits<double>::infinity();
  for (const Tick& tick : ticks.ticks) {
    EXPECT_GT(tick.value, before);
    before = tick.value;
    const double at = place(tick.value);
    EXPECT_GE(at, -1e-6);
    EXPECT_LE(at, length + 1e-6);
    if (tick.label.empty()) continue;
    EXPECT_NEAR(read(tick.label), tick.value, 1e-9 * std::abs(tick.value)) << tick.label;
    const double half = (direction == Direction::across ? text_width(tick.label, size) : size) / 2;
    EXPECT_GE(at - half, taken) << tick.label;
    taken = at + half;
  }
}

TEST(ReportAxis, PutsTicksAtRoundValuesWithLabelsThatSayThemAndKeepApart) {
  for (int e = -12; e <= 12; ++e) {
    for (const double low : {-1.0, 0.0, 0.13, 7.7}) {
      for (const double range : {0.0031, 0.9, 2.0, 77.0}) {
        const double unit = std::pow(10.0, e);
        const Limits limits{low * unit, (low + range) * unit};
        for (const double length : {100.0, 200.0, 440.0}) {
          for (const Direction direction : {Direction::across, Direction::up}) {
            const Ticks ticks = ticks_of({}, limits, length, direction, size);
            expect_sound(ticks, Scale::linear, limits, length, direction);
            const bool is_narrow = length < 150.0 && range < 0.01;
            if (!is_narrow) {
              EXPECT_GE(labels(ticks).size(), 2U)
                  << limits.low << " " << limits.high << " " << length;
            }
          }
        }
      }
    }
  }
}

TEST(ReportAxis, PutsLogTicksWhereTheyCanBeRead) {
  for (int low = -300; low <= 290; low += 59) {
    for (const double decades : {0.1, 0.4, 1.0, 1.5, 2.0, 3.7, 12.0, 100.0, 300.0}) {
      if (low + decades > 300) continue;
      const Limits limits{1.3 * std::pow(10.0, low), 1.3 * std::pow(10.0, low + decades)};
      for (const Direction direction : {Direction::across, Direction::up}) {
        const Ticks ticks =
            ticks_of({.label = "", .scale = Scale::log}, limits, 200.0, direction, size);
        expect_sound(ticks, Scale::log, limits, 200.0, direction);
        EXPECT_GE(labels(ticks).size(), 2U) << low << " " << decades;
      }
    }
  }
}

TEST(ReportAxis, WritesLabelsAsAPaperDoes) {
  using L = std::vector<std::string>;
  EXPECT_EQ(labels({}, {0.0, 1.0}), (L{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels({}, {-0.1, 0.1}, 150.0), (L{"−0.10", "−0.05", "0", "0.05", "0.10"}));
  EXPECT_EQ(labels({}, {0.0, 20000.0}), (L{"0", "5000", "10 000", "15 000", "20 000"}));
  EXPECT_EQ(labels({}, {0.0, 2e6}), (L{"0", "0.5×10⁶", "1.0×10⁶", "1.5×10⁶", "2.0×10⁶"}));
  const Axis log{.label = "", .scale = Scale::log};
  EXPECT_EQ(labels(log, {1e-3, 1e2}), (L{"10⁻³", "10⁻²", "10⁻¹", "1", "10", "10²"}));
  EXPECT_EQ(labels(log, {1.0, 9.0}), (L{"1", "2", "5"}));
}

TEST(ReportAxis, CarriesUnitsInTheAxisLabelOrOnALogAxisInEachTick) {
  using L = std::vector<std::string>;
  const auto unit_of = [](const std::string& unit, double high) {
    return ticks_of({.label = "", .unit = unit}, {0.0, high}, 200.0, Direction::across, size).unit;
  };
  EXPECT_EQ(unit_of("B", 2.5e6), "MB");
  EXPECT_EQ(unit_of("B", 12.0), "B");
  EXPECT_EQ(unit_of("s", 0.02), "ms");
  EXPECT_EQ(unit_of("s", 90.0), "s");
  EXPECT_EQ(unit_of("s", 600.0), "min");
  EXPECT_EQ(unit_of("s", 9000.0), "h");
  EXPECT_EQ(unit_of("s", 1e6), "d");
  EXPECT_EQ(labels({.label = "", .unit = "B"}, {0.0, 2e6}), (L{"0", "0.5", "1.0", "1.5", "2.0"}));
  EXPECT_EQ(labels({.label = "", .scale = Scale::log, .unit = "B"}, {1e3, 1e6}),
            (L{"1 kB", "10 kB", "100 kB", "1 MB"}));
}

TEST(ReportAxis, PutsNoTicksBetweenWholeNumbersOfThings) {
  const Ticks ticks = ticks_of({}, {0.0, 2.0}, 400.0, Direction::across, size, true);
  EXPECT_EQ(labels(ticks), (std::vector<std::string>{"0", "1", "2"}));
}

TEST(ReportAxis, TakesLimitsFromTheDataWithAMarginThatDoesNotCrossZero) {
  Extent extent(Scale::linear);
  extent.add(std::vector<double>{0.0, none, 10.0, INFINITY});
  EXPECT_EQ(limits_of({}, extent, 0.05), (Limits{0.0, 10.5}));
  EXPECT_EQ(limits_of({.label = "", .low = -1.0, .high = 4.0}, extent, 0.05), (Limits{-1.0, 4.0}));
}

TEST(ReportAxis, GivesASingleValueRoomOnBothSides) {
  for (const Scale scale : {Scale::linear, Scale::log}) {
    for (const double value : {1e-9, 0.5, 3.0, 1e250}) {
      Extent extent(scale);
      extent.add(value);
      const Limits limits = limits_of({.label = "", .scale = scale}, extent, 0.05);
      EXPECT_LT(limits.low, value);
      EXPECT_GT(limits.high, value);
    }
  }
  Extent zero(Scale::linear);
  zero.add(0.0);
  EXPECT_EQ(limits_of({}, zero, 0.05), (Limits{-1.0, 1.0}));
}

TEST(ReportAxis, TakesWhatDiffersByRoundingForOneValue) {
  Extent extent(Scale::linear);
  extent.add(std::vector<double>{0.3, 0.1 + 0.2});
  const Limits limits = limits_of({}, extent, 0.05);
  EXPECT_NEAR(limits.high - limits.low, 0.06, 1e-12);
}

TEST(ReportAxis, CountsWhatALogAxisCannotShow) {
  Extent extent(Scale::log);
  extent.add(std::vector<double>{0.0, -1.0, none, 1e-310, 2.0, INFINITY});
  EXPECT_EQ(extent.dropped(), 3U);
  EXPECT_EQ(extent.low(), 2.0);
  EXPECT_FALSE(is_shown(Scale::log, 0.0));
  EXPECT_TRUE(is_shown(Scale::linear, 0.0));
  EXPECT_FALSE(is_shown(Scale::linear, none));
}

TEST(ReportAxis, PlacesTheLimitsAtTheEndsAndTheGeometricMeanInTheMiddle) {
  const Placement linear(Scale::linear, {2.0, 4.0}, 10.0, 30.0);
  EXPECT_DOUBLE_EQ(linear(2.0), 10.0);
  EXPECT_DOUBLE_EQ(linear(4.0), 30.0);
  const Placement log(Scale::log, {1e-4, 1.0}, 100.0, 0.0);
  EXPECT_NEAR(log(1e-2), 50.0, 1e-9);
}

TEST(ReportAxis, WritesSingleValuesShort) {
  EXPECT_EQ(short_text(0.0), "0");
  EXPECT_EQ(short_text(0.0125), "0.0125");
  EXPECT_EQ(short_text(-3.0), "−3");
  EXPECT_EQ(short_text(1.2e-7), "1.2×10⁻⁷");
  EXPECT_EQ(short_text(1e-5), "10⁻⁵");
  EXPECT_EQ(short_text(12000.0), "12 000");
  EXPECT_EQ(short_text(12.5e6, "B"), "12.5 MB");
  EXPECT_EQ(short_text(none), "–");
}

}  // namespace
}  // namespace cohort::report
