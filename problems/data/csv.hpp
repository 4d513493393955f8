#pragma once
// CSV text: a sample a line, every field but that of a key a finite decimal number, one column the
// label.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "problems/data/table.hpp"
#include "problems/data/text_source.hpp"

namespace cohort {

struct CsvFormat {
  /// "last", "first", the name of a column (needs a header line), or its number from 1.
  std::string label = "last";
  /// ',', ';', '\t', ' ', or '\0': the first of tab, ';', ',', ' ' that the first line has.
  /// Blanks around fields are ignored; with ' ' a run of blanks is one separator.
  char separator = '\0';
  /// Whether the first line names the columns. `detect`: it does when one of its fields is not
  /// empty and not a number, nor `nan` or `inf`.
  enum class Header { detect, yes, no } header = Header::detect;
  /// A column of texts that are no feature: a key of each row, named as the label is. Empty: none.
  std::string key{};
  /// A first line that must be exactly this and is skipped; empty: there is none.
  std::string preamble{};

  friend bool operator==(const CsvFormat&, const CsvFormat&) = default;
};

/// The rows of a source, some at a time, as dense tables. The source outlives it.
class CsvReader {
 public:
  /// Without a label every column is a feature, and labels are 0.
  CsvReader(TextSource& source, CsvFormat format, bool has_label = true);
  ~CsvReader();

  /// At least `rows` more rows, or all that are left; none at the end. Errors as of read_csv().
  Result<Table> next(std::uint64_t rows);
  /// Names of all columns, that of the label too, once a row was read; none without a header.
  const std::vector<std::string>& names() const;
  /// The different keys so far, in order of appearance: what numbers in the table's keys stand for.
  const std::vector<std::string>& keys() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

/// Where the label is among columns of these names, or among `columns` without names; nothing where
/// it is not.
std::optional<std::size_t> label_column(const std::string& label,
                                        std::span<const std::string> names, std::size_t columns);

/// The whole of a source as a dense table, its keys numbered in ascending order: of their values if
/// all are numbers, else of their bytes. Blank lines are skipped; lines end in "\n" or "\r\n";
/// names in the header may be quoted. Errors (bad_input) name file, line and column, what was
/// expected and what was found: a field that is not a finite number, a row of another length than
/// the first, no such label column, an empty file.
Result<Table> read_csv(TextSource& source, const CsvFormat& format);

}  // namespace cohort
