#pragma once
// Files as bytes: plain or gzip (told apart by the first bytes, never by the name). Gzip is
// inflated on a second thread, a few blocks ahead of the reader.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

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

/// The bytes of a file, inflated.
class ByteSource {
 public:
  static Result<ByteSource> open(const std::filesystem::path& path);
  /// Standard input, as plain bytes.
  static Result<ByteSource> standard_input();
  /// Bytes that outlive it, as they are.
  static ByteSource memory(std::span<const std::byte> bytes, std::string name);
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;
  ~ByteSource();

  /// Some bytes, as many as there are at hand; 0 at the end. Errors do not name the file: a
  /// truncated or corrupt gzip stream, a read error.
  Result<std::size_t> read_some(std::span<std::byte> to);
  /// Fills `to` as far as the file goes; fewer bytes only at its end.
  Result<std::size_t> read(std::span<std::byte> to);
  const std::string& name() const { return name_; }
  /// Bytes of the file as it lies on disk.
  std::uint64_t file_size() const { return file_size_; }
  /// Of the bytes on disk, once a read has met the end.
  Hash128 checksum() const;

  class Blocks;  // where the bytes come from

 private:
  ByteSource() = default;
  std::unique_ptr<Blocks> blocks_;
  std::string name_;
  std::uint64_t file_size_ = 0;
};

}  // namespace cohort
