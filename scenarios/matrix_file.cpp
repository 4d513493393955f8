#include "scenarios/matrix_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/file.hpp"
#include "problems/data/npy.hpp"

namespace cohort {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// Empty unless `word` is one number, NaN or infinity.
std::optional<double> number(std::string_view word) {
  if (word.size() > 1 && word.front() == '+') word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

Result<MatrixFile> parse_text(std::string_view text, const std::string& name) {
  MatrixFile out;
  auto& values = out.values.emplace<std::vector<double>>();
  std::size_t first_line = 0;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    const bool has_commas = line.find(',') != std::string_view::npos;
    std::size_t found = 0;
    for (bool is_last = false; !is_last;) {
      const std::size_t stop = has_commas ? line.find(',') : line.find_first_of(blanks);
      is_last = stop == std::string_view::npos;
      const std::string_view word = trimmed(line.substr(0, stop));
      ++found;
      const auto value = number(word);
      if (!value) {
        return bad_input(fmt::format("{}:{}: expected a number in column {}, found '{}'", name,
                                     line_number, found, word.substr(0, 40)));
      }
      values.push_back(*value);
      if (!is_last) line.remove_prefix(stop + 1);
      if (!has_commas) line = trimmed(line);
    }
    if (out.rows == 0) {
      out.columns = found;
      first_line = line_number;
    } else if (found != out.columns) {
      return bad_input(fmt::format("{}:{}: expected {} numbers as in line {}, found {}", name,
                                   line_number, out.columns, first_line, found));
    }
    ++out.rows;
  }
  return out;
}

/// Single precision stays; everything else becomes double.
Result<MatrixFile> parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  ByteSource source = ByteSource::memory(bytes, name);
  COHORT_TRY(NumberArray array, read_npy(source));
  if (array.shape.size() != 2) {
    return bad_input(
        fmt::format("{}: expected two dimensions, found shape {}", name, shape_text(array.shape)));
  }
  MatrixFile out{
      static_cast<std::size_t>(array.shape[0]), static_cast<std::size_t>(array.shape[1]), {}};
  std::visit(
      [&]<class T>(std::vector<T>& values) {
        if constexpr (std::is_floating_point_v<T>) {
          out.values = std::move(values);
        } else {
          out.values = std::vector<double>(values.begin(), values.end());
        }
      },
      array.values);
  return out;
}

}  // namespace

Result<MatrixFile> parse_matrix(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with(npy_magic) ? parse_npy(bytes, name) : parse_text(text, name);
}

Result<MatrixFile> read_matrix(std::istream& in, const std::string& name) {
  std::string all;
  std::vector<char> piece(std::size_t{1} << 20);
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
    all.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return bad_environment(fmt::format("{}: cannot be read", name));
  return parse_matrix(std::as_bytes(std::span(all)), name);
}

Result<void> write_npy(const std::filesystem::path& path, const Vec& values) {
  const auto size = static_cast<std::uint64_t>(values.size());
  return write_durably(path,
                       npy_bytes({"", {size}, std::vector<double>(values.begin(), values.end())}));
}

}  // namespace cohort
