#include "scenarios/report/lines.hpp"

#include <fmt/format.h>

namespace cohort::report {

LineReader::LineReader(const std::filesystem::path& path)
    : path_(path.string()), in_(path, std::ios::binary) {}

Result<bool> LineReader::next(std::string_view& line) {
  constexpr std::size_t chunk = std::size_t{1} << 16;
  std::size_t searched = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      is_ended_ = true;
      break;
    }
    if (buffer_.size() - begin_ > longest_line) {
      ++number_;
      return error(fmt::format("expected a line of at most {} bytes", longest_line));
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    buffer_.resize(searched + chunk);
    in_.read(buffer_.data() + searched, static_cast<std::streamsize>(chunk));
    buffer_.resize(searched + static_cast<std::size_t>(in_.gcount()));
    if (buffer_.size() > searched) continue;
    if (buffer_.empty()) return false;
    line = buffer_;
    begin_ = buffer_.size();
    is_ended_ = false;
    break;
  }
  ++number_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

Error LineReader::error(std::string_view message) const {
  return bad_input(fmt::format("{}:{}: {}", path_, number_, message));
}

Result<bool> split_csv(std::string_view record, std::vector<std::string>& cells) {
  std::size_t count = 0;
  const auto next_cell = [&]() -> std::string& {
    if (count == cells.size()) cells.emplace_back();
    cells[count].clear();
    return cells[count++];
  };
  std::size_t i = 0;
  for (;;) {
    std::string& cell = next_cell();
    if (i < record.size() && record[i] == '"') {
      for (++i;; ++i) {
        if (i == record.size()) return false;
        if (record[i] != '"') {
          cell += record[i];
        } else if (i + 1 < record.size() && record[i + 1] == '"') {
          cell += record[++i];
        } else {
          break;
        }
      }
      if (++i < record.size() && record[i] != ',')
        return bad_input("expected a comma after a quote");
    } else {
      const std::size_t end = std::min(record.find(',', i), record.size());
      cell = record.substr(i, end - i);
      i = end;
    }
    if (i >= record.size()) break;
    ++i;
  }
  cells.resize(count);
  return true;
}

}  // namespace cohort::report
