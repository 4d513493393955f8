#include "problems/external/channel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

extern char** environ;

namespace cohort {

namespace {

using Json = nlohmann::json;

constexpr std::string_view magic = "CXP1";
constexpr std::size_t prefix_bytes = 8;
constexpr std::size_t most_header_bytes = std::size_t{1} << 16;
constexpr std::size_t alignment = 8;
constexpr int pipe_bytes = 1 << 20;
constexpr Seconds grace{1};  // to end in, after its input was closed
constexpr std::size_t most_parts = 64;

std::size_t padding(std::size_t bytes) { return (alignment - bytes % alignment) % alignment; }

std::string shape_text(const std::vector<std::size_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ","));
}

template <class Array>
std::string arrays_text(std::span<const Array> arrays) {
  std::string text = "[";
  for (const Array& a : arrays) {
    text += fmt::format(R"({}["{}","{}",{}])", text.size() > 1 ? "," : "", a.name, a.type,
                        shape_text(a.shape));
  }
  return text + "]";
}

// A program that has gone is told by EPIPE.
void ignore_broken_pipes() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    std::signal(SIGPIPE, SIG_IGN);
  }
}

std::string reason() { return std::strerror(errno); }

// The part of an answer that is shown of what is no message.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 40)) {
    out += c >= ' ' && c <= '~' ? std::string(1, c)
                                : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Result<void> ExternalOptions::check(std::string_view where) const {
  if (command.empty() != socket.empty()) return {};
  return bad_input(fmt::format(
      "{0}.command: expected {0}.command or {0}.socket, found {1}; they belong to the site, so "
      "they are not kept with a run",
      where, command.empty() ? "neither" : "both"));
}

SentArray sent(std::string name, std::span<const double> values, std::vector<std::size_t> shape) {
  if (shape.empty()) shape = {values.size()};
  return {std::move(name), "<f8", std::move(shape), std::as_bytes(values)};
}
SentArray sent(std::string name, std::span<const std::uint32_t> values) {
  return {std::move(name), "<u4", {values.size()}, std::as_bytes(values)};
}
WantedArray wanted(std::string name, std::span<double> values, std::vector<std::size_t> shape) {
  if (shape.empty()) shape = {values.size()};
  return {std::move(name), "<f8", std::move(shape), std::as_writable_bytes(values)};
}

ExternalChannel::ExternalChannel(const ExternalOptions& options)
    : limit_(options.deadline), deadline_(Deadline::after(limit_)) {
  if (const auto fits = options.check("external"); !fits) {
    throw ExternalFailure(fits.error().message);
  }
  ignore_broken_pipes();
  if (!options.socket.empty()) {
    name_ = options.socket;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (options.socket.size() >= sizeof address.sun_path) {
      fail(fmt::format("expected a path of less than {} bytes", sizeof address.sun_path));
    }
    std::copy(options.socket.begin(), options.socket.end(), address.sun_path);
    in_ = out_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (in_ < 0 ||
        ::connect(in_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fail("cannot connect: " + reason());
    }
  } else {
    name_ = fmt::format("{}", fmt::join(options.command, " "));
    int to[2], from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) {
      fail("cannot make a pipe: " + reason());
    }
    out_ = to[1];
    in_ = from[0];
    // Fewer changes between the two processes; where it is not allowed the size stays.
    ::fcntl(out_, F_SETPIPE_SZ, pipe_bytes);
    ::fcntl(in_, F_SETPIPE_SZ, pipe_bytes);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : options.command) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    const int status =
        ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
    if (status != 0) {
      pid_ = -1;
      fail(fmt::format("cannot be started: {}", std::strerror(status)));
    }
  }
  ::fcntl(in_, F_SETFL, ::fcntl(in_, F_GETFL) | O_NONBLOCK);
  ::fcntl(out_, F_SETFL, ::fcntl(out_, F_GETFL) | O_NONBLOCK);
}

ExternalChannel::~ExternalChannel() {
  if (out_ >= 0) ::close(out_);
  if (in_ >= 0 && in_ != out_) ::close(in_);
  if (pid_ < 0) return;
  const Deadline end = Deadline::after(grace);
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (end.passed()) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void ExternalChannel::fail(const std::string& what) {
  has_failed_ = true;
  throw ExternalFailure(fmt::format("external program \"{}\"{}: {}", name_,
                                    question_.empty() ? "" : fmt::format(", asked {}", question_),
                                    what));
}

std::string ExternalChannel::how_it_ended() {
  if (pid_ < 0) return "it closed the connection";
  int status = 0;
  const Deadline end = Deadline::after(grace);
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (end.passed()) return "it closed its output";
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    return fmt::format("it was ended by signal {} ({})", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("it ended with exit status {}", WEXITSTATUS(status));
}

void ExternalChannel::wait(int descriptor, short events, std::string_view what) {
  for (;;) {
    const double left = (limit_ - deadline_.waited()).count();
    pollfd ready{descriptor, events, 0};
    const int found = left > 0 ? ::poll(&ready, 1, static_cast<int>(left * 1e3) + 1) : 0;
    if (found > 0) return;
    if (found < 0 && errno != EINTR) fail("poll: " + reason());
    if (found == 0 && deadline_.passed()) {
      fail(fmt::format("{} within {:g} s", what, limit_.count()));
    }
  }
}

void ExternalChannel::write_all(std::span<const std::span<const std::byte>> parts) {
  std::size_t part = 0, done = 0;  // bytes of that part
  while (part < parts.size()) {
    if (done == parts[part].size()) {
      ++part;
      done = 0;
      continue;
    }
    iovec vectors[most_parts];
    int count = 0;
    for (std::size_t i = part; i < parts.size() && i - part < most_parts; ++i) {
      const auto rest = i == part ? parts[i].subspan(done) : parts[i];
      vectors[count++] = {const_cast<std::byte*>(rest.data()), rest.size()};
    }
    const ssize_t written = ::writev(out_, vectors, count);
    if (written < 0) {
      if (errno == EAGAIN || errno == EINTR) {
        wait(out_, POLLOUT, "did not read the question");
        continue;
      }
      if (errno == EPIPE || errno == ECONNRESET) fail(how_it_ended());
      fail("write: " + reason());
    }
    for (std::size_t left = static_cast<std::size_t>(written); left > 0;) {
      const std::size_t here = std::min(left, parts[part].size() - done);
      done += here;
      left -= here;
      if (left > 0) {
        ++part;
        done = 0;
      }
    }
  }
}

void ExternalChannel::read_all(std::span<std::byte> out, std::string_view what) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::read(in_, out.data() + done, out.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0) {
      const std::string end = how_it_ended();
      fail(done == 0 ? fmt::format("{} before {}", end, what)
                     : fmt::format("{} after {} of {} bytes of {}", end, done, out.size(), what));
    } else if (errno == EAGAIN || errno == EINTR) {
      wait(in_, POLLIN, fmt::format("{} did not come", what));
    } else {
      fail("read: " + reason());
    }
  }
}

void ExternalChannel::tell(std::string_view op, const std::string& fields,
                           std::span<const SentArray> arrays) {
  question_ = fields.empty() ? std::string(op) : fmt::format("{} ({})", op, fields);
  deadline_ = Deadline::after(limit_);
  header_ = fmt::format(R"({{"op":"{}","id":{},{}{}"arrays":{}}})", op, next_id_++, fields,
                        fields.empty() ? "" : ",", arrays_text(arrays));
  header_.resize(header_.size() + padding(prefix_bytes + header_.size()), ' ');
  char prefix[prefix_bytes];
  const auto length = static_cast<std::uint32_t>(header_.size());
  std::copy(magic.begin(), magic.end(), prefix);
  std::memcpy(prefix + magic.size(), &length, sizeof length);
  static constexpr std::byte zeros[alignment] = {};
  std::vector<std::span<const std::byte>> parts = {std::as_bytes(std::span(prefix)),
                                                   std::as_bytes(std::span(header_))};
  for (const SentArray& a : arrays) {
    parts.push_back(a.bytes);
    if (const std::size_t more = padding(a.bytes.size()); more > 0) {
      parts.push_back(std::span(zeros).first(more));
    }
  }
  write_all(parts);
}

void ExternalChannel::ask(std::string_view op, const std::string& fields,
                          std::span<const SentArray> arrays, std::span<const WantedArray> wanted) {
  const std::uint64_t id = next_id_;
  tell(op, fields, arrays);
  char prefix[prefix_bytes];
  read_all(std::as_writable_bytes(std::span(prefix)), "an answer");
  if (std::string_view(prefix, magic.size()) != magic) {
    fail(fmt::format("expected a message, which begins with {}, found \"{}\"", magic,
                     printable({prefix, prefix_bytes})));
  }
  std::uint32_t length = 0;
  std::memcpy(&length, prefix + magic.size(), sizeof length);
  if (length > most_header_bytes) {
    fail(fmt::format("expected a header of at most {} bytes, found {}", most_header_bytes, length));
  }
  std::string text(length, '\0');
  read_all(std::as_writable_bytes(std::span(text)), "the header of an answer");
  const Json header = Json::parse(text, nullptr, false);
  if (!header.is_object()) {
    fail(fmt::format("expected a header that is a JSON object, found \"{}\"", printable(text)));
  }
  if (const auto error = header.find("error"); error != header.end()) {
    fail("it says: " + (error->is_string() ? error->get<std::string>() : error->dump()));
  }
  if (const auto found = header.find("id"); found == header.end() || *found != id) {
    fail(fmt::format("expected the answer to question {}, found {}", id,
                     found == header.end() ? "none named" : found->dump()));
  }
  const Json expected = Json::parse(arrays_text(wanted));
  const auto found = header.find("arrays");
  if (found == header.end() || *found != expected) {
    fail(fmt::format("expected the arrays {}, found {}", expected.dump(),
                     found == header.end() ? "none" : found->dump()));
  }
  for (const WantedArray& a : wanted) {
    read_all(a.bytes, fmt::format("array {}", a.name));
    std::byte zeros[alignment];
    read_all(std::span(zeros).first(padding(a.bytes.size())), "the end of an array");
  }
  question_.clear();
}

ExternalPool::Lease ExternalPool::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !free_.empty() || open_ < options_.processes; });
  if (!free_.empty()) {
    auto channel = std::move(free_.back());
    free_.pop_back();
    return {*this, std::move(channel)};
  }
  ++open_;
  lock.unlock();
  try {
    return {*this, std::make_unique<ExternalChannel>(options_)};
  } catch (...) {
    put_back(nullptr);
    throw;
  }
}

void ExternalPool::put_back(std::unique_ptr<ExternalChannel> channel) {
  {
    const std::lock_guard lock(mutex_);
    if (channel != nullptr && !channel->has_failed()) {
      free_.push_back(std::move(channel));
    } else {
      --open_;
    }
  }
  freed_.notify_one();
}

}  // namespace cohort
