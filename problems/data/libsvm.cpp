#include "problems/data/libsvm.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "problems/data/number.hpp"

namespace cohort {
namespace {

constexpr std::uint64_t largest_index = std::uint64_t{1} << 31;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool ends_token(char c) { return is_blank(c) || c == '\n' || c == '#'; }

}  // namespace

class LibsvmReader::Parser {
 public:
  explicit Parser(TextSource& source) : source_(source) {}

  Result<Table> next(std::uint64_t rows) {
    table_ = {};
    table_.is_sparse = true;
    table_.offsets.push_back(0);
    while (table_.labels.size() < rows) {
      COHORT_TRY(const std::string_view block, source_.next(line_));
      if (block.empty()) break;
      const char* const end = block.data() + block.size();
      for (const char* p = block.data(); p != end; ++line_) {
        start_ = p;
        p = read_line(p);
        if (p == nullptr) return std::move(*error_);
      }
    }
    has_rows_ = has_rows_ || !table_.labels.empty();
    if (!has_rows_) {
      return bad_input(
          fmt::format("{}:{}: expected a sample (label index:value …), found an empty file",
                      source_.name(), line_));
    }
    table_.features = width_;
    return std::move(table_);
  }

 private:
  /// Returns the start of the next line; nullptr after an error.
  const char* read_line(const char* p) {
    while (is_blank(*p)) ++p;
    if (!ends_token(*p)) {
      double label = 0.0;
      const char* at = p;
      p = parse_decimal(p, label);
      if (p == nullptr || !ends_token(*p)) return fail(at, "expected a finite number as label");
      std::uint64_t last = 0;  // the index before this one
      while (true) {
        while (is_blank(*p)) ++p;
        if (*p == '\n' || *p == '#') break;
        at = p;
        std::uint64_t index = 0;
        while (number_detail::is_digit(*p) && index <= largest_index) {
          index = 10 * index + static_cast<std::uint64_t>(*p++ - '0');
        }
        if (p == at || *p != ':' || index == 0 || index > largest_index) {
          return fail(at, "expected an index from 1 to 2147483648 and ':'");
        }
        if (index <= last) {
          return fail(at, fmt::format("expected an index above {} (they ascend)", last));
        }
        last = index;
        at = ++p;
        double value = 0.0;
        p = parse_decimal(p, value);
        if (p == nullptr || !ends_token(*p)) return fail(at, "expected a finite number as value");
        table_.columns.push_back(static_cast<std::uint32_t>(index - 1));
        table_.values.push_back(value);
      }
      if (last > width_) width_ = last;
      table_.labels.push_back(label);
      table_.offsets.push_back(table_.columns.size());
    }
    while (*p != '\n') ++p;
    return p + 1;
  }

  const char* fail(const char* at, std::string_view expected) {
    const char* end = at;
    while (!ends_token(*end)) ++end;
    error_ = bad_input(fmt::format("{}:{}:{}: {}, found {}", source_.name(), line_, at - start_ + 1,
                                   expected, quote({at, static_cast<std::size_t>(end - at)})));
    return nullptr;
  }

  TextSource& source_;
  Table table_;
  std::uint64_t width_ = 0;  // largest index so far
  bool has_rows_ = false;
  std::uint64_t line_ = 1;
  const char* start_ = nullptr;  // of the line
  std::optional<Error> error_;
};

LibsvmReader::LibsvmReader(TextSource& source) : parser_(std::make_unique<Parser>(source)) {}
LibsvmReader::~LibsvmReader() = default;
Result<Table> LibsvmReader::next(std::uint64_t rows) { return parser_->next(rows); }

Result<Table> read_libsvm(TextSource& source) {
  return LibsvmReader(source).next(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace cohort
