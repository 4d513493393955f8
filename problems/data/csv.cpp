#include "problems/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <unordered_map>
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

}  // namespace

class CsvReader::Parser {
 public:
  Parser(TextSource& source, CsvFormat format, bool has_label)
      : source_(source),
        format_(std::move(format)),
        separator_(format_.separator),
        has_label_(has_label),
        needs_preamble_(!format_.preamble.empty()) {}

  Result<Table> next(std::uint64_t rows) {
    while (table_.labels.size() < rows) {
      COHORT_TRY(const std::string_view block, source_.next(line_));
      if (block.empty()) break;
      const char* const end = block.data() + block.size();
      for (const char* p = block.data(); p != end; ++line_) {
        const auto* newline =
            static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(end - p)));
        const std::string_view line(p, static_cast<std::size_t>(newline - p));
        start_ = p;
        p = newline + 1;
        if (needs_preamble_) {
          needs_preamble_ = false;
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
    has_rows_ = has_rows_ || !table_.labels.empty();
    if (!has_rows_) {
      return bad_input(fmt::format("{}:{}: expected a row of numbers, found {}", source_.name(),
                                   line_, fields_ == 0 ? "an empty file" : "a header only"));
    }
    const std::size_t features = table_.features;
    Table full = std::exchange(table_, {});
    table_.features = features;
    return full;
  }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& keys() const { return key_names_; }

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
      // A key that is named by its place may be text in any line.
      const auto key = format_.key.empty() ? std::nullopt : label_column(format_.key, {}, fields_);
      is_header = !format_.key.empty() && !key;
      for (std::size_t c = 0; c < fields_; ++c) {
        is_header = is_header || (c != key && !looks_numeric(fields[c]));
      }
    }
    if (is_header) names_.assign(fields.begin(), fields.end());
    table_.features = fields_;
    if (!format_.key.empty()) {
      const auto key = label_column(format_.key, names_, fields_);
      if (!key) {
        return fail(line, fmt::format("expected a key column '{}' (a name of the header, 'first', "
                                      "'last', or a number from 1 to {})",
                                      format_.key, fields_));
      }
      key_ = *key;
      --table_.features;
    }
    if (has_label_) {
      const auto label = label_column(format_.label, names_, fields_);
      if (!label) {
        return fail(line, fmt::format("expected a label column '{}' (a name of the header, "
                                      "'first', 'last', or a number from 1 to {})",
                                      format_.label, fields_));
      }
      label_ = *label;
      --table_.features;
      if (label_ == key_) return fail(line, "expected different columns for key and label");
    }
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
        fields.push_back(unquoted(trim(line.substr(begin, i - begin))));
      }
      begin = i + 1;
    }
    return fields;
  }

  Result<void> read_row(std::string_view line) {
    const char* p = line.data();
    const char* const end = p + line.size();
    double label = 0.0;
    for (std::size_t field = 0;; ++field) {
      p = skip_padding(p, end);
      if (field == fields_) return ragged(line, p);
      if (field == key_) {
        const char* const stop = end_of_field(p, end);
        table_.keys.push_back(
            number_of_key(unquoted(trim({p, static_cast<std::size_t>(stop - p)}))));
        if (stop == end) {
          if (field + 1 < fields_) return ragged(line, end);
          break;
        }
        p = stop + 1;
        continue;
      }
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

  const char* end_of_field(const char* p, const char* end) const {
    bool is_quoted = false;
    while (p != end && (is_quoted || *p != separator_)) is_quoted ^= *p++ == '"';
    return p;
  }
  static std::string_view unquoted(std::string_view field) {
    const bool is_quoted = field.size() >= 2 && field.front() == '"' && field.back() == '"';
    return is_quoted ? field.substr(1, field.size() - 2) : field;
  }
  std::uint32_t number_of_key(std::string_view key) {
    const auto [at, is_new] =
        key_numbers_.try_emplace(std::string(key), static_cast<std::uint32_t>(key_names_.size()));
    if (is_new) key_names_.emplace_back(key);
    return at->second;
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
  CsvFormat format_;
  Table table_;
  char separator_;
  bool has_label_;
  bool needs_preamble_;
  bool has_rows_ = false;
  std::vector<std::string> names_;
  std::size_t fields_ = 0;  // a row, label included; 0 until the first line is seen
  std::size_t label_ = std::numeric_limits<std::size_t>::max();
  std::size_t key_ = std::numeric_limits<std::size_t>::max();
  std::unordered_map<std::string, std::uint32_t> key_numbers_;
  std::vector<std::string> key_names_;
  std::uint64_t line_ = 1;
  const char* start_ = nullptr;  // of the line
};

CsvReader::CsvReader(TextSource& source, CsvFormat format, bool has_label)
    : parser_(std::make_unique<Parser>(source, std::move(format), has_label)) {}
CsvReader::~CsvReader() = default;
Result<Table> CsvReader::next(std::uint64_t rows) { return parser_->next(rows); }
const std::vector<std::string>& CsvReader::names() const { return parser_->names(); }
const std::vector<std::string>& CsvReader::keys() const { return parser_->keys(); }

std::optional<std::size_t> label_column(const std::string& label,
                                        std::span<const std::string> names, std::size_t columns) {
  if (label == "last") return columns - 1;
  if (label == "first") return 0;
  if (const auto found = std::find(names.begin(), names.end(), label); found != names.end()) {
    return static_cast<std::size_t>(found - names.begin());
  }
  std::size_t number = 0;
  const char* const end = label.data() + label.size();
  const auto [stop, error] = std::from_chars(label.data(), end, number);
  if (error == std::errc{} && stop == end && number >= 1 && number <= columns) return number - 1;
  return std::nullopt;
}

namespace {

/// Numbers keys in ascending order.
void order_keys(const std::vector<std::string>& names, Table& table) {
  std::vector<double> values(names.size());
  bool are_numbers = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string text = names[i] + '\n';
    const char* const end = parse_decimal(text.c_str(), values[i]);
    are_numbers = are_numbers && end != nullptr && *end == '\n';
  }
  std::vector<std::uint32_t> order(names.size()), place(names.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (are_numbers && values[a] != values[b]) return values[a] < values[b];
    return names[a] < names[b];
  });
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    table.key_names.push_back(names[order[i]]);
  }
  for (std::size_t row = 0; row < table.keys.size(); ++row) {
    table.keys[row] = place[table.keys[row]];
  }
}

}  // namespace

Result<Table> read_csv(TextSource& source, const CsvFormat& format) {
  CsvReader reader(source, format);
  COHORT_TRY(Table table, reader.next(std::numeric_limits<std::uint64_t>::max()));
  order_keys(reader.keys(), table);
  return table;
}

}  // namespace cohort
