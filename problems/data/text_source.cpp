#include "problems/data/text_source.hpp"

#include <fmt/format.h>

#include <cstring>
#include <span>

namespace cohort {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;  // stays in a core's second-level cache
constexpr std::size_t longest_line = std::size_t{1} << 28;

}  // namespace

Result<TextSource> TextSource::open(const std::filesystem::path& path) {
  COHORT_TRY(ByteSource bytes, ByteSource::open(path));
  return TextSource(std::move(bytes));
}

Result<TextSource> TextSource::standard_input() {
  COHORT_TRY(ByteSource bytes, ByteSource::standard_input());
  return TextSource(std::move(bytes));
}

Result<std::string_view> TextSource::next(std::uint64_t line) {
  // What the last block left is the start of a line: move it to the front and read on.
  std::size_t kept = end_ - begin_;
  if (kept > 0 && begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
  begin_ = 0;
  while (true) {
    if (finished_) {
      end_ = begin_ = 0;
      if (kept == 0) return std::string_view();
      buffer_[kept] = '\n';
      return std::string_view(buffer_.data(), kept + 1);
    }
    if (kept > longest_line) {
      return bad_input(
          fmt::format("{}:{}: expected a line of at most {} bytes", name(), line, longest_line));
    }
    // One byte more than is read, for the last '\n'.
    if (buffer_.size() < kept + block_size + 1) buffer_.resize(2 * kept + block_size + 1);
    auto got = bytes_.read_some(
        std::as_writable_bytes(std::span(buffer_).subspan(kept, buffer_.size() - kept - 1)));
    if (!got) {
      return Error{got.error().code, fmt::format("{}:{}: {}", name(), line, got.error().message)};
    }
    const std::string_view fresh(buffer_.data() + kept, *got);
    finished_ = fresh.empty();
    end_ = kept + fresh.size();
    if (const auto newline = fresh.rfind('\n'); newline != std::string_view::npos) {
      begin_ = kept + newline + 1;
      return std::string_view(buffer_.data(), begin_);
    }
    kept = end_;
  }
}

std::string quote(std::string_view token) {
  if (token.empty()) return "the end of the line";
  std::string text = "'";
  for (const char c : token.substr(0, 40)) {
    if (c >= 0x20 && c < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text + (token.size() > 40 ? "…'" : "'");
}

}  // namespace cohort
