#pragma once
// Tables and curves in the other formats of a report: plain text, LaTeX, pgfplots, CSV.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/report/figures.hpp"
#include "scenarios/report/page.hpp"

namespace cohort::report {

/// For a terminal: aligned columns, the best marked *, those tied with it †.
std::string to_text(const Table& table);

/// A table environment of booktabs, the best in bold, those tied with it with a dagger.
std::string to_latex(const Table& table, std::string_view label);

/// A tikzpicture of pgfplots with the library fillbetween.
std::string to_pgfplots(const CurveFigure& figure);

/// Any UTF-8 text as pdflatex takes it: special characters escaped, ± − · × and Greek letters as
/// mathematics. Accented Latin letters stay; what plain LaTeX cannot set becomes [U+1F600].
std::string tex_escaped(std::string_view text);

/// One line of RFC 4180, with \n.
std::string csv_line(std::span<const std::string> cells);

}  // namespace cohort::report
