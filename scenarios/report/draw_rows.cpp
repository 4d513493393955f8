// One row an entry, labels at the left, remarks at the right: intervals and stacked bars.

#include <algorithm>
#include <cmath>

#include "scenarios/report/frame.hpp"

namespace cohort::report {

namespace {

constexpr double row_height = 14.0;
constexpr double bar_height = 9.0;
constexpr double gap = 6.0;
constexpr double top = 6.0;

// A label and a remark a row; between them the plot.
struct Rows {
  std::vector<std::string> labels;
  std::vector<std::string> notes;
};

double widest(std::span<const std::string> texts, double size) {
  double width = 0.0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, size));
  return width;
}

Box box_between(const Rows& rows, double width, bool has_data) {
  constexpr double most_for_labels = 0.36, most_for_notes = 0.3;
  const double labels = std::min(widest(rows.labels, text_size), most_for_labels * width);
  const double notes = std::min(widest(rows.notes, small_text_size), most_for_notes * width);
  const double rows_shown = std::max(has_data ? 1.0 : 3.0, static_cast<double>(rows.labels.size()));
  return {edge + labels + gap, top, width - edge - std::max(gap, notes + (notes > 0 ? gap : 0.0)),
          top + rows_shown * row_height};
}

double middle_of_row(const Box& box, std::size_t i) {
  return box.top + (static_cast<double>(i) + 0.5) * row_height;
}

void draw_texts(Svg& svg, const Rows& rows, const Box& box, double width) {
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    const double y = middle_of_row(box, i);
    svg.text({box.left - gap, y + 0.35 * text_size}, rows.labels[i], {.anchor = Anchor::end},
             box.left - gap - edge);
    if (rows.notes[i].empty()) continue;
    svg.text({box.right + gap, y + 0.35 * small_text_size}, rows.notes[i],
             {.size = small_text_size, .fill = grey}, width - edge - box.right - gap);
  }
}

void draw_left_edge(Svg& svg, const Box& box) {
  svg.line({box.left, box.top}, {box.left, box.bottom}, {.stroke = ink, .width = 0.8});
}

void draw_interval(Svg& svg, const Interval& row, const Pen& pen, const Box& box, double y,
                   const Placement& place, bool is_bar, Scale scale) {
  const auto at = [&](double value) { return std::clamp(place(value), box.left, box.right); };
  if (is_bar) {
    const double zero = at(0.0), end = at(row.value);
    svg.rect({std::min(zero, end), y - bar_height / 2.0}, std::abs(end - zero), bar_height,
             {.fill = pen.colour, .opacity = 0.75});
  }
  for (const double value : row.points) {
    if (!is_shown(scale, value)) continue;
    const Point p{place(value), y + 0.36 * row_height};
    if (box.holds(p)) svg.circle(p, 1.0, {.fill = is_bar ? ink : pen.colour, .opacity = 0.55});
  }
  if (std::isfinite(row.low) && std::isfinite(row.high)) {
    constexpr double cap = 2.5;
    const std::string_view colour = is_bar ? ink : pen.colour;
    // An end that the axis does not show has no cap.
    const double low = is_shown(scale, row.low) ? at(row.low) : box.left;
    const double high = is_shown(scale, row.high) ? at(row.high) : box.right;
    svg.line({low, y}, {high, y}, {.stroke = colour, .width = 1.2});
    if (low > box.left) svg.line({low, y - cap}, {low, y + cap}, {.stroke = colour, .width = 1.2});
    if (high < box.right) {
      svg.line({high, y - cap}, {high, y + cap}, {.stroke = colour, .width = 1.2});
    }
  }
  const Point p{place(row.value), y};
  if (!is_bar && box.holds(p)) draw_marker(svg, p, pen, 2.8);
}

}  // namespace

std::string drawn(const IntervalFigure& figure, double width) {
  const Scale scale = figure.value.scale;
  const bool is_bars = figure.is_bars && scale == Scale::linear;
  Rows rows;
  Extent extent(scale);
  std::size_t dropped = 0;
  for (const Interval& row : figure.rows) {
    rows.labels.push_back(row.label);
    rows.notes.push_back(row.note);
    if (!is_shown(scale, row.value)) {
      if (std::isfinite(row.value)) ++dropped;
      continue;
    }
    extent.add(row.value);
    for (const double value : row.points) {
      if (is_shown(scale, value)) extent.add(value);
    }
    if (!std::isfinite(row.low) || !std::isfinite(row.high)) continue;
    if (is_shown(scale, row.high)) extent.add(row.high);
    // As for bands: an interval that reaches far down would leave no room for the rest.
    extent.add(scale == Scale::log ? std::max(row.low, 0.1 * row.value) : row.low);
  }
  const bool has_data = !extent.is_empty();
  for (const Guide& guide : figure.guides) {
    if (has_data && guide.y.empty() && !guide.x.empty()) extent.add(guide.x[0]);
  }
  if (is_bars && has_data) extent.add(0.0);

  Svg svg;
  const Box box = box_between(rows, width, has_data);
  const Limits limits = limits_of(figure.value, extent, 0.04);
  const Placement place(scale, limits, box.left, box.right);
  Ticks ticks =
      ticks_of(figure.value, limits, box.width(), Direction::across, text_size, extent.is_whole());
  if (!has_data) ticks.ticks.clear();
  if (!has_data) draw_no_data(svg, box);
  double bottom = draw_x_axis(svg, box, figure.value, ticks, place);
  draw_texts(svg, rows, box, width);

  std::vector<LegendEntry> legend;
  if (has_data) {
    for (const Guide& guide : figure.guides) {
      if (guide.x.empty() || !guide.y.empty() || !is_shown(scale, guide.x[0])) continue;
      const Pen pen = guide_pen(legend.size());
      const double x = place(guide.x[0]);
      if (x < box.left || x > box.right) continue;
      svg.line({x, box.top}, {x, box.bottom},
               {.stroke = pen.colour, .width = 0.9, .dashes = pen.dashes});
      if (!guide.label.empty()) legend.push_back({LegendEntry::Kind::line, guide.label, pen});
    }
    for (std::size_t i = 0; i < figure.rows.size(); ++i) {
      const Interval& row = figure.rows[i];
      if (!is_shown(scale, row.value)) continue;
      draw_interval(svg, row, pen_of(row.look, i), box, middle_of_row(box, i), place, is_bars,
                    scale);
    }
    draw_left_edge(svg, box);
  }
  std::vector<std::string> notes;
  note_dropped(notes, dropped);
  bottom = draw_legend(svg, legend, edge, width - edge, bottom);
  bottom = draw_notes(svg, notes, edge, width - edge, bottom);
  return finished(svg, width, bottom, figure.title, figure.description);
}

std::string drawn(const StackFigure& figure, double width) {
  const auto length = [](double value) {
    return std::isfinite(value) && value > 0.0 ? value : 0.0;
  };
  Rows rows;
  Extent extent(Scale::linear);
  std::vector<double> totals;
  for (const StackFigure::Bar& bar : figure.bars) {
    rows.labels.push_back(bar.label);
    rows.notes.push_back(bar.note);
    double total = 0.0;
    for (const double value : bar.values) total += length(value);
    totals.push_back(total);
    if (total > 0.0) extent.add(total);
  }
  const bool has_data = !extent.is_empty();
  extent.add(0.0);

  Svg svg;
  const Box box = box_between(rows, width, has_data);
  const Limits limits = limits_of(figure.value, extent, 0.03);
  const Placement place(Scale::linear, limits, box.left, box.right);
  Ticks ticks =
      ticks_of(figure.value, limits, box.width(), Direction::across, text_size, extent.is_whole());
  if (!has_data) ticks.ticks.clear();
  if (!has_data) draw_no_data(svg, box);
  double bottom = draw_x_axis(svg, box, figure.value, ticks, place);
  draw_texts(svg, rows, box, width);

  // Beyond the colours that there are, the same in a lighter tint.
  const auto colour_of_part = [](std::size_t part) {
    constexpr std::size_t distinct = 8;
    const Colour full = colour_of(pen_of(part, part).colour);
    return part < distinct ? full : mixed(full, {1.0, 1.0, 1.0}, 0.5);
  };
  for (std::size_t i = 0; i < figure.bars.size(); ++i) {
    const double y = middle_of_row(box, i);
    double from = 0.0;
    for (std::size_t part = 0; part < figure.bars[i].values.size(); ++part) {
      const double value = length(figure.bars[i].values[part]);
      const double left = std::min(place(from), box.right);
      from += value;
      const double right = std::min(place(from), box.right);
      if (value == 0.0) continue;
      const Colour colour = colour_of_part(part);
      svg.rect({left, y - bar_height / 2.0}, right - left, bar_height,
               {.fill = hex_of(colour), .stroke = "#ffffff", .width = 0.4});
      const std::string share = number(100.0 * value / totals[i], 0) + " %";
      constexpr double share_size = 6.5;
      if (text_width(share, share_size) + 4.0 > right - left) continue;
      svg.text({(left + right) / 2.0, y + 0.35 * share_size}, share,
               {.size = share_size, .anchor = Anchor::middle, .fill = ink_on(colour)});
    }
  }
  if (has_data) draw_left_edge(svg, box);
  std::vector<LegendEntry> legend;
  std::vector<std::string> tints;
  for (std::size_t part = 0; has_data && part < figure.parts.size(); ++part) {
    tints.push_back(hex_of(colour_of_part(part)));
  }
  for (std::size_t part = 0; part < tints.size(); ++part) {
    Pen pen = pen_of(part, part);
    pen.colour = tints[part];
    legend.push_back({LegendEntry::Kind::area, figure.parts[part], pen});
  }
  bottom = draw_legend(svg, legend, edge, width - edge, bottom);
  return finished(svg, width, bottom, figure.title, figure.description);
}

}  // namespace cohort::report
