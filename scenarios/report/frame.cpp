#include "scenarios/report/frame.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/kernels.hpp"

namespace cohort::report {

namespace {

constexpr double tick_length = 3.0;
constexpr double line_gap = 2.0;  // between a tick and its label, a label and the next line
constexpr Paint axis_paint{.stroke = ink, .width = 0.8};
constexpr Paint tick_paint{.stroke = ink, .width = 0.6};
constexpr Paint grid_paint{.stroke = light_grey, .width = 0.5};

constexpr std::array<std::string_view, 8> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                     "#e69f00", "#56b4e9", "#000000", "#8a7d00"};
constexpr std::array<std::string_view, 4> dashes = {"", "5 2", "1.5 1.5", "6 2 1.5 2"};

void closed_path(Svg& svg, std::span<const Point> points, const Paint& paint) {
  Path path;
  path.move(points.front());
  for (const Point& p : points.subspan(1)) path.line(p);
  path.close();
  svg.path(path, paint);
}

}  // namespace

Pen pen_of(const Look& look, std::size_t position) {
  const std::size_t i = look.value_or(position);
  constexpr std::size_t shapes = 6;
  return {colours[i % colours.size()], dashes[(i + i / colours.size()) % dashes.size()],
          static_cast<Shape>(i % shapes), i / shapes % 2 == 1};
}

Pen guide_pen(std::size_t position) {
  constexpr std::array<std::string_view, 4> patterns = {"4 2", "1 1.6", "8 2", "7 2 1 2"};
  return {grey, patterns[position % patterns.size()], Shape::circle, false};
}

Colour colour_of(std::string_view hex) {
  const auto channel = [&](std::size_t at) {
    unsigned value = 0;
    std::from_chars(hex.data() + at, hex.data() + at + 2, value, 16);
    return value / 255.0;
  };
  return {channel(1), channel(3), channel(5)};
}

std::string hex_of(const Colour& colour) {
  constexpr std::string_view figures = "0123456789abcdef";
  std::string out = "#";
  for (const double channel : {colour.red, colour.green, colour.blue}) {
    const auto value = static_cast<unsigned>(std::lround(std::clamp(channel, 0.0, 1.0) * 255.0));
    out += figures[value / 16];
    out += figures[value % 16];
  }
  return out;
}

Colour mixed(const Colour& a, const Colour& b, double share_of_b) {
  const auto mix = [&](double x, double y) { return x + share_of_b * (y - x); };
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

std::string_view ink_on(const Colour& colour) {
  const auto linear = [](double channel) {
    return channel <= 0.04045 ? channel / 12.92 : kernels::pow((channel + 0.055) / 1.055, 2.4);
  };
  const double luminance =
      0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
  const double contrast_of_white = 1.05 / (luminance + 0.05);
  const double contrast_of_black = (luminance + 0.05) / 0.05;
  return contrast_of_white > contrast_of_black ? "#ffffff" : "#000000";
}

void draw_marker(Svg& svg, Point at, const Pen& pen, double radius) {
  const Paint paint{.fill = pen.is_hollow ? std::string_view("#ffffff") : pen.colour,
                    .stroke = pen.is_hollow ? pen.colour : std::string_view("#ffffff"),
                    .width = pen.is_hollow ? 0.9 : 0.4};
  // Corners in radii, scaled so that the shapes look equally large.
  const auto polygon = [&](std::span<const Point> corners) {
    std::vector<Point> points;
    for (const Point& c : corners) points.push_back({at.x + radius * c.x, at.y + radius * c.y});
    closed_path(svg, points, paint);
  };
  switch (pen.shape) {
    case Shape::circle:
      svg.circle(at, radius, paint);
      break;
    case Shape::square: {
      const double half = 0.88 * radius;
      svg.rect({at.x - half, at.y - half}, 2.0 * half, 2.0 * half, paint);
      break;
    }
    case Shape::triangle:
      polygon(std::array<Point, 3>{{{0.0, -1.3}, {1.15, 0.75}, {-1.15, 0.75}}});
      break;
    case Shape::diamond:
      polygon(std::array<Point, 4>{{{0.0, -1.3}, {1.1, 0.0}, {0.0, 1.3}, {-1.1, 0.0}}});
      break;
    case Shape::down_triangle:
      polygon(std::array<Point, 3>{{{0.0, 1.3}, {1.15, -0.75}, {-1.15, -0.75}}});
      break;
    case Shape::pentagon:
      polygon(std::array<Point, 5>{
          {{0.0, -1.2}, {1.14, -0.37}, {0.71, 0.97}, {-0.71, 0.97}, {-1.14, -0.37}}});
      break;
  }
}

std::vector<std::vector<Point>> clipped_line(std::span<const Point> line, const Box& box) {
  std::vector<std::vector<Point>> pieces;
  for (std::size_t i = 1; i < line.size(); ++i) {
    // Liang and Barsky (1984): the part [from, to] of the segment that is inside.
    const Point a = line[i - 1], b = line[i];
    const double dx = b.x - a.x, dy = b.y - a.y;
    double from = 0.0, to = 1.0;
    const auto cut = [&](double step, double distance) {
      if (step == 0.0) return distance >= 0.0;
      const double at = distance / step;
      if (step < 0.0) {
        from = std::max(from, at);
      } else {
        to = std::min(to, at);
      }
      return from <= to;
    };
    if (!cut(-dx, a.x - box.left) || !cut(dx, box.right - a.x) || !cut(-dy, a.y - box.top) ||
        !cut(dy, box.bottom - a.y)) {
      continue;
    }
    const Point begin = from == 0.0 ? a : Point{a.x + from * dx, a.y + from * dy};
    const Point end = to == 1.0 ? b : Point{a.x + to * dx, a.y + to * dy};
    if (pieces.empty() || pieces.back().back() != begin) pieces.push_back({begin});
    pieces.back().push_back(end);
  }
  return pieces;
}

std::vector<Point> clipped_polygon(std::vector<Point> polygon, const Box& box) {
  // `inside` of a point is its signed distance to the edge.
  const auto against = [&](const auto& inside) {
    std::vector<Point> out;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
      const double da = inside(a), db = inside(b);
      if (da >= 0.0) out.push_back(a);
      if ((da >= 0.0) != (db >= 0.0)) {
        const double t = da / (da - db);
        out.push_back({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
      }
    }
    polygon = std::move(out);
  };
  against([&](Point p) { return p.x - box.left; });
  against([&](Point p) { return box.right - p.x; });
  against([&](Point p) { return p.y - box.top; });
  against([&](Point p) { return box.bottom - p.y; });
  return polygon;
}

std::string axis_label(const Axis& axis, const Ticks& ticks) {
  return ticks.unit.empty() ? axis.label : axis.label + " (" + ticks.unit + ")";
}

double room_for_y_axis(const Axis& axis, const Ticks& ticks) {
  double widest = 0.0;
  for (const Tick& tick : ticks.ticks) {
    widest = std::max(widest, text_width(tick.label, text_size));
  }
  const double label = axis_label(axis, ticks).empty() ? 0.0 : text_size + 2.0 * line_gap;
  return edge + label + widest + line_gap + tick_length;
}

void draw_y_axis(Svg& svg, const Box& box, const Axis& axis, const Ticks& ticks,
                 const Placement& place) {
  for (const Tick& tick : ticks.ticks) {
    const double y = place(tick.value);
    const bool is_minor = tick.label.empty();
    if (!is_minor && y < box.bottom - 0.5) svg.line({box.left, y}, {box.right, y}, grid_paint);
    const double length = is_minor ? tick_length / 2.0 : tick_length;
    svg.line({box.left - length, y}, {box.left, y}, tick_paint);
    if (is_minor) continue;
    svg.text({box.left - tick_length - line_gap, y + 0.35 * text_size}, tick.label,
             {.anchor = Anchor::end});
  }
  svg.line({box.left, box.top}, {box.left, box.bottom}, axis_paint);
  const std::string label = axis_label(axis, ticks);
  if (label.empty()) return;
  const Point middle{edge + 0.75 * text_size, (box.top + box.bottom) / 2.0};
  svg.text(middle, label, {.anchor = Anchor::middle, .rotation = -90.0}, box.height() + 2.0 * edge);
}

double draw_x_axis(Svg& svg, const Box& box, const Axis& axis, const Ticks& ticks,
                   const Placement& place) {
  const double baseline = box.bottom + tick_length + line_gap + 0.75 * text_size;
  for (const Tick& tick : ticks.ticks) {
    const double x = place(tick.value);
    const bool is_minor = tick.label.empty();
    if (!is_minor && x > box.left + 0.5) svg.line({x, box.top}, {x, box.bottom}, grid_paint);
    const double length = is_minor ? tick_length / 2.0 : tick_length;
    svg.line({x, box.bottom}, {x, box.bottom + length}, tick_paint);
    if (!is_minor) svg.text({x, baseline}, tick.label, {.anchor = Anchor::middle});
  }
  svg.line({box.left, box.bottom}, {box.right, box.bottom}, axis_paint);
  const std::string label = axis_label(axis, ticks);
  if (label.empty()) return baseline + 2.0 * line_gap;
  const double label_baseline = baseline + 1.3 * text_size;
  if (text_width(label, text_size) <= box.width()) {
    svg.text({(box.left + box.right) / 2.0, label_baseline}, label, {.anchor = Anchor::middle});
  } else {
    svg.text({box.right, label_baseline}, label, {.anchor = Anchor::end}, box.right - edge);
  }
  return label_baseline + 2.0 * line_gap;
}

double draw_legend(Svg& svg, std::span<const LegendEntry> entries, double left, double right,
                   double top) {
  if (entries.empty()) return top;
  constexpr double after_key = 4.0, between = 10.0, row_height = 10.5, swatch = 8.0;
  const double key = entries.front().kind == LegendEntry::Kind::area ? swatch : 20.0;
  // As many columns as fit, each as wide as its widest entry.
  std::vector<double> widths;
  double used = 0.0;
  for (std::size_t columns = entries.size(); columns > 0; --columns) {
    widths.assign(columns, 0.0);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      double& width = widths[i % columns];
      width = std::max(width, key + after_key + text_width(entries[i].label, text_size));
    }
    used = between * static_cast<double>(columns - 1);
    for (const double width : widths) used += width;
    if (used <= right - left) break;
  }
  const std::size_t columns = widths.size();
  const std::size_t rows = (entries.size() + columns - 1) / columns;
  used = std::min(used, right - left);
  const double start = left + (right - left - used) / 2.0;
  std::vector<double> begins = {start};
  for (const double width : widths) begins.push_back(begins.back() + width + between);
  top += 2.0 * line_gap;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const LegendEntry& entry = entries[i];
    const double x = begins[i % columns];
    const std::size_t row = i / columns;
    const double y = top + (static_cast<double>(row) + 0.5) * row_height;
    switch (entry.kind) {
      case LegendEntry::Kind::line:
      case LegendEntry::Kind::marked_line:
        svg.line({x, y}, {x + key, y},
                 {.stroke = entry.pen.colour, .width = 1.2, .dashes = entry.pen.dashes});
        if (entry.kind == LegendEntry::Kind::line) break;
        draw_marker(svg, {x + key / 2.0, y}, entry.pen, 2.4);
        break;
      case LegendEntry::Kind::area:
        svg.rect({x, y - swatch / 2.0}, swatch, swatch, {.fill = entry.pen.colour});
        break;
    }
    svg.text({x + key + after_key, y + 0.35 * text_size}, entry.label, {},
             right - x - key - after_key);
  }
  return top + static_cast<double>(rows) * row_height;
}

double draw_notes(Svg& svg, std::span<const std::string> notes, double left, double right,
                  double top) {
  constexpr double line_height = 1.25 * small_text_size;
  const double room = right - left;
  if (!notes.empty()) top += 2.0 * line_gap;
  for (const std::string& note : notes) {
    std::string line;
    const auto flush = [&] {
      svg.text({left, top + 0.8 * small_text_size}, line, {.size = small_text_size, .fill = grey},
               room);
      top += line_height;
      line.clear();
    };
    for (std::size_t at = 0; at < note.size();) {
      const std::size_t space = std::min(note.find(' ', at), note.size());
      const std::string word = note.substr(at, space - at);
      at = space + 1;
      const double width =
          text_width(line, small_text_size) + text_width(" " + word, small_text_size);
      if (!line.empty() && width > room) flush();
      if (!line.empty()) line += ' ';
      line += word;
    }
    if (!line.empty()) flush();
  }
  return top;
}

void draw_no_data(Svg& svg, const Box& box) {
  svg.rect({box.left, box.top}, box.width(), box.height(), {.stroke = light_grey});
  svg.text({(box.left + box.right) / 2.0, (box.top + box.bottom) / 2.0}, "no data",
           {.anchor = Anchor::middle, .fill = grey});
}

void note_dropped(std::vector<std::string>& notes, std::size_t dropped) {
  if (dropped == 0) return;
  notes.push_back(dropped == 1 ? "1 value ≤ 0 is not on the log axis"
                               : std::to_string(dropped) + " values ≤ 0 are not on the log axis");
}

std::string finished(const Svg& svg, double width, double bottom, const std::string& title,
                     const std::string& description) {
  return svg.element(width, bottom + edge, title, description);
}

}  // namespace cohort::report
