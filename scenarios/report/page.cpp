#include "scenarios/report/page.hpp"

#include <algorithm>
#include <string_view>

#include "scenarios/report/draw.hpp"
#include "scenarios/report/svg.hpp"

namespace cohort::report {

namespace {

// Nothing may be loaded and nothing run: the policy holds the page to that.
constexpr std::string_view head = R"(<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<style>
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5a5a5a; --paper: #fcfcfb; --line: #d9d9d6;
  --link: #0b5a8a; --warn: #8a3b00; --warn-paper: #fff3e6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e3; --soft: #a8a8a4; --paper: #17181a; --line: #3a3c3f; --link: #7cc0ee;
    --warn: #ffb779; --warn-paper: #3a2412; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 4rem; color: var(--ink);
  background: var(--paper); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
p { max-width: 46rem; margin: .5rem 0; overflow-wrap: anywhere; }
a { color: var(--link); }
.subtitle { color: var(--soft); font-size: 1.05rem; margin: .25rem 0 0; }
dl { display: flex; flex-wrap: wrap; gap: .35rem 2rem; margin: 1rem 0; padding: 0; }
dl div { max-width: 100%; overflow-wrap: anywhere; }
dt { display: inline; color: var(--soft); } dt::after { content: ": "; }
dd { display: inline; margin: 0; font-weight: 600; }
nav { font-size: .9rem; margin: 1rem 0; } nav a { margin-right: 1.25rem; white-space: nowrap; }
.warnings { margin: 1.25rem 0; padding: .75rem 1rem; color: var(--warn); background: var(--warn-paper);
  border-left: 4px solid currentColor; }
.warnings h2 { margin: 0; padding: 0; border: 0; font-size: 1rem; }
.warnings ul { margin: .25rem 0 0; padding-left: 1.25rem; } .warnings li { overflow-wrap: anywhere; }
.table { margin: 1.25rem 0; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid var(--ink); border-bottom: 2px solid var(--ink);
  font-size: .9rem; font-variant-numeric: tabular-nums; }
caption, figcaption { color: var(--soft); font-size: .9rem; text-align: left; }
caption { padding-bottom: .4rem; } figcaption { margin-top: .4rem; overflow-wrap: anywhere; }
caption b, figcaption b { color: var(--ink); }
th, td { padding: .3rem .75rem; text-align: left; vertical-align: baseline; }
thead th { border-bottom: 1px solid var(--ink); font-weight: 600; vertical-align: bottom; }
tbody tr:nth-child(even) { background: color-mix(in srgb, var(--line) 28%, transparent); }
.n { text-align: right; white-space: nowrap; } .tied { position: absolute; } td { overflow-wrap: break-word; max-width: 34rem; }
.legend { color: var(--soft); font-size: .85rem; margin: .4rem 0 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr));
  gap: 1.5rem; margin: 1.25rem 0; align-items: start; }
figure { margin: 0; max-width: 36rem; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 4px; padding: .6rem; }
.card svg { display: block; width: 100%; height: auto; }
@media print {
  @page { margin: 16mm; }
  :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --line: #ccc; --link: #000;
    --warn: #000; --warn-paper: #fff; }
  html { font-size: 9.5pt; } body { max-width: none; padding: 0; font-size: 1rem; }
  nav { display: none; }
  .figures { grid-template-columns: 1fr 1fr; gap: 6mm; } .card { border: 0; padding: 0; }
  figure, .table, .warnings { break-inside: avoid; page-break-inside: avoid; }
  h2 { break-after: avoid; page-break-after: avoid; } .scroll { overflow: visible; }
  tr { break-inside: avoid; page-break-inside: avoid; } thead { display: table-header-group; }
  .long { break-inside: auto; page-break-inside: auto; } }
</style>
)";

class Writer {
 public:
  std::string page(const Page& page) {
    add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>", escaped(page.title), "</title>\n",
        head, "</head>\n<body>\n<header>\n<h1>", escaped(page.title), "</h1>\n");
    if (!page.subtitle.empty()) {
      add("<p class=\"subtitle\">", escaped(page.subtitle), "</p>\n");
    }
    if (!page.facts.empty()) {
      add("<dl>\n");
      for (const auto& [name, value] : page.facts) {
        add("<div><dt>", escaped(name), "</dt><dd>", escaped(value), "</dd></div>\n");
      }
      add("</dl>\n");
    }
    warnings(page.warnings);
    contents(page.sections);
    add("</header>\n<main>\n");
    for (std::size_t i = 0; i < page.sections.size(); ++i) section(page.sections[i], i);
    add("</main>\n</body>\n</html>\n");
    return std::move(out_);
  }

 private:
  template <class... Texts>
  void add(const Texts&... texts) {
    (out_.append(texts), ...);
  }

  void warnings(const std::vector<std::string>& warnings) {
    if (warnings.empty()) return;
    add("<aside class=\"warnings\">\n<h2>Warnings</h2>\n<ul>\n");
    for (const std::string& warning : warnings) add("<li>", escaped(warning), "</li>\n");
    add("</ul>\n</aside>\n");
  }

  void contents(const std::vector<Section>& sections) {
    constexpr std::size_t fewest = 3;
    if (sections.size() < fewest) return;
    add("<nav>\n");
    for (std::size_t i = 0; i < sections.size(); ++i) {
      add("<a href=\"#", id(i), "\">", escaped(sections[i].heading), "</a>\n");
    }
    add("</nav>\n");
  }

  static std::string id(std::size_t section) { return "section-" + std::to_string(section + 1); }

  void section(const Section& section, std::size_t position) {
    add("<section id=\"", id(position), "\">\n<h2>", escaped(section.heading), "</h2>\n");
    paragraphs(section.text);
    for (const Table& t : section.tables) table(t);
    if (!section.figures.empty()) {
      add("<div class=\"figures\">\n");
      for (const CaptionedFigure& f : section.figures) figure(f);
      add("</div>\n");
    }
    add("</section>\n");
  }

  void paragraphs(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find("\n\n"), text.size());
      if (end > 0) add("<p>", escaped(text.substr(0, end)), "</p>\n");
      text.remove_prefix(std::min(end + 2, text.size()));
    }
  }

  void table(const Table& table) {
    // A table that may be longer than a printed page is allowed to break between rows.
    constexpr std::size_t rows_of_a_page = 30;
    add("<div class=\"table", table.rows.size() > rows_of_a_page ? " long" : "",
        "\">\n<div class=\"scroll\">\n<table>\n<caption><b>Table ", std::to_string(++tables_),
        ".</b> ", escaped(table.caption), "</caption>\n<thead><tr>");
    for (const Column& column : table.columns) {
      add("<th scope=\"col\"", column.is_number ? " class=\"n\"" : "", ">", escaped(column.name),
          "</th>");
    }
    add("</tr></thead>\n<tbody>\n");
    for (const std::vector<Cell>& row : table.rows) {
      add("<tr>");
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool is_number = i < table.columns.size() && table.columns[i].is_number;
        const std::string text = row[i].text.empty() ? "–" : escaped(row[i].text);
        add("<td", is_number ? " class=\"n\"" : "", ">", row[i].is_best ? "<b>" : "", text,
            row[i].is_tied ? "<span class=\"tied\">†</span>" : "", row[i].is_best ? "</b>" : "",
            "</td>");
      }
      add("</tr>\n");
    }
    add("</tbody>\n</table>\n</div>\n");
    if (!table.legend.empty()) add("<p class=\"legend\">", escaped(table.legend), "</p>\n");
    add("</div>\n");
  }

  void figure(const CaptionedFigure& figure) {
    add("<figure>\n<div class=\"card\">\n", to_svg_element(figure.figure),
        "</div>\n<figcaption><b>", "Figure ", std::to_string(++figures_), ".</b> ",
        escaped(figure.caption), "</figcaption>\n</figure>\n");
  }

  std::string out_;
  std::size_t tables_ = 0;
  std::size_t figures_ = 0;
};

}  // namespace

std::string to_html(const Page& page) { return Writer().page(page); }

}  // namespace cohort::report
