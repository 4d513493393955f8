#pragma once
// What the figures share: looks, the plot area with its axes, legends, notes. Lengths in points.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/report/axis.hpp"
#include "scenarios/report/svg.hpp"

namespace cohort::report {

inline constexpr double text_size = 8.0;
inline constexpr double small_text_size = 7.0;
inline constexpr std::string_view ink = "#222222";
inline constexpr std::string_view grey = "#666666";
inline constexpr std::string_view light_grey = "#e4e4e4";
inline constexpr double edge = 4.0;  // kept free around a figure

enum class Shape { circle, square, triangle, diamond, down_triangle, pentagon };

/// How a series is drawn. 24 looks differ in more than colour, so that they can be told apart in
/// print. Colours: Okabe and Ito, Color Universal Design (2008), the yellow darkened.
struct Pen {
  std::string_view colour;
  std::string_view dashes;
  Shape shape;
  bool is_hollow;
};
Pen pen_of(const Look& look, std::size_t position);

/// Grey, told apart by dashes.
Pen guide_pen(std::size_t position);

struct Colour {
  double red = 0.0, green = 0.0, blue = 0.0;  // [0, 1], sRGB
};
Colour colour_of(std::string_view hex);
std::string hex_of(const Colour& colour);
Colour mixed(const Colour& a, const Colour& b, double share_of_b);
/// Black or white, whichever has the larger contrast (WCAG 2) on the colour.
std::string_view ink_on(const Colour& colour);

void draw_marker(Svg& svg, Point at, const Pen& pen, double radius);

struct Box {
  double left = 0.0, top = 0.0, right = 0.0, bottom = 0.0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
  bool holds(Point p) const { return p.x >= left && p.x <= right && p.y >= top && p.y <= bottom; }
};

/// The pieces of a polyline that lie in the box.
std::vector<std::vector<Point>> clipped_line(std::span<const Point> line, const Box& box);
/// The part of a polygon that lies in the box (Sutherland and Hodgman).
std::vector<Point> clipped_polygon(std::vector<Point> polygon, const Box& box);

/// Room to the left of a plot for the ticks and the label of its y axis.
double room_for_y_axis(const Axis& axis, const Ticks& ticks);
void draw_y_axis(Svg& svg, const Box& box, const Axis& axis, const Ticks& ticks,
                 const Placement& place);
/// Returns where it ends.
double draw_x_axis(Svg& svg, const Box& box, const Axis& axis, const Ticks& ticks,
                   const Placement& place);
/// "bytes up (MB)"
std::string axis_label(const Axis& axis, const Ticks& ticks);

struct LegendEntry {
  enum class Kind { marked_line, line, area };
  Kind kind;
  std::string label;
  Pen pen;
};
/// Areas are not mixed with lines. In as many columns as fit between `left` and `right`, row by
/// row. Returns where it ends.
double draw_legend(Svg& svg, std::span<const LegendEntry> entries, double left, double right,
                   double top);

/// Small grey lines, broken between words. Returns where they end.
double draw_notes(Svg& svg, std::span<const std::string> notes, double left, double right,
                  double top);

void draw_no_data(Svg& svg, const Box& box);

/// "3 values ≤ 0 are not on the log axis"; nothing for 0.
void note_dropped(std::vector<std::string>& notes, std::size_t dropped);

/// The svg element that ends at `bottom`.
std::string finished(const Svg& svg, double width, double bottom, const std::string& title,
                     const std::string& description);

// One for each figure; draw.cpp picks.
std::string drawn(const CurveFigure& figure, double width);
std::string drawn(const IntervalFigure& figure, double width);
std::string drawn(const DistributionFigure& figure, double width);
std::string drawn(const HeatMap& figure, double width);
std::string drawn(const StackFigure& figure, double width);
std::string drawn(const SensitivityFigure& figure, double width);

}  // namespace cohort::report
