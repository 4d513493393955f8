#include "scenarios/report/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "scenarios/report/frame.hpp"
#include "scenarios/report/numbers.hpp"

namespace cohort::report {

namespace {

/// The next code point, or 0xFFFD where there is none; `text` goes on behind it.
char32_t next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (byte(i) & 0xC0U) != 0x80U) {
      text.remove_prefix(i);
      return 0xFFFD;
    }
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return length == 0 ? 0xFFFD : point;
}

std::size_t code_points(std::string_view text) {
  std::size_t n = 0;
  for (; !text.empty(); ++n) next_code_point(text);
  return n;
}

/// In mathematics; empty if a text character stands for itself.
std::string_view raised(char32_t point) {
  constexpr std::array<std::pair<char32_t, std::string_view>, 11> figures = {{{U'⁰', "0"},
                                                                              {U'¹', "1"},
                                                                              {U'²', "2"},
                                                                              {U'³', "3"},
                                                                              {U'⁴', "4"},
                                                                              {U'⁵', "5"},
                                                                              {U'⁶', "6"},
                                                                              {U'⁷', "7"},
                                                                              {U'⁸', "8"},
                                                                              {U'⁹', "9"},
                                                                              {U'⁻', "-"}}};
  for (const auto& [figure, tex] : figures) {
    if (figure == point) return tex;
  }
  return {};
}

std::string_view tex_symbol(char32_t point) {
  constexpr std::pair<char32_t, std::string_view> symbols[] = {
      {U'\\', "\\textbackslash{}"},
      {U'~', "\\textasciitilde{}"},
      {U'^', "\\textasciicircum{}"},
      {U'<', "\\textless{}"},
      {U'>', "\\textgreater{}"},
      {U'|', "\\textbar{}"},
      {U'{', "\\{"},
      {U'}', "\\}"},
      {U'$', "\\$"},
      {U'&', "\\&"},
      {U'#', "\\#"},
      {U'%', "\\%"},
      {U'_', "\\_"},
      {U'[', "{[}"},  // else an argument of the \\ before it, as is a star
      {U']', "{]}"},
      {U'*', "{*}"},
      {U'±', "$\\pm$"},
      {U'−', "$-$"},
      {U'·', "$\\cdot$"},
      {U'×', "$\\times$"},
      {U'≤', "$\\le$"},
      {U'≥', "$\\ge$"},
      {U'∞', "$\\infty$"},
      {U'‖', "$\\|$"},
      {U'†', "$\\dagger$"},
      {U'–', "--"},
      {U'—', "---"},
      {U'’', "'"},
      {U'µ', "$\\mu$"},
      {U'α', "$\\alpha$"},
      {U'β', "$\\beta$"},
      {U'γ', "$\\gamma$"},
      {U'δ', "$\\delta$"},
      {U'ε', "$\\varepsilon$"},
      {U'ζ', "$\\zeta$"},
      {U'η', "$\\eta$"},
      {U'θ', "$\\theta$"},
      {U'κ', "$\\kappa$"},
      {U'λ', "$\\lambda$"},
      {U'μ', "$\\mu$"},
      {U'ν', "$\\nu$"},
      {U'ξ', "$\\xi$"},
      {U'π', "$\\pi$"},
      {U'ρ', "$\\rho$"},
      {U'σ', "$\\sigma$"},
      {U'τ', "$\\tau$"},
      {U'φ', "$\\varphi$"},
      {U'χ', "$\\chi$"},
      {U'ψ', "$\\psi$"},
      {U'ω', "$\\omega$"},
      {U'Δ', "$\\Delta$"},
      {U'Σ', "$\\Sigma$"},
  };
  for (const auto& [symbol, tex] : symbols) {
    if (symbol == point) return tex;
  }
  return {};
}

/// Letters of Latin-1 that the default encoding of LaTeX can compose.
bool is_accented_letter(char32_t point) {
  constexpr std::array<char32_t, 6> others = {0xD0, 0xD7, 0xDE, 0xF0, 0xF7, 0xFE};
  return point >= 0xC0 && point <= 0xFF &&
         std::find(others.begin(), others.end(), point) == others.end();
}

std::string_view mark_text(const Cell& cell) {
  if (cell.is_best) return "*";
  return cell.is_tied ? "†" : " ";
}

std::string coordinates(const std::vector<double>& x, const std::vector<double>& y) {
  std::string text = " coordinates {";
  for (std::size_t i = 0; i < x.size(); ++i) {
    text += i % 4 == 0 ? "\n    " : " ";
    text +=
        fmt::format("({},{})", exact_text(x[i]), std::isfinite(y[i]) ? exact_text(y[i]) : "nan");
  }
  return text + "\n  }";
}

std::string axis_label(const Axis& axis) {
  return axis.unit.empty() ? axis.label : fmt::format("{} [{}]", axis.label, axis.unit);
}

}  // namespace

std::string tex_escaped(std::string_view text) {
  std::string out, exponent;
  char32_t before = 0;
  while (!text.empty()) {
    const char32_t point = next_code_point(text);
    if (const std::string_view figure = raised(point); !figure.empty()) {
      exponent += figure;
      continue;
    }
    if (!exponent.empty()) out += fmt::format("$^{{{}}}$", std::exchange(exponent, {}));
    if (const std::string_view symbol = tex_symbol(point); !symbol.empty()) {
      out += symbol;
    } else if (point < 0x20 || point == 0x7F) {
      out += ' ';
    } else if (point < 0x80) {
      // Two hyphens would become a dash.
      if (point == U'-' && before == U'-') out += "{}";
      out += static_cast<char>(point);
    } else if (is_accented_letter(point)) {
      out += static_cast<char>(0xC0U | (point >> 6U));
      out += static_cast<char>(0x80U | (point & 0x3FU));
    } else {
      out += fmt::format("{{[}}U+{:04X}{{]}}", static_cast<std::uint32_t>(point));
    }
    before = point;
  }
  if (!exponent.empty()) out += fmt::format("$^{{{}}}$", exponent);
  return out;
}

std::string to_text(const Table& table) {
  constexpr std::string_view dash = "–";
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = code_points(table.columns[c].name);
    for (const auto& row : table.rows) {
      width = std::max(width, std::max<std::size_t>(code_points(row[c].text), 1));
    }
    widths.push_back(width);
  }
  const auto padded = [&](std::size_t c, std::string_view text, std::string_view mark) {
    const std::string space(widths[c] - code_points(text), ' ');
    const bool is_number = table.columns[c].is_number;
    return fmt::format("{}{}{}{}", is_number ? space : "", text, mark, is_number ? "" : space);
  };
  const auto line = [](std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  };
  std::string out, row_text;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    row_text += padded(c, table.columns[c].name, " ") + " ";
  }
  out += line(row_text);
  for (const auto& row : table.rows) {
    row_text.clear();
    for (std::size_t c = 0; c < row.size(); ++c) {
      row_text += padded(c, row[c].text.empty() ? dash : row[c].text, mark_text(row[c])) + " ";
    }
    out += line(row_text);
  }
  return out;
}

std::string to_latex(const Table& table, std::string_view label) {
  std::string alignment;
  for (const Column& column : table.columns) alignment += column.is_number ? 'r' : 'l';
  std::string out = "\\begin{table}\n  \\centering\n";
  out += fmt::format("  \\caption{{{}}}\n  \\label{{tab:{}}}\n", tex_escaped(table.caption), label);
  out += fmt::format("  \\begin{{tabular}}{{{}}}\n    \\toprule\n   ", alignment);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    out += fmt::format("{} {}", c == 0 ? "" : " &", tex_escaped(table.columns[c].name));
  }
  out += " \\\\\n    \\midrule\n";
  for (const auto& row : table.rows) {
    out += "   ";
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::string text = row[c].text.empty() ? "--" : tex_escaped(row[c].text);
      if (row[c].is_best) text = fmt::format("\\textbf{{\\boldmath {}}}", text);
      if (row[c].is_tied) text += "$^{\\dagger}$";
      out += fmt::format("{} {}", c == 0 ? "" : " &", text);
    }
    out += " \\\\\n";
  }
  out += "    \\bottomrule\n  \\end{tabular}\n";
  if (!table.legend.empty()) {
    out += fmt::format("  \\par\\smallskip\n  {{\\footnotesize {}\\par}}\n",
                       tex_escaped(table.legend));
  }
  return out + "\\end{table}\n";
}

std::string to_pgfplots(const CurveFigure& figure) {
  std::string out = "\\begin{tikzpicture}\n";
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    const std::string_view colour = pen_of(figure.series[i].look, i).colour;
    out += fmt::format("\\definecolor{{series{}}}{{HTML}}{{{}}}\n", i, colour.substr(1));
  }
  out += fmt::format("\\begin{{axis}}[\n  xlabel={{{}}}, ylabel={{{}}},\n",
                     tex_escaped(axis_label(figure.x)), tex_escaped(axis_label(figure.y)));
  if (figure.x.scale == Scale::log) out += "  xmode=log,\n";
  if (figure.y.scale == Scale::log) out += "  ymode=log,\n";
  if (figure.is_stepped) out += "  const plot,\n";
  out +=
      "  unbounded coords=jump, no markers, legend cell align=left, legend pos=outer north "
      "east,\n]\n";
  double first = none, last = none;
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    const Series& series = figure.series[i];
    if (series.x.empty()) continue;
    first = std::fmin(first, series.x.front());
    last = std::fmax(last, series.x.back());
    if (!series.low.empty()) {
      for (const auto& [name, y] :
           {std::pair("low", &series.low), std::pair("high", &series.high)}) {
        out += fmt::format("\\addplot[name path={}{}, draw=none, forget plot]{};\n", name, i,
                           coordinates(series.x, *y));
      }
      out += fmt::format(
          "\\addplot[series{0}, opacity=0.2, forget plot] fill between[of=low{0} and high{0}];\n",
          i);
    }
    out += fmt::format("\\addplot[series{}, thick]{};\n", i, coordinates(series.x, series.y));
    if (!series.name.empty()) {
      out += fmt::format("\\addlegendentry{{{}}}\n", tex_escaped(series.name));
    }
  }
  for (const Guide& guide : figure.guides) {
    if (guide.y.empty() || std::isnan(first)) continue;
    const bool is_horizontal = guide.x.empty();
    out += fmt::format("\\addplot[gray, dashed, forget plot]{};\n",
                       is_horizontal ? coordinates({first, last}, {guide.y[0], guide.y[0]})
                                     : coordinates(guide.x, guide.y));
  }
  return out + "\\end{axis}\n\\end{tikzpicture}\n";
}

std::string csv_line(std::span<const std::string> cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) line += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + '\n';
}

}  // namespace cohort::report
