#include "problems/data/text_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "problems/data/checksum.hpp"

namespace cohort {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;  // stays in a core's second-level cache
constexpr std::size_t queue_length = 4;                   // blocks inflated ahead of the parser
constexpr std::size_t longest_line = std::size_t{1} << 28;

std::string system_message(int number) { return std::strerror(number); }

}  // namespace

// ---------------------------------------------------------------------------------------------
// Files

Result<InputFile> InputFile::open(const std::filesystem::path& path) {
  InputFile file;
  file.name_ = path.string();
  // Non-blocking, so that a named pipe is refused and does not hang the run.
  file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.descriptor_ < 0) {
    return bad_input(fmt::format("{}: cannot be opened: {}", file.name_, system_message(errno)));
  }
  struct stat status {};
  if (::fstat(file.descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    return bad_input(fmt::format("{}: expected a regular file", file.name_));
  }
  file.size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

Result<InputFile> InputFile::standard_input() {
  InputFile file;
  file.name_ = "standard input";
  file.descriptor_ = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
  if (file.descriptor_ < 0) {
    return bad_input(fmt::format("{}: cannot be opened: {}", file.name_, system_message(errno)));
  }
  return file;
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> InputFile::read(std::span<std::byte> to) {
  std::size_t filled = 0;
  while (filled < to.size()) {
    const ssize_t got = ::read(descriptor_, to.data() + filled, to.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return bad_input(fmt::format("{}: cannot be read: {}", name_, system_message(errno)));
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

// ---------------------------------------------------------------------------------------------
// Blocks

class TextSource::Blocks {
 public:
  virtual ~Blocks() = default;
  /// Up to `capacity` bytes of text; 0 at the end.
  virtual Result<std::size_t> read(char* to, std::size_t capacity) = 0;
  virtual Hash128 checksum() const = 0;
};

namespace {

class PlainBlocks final : public TextSource::Blocks {
 public:
  explicit PlainBlocks(InputFile file) : file_(std::move(file)) {}

  Result<std::size_t> read(char* to, std::size_t capacity) override {
    const auto bytes = std::as_writable_bytes(std::span(to, capacity));
    COHORT_TRY(const std::size_t size, file_.read(bytes));
    sum_.update(bytes.first(size));
    return size;
  }
  Hash128 checksum() const override { return sum_.digest(); }

 private:
  InputFile file_;
  Checksum sum_;
};

class GzipBlocks final : public TextSource::Blocks {
 public:
  explicit GzipBlocks(InputFile file)
      : file_(std::move(file)),
        inflater_([this](const std::stop_token& stop) { inflate_all(stop); }) {}

  Result<std::size_t> read(char* to, std::size_t capacity) override {
    if (used_ == current_.size()) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !queue_.empty() || finished_; });
      if (queue_.empty()) {
        if (error_) return *error_;
        return std::size_t{0};
      }
      spare_.push_back(std::move(current_));
      current_ = std::move(queue_.front());
      queue_.pop_front();
      used_ = 0;
      room_.notify_one();
    }
    const std::size_t size = std::min(capacity, current_.size() - used_);
    std::memcpy(to, current_.data() + used_, size);
    used_ += size;
    return size;
  }

  Hash128 checksum() const override { return sum_.digest(); }

 private:
  // The thread: inflates until the end, an error, or the destructor.
  void inflate_all(const std::stop_token& stop) {
    std::optional<Error> error;
    try {
      if (auto result = inflate_members(stop); !result) error = result.error();
    } catch (const std::bad_alloc&) {
      error = bad_environment(fmt::format("{}: out of memory while inflating", file_.name()));
    }
    const std::scoped_lock lock(mutex_);
    error_ = std::move(error);
    finished_ = true;
    arrived_.notify_one();
  }

  Result<void> inflate_members(const std::stop_token& stop) {
    struct Stream : z_stream {
      Stream() : z_stream{} {}
      ~Stream() { inflateEnd(this); }
    } stream;
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
    std::vector<std::byte> input(block_size);
    std::vector<char> output(block_size);
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(block_size);
    bool in_member = true;  // the magic bytes were seen
    while (!stop.stop_requested()) {
      if (stream.avail_in == 0) {
        COHORT_TRY(const std::size_t size, file_.read(input));
        sum_.update(std::span(input).first(size));
        if (size == 0 && in_member) return bad_input("the gzip stream is truncated");
        if (size == 0) break;
        stream.next_in = reinterpret_cast<Bytef*>(input.data());
        stream.avail_in = static_cast<uInt>(size);
      }
      if (!in_member) {  // a file may be several gzip streams, one after another
        inflateReset(&stream);
        in_member = true;
      }
      const int status = ::inflate(&stream, Z_NO_FLUSH);
      if (status == Z_STREAM_END) {
        in_member = false;
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        return bad_input(fmt::format("the gzip stream is corrupt ({})",
                                     stream.msg != nullptr ? stream.msg : "no detail"));
      }
      if (stream.avail_out == 0) {
        if (!push(output, stop)) return {};
        stream.next_out = reinterpret_cast<Bytef*>(output.data());
        stream.avail_out = static_cast<uInt>(block_size);
      }
    }
    output.resize(block_size - stream.avail_out);
    push(output, stop);
    return {};
  }

  /// Hands a block over and takes a free one of full size; false when the reader is gone.
  bool push(std::vector<char>& block, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!room_.wait(lock, stop, [this] { return queue_.size() < queue_length; })) return false;
    if (!block.empty()) queue_.push_back(std::move(block));
    arrived_.notify_one();
    block.clear();
    if (!spare_.empty()) {
      block = std::move(spare_.back());
      spare_.pop_back();
    }
    lock.unlock();
    block.resize(block_size);
    return true;
  }

  // The inflating thread's alone until it has finished.
  InputFile file_;
  Checksum sum_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable_any room_;
  std::deque<std::vector<char>> queue_;
  std::vector<std::vector<char>> spare_;
  std::optional<Error> error_;
  bool finished_ = false;

  // The reader's alone.
  std::vector<char> current_;
  std::size_t used_ = 0;

  std::jthread inflater_;  // last: joined before what it uses is destroyed
};

}  // namespace

// ---------------------------------------------------------------------------------------------
// Lines

TextSource::TextSource(TextSource&&) noexcept = default;
TextSource& TextSource::operator=(TextSource&&) noexcept = default;
TextSource::~TextSource() = default;

Result<TextSource> TextSource::open(const std::filesystem::path& path) {
  COHORT_TRY(InputFile file, InputFile::open(path));
  std::byte magic[2]{};
  COHORT_TRY(const std::size_t size, file.read(magic));
  COHORT_TRY(InputFile rewound, InputFile::open(path));
  TextSource source;
  source.name_ = file.name();
  source.file_size_ = file.size();
  if (size == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b}) {
    source.blocks_ = std::make_unique<GzipBlocks>(std::move(rewound));
  } else {
    source.blocks_ = std::make_unique<PlainBlocks>(std::move(rewound));
  }
  return source;
}

Result<TextSource> TextSource::standard_input() {
  COHORT_TRY(InputFile file, InputFile::standard_input());
  TextSource source;
  source.name_ = file.name();
  source.blocks_ = std::make_unique<PlainBlocks>(std::move(file));
  return source;
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
          fmt::format("{}:{}: expected a line of at most {} bytes", name_, line, longest_line));
    }
    // One byte more than is read, for the last '\n'.
    if (buffer_.size() < kept + block_size + 1) buffer_.resize(2 * kept + block_size + 1);
    auto got = blocks_->read(buffer_.data() + kept, buffer_.size() - kept - 1);
    if (!got) {
      return Error{got.error().code, fmt::format("{}:{}: {}", name_, line, got.error().message)};
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

Hash128 TextSource::checksum() const { return blocks_->checksum(); }

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
