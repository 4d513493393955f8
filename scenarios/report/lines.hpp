#pragma once
// Text files line by line, whatever they hold: bounded lines, and whether the last one was ended.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace cohort::report {

class LineReader {
 public:
  static constexpr std::size_t longest_line = std::size_t{1} << 20;

  explicit LineReader(const std::filesystem::path& path);

  bool is_open() const { return in_.is_open(); }
  /// The next line without its end, valid until the next call; false at the end of the file.
  /// Error (bad_input): file:line, the line is longer than longest_line.
  Result<bool> next(std::string_view& line);
  /// Whether the line that was read last had an end: the last one of a killed program may not.
  bool is_ended() const { return is_ended_; }
  /// Error (bad_input) at the line that was read last: "metrics.jsonl:7: expected …".
  Error error(std::string_view message) const;

 private:
  std::string path_;
  std::ifstream in_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was not yet handed out
  std::uint64_t number_ = 0;
  bool is_ended_ = true;
};

/// The cells of a record of RFC 4180. False: a quote is still open, the record goes on in the next
/// line. Error: the message for LineReader::error().
Result<bool> split_csv(std::string_view record, std::vector<std::string>& cells);

}  // namespace cohort::report
