#pragma once
// A figure as SVG 1.1: vector text in a generic font, no script, no ids (so that any number of them
// may stand in one page), same figure same bytes.

#include <string>

#include "scenarios/report/figures.hpp"

namespace cohort::report {

/// Widths in points (1/72 inch) of a column and of a page of a paper. Text is 8 points.
inline constexpr double column_width = 252.0;
inline constexpr double page_width = 504.0;

/// A document with an XML declaration: the contents of an .svg file. `width` in points, at least
/// 120; the height follows from what is shown.
std::string to_svg(const Figure& figure, double width = column_width);

/// The svg element alone, for a page.
std::string to_svg_element(const Figure& figure, double width = column_width);

}  // namespace cohort::report
