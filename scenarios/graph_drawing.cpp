#include "scenarios/graph_drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "scenarios/report/svg.hpp"

namespace cohort {

namespace {

constexpr double page = 480.0, margin = 12.0;  // points
constexpr int steps = 200;

using report::Point;

/// Positions in a square of side 1, up to scale.
std::vector<Point> layout(const Graph& graph) {
  const std::size_t n = graph.nodes();
  std::vector<Point> at(n), force(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    at[i] = {0.5 * std::cos(angle), 0.5 * std::sin(angle)};
  }
  const double length = 1.0 / std::sqrt(static_cast<double>(n));  // that edges would like
  for (int step = 0; step < steps; ++step) {
    std::fill(force.begin(), force.end(), Point{});
    const auto push = [&](std::size_t i, std::size_t j, bool are_neighbours) {
      const double dx = at[i].x - at[j].x, dy = at[i].y - at[j].y;
      const double distance = std::max(std::sqrt(dx * dx + dy * dy), 1e-6);
      double strength = length * length / (distance * distance);
      if (are_neighbours) strength = -distance / length;
      force[i].x += strength * dx;
      force[i].y += strength * dy;
      force[j].x -= strength * dx;
      force[j].y -= strength * dy;
    };
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) push(i, j, false);
      for (const std::uint32_t j : graph.neighbours_of(i)) {
        if (graph.is_directed || j < i) push(i, j, true);
      }
    }
    const double most = 0.1 * (1.0 - static_cast<double>(step) / steps);
    for (std::size_t i = 0; i < n; ++i) {
      const double size = std::sqrt(force[i].x * force[i].x + force[i].y * force[i].y);
      const double move = size > most ? most / size : 1.0;
      at[i].x += move * force[i].x;
      at[i].y += move * force[i].y;
    }
  }
  return at;
}

}  // namespace

Result<std::string> draw_graph(const Graph& graph, std::string_view title) {
  if (graph.nodes() > drawn_nodes) {
    return bad_input(
        fmt::format("--svg: expected at most {} nodes, found {}", drawn_nodes, graph.nodes()));
  }
  std::vector<Point> at = layout(graph);
  Point low = at[0], high = at[0];
  for (const Point& p : at) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  const double side = std::max({high.x - low.x, high.y - low.y, 1e-9});
  for (Point& p : at) {
    p.x =
        margin + (page - 2 * margin) * ((p.x - low.x) / side + 0.5 * (1 - (high.x - low.x) / side));
    p.y =
        margin + (page - 2 * margin) * ((p.y - low.y) / side + 0.5 * (1 - (high.y - low.y) / side));
  }
  report::Svg svg;
  report::Path edges;
  for (std::uint32_t i = 0; i < graph.nodes(); ++i) {
    for (const std::uint32_t j : graph.neighbours_of(i)) {
      if (!graph.is_directed && j < i) continue;
      edges.move(at[i]);
      edges.line(at[j]);
    }
  }
  if (!edges.is_empty()) svg.path(edges, {"none", "#9aa5b1", 0.6});
  const double room = page / std::sqrt(static_cast<double>(graph.nodes()));
  for (const Point& p : at) svg.circle(p, std::clamp(room / 8, 1.2, 6.0), {"#1f6feb", "none"});
  return svg.element(page, page, title,
                     fmt::format("{} nodes, {} edges", graph.nodes(), graph.edges())) +
         "\n";
}

}  // namespace cohort
