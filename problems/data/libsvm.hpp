#pragma once
// LIBSVM text: a sample a line,
//   label [index:value …] [# comment]
// separated by blanks, indices from 1 to 2^31 strictly ascending, label and values finite decimal
// numbers. Label-only lines are samples without non-zeros; blank and comment lines are skipped;
// lines end in "\n" or "\r\n". Zeros that are written out are kept as stored values.

#include <cstdint>
#include <memory>

#include "core/result.hpp"
#include "problems/data/table.hpp"
#include "problems/data/text_source.hpp"

namespace cohort {

/// The rows of a source, some at a time, as sparse tables. The source outlives it.
class LibsvmReader {
 public:
  explicit LibsvmReader(TextSource& source);
  ~LibsvmReader();

  /// At least `rows` more rows, or all that are left; none at the end. The table's width is the
  /// largest index so far. Errors as of read_libsvm().
  Result<Table> next(std::uint64_t rows);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

/// The whole of a source as a sparse table. Errors (bad_input) name file, line and column, what was
/// expected and what was found.
Result<Table> read_libsvm(TextSource& source);

}  // namespace cohort
