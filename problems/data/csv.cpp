#include "problems/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "problems/data/number.hpp"

namespace cohort {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Whether a field of a first line belongs to data: a number, or what should have been one.
bool looks_numeric(std::string_view field) {
  if (field.empty()) return true;
  const std::string text = std::string(field) + '\n';
  double value = 0.0;
  const char* end = parse_decimal(text.c_str(), value);
  if (end != nullptr) return *end == '\n';
  std::string word;
  for (const char c : field) {
    if (c != '+' && c != '-') word += static_cast<char>(c | 0x20);
  }
  return word == "nan" || word == "inf" || word == "infinity" || word == "na";
}

class Parser {
 public:
  Parser(TextSource& source, const CsvFormat& format)
      : source_(source), format_(format), separator_(format.separator) {}

  Result<Table> read() {
    bool needs_preamble = !format_.preamble.empty();
    while (true) {
      COHORT_TRY(const std::string_view block, source_.next(line_));
      if (block.empty()) break;
      const char* const end = block.data() + block.size();
      for (const char* p = block.data(); p != end; ++line_) {
        const auto* newline =
            static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        const std::string_view line(p, static_cast<std::size_t>(newline - p));
        start_ = p;
        p = newline + 1;
        if (needs_preamble) {
          needs_preamble = false;
          if (trim(line) != format_.preamble) {
            return fail(line, fmt::format("expected the first line '{}'", format_.preamble));
          }
        } else if (const auto text = trim(line); !text.empty()) {
          if (fields_ == 0) {
            COHORT_TRY(const bool is_header, begin(text));
            if (is_header) continue;
          }
          COHORT_DO(read_row(text));
        }
      }
    }
    if (table_.labels.empty()) {
      return bad_input(fmt::format("{}:{}: expected a row of numbers, found {}", source_.name(),
                                   line_, fields_ == 0 ? "an empty file" : "a header only"));
    }
    return std::move(table_);
  }

 private:
  Error fail(std::string_view token, std::string_view expected) const {
    return bad_input(fmt::format("{}:{}:{}: {}, found {}", source_.name(), line_,
                                 token.data() - start_ + 1, expected, quote(token)));
  }

  /// The first line: separator, number of columns, label column. True when it is a header.
  Result<bool> begin(std::string_view line) {
    if (separator_ == '\0') {
      separator_ = ',';
      for (const char candidate : {'\t', ';', ',', ' '}) {
        if (line.find(candidate) != std::string_view::npos) {
          separator_ = candidate;
          break;
        }
      }
    }
    std::vector<std::string_view> fields = split(line);
    fields_ = fields.size();
    bool is_header = format_.header == CsvFormat::Header::yes;
    if (format_.header == CsvFormat::Header::detect) {
      for (const auto field : fields) is_header = is_header || !looks_numeric(field);
    }
    COHORT_TRY(label_, find_label(line, fields, is_header));
    table_.features = fields_ - 1;
    if (table_.features == 0) return fail(line, "expected a label and at least one feature");
    return is_header;
  }

  std::vector<std::string_view> split(std::string_view line) const {
    std::vector<std::string_view> fields;
    bool is_quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= line.size(); ++i) {
      if (i < line.size() && line[i] == '"') is_quoted = !is_quoted;
      if (i < line.size() && (is_quoted || line[i] != separator_)) continue;
      if (separator_ != ' ' || i > begin) {
        std::string_view field = trim(line.substr(begin, i - begin));
        if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
          field = field.substr(1, field.size() - 2);
        }
        fields.push_back(field);
      }
      begin = i + 1;
    }
    return fields;
  }

  Result<std::size_t> find_label(std::string_view line, std::span<const std::string_view> fields,
                                 bool is_header) const {
    if (format_.label == "last") return fields.size() - 1;
    if (format_.label == "first") return std::size_t{0};
    if (is_header) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] == format_.label) return i;
      }
    }
    std::size_t number = 0;
    const char* const end = format_.label.data() + format_.label.size();
    const auto [stop, error] = std::from_chars(format_.label.data(), end, number);
    if (error == std::errc{} && stop == end && number >= 1 && number <= fields.size()) {
      return number - 1;
    }
    return fail(line, fmt::format("expected a label column '{}' (a name of the header, 'first', "
                                  "'last', or a number from 1 to {})",
                                  format_.label, fields.size()));
  }

  Result<void> read_row(std::string_view line) {
    const char* p = line.data();
    const char* const end = p + line.size();
    double label = 0.0;
    for (std::size_t field = 0;; ++field) {
      p = skip_padding(p, end);
      if (field == fields_) return ragged(line, p);
      double value = 0.0;
      const char* const stop = p == end ? nullptr : parse_decimal(p, value);
      if (stop == nullptr) return bad_field(p, end);
      const char* const next = skip_padding(stop, end);
      const bool is_separated =
          next == end || *next == separator_ || (separator_ == ' ' && next > stop);
      if (!is_separated) return bad_field(p, end);
      if (field == label_) {
        label = value;
      } else {
        table_.values.push_back(value);
      }
      if (next == end) {
        if (field + 1 < fields_) return ragged(line, end);
        break;
      }
      p = separator_ == ' ' ? next : next + 1;
    }
    table_.labels.push_back(label);
    return {};
  }

  /// Past blanks that are not themselves a separator to be counted.
  const char* skip_padding(const char* p, const char* end) const {
    while (p != end && (*p == ' ' || (*p == '\t' && separator_ != '\t'))) ++p;
    return p;
  }

  Error bad_field(const char* at, const char* end) const {
    const char* const stop = std::find(at, end, separator_);
    if (at != end && stop == at) {
      return bad_input(fmt::format("{}:{}:{}: expected a finite number, found an empty field",
                                   source_.name(), line_, at - start_ + 1));
    }
    return fail(trim({at, static_cast<std::size_t>(stop - at)}), "expected a finite number");
  }

  Error ragged(std::string_view line, const char* at) const {
    return bad_input(fmt::format("{}:{}:{}: expected {} fields, as in the first row, found {}",
                                 source_.name(), line_, at - start_ + 1, fields_,
                                 split(line).size()));
  }

  TextSource& source_;
  const CsvFormat& format_;
  Table table_;
  char separator_;
  std::size_t fields_ = 0;  // a row, label included; 0 until the first line is seen
  std::size_t label_ = 0;
  std::uint64_t line_ = 1;
  const char* start_ = nullptr;  // of the line
};

}  // namespace

Result<Table> read_csv(TextSource& source, const CsvFormat& format) {
  return Parser(source, format).read();
}

}  // namespace cohort
