#pragma once
// Text files as blocks of whole lines: plain or gzip (told apart by the first bytes, never by the
// name). Gzip is inflated on a second thread, a few blocks ahead of the parser.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "core/result.hpp"

namespace cohort {

/// A regular file opened for reading; owns the descriptor.
class InputFile {
 public:
  /// Error bad_input: the file is missing, unreadable, or not a regular file.
  static Result<InputFile> open(const std::filesystem::path& path);
  /// A copy of the descriptor of standard input, which may be a pipe; its size is 0.
  static Result<InputFile> standard_input();
  InputFile(InputFile&& other) noexcept { swap(other); }
  InputFile& operator=(InputFile&& other) noexcept {
    swap(other);
    return *this;
  }
  ~InputFile();

  /// Fills `to` as far as the file goes; fewer bytes than asked, or 0, only at the end.
  Result<std::size_t> read(std::span<std::byte> to);
  std::uint64_t size() const { return size_; }
  int descriptor() const { return descriptor_; }
  const std::string& name() const { return name_; }

 private:
  InputFile() = default;
  void swap(InputFile& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_, other.size_);
    std::swap(name_, other.name_);
  }
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::string name_;
};

class TextSource {
 public:
  static Result<TextSource> open(const std::filesystem::path& path);
  /// Standard input, as plain text.
  static Result<TextSource> standard_input();
  TextSource(TextSource&&) noexcept;
  TextSource& operator=(TextSource&&) noexcept;
  ~TextSource();

  /// The next block of whole lines, empty at the end of the file. Every line of it ends in '\n'
  /// (added where the file lacks the last one), so a parser needs no other bound. Valid until the
  /// next call. `line` is the number of the block's first line, for the message of an error:
  /// a truncated or corrupt gzip stream, a read error, a line longer than 256 MiB.
  Result<std::string_view> next(std::uint64_t line);
  const std::string& name() const { return name_; }
  /// Bytes of the file as it lies on disk.
  std::uint64_t file_size() const { return file_size_; }
  /// Of the bytes on disk, once next() has returned the empty block.
  Hash128 checksum() const;

  class Blocks;  // where the bytes come from

 private:
  TextSource() = default;
  std::unique_ptr<Blocks> blocks_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of the bytes in buffer_ that no block has delivered yet
  std::size_t end_ = 0;
  bool finished_ = false;
  std::string name_;
  std::uint64_t file_size_ = 0;
};

/// What was found, for a message: the first 40 bytes of a token in quotes, unprintable bytes as
/// \xNN; "the end of the line" when it is empty.
std::string quote(std::string_view token);

}  // namespace cohort
