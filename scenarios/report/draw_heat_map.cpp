#include <algorithm>
#include <array>
#include <cmath>

#include "scenarios/report/frame.hpp"

namespace cohort::report {

namespace {

constexpr std::size_t levels = 64;
constexpr std::size_t most_columns = 200;
constexpr double gap = 4.0;

// From light to dark, so that it survives print: YlGnBu of ColorBrewer 2 (Harrower and Brewer,
// 2003).
Colour level_colour(std::size_t level) {
  static constexpr std::array<std::string_view, 9> stops = {"#ffffd9", "#edf8b1", "#c7e9b4",
                                                            "#7fcdbb", "#41b6c4", "#1d91c0",
                                                            "#225ea8", "#253494", "#081d58"};
  const double at = static_cast<double>(level * (stops.size() - 1)) / (levels - 1);
  const auto below = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  return mixed(colour_of(stops[below]), colour_of(stops[below + 1]),
               at - static_cast<double>(below));
}

// The columns as they are shown: `per` neighbours each.
struct Grid {
  std::size_t rows = 0, columns = 0, per = 1;
  std::vector<double> values{};  // [rows × columns] row-major
};

Grid grid_of(const HeatMap& figure) {
  const std::size_t rows = figure.rows.size();
  const std::size_t all = rows == 0 ? 0 : figure.values.size() / rows;
  Grid grid{.rows = rows, .columns = all};
  if (all > most_columns) {
    grid.per = (all + most_columns - 1) / most_columns;
    grid.columns = (all + grid.per - 1) / grid.per;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < grid.columns; ++c) {
      double sum = 0.0, count = 0.0;
      for (std::size_t k = c * grid.per; k < std::min(all, (c + 1) * grid.per); ++k) {
        const double value = figure.values[r * all + k];
        if (!std::isfinite(value)) continue;
        sum += value;
        count += 1.0;
      }
      grid.values.push_back(count > 0.0 ? sum / count : none);
    }
  }
  return grid;
}

void hatch(Path& path, const Box& cell) {
  constexpr double spacing = 3.5;
  const double height = cell.height();
  // Lines of all cells continue one another.
  const double first = std::ceil((cell.left + cell.top) / spacing) * spacing;
  for (double c = first; c <= cell.right + cell.bottom; c += spacing) {
    // x + y = c
    const std::array<Point, 2> line = {
        {{c - cell.bottom, cell.bottom}, {c - cell.bottom + height, cell.top}}};
    for (const std::vector<Point>& piece : clipped_line(line, cell)) {
      path.move(piece.front());
      path.line(piece.back());
    }
  }
}

// Every k-th, so that they are at least `spacing` apart.
std::size_t every(double step, double spacing) {
  return static_cast<std::size_t>(std::max(1.0, std::ceil(spacing / step)));
}

class HeatPlot {
 public:
  HeatPlot(const HeatMap& figure, double width)
      : figure_(figure), width_(width), grid_(grid_of(figure)), extent_(figure.value.scale) {
    for (const double value : grid_.values) extent_.add(value);
    has_texts_ = grid_.per == 1 && (figure.decimals || !figure.texts.empty());
  }

  std::string draw() {
    const bool has_data = !extent_.is_empty();
    limits_ = limits_of(figure_.value, extent_, 0.0);
    lay_out();
    double bottom = box_.bottom;
    if (has_data) {
      draw_cells();
      draw_row_names();
      bottom = std::max(draw_column_names(), draw_colour_bar());
    } else {
      draw_no_data(svg_, box_);
    }
    if (has_data && grid_.per > 1) {
      notes_.push_back("each column is the mean of " + std::to_string(grid_.per) + " neighbours");
    }
    if (has_missing_) notes_.emplace_back("hatched: no value");
    note_dropped(notes_, extent_.dropped());
    bottom = draw_notes(svg_, notes_, edge, width_ - edge, bottom);
    return finished(svg_, width_, bottom, figure_.title, figure_.description);
  }

 private:
  void lay_out() {
    constexpr double most_for_names = 0.32, plot_height = 200.0, top = 6.0;
    const double rows = static_cast<double>(std::max<std::size_t>(1, grid_.rows));
    row_height_ = has_texts_ ? 16.0 : std::clamp(plot_height / rows, 1.0, 14.0);
    if (extent_.is_empty()) row_height_ = std::max(row_height_, 42.0 / rows);
    double names = 0.0;
    for (const std::string& name : figure_.rows) {
      names = std::max(names, text_width(name, text_size));
    }
    names_width_ = std::min(names, most_for_names * width_);
    const double label = figure_.row_label.empty() ? 0.0 : text_size + gap;
    box_ = {edge + label + names_width_ + gap, top, 0.0, top + rows * row_height_};
    bar_height_ = std::max(48.0, box_.height());
    ticks_ =
        ticks_of(figure_.value, limits_, bar_height_, Direction::up, text_size, extent_.is_whole());
    double tick_width = 0.0;
    for (const Tick& tick : ticks_.ticks) {
      tick_width = std::max(tick_width, text_width(tick.label, text_size));
    }
    const double bar_label = axis_label(figure_.value, ticks_).empty() ? 0.0 : text_size + gap;
    bar_left_ = width_ - edge - bar_label - tick_width - 5.0 - bar_width;
    box_.right = bar_left_ - 8.0;
    column_width_ = box_.width() / static_cast<double>(std::max<std::size_t>(1, grid_.columns));
  }

  // −1 where there is nothing to show.
  int level_of(double value) const {
    if (!is_shown(figure_.value.scale, value)) return -1;
    const Placement place(figure_.value.scale, limits_, 0.0, static_cast<double>(levels - 1));
    return static_cast<int>(
        std::lround(std::clamp(place(value), 0.0, static_cast<double>(levels - 1))));
  }

  Box cell(std::size_t row, std::size_t column, std::size_t columns) const {
    const double inset = has_texts_ ? 0.4 : 0.0;
    return {box_.left + static_cast<double>(column) * column_width_ + inset,
            box_.top + static_cast<double>(row) * row_height_ + inset,
            box_.left + static_cast<double>(column + columns) * column_width_ - inset,
            box_.top + static_cast<double>(row + 1) * row_height_ - inset};
  }

  void draw_cells() {
    std::array<Path, levels> cells;
    Path missing, hatching;
    for (std::size_t r = 0; r < grid_.rows; ++r) {
      for (std::size_t c = 0; c < grid_.columns;) {
        const int level = level_of(grid_.values[r * grid_.columns + c]);
        std::size_t end = c + 1;
        while (!has_texts_ && end < grid_.columns &&
               level_of(grid_.values[r * grid_.columns + end]) == level) {
          ++end;
        }
        const Box b = cell(r, c, end - c);
        if (level < 0) {
          has_missing_ = true;
          missing.rect({b.left, b.top}, b.width(), b.height());
          hatch(hatching, b);
        } else {
          cells[static_cast<std::size_t>(level)].rect({b.left, b.top}, b.width(), b.height());
        }
        c = end;
      }
    }
    svg_.begin_crisp();
    for (std::size_t level = 0; level < levels; ++level) {
      svg_.path(cells[level], {.fill = hex_of(level_colour(level))});
    }
    svg_.path(missing, {.fill = "#f4f4f4"});
    svg_.end_group();
    svg_.path(hatching, {.stroke = "#b0b0b0", .width = 0.5});
    if (has_texts_) draw_texts();
    if (!has_texts_) {
      svg_.rect({box_.left, box_.top}, box_.width(), box_.height(), {.stroke = ink, .width = 0.6});
    }
  }

  std::string text_of(std::size_t i) const {
    if (i < figure_.texts.size()) return figure_.texts[i];
    if (!figure_.decimals || !std::isfinite(grid_.values[i])) return "";
    return fixed_text(grid_.values[i], *figure_.decimals);
  }

  void draw_texts() {
    constexpr double largest = 7.5, smallest = 5.0, padding = 2.0;
    double widest = 1e-9;  // at size 1
    for (std::size_t i = 0; i < grid_.values.size(); ++i) {
      widest = std::max(widest, text_width(text_of(i), 1.0));
    }
    const double size = std::min(largest, (column_width_ - padding) / widest);
    if (size < smallest) {
      notes_.emplace_back("the cells are too narrow for their values");
      return;
    }
    for (std::size_t i = 0; i < grid_.values.size(); ++i) {
      const std::string text = text_of(i);
      if (text.empty()) continue;
      const Box b = cell(i / grid_.columns, i % grid_.columns, 1);
      const int level = level_of(grid_.values[i]);
      const Colour under =
          level < 0 ? Colour{1.0, 1.0, 1.0} : level_colour(static_cast<std::size_t>(level));
      svg_.text({(b.left + b.right) / 2.0, (b.top + b.bottom) / 2.0 + 0.35 * size}, text,
                {.size = size, .anchor = Anchor::middle, .fill = ink_on(under)});
    }
  }

  void draw_row_names() {
    const std::size_t step = every(row_height_, text_size + 1.0);
    for (std::size_t r = 0; r < grid_.rows; r += step) {
      const Box b = cell(r, 0, 1);
      svg_.text({box_.left - gap, (b.top + b.bottom) / 2.0 + 0.35 * text_size}, figure_.rows[r],
                {.anchor = Anchor::end}, names_width_);
    }
    if (figure_.row_label.empty()) return;
    svg_.text({edge + 0.75 * text_size, (box_.top + box_.bottom) / 2.0}, figure_.row_label,
              {.anchor = Anchor::middle, .rotation = -90.0},
              std::max(box_.height(), 5.0 * text_size));
  }

  double draw_column_names() {
    double bottom =
        figure_.columns.size() == grid_.columns ? draw_given_column_names() : draw_column_numbers();
    if (figure_.column_label.empty()) return bottom;
    bottom += text_size;
    svg_.text({(box_.left + box_.right) / 2.0, bottom}, figure_.column_label,
              {.anchor = Anchor::middle}, width_ - 2.0 * edge);
    return bottom + gap;
  }

  double draw_given_column_names() {
    double widest = 0.0;
    for (const std::string& name : figure_.columns) {
      widest = std::max(widest, text_width(name, text_size));
    }
    const bool is_level = widest + gap <= column_width_;
    const double first = box_.left + column_width_ / 2.0;
    // Slanted by 45°, down to the left.
    constexpr double slant = 0.7071, longest = 80.0;
    const double room = is_level ? column_width_ : std::min(longest, (first - edge) / slant);
    const std::size_t step = is_level ? 1 : every(column_width_, text_size + 2.0);
    for (std::size_t c = 0; c < grid_.columns; c += step) {
      const double x = first + static_cast<double>(c) * column_width_;
      if (is_level) {
        svg_.text({x, box_.bottom + gap + 0.75 * text_size}, figure_.columns[c],
                  {.anchor = Anchor::middle}, room);
      } else {
        svg_.text({x + 0.3 * text_size, box_.bottom + gap + 0.5 * text_size}, figure_.columns[c],
                  {.anchor = Anchor::end, .rotation = -45.0}, room);
      }
    }
    return box_.bottom + gap +
           (is_level ? text_size : slant * (std::min(room, widest) + text_size));
  }

  double draw_column_numbers() {
    const double count = static_cast<double>(grid_.columns * grid_.per);
    const Limits limits{-0.5, count - 0.5};
    const Placement place(Scale::linear, limits, box_.left, box_.right);
    const Ticks ticks = ticks_of({}, limits, box_.width(), Direction::across, text_size, true);
    for (const Tick& tick : ticks.ticks) {
      const double x = place(tick.value);
      svg_.line({x, box_.bottom}, {x, box_.bottom + 3.0}, {.stroke = ink, .width = 0.6});
      svg_.text({x, box_.bottom + 5.0 + 0.75 * text_size}, tick.label, {.anchor = Anchor::middle});
    }
    return box_.bottom + 7.0 + text_size;
  }

  double draw_colour_bar() {
    const Box bar{bar_left_, box_.top, bar_left_ + bar_width, box_.top + bar_height_};
    const double step = bar.height() / levels;
    svg_.begin_crisp();
    // Each over the one before, down to the bottom: no seams.
    for (std::size_t level = levels; level-- > 0;) {
      const double height = static_cast<double>(level + 1) * step;
      svg_.rect({bar.left, bar.bottom - height}, bar_width, height,
                {.fill = hex_of(level_colour(level))});
    }
    svg_.end_group();
    const Placement place(figure_.value.scale, limits_, bar.bottom, bar.top);
    for (const Tick& tick : ticks_.ticks) {
      const double y = place(tick.value);
      const double length = tick.label.empty() ? 1.5 : 3.0;
      svg_.line({bar.right, y}, {bar.right + length, y}, {.stroke = ink, .width = 0.6});
      svg_.text({bar.right + 5.0, y + 0.35 * text_size}, tick.label);
    }
    const std::string label = axis_label(figure_.value, ticks_);
    if (!label.empty()) {
      svg_.text({width_ - edge - 0.25 * text_size, (bar.top + bar.bottom) / 2.0}, label,
                {.anchor = Anchor::middle, .rotation = -90.0}, bar.height() + 2.0 * gap);
    }
    return bar.bottom + gap;
  }

  static constexpr double bar_width = 8.0;
  const HeatMap& figure_;
  double width_;
  Grid grid_;
  Extent extent_;
  bool has_texts_ = false;
  bool has_missing_ = false;
  std::vector<std::string> notes_;
  Limits limits_;
  Ticks ticks_;
  Box box_;
  double row_height_ = 0.0, column_width_ = 0.0, names_width_ = 0.0;
  double bar_left_ = 0.0, bar_height_ = 0.0;
  Svg svg_;
};

}  // namespace

std::string drawn(const HeatMap& figure, double width) { return HeatPlot(figure, width).draw(); }

}  // namespace cohort::report
