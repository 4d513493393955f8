#include "scenarios/matrix_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <istream>
#include <iterator>
#include <limits>
#include <optional>

namespace cohort {

namespace {

constexpr std::string_view npy_magic("\x93NUMPY", 6);

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

/// What follows 'key': in the header, up to the comma or parenthesis that ends it.
std::optional<std::string_view> header_value(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}'", key));
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = header.substr(at + key.size() + 2);
  while (!rest.empty() && (rest.front() == ':' || rest.front() == ' ')) rest.remove_prefix(1);
  const bool is_tuple = !rest.empty() && rest.front() == '(';
  const std::size_t end = rest.find(is_tuple ? ')' : ',');
  if (end == std::string_view::npos) return std::nullopt;
  return rest.substr(0, end + (is_tuple ? 1 : 0));
}

template <class T>
Result<MatrixFile> take_elements(MatrixFile out, std::span<const std::byte> data,
                                 const std::string& name) {
  const std::size_t available = data.size() / sizeof(T);
  if (data.size() % sizeof(T) != 0 || (out.columns > 0 && out.rows != available / out.columns) ||
      out.rows * out.columns != available) {
    return bad_input(fmt::format("{}: expected {} x {} elements of {} bytes, found {} bytes", name,
                                 out.rows, out.columns, sizeof(T), data.size()));
  }
  std::vector<T> values(available);
  std::memcpy(values.data(), data.data(), data.size());
  out.values = std::move(values);
  return out;
}

Result<MatrixFile> parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
  if (bytes.size() < 12) return bad_input(fmt::format("{}: a .npy file that ends early", name));
  const std::size_t version = byte(6), start = version == 1 ? 10 : 12;
  const std::size_t length =
      byte(8) | byte(9) << 8 | (version == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (version < 1 || version > 3 || length > bytes.size() - start) {
    return bad_input(
        fmt::format("{}: expected a .npy header of version 1 to 3, found version {} "
                    "and {} bytes",
                    name, version, length));
  }
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + start, length);
  const auto type = header_value(header, "descr"), shape = header_value(header, "shape"),
             order = header_value(header, "fortran_order");
  if (!type || !shape || !order) {
    return bad_input(
        fmt::format("{}: expected descr, fortran_order and shape in the .npy header", name));
  }
  if (*order != "False") {
    return bad_input(fmt::format("{}: expected C order, found fortran_order = {}", name, *order));
  }
  MatrixFile out;
  std::size_t* const sizes[] = {&out.rows, &out.columns};
  std::string_view rest = shape->substr(1);
  for (std::size_t* size : sizes) {
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == ',')) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), *size);
    if (error != std::errc()) {
      return bad_input(fmt::format("{}: expected two dimensions, found shape {}", name, *shape));
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  if (rest != ")" && rest != ",)") {
    return bad_input(fmt::format("{}: expected two dimensions, found shape {}", name, *shape));
  }
  const auto data = bytes.subspan(start + length);
  if (*type == "'<f8'") return take_elements<double>(std::move(out), data, name);
  if (*type == "'<f4'") return take_elements<float>(std::move(out), data, name);
  return bad_input(fmt::format("{}: expected elements '<f4' or '<f8', found {}", name, *type));
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
  std::string header =
      fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({},), }}", values.size());
  header.append(64 - (11 + header.size()) % 64, ' ').push_back('\n');
  std::ofstream out(path, std::ios::binary);
  out << npy_magic << '\1' << '\0' << static_cast<char>(header.size() & 0xFF)
      << static_cast<char>(header.size() >> 8) << header;
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * static_cast<Index>(sizeof(double))));
  out.flush();
  if (!out) return bad_environment(fmt::format("{}: cannot be written", path.string()));
  return {};
}

}  // namespace cohort
