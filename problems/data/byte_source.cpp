#include "problems/data/byte_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "problems/data/checksum.hpp"

namespace cohort {
namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;  // stays in a core's second-level cache
constexpr std::size_t queue_length = 4;                   // blocks inflated ahead of the reader

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

class ByteSource::Blocks {
 public:
  virtual ~Blocks() = default;
  /// Some bytes, 0 at the end.
  virtual Result<std::size_t> read(std::span<std::byte> to) = 0;
  virtual Hash128 checksum() const = 0;
};

namespace {

class PlainBlocks final : public ByteSource::Blocks {
 public:
  explicit PlainBlocks(InputFile file) : file_(std::move(file)) {}

  Result<std::size_t> read(std::span<std::byte> to) override {
    COHORT_TRY(const std::size_t size, file_.read(to));
    sum_.update(to.first(size));
    return size;
  }
  Hash128 checksum() const override { return sum_.digest(); }

 private:
  InputFile file_;
  Checksum sum_;
};

class MemoryBlocks final : public ByteSource::Blocks {
 public:
  explicit MemoryBlocks(std::span<const std::byte> bytes) : all_(bytes), left_(bytes) {}

  Result<std::size_t> read(std::span<std::byte> to) override {
    const auto part = left_.first(std::min(to.size(), left_.size()));
    std::copy(part.begin(), part.end(), to.begin());
    left_ = left_.subspan(part.size());
    return part.size();
  }
  Hash128 checksum() const override { return hash_bytes(all_); }

 private:
  std::span<const std::byte> all_;
  std::span<const std::byte> left_;
};

class GzipBlocks final : public ByteSource::Blocks {
 public:
  explicit GzipBlocks(InputFile file)
      : file_(std::move(file)),
        inflater_([this](const std::stop_token& stop) { inflate_all(stop); }) {}

  Result<std::size_t> read(std::span<std::byte> to) override {
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
    const std::size_t size = std::min(to.size(), current_.size() - used_);
    std::memcpy(to.data(), current_.data() + used_, size);
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
    std::vector<std::byte> output(block_size);
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
  bool push(std::vector<std::byte>& block, const std::stop_token& stop) {
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
  std::deque<std::vector<std::byte>> queue_;
  std::vector<std::vector<std::byte>> spare_;
  std::optional<Error> error_;
  bool finished_ = false;

  // The reader's alone.
  std::vector<std::byte> current_;
  std::size_t used_ = 0;

  std::jthread inflater_;  // last: joined before what it uses is destroyed
};

}  // namespace

// ---------------------------------------------------------------------------------------------

ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;
ByteSource::~ByteSource() = default;

Result<ByteSource> ByteSource::open(const std::filesystem::path& path) {
  COHORT_TRY(InputFile file, InputFile::open(path));
  std::byte magic[2]{};
  COHORT_TRY(const std::size_t size, file.read(magic));
  COHORT_TRY(InputFile rewound, InputFile::open(path));
  ByteSource source;
  source.name_ = file.name();
  source.file_size_ = file.size();
  if (size == 2 && magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b}) {
    source.blocks_ = std::make_unique<GzipBlocks>(std::move(rewound));
  } else {
    source.blocks_ = std::make_unique<PlainBlocks>(std::move(rewound));
  }
  return source;
}

Result<ByteSource> ByteSource::standard_input() {
  COHORT_TRY(InputFile file, InputFile::standard_input());
  ByteSource source;
  source.name_ = file.name();
  source.blocks_ = std::make_unique<PlainBlocks>(std::move(file));
  return source;
}

ByteSource ByteSource::memory(std::span<const std::byte> bytes, std::string name) {
  ByteSource source;
  source.name_ = std::move(name);
  source.file_size_ = bytes.size();
  source.blocks_ = std::make_unique<MemoryBlocks>(bytes);
  return source;
}

Result<std::size_t> ByteSource::read_some(std::span<std::byte> to) { return blocks_->read(to); }

Result<std::size_t> ByteSource::read(std::span<std::byte> to) {
  std::size_t filled = 0;
  while (filled < to.size()) {
    COHORT_TRY(const std::size_t size, blocks_->read(to.subspan(filled)));
    if (size == 0) break;
    filled += size;
  }
  return filled;
}

Hash128 ByteSource::checksum() const { return blocks_->checksum(); }

}  // namespace cohort
