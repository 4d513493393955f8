#include "scenarios/report/draw.hpp"

#include <algorithm>

#include "scenarios/report/frame.hpp"

namespace cohort::report {

std::string to_svg_element(const Figure& figure, double width) {
  constexpr double least_width = 120.0;
  return std::visit([&](const auto& f) { return drawn(f, std::max(width, least_width)); }, figure);
}

std::string to_svg(const Figure& figure, double width) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + to_svg_element(figure, width);
}

}  // namespace cohort::report
