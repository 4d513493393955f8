#pragma once
// Text files, plain or gzip, as blocks of whole lines.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"
#include "problems/data/byte_source.hpp"

namespace cohort {

class TextSource {
 public:
  static Result<TextSource> open(const std::filesystem::path& path);
  /// Standard input, as plain text.
  static Result<TextSource> standard_input();
  explicit TextSource(ByteSource bytes) : bytes_(std::move(bytes)) {}

  /// The next block of whole lines, empty at the end of the file. Every line of it ends in '\n'
  /// (added where the file lacks the last one), so a parser needs no other bound. Valid until the
  /// next call. `line` is the number of the block's first line, for the message of an error:
  /// a truncated or corrupt gzip stream, a read error, a line longer than 256 MiB.
  Result<std::string_view> next(std::uint64_t line);
  const std::string& name() const { return bytes_.name(); }
  /// Bytes of the file as it lies on disk.
  std::uint64_t file_size() const { return bytes_.file_size(); }
  /// Of the bytes on disk, once next() has returned the empty block.
  Hash128 checksum() const { return bytes_.checksum(); }

 private:
  ByteSource bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of the bytes in buffer_ that no block has delivered yet
  std::size_t end_ = 0;
  bool finished_ = false;
};

/// What was found, for a message: the first 40 bytes of a token in quotes, unprintable bytes as
/// \xNN; "the end of the line" when it is empty.
std::string quote(std::string_view token);

}  // namespace cohort
