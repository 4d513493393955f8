// Curves and what is drawn as curves: distributions, sensitivities.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/kernels.hpp"
#include "scenarios/report/frame.hpp"

namespace cohort::report {

namespace {

constexpr double line_width = 1.2;
constexpr double marker_radius = 2.2;
constexpr double x_margin = 0.02;
constexpr double y_margin = 0.05;

// What a figure shows beside its curves.
struct Extras {
  struct Ring {
    std::size_t series;
    Point value;
  };
  struct Failure {
    std::size_t series;
    double x;
  };
  std::vector<Ring> rings{};
  std::vector<Failure> failures{};
  bool fails_upwards = true;
  bool is_marked = true;  // markers on the curves
  bool marks_all_points = false;
  std::vector<std::string> notes{};
};

// Runs of points without a gap, on the page.
using Runs = std::vector<std::vector<Point>>;

std::vector<Point> as_steps(std::span<const Point> points) {
  std::vector<Point> out;
  for (const Point& p : points) {
    if (!out.empty() && out.back().y != p.y) out.push_back({p.x, out.back().y});
    out.push_back(p);
  }
  return out;
}

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double length_squared = dx * dx + dy * dy;
  const double t =
      length_squared == 0.0
          ? 0.0
          : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length_squared, 0.0, 1.0);
  const double ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
  return std::sqrt(ex * ex + ey * ey);
}

// Of the points that share a quarter of a point of the x axis, the first, lowest, highest and last
// (Jugel et al., M4, VLDB 2014): the same line on paper, however many rounds there were.
std::vector<Point> column_extremes(std::span<const Point> points) {
  constexpr double columns_per_point = 4.0;
  std::vector<Point> out;
  for (std::size_t begin = 0; begin < points.size();) {
    const double column = std::floor(points[begin].x * columns_per_point);
    std::size_t end = begin, lowest = begin, highest = begin;
    for (; end < points.size() && std::floor(points[end].x * columns_per_point) == column; ++end) {
      if (points[end].y < points[lowest].y) lowest = end;
      if (points[end].y > points[highest].y) highest = end;
    }
    std::size_t last = points.size();
    for (const std::size_t i :
         {begin, std::min(lowest, highest), std::max(lowest, highest), end - 1}) {
      if (i != last) out.push_back(points[i]);
      last = i;
    }
    begin = end;
  }
  return out;
}

// Without the points that lie within `tolerance` of the line through the others (Ramer, Douglas and
// Peucker).
std::vector<Point> simplified(std::span<const Point> points, double tolerance) {
  if (points.size() < 3) return {points.begin(), points.end()};
  std::vector<bool> is_kept(points.size(), false);
  is_kept.front() = is_kept.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> open = {{0, points.size() - 1}};
  while (!open.empty()) {
    const auto [begin, end] = open.back();
    open.pop_back();
    double farthest = tolerance;
    std::size_t at = begin;
    for (std::size_t i = begin + 1; i < end; ++i) {
      const double distance = distance_to_segment(points[i], points[begin], points[end]);
      if (distance > farthest) {
        farthest = distance;
        at = i;
      }
    }
    if (at == begin) continue;
    is_kept[at] = true;
    open.emplace_back(begin, at);
    open.emplace_back(at, end);
  }
  std::vector<Point> out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (is_kept[i]) out.push_back(points[i]);
  }
  return out;
}

std::vector<Point> thinned(std::span<const Point> points) {
  constexpr double tolerance = 0.1;  // points, the grid of Path
  return simplified(column_extremes(points), tolerance);
}

// Where something is drawn, on a grid, so that a label can be put elsewhere.
class Occupied {
 public:
  explicit Occupied(const Box& box)
      : box_(box),
        columns_(static_cast<std::size_t>(box.width() / cell) + 1),
        rows_(static_cast<std::size_t>(box.height() / cell) + 1),
        taken_(columns_ * rows_, false) {}

  void add(std::span<const Point> line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const Point a = line[i == 0 ? 0 : i - 1], b = line[i];
      const double length = std::max(std::abs(b.x - a.x), std::abs(b.y - a.y));
      const auto steps = static_cast<std::size_t>(length / cell) + 1;
      for (std::size_t k = 0; k <= steps; ++k) {
        const double t = static_cast<double>(k) / static_cast<double>(steps);
        take({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
      }
    }
  }
  bool is_free(const Box& label) const {
    if (!box_.holds({label.left, label.top}) || !box_.holds({label.right, label.bottom})) {
      return false;
    }
    for (std::size_t r = row(label.top); r <= row(label.bottom); ++r) {
      for (std::size_t c = column(label.left); c <= column(label.right); ++c) {
        if (taken_[r * columns_ + c]) return false;
      }
    }
    return true;
  }

 private:
  static constexpr double cell = 2.0;
  std::size_t column(double x) const { return static_cast<std::size_t>((x - box_.left) / cell); }
  std::size_t row(double y) const { return static_cast<std::size_t>((y - box_.top) / cell); }
  void take(Point p) {
    if (box_.holds(p)) taken_[row(p.y) * columns_ + column(p.x)] = true;
  }
  Box box_;
  std::size_t columns_, rows_;
  std::vector<bool> taken_;
};

bool is_horizontal(const Guide& guide) { return guide.x.empty() && !guide.y.empty(); }
bool is_vertical(const Guide& guide) { return guide.y.empty() && !guide.x.empty(); }

class CurvePlot {
 public:
  CurvePlot(const CurveFigure& figure, const Extras& extras, double width)
      : figure_(figure),
        extras_(extras),
        width_(width),
        x_extent_(figure.x.scale),
        y_extent_(figure.y.scale),
        notes_(extras.notes) {}

  std::string draw() {
    measure();
    lay_out();
    const Placement x(figure_.x.scale, x_limits_, box_.left, box_.right);
    const Placement y(figure_.y.scale, y_limits_, box_.bottom, box_.top);
    double bottom = 0.0;
    if (is_empty_) {
      draw_no_data(svg_, box_);
      draw_y_axis(svg_, box_, figure_.y, {{}, y_ticks_.unit}, y);
      bottom = draw_x_axis(svg_, box_, figure_.x, {{}, x_ticks_.unit}, x);
    } else {
      draw_y_axis(svg_, box_, figure_.y, y_ticks_, y);
      bottom = draw_x_axis(svg_, box_, figure_.x, x_ticks_, x);
      draw_data(x, y);
      bottom = draw_legend(svg_, legend_, edge, width_ - edge, bottom);
    }
    bottom = draw_notes(svg_, notes_, edge, width_ - edge, bottom);
    return finished(svg_, width_, bottom, figure_.title, figure_.description);
  }

 private:
  bool is_shown_at(const Series& s, std::size_t i) const {
    return is_shown(figure_.x.scale, s.x[i]) && is_shown(figure_.y.scale, s.y[i]);
  }

  void measure() {
    // A band that reaches far down on a log axis would leave no room for the curves.
    constexpr double deepest_band = 0.1;  // of the value
    std::size_t dropped = 0;
    for (const Series& s : figure_.series) {
      for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
        if (!is_shown_at(s, i)) {
          if (std::isfinite(s.x[i]) && std::isfinite(s.y[i])) ++dropped;
          continue;
        }
        is_empty_ = false;
        x_extent_.add(s.x[i]);
        y_extent_.add(s.y[i]);
        if (!has_band(s, i)) continue;
        y_extent_.add(s.high[i]);
        y_extent_.add(figure_.y.scale == Scale::log ? std::max(s.low[i], deepest_band * s.y[i])
                                                    : s.low[i]);
      }
    }
    note_dropped(notes_, dropped);
    for (const Extras::Failure& failure : extras_.failures) {
      if (!is_empty_) x_extent_.add(failure.x);
    }
    if (is_empty_) return;
    for (const Guide& guide : figure_.guides) {
      if (is_horizontal(guide)) y_extent_.add(guide.y[0]);
      if (is_vertical(guide)) x_extent_.add(guide.x[0]);
    }
  }

  bool has_band(const Series& s, std::size_t i) const {
    return i < s.low.size() && i < s.high.size() && std::isfinite(s.low[i]) &&
           is_shown(figure_.y.scale, s.high[i]);
  }

  void lay_out() {
    x_limits_ = limits_of(figure_.x, x_extent_, x_margin);
    y_limits_ = limits_of(figure_.y, y_extent_, y_margin);
    const double height = std::min(0.56 * width_, 90.0 + 0.2 * width_);
    constexpr double top = 8.0;
    y_ticks_ =
        ticks_of(figure_.y, y_limits_, height, Direction::up, text_size, y_extent_.is_whole());
    box_ = {room_for_y_axis(figure_.y, y_ticks_), top, width_ - 8.0, top + height};
    x_ticks_ = ticks_of(figure_.x, x_limits_, box_.width(), Direction::across, text_size,
                        x_extent_.is_whole());
    // The last label may reach over the end of the axis.
    if (x_ticks_.ticks.empty()) return;
    const Placement x(figure_.x.scale, x_limits_, box_.left, box_.right);
    const Tick& last = x_ticks_.ticks.back();
    const double over = x(last.value) + text_width(last.label, text_size) / 2.0 - (width_ - 2.0);
    if (over <= 0.0) return;
    box_.right -= over;
    x_ticks_ = ticks_of(figure_.x, x_limits_, box_.width(), Direction::across, text_size,
                        x_extent_.is_whole());
  }

  Runs runs_of(const Series& s, const Placement& x, const Placement& y) const {
    Runs runs;
    bool is_open = false;
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (!is_shown_at(s, i)) {
        is_open = false;
        continue;
      }
      if (!is_open) runs.emplace_back();
      is_open = true;
      runs.back().push_back({x(s.x[i]), y(s.y[i])});
    }
    return runs;
  }

  void draw_band(const Series& s, const Pen& pen, const Placement& x, const Placement& y) {
    std::vector<Point> upper, lower;
    const auto flush = [&] {
      if (upper.size() > 1) {
        if (figure_.is_stepped) {
          upper = as_steps(upper);
          lower = as_steps(lower);
        }
        std::vector<Point> polygon = thinned(upper);
        const std::vector<Point> back = thinned(lower);
        polygon.insert(polygon.end(), back.rbegin(), back.rend());
        polygon = clipped_polygon(std::move(polygon), box_);
        if (!polygon.empty()) {
          Path path;
          path.move(polygon.front());
          for (std::size_t i = 1; i < polygon.size(); ++i) path.line(polygon[i]);
          path.close();
          svg_.path(path, {.fill = pen.colour, .opacity = 0.16});
        }
      }
      upper.clear();
      lower.clear();
    };
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (!is_shown_at(s, i) || !has_band(s, i)) {
        flush();
        continue;
      }
      const bool has_low = is_shown(figure_.y.scale, s.low[i]);
      upper.push_back({x(s.x[i]), y(s.high[i])});
      lower.push_back({x(s.x[i]), has_low ? y(s.low[i]) : box_.bottom + box_.height()});
    }
    flush();
  }

  // Markers at data points, about `spacing` apart and staggered from series to series.
  std::vector<Point> marked(const std::vector<Point>& run, std::size_t series) const {
    constexpr double spacing = 36.0;
    if (!extras_.is_marked) return {};
    const double length = run.back().x - run.front().x;
    if (extras_.marks_all_points || static_cast<double>(run.size()) <= 2.0 + length / spacing) {
      return run;
    }
    const double stagger = static_cast<double>(series * 5 % 12) / 12.0;
    double at = box_.left + spacing * (0.15 + stagger);
    std::vector<Point> out;
    for (const Point& p : run) {
      if (p.x < at) continue;
      out.push_back(p);
      while (at <= p.x) at += spacing;
    }
    return out.empty() ? std::vector<Point>{run.back()} : out;
  }

  void draw_data(const Placement& x, const Placement& y) {
    Occupied occupied(box_);
    for (std::size_t i = 0; i < figure_.series.size(); ++i) {
      draw_band(figure_.series[i], pen_of(figure_.series[i].look, i), x, y);
    }
    draw_guides(x, y);
    // In order: the dashes of a later series show the one below.
    std::vector<std::vector<Point>> markers(figure_.series.size());
    for (std::size_t i = 0; i < figure_.series.size(); ++i) {
      const Series& s = figure_.series[i];
      const Pen pen = pen_of(s.look, i);
      Path path;
      for (const std::vector<Point>& run : runs_of(s, x, y)) {
        const std::vector<Point> line = thinned(figure_.is_stepped ? as_steps(run) : run);
        for (const std::vector<Point>& piece : clipped_line(line, box_)) {
          path.move(piece.front());
          for (std::size_t k = 1; k < piece.size(); ++k) path.line(piece[k]);
          occupied.add(piece);
        }
        occupied.add(run);
        // A point without neighbours is seen even where the curves carry no markers.
        const std::vector<Point> dots = run.size() == 1 ? run : marked(run, i);
        for (const Point& p : dots) {
          if (box_.holds(p)) markers[i].push_back(p);
        }
      }
      svg_.path(path, {.stroke = pen.colour, .width = line_width, .dashes = pen.dashes});
    }
    for (std::size_t i = 0; i < figure_.series.size(); ++i) {
      const Pen pen = pen_of(figure_.series[i].look, i);
      for (const Point& p : markers[i]) draw_marker(svg_, p, pen, marker_radius);
    }
    draw_extras(x, y);
    list_series();
    label_guides(x, y, occupied);
  }

  void draw_extras(const Placement& x, const Placement& y) {
    for (const Extras::Ring& ring : extras_.rings) {
      svg_.circle(
          {x(ring.value.x), y(ring.value.y)}, 2.2 * marker_radius,
          {.stroke = pen_of(figure_.series[ring.series].look, ring.series).colour, .width = 1.1});
    }
    constexpr double arm = 2.2, spacing = 6.0;
    for (std::size_t i = 0; i < extras_.failures.size(); ++i) {
      const Extras::Failure& failure = extras_.failures[i];
      const auto before = std::count_if(extras_.failures.begin(),
                                        extras_.failures.begin() + static_cast<std::ptrdiff_t>(i),
                                        [&](const Extras::Failure& f) { return f.x == failure.x; });
      const double inwards = arm + 1.5 + spacing * static_cast<double>(before);
      const Point at{x(failure.x),
                     extras_.fails_upwards ? box_.top + inwards : box_.bottom - inwards};
      Path cross;
      cross.move({at.x - arm, at.y - arm});
      cross.line({at.x + arm, at.y + arm});
      cross.move({at.x - arm, at.y + arm});
      cross.line({at.x + arm, at.y - arm});
      svg_.path(cross,
                {.stroke = pen_of(figure_.series[failure.series].look, failure.series).colour,
                 .width = 1.2});
    }
  }

  void list_series() {
    const bool is_one_without_name =
        figure_.series.size() == 1 && figure_.series.front().name.empty();
    if (is_one_without_name) return;
    for (std::size_t i = 0; i < figure_.series.size(); ++i) {
      const Series& s = figure_.series[i];
      bool has_data = false;
      for (std::size_t k = 0; k < std::min(s.x.size(), s.y.size()); ++k) {
        has_data = has_data || is_shown_at(s, k);
      }
      const auto kind =
          extras_.is_marked ? LegendEntry::Kind::marked_line : LegendEntry::Kind::line;
      legend_.push_back({kind, has_data ? s.name : s.name + " (no data)", pen_of(s.look, i)});
    }
  }

  void draw_guides(const Placement& x, const Placement& y) {
    for (std::size_t i = 0; i < figure_.guides.size(); ++i) {
      const Guide& guide = figure_.guides[i];
      std::vector<Point> line;
      if (is_horizontal(guide)) {
        if (!is_shown(figure_.y.scale, guide.y[0])) continue;
        line = {{box_.left, y(guide.y[0])}, {box_.right, y(guide.y[0])}};
      } else if (is_vertical(guide)) {
        if (!is_shown(figure_.x.scale, guide.x[0])) continue;
        line = {{x(guide.x[0]), box_.bottom}, {x(guide.x[0]), box_.top}};
      } else {
        for (std::size_t k = 0; k < std::min(guide.x.size(), guide.y.size()); ++k) {
          if (is_shown(figure_.x.scale, guide.x[k]) && is_shown(figure_.y.scale, guide.y[k])) {
            line.push_back({x(guide.x[k]), y(guide.y[k])});
          }
        }
        line = thinned(line);
      }
      Path path;
      for (const std::vector<Point>& piece : clipped_line(line, box_)) {
        path.move(piece.front());
        for (std::size_t k = 1; k < piece.size(); ++k) path.line(piece[k]);
      }
      const Pen pen = guide_pen(i);
      svg_.path(path, {.stroke = pen.colour, .width = 0.9, .dashes = pen.dashes});
    }
  }

  // Beside the line where nothing is drawn; else, as for curves, in the legend.
  void label_guides(const Placement& x, const Placement& y, Occupied& occupied) {
    for (const Guide& guide : figure_.guides) {
      if (is_horizontal(guide) && is_shown(figure_.y.scale, guide.y[0])) {
        occupied.add(std::vector<Point>{{box_.left, y(guide.y[0])}, {box_.right, y(guide.y[0])}});
      }
      if (is_vertical(guide) && is_shown(figure_.x.scale, guide.x[0])) {
        occupied.add(std::vector<Point>{{x(guide.x[0]), box_.top}, {x(guide.x[0]), box_.bottom}});
      }
    }
    for (std::size_t i = 0; i < figure_.guides.size(); ++i) {
      const Guide& guide = figure_.guides[i];
      if (guide.label.empty() || label_directly(guide, x, y, occupied)) continue;
      legend_.push_back({LegendEntry::Kind::line, guide.label, guide_pen(i)});
    }
  }

  bool label_directly(const Guide& guide, const Placement& x, const Placement& y,
                      Occupied& occupied) {
    const double width = text_width(guide.label, small_text_size);
    const double height = small_text_size;
    constexpr double gap = 3.0;
    std::vector<Point> corners;  // upper left, the best place first
    if (is_horizontal(guide) && is_shown(figure_.y.scale, guide.y[0])) {
      const double at = y(guide.y[0]);
      for (const double top : {at - gap - height, at + gap}) {
        for (const double left :
             {box_.right - width - gap, box_.left + gap, (box_.left + box_.right - width) / 2.0}) {
          corners.push_back({left, top});
        }
      }
    } else if (is_vertical(guide) && is_shown(figure_.x.scale, guide.x[0])) {
      const double at = x(guide.x[0]);
      for (const double left : {at + gap, at - gap - width}) {
        for (const double top : {box_.top + gap, box_.bottom - height - gap,
                                 (box_.top + box_.bottom - height) / 2.0}) {
          corners.push_back({left, top});
        }
      }
    }
    for (const Point& corner : corners) {
      const Box label{corner.x, corner.y, corner.x + width, corner.y + height};
      if (!occupied.is_free(label)) continue;
      svg_.text({label.left, label.bottom - 0.15 * height}, guide.label,
                {.size = small_text_size, .fill = grey});
      for (double row = label.top; row <= label.bottom; row += 1.0) {
        occupied.add(std::vector<Point>{{label.left, row}, {label.right, row}});
      }
      return true;
    }
    return false;
  }

  const CurveFigure& figure_;
  const Extras& extras_;
  double width_;
  Extent x_extent_, y_extent_;
  bool is_empty_ = true;
  Limits x_limits_, y_limits_;
  Ticks x_ticks_, y_ticks_;
  Box box_;
  Svg svg_;
  std::vector<LegendEntry> legend_;
  std::vector<std::string> notes_;
};

std::string counted(std::size_t n) { return short_text(static_cast<double>(n), "", 9); }

// What the axis can show, ascending; finite values that it cannot are counted.
std::vector<double> shown_ascending(Scale scale, const std::vector<double>& values,
                                    std::size_t& dropped) {
  std::vector<double> out;
  for (const double value : values) {
    if (is_shown(scale, value)) {
      out.push_back(value);
    } else if (std::isfinite(value)) {
      ++dropped;
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

constexpr std::size_t most_steps = 200;

Series ecdf(const std::vector<double>& ascending) {
  const std::size_t n = ascending.size();
  const std::size_t steps = std::min(n, most_steps);
  Series s;
  for (std::size_t k = 1; k <= steps; ++k) {
    const std::size_t below = k * n / steps;
    const double value = ascending[below - 1];
    if (s.x.empty()) {
      s.x.push_back(value);
      s.y.push_back(0.0);
    }
    s.x.push_back(value);
    s.y.push_back(static_cast<double>(below) / static_cast<double>(n));
  }
  return s;
}

// Equal bins, on a log axis of equal ratio.
struct Bins {
  Scale scale = Scale::linear;
  Limits limits{};
  std::size_t count = 0;

  double edge(std::size_t i) const {
    if (i == 0) return limits.low;
    if (i == count) return limits.high;
    const double t = static_cast<double>(i) / static_cast<double>(count);
    if (scale == Scale::linear) return limits.low + t * (limits.high - limits.low);
    const double low = kernels::log(limits.low);
    return kernels::exp(low + t * (kernels::log(limits.high) - low));
  }
};

Bins bins_of(const DistributionFigure& figure, const std::vector<std::vector<double>>& samples) {
  constexpr double fewest = 5.0, most = 50.0;
  Extent extent(figure.value.scale);
  for (const std::vector<double>& values : samples) extent.add(values);
  Bins bins{figure.value.scale, {extent.low(), extent.high()}, 1};
  if (bins.limits.low == bins.limits.high) {
    bins.limits = limits_of(figure.value, extent, 0.0);
    return bins;
  }
  const Placement share(figure.value.scale, bins.limits, 0.0, 1.0);
  double width = 0.0;  // in shares of the range
  for (const std::vector<double>& values : samples) {
    if (values.empty()) continue;
    const double range = share(values[3 * values.size() / 4]) - share(values[values.size() / 4]);
    const double n = static_cast<double>(values.size());
    width = std::max(width, 2.0 * range * kernels::pow(n, -1.0 / 3.0));
  }
  const double count = width > 0.0 ? std::ceil(1.0 / width) : most;
  bins.count = static_cast<std::size_t>(std::clamp(count, fewest, most));
  return bins;
}

// From the first bin with a client to the last, with a band down to zero.
Series histogram(const std::vector<double>& values, const Bins& bins) {
  const Placement place(bins.scale, bins.limits, 0.0, static_cast<double>(bins.count));
  std::vector<std::size_t> counts(bins.count, 0);
  for (const double value : values) {
    const double bin = std::clamp(place(value), 0.0, static_cast<double>(bins.count - 1));
    ++counts[static_cast<std::size_t>(bin)];
  }
  Series s;
  const auto add = [&](std::size_t at, double share) {
    s.x.push_back(bins.edge(at));
    s.y.push_back(share);
    s.low.push_back(0.0);
    s.high.push_back(share);
  };
  const auto is_taken = [](std::size_t count) { return count > 0; };
  const auto first = std::find_if(counts.begin(), counts.end(), is_taken);
  const auto last = std::find_if(counts.rbegin(), counts.rend(), is_taken).base();
  const auto begin = static_cast<std::size_t>(first - counts.begin());
  const auto end = static_cast<std::size_t>(last - counts.begin());
  add(begin, 0.0);
  for (std::size_t i = begin; i < end; ++i) {
    add(i, static_cast<double>(counts[i]) / static_cast<double>(values.size()));
  }
  add(end, 0.0);
  return s;
}

bool is_better(double a, double b, bool higher_is_better) {
  return higher_is_better ? a > b : a < b;
}

}  // namespace

std::string drawn(const CurveFigure& figure, double width) {
  return CurvePlot(figure, {}, width).draw();
}

std::string drawn(const DistributionFigure& figure, double width) {
  const bool is_histogram = figure.form == DistributionFigure::Form::histogram;
  Extras extras;
  extras.is_marked = !is_histogram;
  std::vector<std::vector<double>> samples;
  std::size_t dropped = 0, fewest = SIZE_MAX, most = 0;
  for (const Sample& sample : figure.samples) {
    samples.push_back(shown_ascending(figure.value.scale, sample.values, dropped));
    fewest = std::min(fewest, samples.back().size());
    most = std::max(most, samples.back().size());
  }
  note_dropped(extras.notes, dropped);

  const bool is_same_count = fewest == most;
  const std::string clients = most == 1 ? " client" : " clients";
  CurveFigure curves{
      .title = figure.title,
      .description = figure.description,
      .x = figure.value,
      .y = {is_same_count && most > 0 ? "share of " + counted(most) + clients : "share of clients"},
      .series = {},
      .is_stepped = true};
  curves.y.low = 0.0;
  if (!is_histogram) curves.y.high = 1.0;
  const Bins bins = is_histogram && most > 0 ? bins_of(figure, samples) : Bins{};
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Series s;
    if (!samples[i].empty()) s = is_histogram ? histogram(samples[i], bins) : ecdf(samples[i]);
    s.name = figure.samples[i].name;
    if (!is_same_count && !samples[i].empty())
      s.name += " (n = " + counted(samples[i].size()) + ")";
    s.look = figure.samples[i].look;
    curves.series.push_back(std::move(s));
  }
  if (bins.count > 1) {
    extras.notes.push_back(counted(bins.count) + " equal bins" +
                           (figure.value.scale == Scale::log ? " on the log axis" : ""));
  }
  return CurvePlot(curves, extras, width).draw();
}

std::string drawn(const SensitivityFigure& figure, double width) {
  Extras extras;
  extras.marks_all_points = true;
  extras.fails_upwards = !figure.higher_is_better;
  CurveFigure curves{.title = figure.title,
                     .description = figure.description,
                     .x = figure.option,
                     .y = figure.value,
                     .series = figure.series};
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    const Series& s = figure.series[i];
    std::optional<Point> best;
    for (std::size_t k = 0; k < std::min(s.x.size(), s.y.size()); ++k) {
      if (!is_shown(figure.option.scale, s.x[k])) continue;
      if (!std::isfinite(s.y[k])) {
        extras.failures.push_back({i, s.x[k]});
      } else if (is_shown(figure.value.scale, s.y[k]) &&
                 (!best || is_better(s.y[k], best->y, figure.higher_is_better))) {
        best = Point{s.x[k], s.y[k]};
      }
    }
    if (best) extras.rings.push_back({i, *best});
  }
  if (!extras.rings.empty()) extras.notes.emplace_back("ringed: the best of each series");
  if (!extras.failures.empty()) extras.notes.emplace_back("×: not finite (diverged)");
  return CurvePlot(curves, extras, width).draw();
}

}  // namespace cohort::report
