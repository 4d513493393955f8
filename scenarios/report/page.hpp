#pragma once
// A report as one self-contained HTML file: it opens offline, needs no script, prints well.

#include <string>
#include <utility>
#include <vector>

#include "scenarios/report/figures.hpp"

namespace cohort::report {

struct Cell {
  std::string text{};  // "0.912 ± 0.004"; empty: a dash
  /// Bold.
  bool is_best = false;
  /// Not distinguishable from the best: marked with a dagger.
  bool is_tied = false;
};

struct Column {
  std::string name{};
  bool is_number = true;  // aligned right
};

struct Table {
  std::string caption{};
  std::vector<Column> columns{};          // [c]
  std::vector<std::vector<Cell>> rows{};  // [r][c]
  /// Under the table: what bold, daggers and intervals mean, which test was used.
  std::string legend{};
};

struct CaptionedFigure {
  Figure figure{};
  std::string caption{};
};

struct Section {
  std::string heading{};
  std::string text{};  // paragraphs, apart by an empty line
  std::vector<Table> tables{};
  std::vector<CaptionedFigure> figures{};
};

struct Page {
  std::string title{};
  std::string subtitle{};
  /// The head in a few words: {"differs in", "aggregation.rule"}, {"seeds", "5"}.
  std::vector<std::pair<std::string, std::string>> facts{};
  /// What a reader must know before the numbers: runs that diverged or are unfinished.
  std::vector<std::string> warnings{};
  /// The key result first, provenance last.
  std::vector<Section> sections{};
};

/// All texts are plain text and are escaped. Same page, same bytes.
std::string to_html(const Page& page);

}  // namespace cohort::report
