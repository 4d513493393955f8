#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/benches.hpp"
#include "core/thread_pool.hpp"
#include "problems/external/external.hpp"

namespace cohort::bench {

namespace {

constexpr double most_pipes = 1.2;
constexpr int pipe_bytes = 1 << 20;  // as problems/external/channel.cpp asks for
constexpr int times = 5 * repetitions;

// f(w) = ½ |w|², whose gradient is what was sent: all that is left is the way there and back.
constexpr std::string_view echo = R"(
import sys
sys.path.insert(0, sys.argv[1])
import cohort_external
class Echo:
    def gradient(self, w, at):
        return 0.0, w
cohort_external.serve(Echo())
)";

void write_all(int to, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to, bytes.data(), bytes.size());
    if (n <= 0) ::_exit(1);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}
bool read_all(int from, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::read(from, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// A process that reads so many bytes and sends as many back, and nothing else.
class BarePipe {
 public:
  explicit BarePipe(std::size_t bytes) : sent_(bytes), received_(bytes) {}
  BarePipe(const BarePipe&) = delete;
  BarePipe& operator=(const BarePipe&) = delete;
  ~BarePipe() {
    for (const int end : {to_[1], from_[0]}) {
      if (end >= 0) ::close(end);
    }
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
  }

  cohort::Result<void> start() {
    if (::pipe2(to_, O_CLOEXEC) != 0 || ::pipe2(from_, O_CLOEXEC) != 0) {
      return bad_environment("cannot make a pipe");
    }
    for (const int end : {to_[1], from_[1]}) ::fcntl(end, F_SETPIPE_SZ, pipe_bytes);
    child_ = ::fork();
    if (child_ < 0) return bad_environment("cannot start a process");
    if (child_ == 0) {
      ::close(to_[1]);
      ::close(from_[0]);
      while (read_all(to_[0], received_)) write_all(from_[1], received_);
      ::_exit(0);
    }
    ::close(to_[0]);
    ::close(from_[1]);
    return {};
  }
  void exchange() {
    write_all(to_[1], sent_);
    read_all(from_[0], received_);
  }

 private:
  int to_[2] = {-1, -1};
  int from_[2] = {-1, -1};
  pid_t child_ = -1;
  std::vector<std::byte> sent_;
  std::vector<std::byte> received_;
};

}  // namespace

cohort::Result<std::vector<Result>> external(const ExternalArgs& args) {
  BarePipe pipe(args.dimension * sizeof(double));
  COHORT_DO(pipe.start());
  ExternalProblem::Options options;
  options.dimension = args.dimension;
  options.command = {args.python, "-c", std::string(echo), COHORT_PYTHON_DIR};
  COHORT_TRY(const auto function, ExternalProblem::make(options, 1, 1));
  const Vec w = Vec::Ones(static_cast<Index>(args.dimension));
  Vec g(w.size());
  ThreadPool pool(1);
  Scratch scratch;
  OracleCounts counts;
  Oracle oracle(*function, ClientId(0), {pool, scratch}, counts);
  const Pair pair = interleave([&] { oracle.gradient(w, g); }, [&] { pipe.exchange(); }, times);
  if (g != w) return peer_lost("bench external: the gradient is not what was sent");
  Result r;
  r.bench = "external";
  r.args = {{"what", "gradient of an oracle in Python"},
            {"dimension", fmt::format("{}", args.dimension)}};
  r.unit = "us";
  r.target = scaled(pair.target, 1e6);
  r.yardstick_name = "a process that copies as many bytes back through a pipe";
  r.yardstick = scaled(pair.yardstick, 1e6);
  r.ratio = r.target.median / r.yardstick.median;
  if (args.dimension >= 100000) r.bound = most_pipes;
  return std::vector<Result>{std::move(r)};
}

}  // namespace cohort::bench
