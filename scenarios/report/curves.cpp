#include "scenarios/report/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels.hpp"

namespace cohort::report {

namespace {

struct Points {
  std::vector<double> x;  // ascending, each once
  std::vector<double> y;  // finite
};

Points points_of(const Run& run, std::string_view metric, Abscissa x) {
  Points points;
  const auto found = run.history.measured.find(metric);
  const std::vector<double>& column_x = column(run.history, x);
  if (found == run.history.measured.end() || column_x.empty()) return points;
  const auto& [at, values] = found->second;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const double here = column_x[at[i]];
    if (!points.x.empty() && points.x.back() == here) {
      points.y.back() = values[i];
    } else {
      points.x.push_back(here);
      points.y.push_back(values[i]);
    }
  }
  return points;
}

/// From `first` on, ascending, each once.
std::vector<double> grid_of(std::span<const Points> runs) {
  double first = 0;
  std::vector<double> grid;
  for (const Points& points : runs) {
    first = std::max(first, points.x.front());
    grid.insert(grid.end(), points.x.begin(), points.x.end());
  }
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  grid.erase(grid.begin(), std::lower_bound(grid.begin(), grid.end(), first));
  return grid;
}

void to_logarithms(std::span<Points> runs) {
  double least = std::numeric_limits<double>::infinity();
  for (const Points& points : runs) {
    for (const double y : points.y) {
      if (y > 0) least = std::min(least, y);
    }
  }
  if (std::isinf(least)) least = std::numeric_limits<double>::min();
  for (Points& points : runs) {
    for (double& y : points.y) y = std::max(y, least);
    kernels::log(points.y, points.y);
  }
}

}  // namespace

Curve curve_of(std::span<const Run* const> runs, std::string_view metric, Abscissa x, Band band,
               Scale scale) {
  std::vector<Points> all;
  for (const Run* run : runs) {
    Points points = points_of(*run, metric, x);
    if (!points.x.empty()) all.push_back(std::move(points));
  }
  Curve curve;
  curve.runs = all.size();
  if (all.empty()) return curve;
  curve.x = grid_of(all);
  if (all.size() == 1) {
    curve.centre = std::move(all.front().y);
    return curve;
  }
  const bool is_log = scale == Scale::log && band != Band::iqr;
  if (is_log) to_logarithms(all);
  std::vector<std::size_t> next(all.size(), 0);
  std::vector<double> values(all.size());
  for (const double here : curve.x) {
    for (std::size_t r = 0; r < all.size(); ++r) {
      while (next[r] < all[r].x.size() && all[r].x[next[r]] <= here) ++next[r];
      values[r] = all[r].y[next[r] - 1];
    }
    const Estimate e = estimate(values);
    curve.centre.push_back(band == Band::iqr ? e.median : e.mean);
    switch (band) {
      case Band::t95:
        curve.low.push_back(e.mean - e.half_width);
        curve.high.push_back(e.mean + e.half_width);
        break;
      case Band::iqr:
        curve.low.push_back(e.first_quartile);
        curve.high.push_back(e.third_quartile);
        break;
      case Band::minmax:
        curve.low.push_back(e.least);
        curve.high.push_back(e.greatest);
        break;
    }
  }
  if (is_log) {
    for (auto* column_y : {&curve.centre, &curve.low, &curve.high}) {
      kernels::exp(*column_y, *column_y);
    }
  }
  return curve;
}

Curve thinned(const Curve& curve, std::size_t most) {
  const std::size_t n = curve.x.size();
  if (n <= most) return curve;
  std::vector<std::size_t> kept = {0, n - 1};
  const auto keep_extremes = [&](const std::vector<double>& y, std::size_t first,
                                 std::size_t last) {
    const auto begin = y.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = y.begin() + static_cast<std::ptrdiff_t>(last);
    const auto [least, greatest] = std::minmax_element(begin, end);
    kept.push_back(static_cast<std::size_t>(least - y.begin()));
    kept.push_back(static_cast<std::size_t>(greatest - y.begin()));
  };
  const std::size_t pieces = (most - 6) / 2;
  for (std::size_t k = 0; k < pieces; ++k) {
    const std::size_t first = n * k / pieces, last = n * (k + 1) / pieces;
    if (first < last) keep_extremes(curve.centre, first, last);
  }
  if (!curve.low.empty()) {
    keep_extremes(curve.low, 0, n);
    keep_extremes(curve.high, 0, n);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  const auto taken = [&](const std::vector<double>& all) {
    std::vector<double> some;
    if (!all.empty()) {
      for (const std::size_t i : kept) some.push_back(all[i]);
    }
    return some;
  };
  return {taken(curve.x), taken(curve.centre), taken(curve.low), taken(curve.high), curve.runs};
}

Counted counted(const RunSeries& series) {
  for (const Status status : {Status::finished, Status::unfinished, Status::diverged}) {
    Counted out{status, {}};
    for (const Run& run : series.runs) {
      if (run.status == status) out.runs.push_back(&run);
    }
    if (!out.runs.empty()) return out;
  }
  return {};
}

std::optional<double> last_value(const Run& run, std::string_view metric) {
  const auto found = run.history.measured.find(metric);
  if (found == run.history.measured.end()) return std::nullopt;
  const double value = found->second.values.back();
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::size_t> first_reached(const Run& run, const Target& target) {
  const auto found = run.history.measured.find(target.metric);
  if (found == run.history.measured.end()) return std::nullopt;
  const auto& [at, values] = found->second;
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (target.better == Better::lower ? values[i] <= target.value : values[i] >= target.value) {
      return at[i];
    }
  }
  return std::nullopt;
}

Reached reached(const RunSeries& series, const Target& target) {
  Reached out;
  for (const Run& run : series.runs) {
    if (const auto at = first_reached(run, target)) {
      out.runs.push_back(&run);
      out.at.push_back(*at);
    } else if (run.status == Status::unfinished) {
      ++out.open;
    } else if (run.status == Status::finished || run.status == Status::diverged) {
      ++out.missed;
    }
  }
  return out;
}

SeededValues Reached::values(Abscissa x) const {
  SeededValues out;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<double>& xs = column(runs[i]->history, x);
    if (xs.empty()) continue;
    out.seeds.push_back(runs[i]->seeds);
    out.values.push_back(xs[at[i]]);
  }
  return out;
}

}  // namespace cohort::report
