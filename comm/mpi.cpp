#include "comm/mpi.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <set>
#include <vector>

#include "comm/inproc.hpp"

namespace cohort {

namespace {

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "?";
}

std::string error_text(int code) {
  char text[MPI_MAX_ERROR_STRING] = {};
  int length = 0;
  MPI_Error_string(code, text, &length);
  return std::string(text, static_cast<std::size_t>(length));
}

// The first line: some libraries add a paragraph.
std::string library_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

bool mpi_runs() {
  int started = 0, ended = 0;
  MPI_Initialized(&started);
  MPI_Finalized(&ended);
  return started != 0 && ended == 0;
}

/// Owns a part of the world whose errors are returned.
class Communicator {
 public:
  /// Of this process and those that name the same group, in the order of the world.
  static Result<Communicator> of_group(int group) {
    Communicator c;
    const int code = MPI_Comm_split(MPI_COMM_WORLD, group, 0, &c.handle_);
    if (code != MPI_SUCCESS) return bad_environment("MPI_Comm_split: " + error_text(code));
    MPI_Comm_set_errhandler(c.handle_, MPI_ERRORS_RETURN);
    return c;
  }
  Communicator(Communicator&& other) noexcept
      : handle_(std::exchange(other.handle_, MPI_COMM_NULL)) {}
  Communicator& operator=(Communicator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Communicator() {
    if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
  }
  MPI_Comm handle() const { return handle_; }

 private:
  Communicator() = default;
  MPI_Comm handle_ = MPI_COMM_NULL;
};

// The first message of a frame: this, the sizes of its parts (u64), and the blocks that fit.
struct FirstMessage {
  std::uint64_t header_bytes = 0;
  std::uint64_t parts = 0;
};

// Block 0 is the header, block i the part i − 1. Which blocks travel inside the first message
// follows from the sizes, on both sides alike: in order, those that still fit.
class InlineBudget {
 public:
  explicit InlineBudget(std::size_t bytes) : left_(bytes) {}
  bool takes(std::size_t size) {
    if (size > left_) return false;
    left_ -= size;
    return true;
  }

 private:
  std::size_t left_;
};

class MpiTransport final : public Transport {
 public:
  MpiTransport(Rank self, std::uint32_t size, std::size_t sharing, Communicator first,
               Communicator blocks, const MpiOptions& options)
      : Transport(self, size),
        sharing_(sharing),
        first_(std::move(first)),
        blocks_(std::move(blocks)),
        options_(options) {}

  ~MpiTransport() override {
    if (std::uncaught_exceptions() > exceptions_) {
      // The job is about to be aborted; until then the library may still use what is in flight.
      [[maybe_unused]] const auto* abandoned = flight_.release();
      return;
    }
    if (auto ended = finish_together(); !ended) {
      abort_job(ended.error().message, static_cast<int>(Code::peer_lost));
    }
  }

  std::size_t sharing() const override { return sharing_; }
  std::string describe() const override {
    return fmt::format("mpi, rank {} of {} on {}, {}", self().value, size(), host_name(),
                       library_version());
  }

 private:
  struct Outgoing {
    Rank to;
    Frame frame;
    std::vector<std::byte> first;
    std::vector<MPI_Request> requests;
  };
  struct Incoming {
    Envelope envelope;
    std::vector<MPI_Request> requests;
  };
  // Whose storage the library uses until the requests are complete.
  struct Flight {
    std::deque<Outgoing> outgoing;
    std::deque<Incoming> incoming;  // by arrival of the first message
  };

  Result<void> transmit(Rank to, Tag tag, Frame frame) override {
    Outgoing& out = flight_->outgoing.emplace_back();
    out.to = to;
    out.frame = std::move(frame);
    count_sent(write_first(out));
    start(out.requests, [&](MPI_Request* request) {
      return MPI_Isend(out.first.data(), static_cast<int>(out.first.size()), MPI_BYTE, rank(to),
                       static_cast<int>(tag), first_.handle(), request);
    });
    InlineBudget budget(options_.inline_bytes);
    const auto send_block = [&](const Bytes& block) {
      if (budget.takes(block.size())) return;
      count_sent(block.size());
      for_each_chunk(block.size(), [&](std::size_t offset, int size) {
        start(out.requests, [&](MPI_Request* request) {
          return MPI_Isend(block.data() + offset, size, MPI_BYTE, rank(to), static_cast<int>(tag),
                           blocks_.handle(), request);
        });
      });
    };
    send_block(out.frame.header);
    for (const Bytes& part : out.frame.parts) send_block(part);
    // A small message has usually left by now.
    if (is_complete(out.requests)) flight_->outgoing.pop_back();
    if (failure()) return *failure();
    return {};
  }

  // Returns the size of the first message.
  std::size_t write_first(Outgoing& out) const {
    const Frame& frame = out.frame;
    const auto append = [&](const void* data, std::size_t size) {
      const auto* bytes = static_cast<const std::byte*>(data);
      out.first.insert(out.first.end(), bytes, bytes + size);
    };
    out.first.reserve(sizeof(FirstMessage) + 8 * frame.parts.size() +
                      std::min<std::size_t>(frame.size(), options_.inline_bytes));
    const FirstMessage sizes{frame.header.size(), frame.parts.size()};
    append(&sizes, sizeof sizes);
    for (const Bytes& part : frame.parts) {
      const std::uint64_t size = part.size();
      append(&size, sizeof size);
    }
    InlineBudget budget(options_.inline_bytes);
    if (budget.takes(frame.header.size())) append(frame.header.data(), frame.header.size());
    for (const Bytes& part : frame.parts) {
      if (budget.takes(part.size())) append(part.data(), part.size());
    }
    return out.first.size();
  }

  // A rank that left at once would strand what others are sending to it, and they would hang in
  // MPI_Finalize. So all take messages until all have nothing left to send.
  Result<void> finish_together() {
    const Deadline deadline = Deadline::after(options_.shutdown);
    COHORT_DO(flush(deadline));
    MPI_Request all_flushed = MPI_REQUEST_NULL;
    check(MPI_Ibarrier(first_.handle(), &all_flushed), "MPI_Ibarrier");
    int done = 0;
    for (Backoff backoff;; backoff.pause()) {
      if (done == 0) check(MPI_Test(&all_flushed, &done, MPI_STATUS_IGNORE), "MPI_Test");
      progress();
      if (failure()) return *failure();
      if (done != 0 && flight_->incoming.empty()) return {};
      if (deadline.passed()) {
        return peer_lost(fmt::format("the run ended here, but not on all ranks within {:.3g} s",
                                     deadline.waited().count()));
      }
    }
  }

  void advance() override {
    while (take_first_message()) {
    }
    deliver_complete();
    std::erase_if(flight_->outgoing, [&](Outgoing& out) { return is_complete(out.requests); });
  }

  // Receives one first message, if there is one, and starts to receive its blocks.
  bool take_first_message() {
    int found = 0;
    MPI_Status status;
    if (!check(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, first_.handle(), &found, &status),
               "MPI_Iprobe") ||
        found == 0) {
      return false;
    }
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    message_.resize(static_cast<std::size_t>(size));
    if (!check(MPI_Recv(message_.data(), size, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG,
                        first_.handle(), MPI_STATUS_IGNORE),
               "MPI_Recv")) {
      return false;
    }
    count_received(message_.size());
    Incoming in;
    in.envelope.from = Rank(static_cast<std::uint32_t>(status.MPI_SOURCE));
    in.envelope.tag = static_cast<Tag>(status.MPI_TAG);
    if (auto read = read_first(in); !read) {
      fail(peer_lost(fmt::format("rank {}: {}", status.MPI_SOURCE, read.error().message)));
      return false;
    }
    if (in.requests.empty() && !is_behind_another(in.envelope, flight_->incoming.size())) {
      arrived(std::move(in.envelope));
    } else {
      flight_->incoming.push_back(std::move(in));
    }
    return true;
  }

  Result<void> read_first(Incoming& in) {
    const auto malformed = [&](const std::string& what) {
      return bad_input(fmt::format("a first message of {} bytes: {}", message_.size(), what));
    };
    std::span<const std::byte> left(message_);
    FirstMessage sizes;
    if (left.size() < sizeof sizes) return malformed("too short");
    std::memcpy(&sizes, left.data(), sizeof sizes);
    left = left.subspan(sizeof sizes);
    if (sizes.parts > options_.limits.parts || sizes.parts > left.size() / 8) {
      return malformed(fmt::format("{} parts", sizes.parts));
    }
    std::vector<std::uint64_t> blocks{sizes.header_bytes};
    blocks.resize(1 + sizes.parts);
    if (sizes.parts > 0) std::memcpy(blocks.data() + 1, left.data(), 8 * sizes.parts);
    left = left.subspan(8 * sizes.parts);
    std::uint64_t total = 0;
    for (const std::uint64_t size : blocks) {
      if (size > options_.limits.message_bytes - total) {
        return malformed(
            fmt::format("a message of more than {} bytes", options_.limits.message_bytes));
      }
      total += size;
    }
    Frame& frame = in.envelope.frame;
    frame.parts.resize(sizes.parts);
    InlineBudget budget(options_.inline_bytes);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      Bytes& block = i == 0 ? frame.header : frame.parts[i - 1];
      const std::size_t size = blocks[i];
      block = Bytes::uninitialized(size);
      if (!budget.takes(size)) {
        receive_block(in, block);
        continue;
      }
      if (size > left.size()) return malformed("shorter than its blocks");
      if (size > 0) std::memcpy(block.mutable_data(), left.data(), size);
      left = left.subspan(size);
    }
    if (!left.empty()) return malformed(fmt::format("{} bytes left over", left.size()));
    return {};
  }

  void receive_block(Incoming& in, Bytes& block) {
    count_received(block.size());
    std::byte* data = block.mutable_data();
    for_each_chunk(block.size(), [&](std::size_t offset, int size) {
      start(in.requests, [&](MPI_Request* request) {
        return MPI_Irecv(data + offset, size, MPI_BYTE, rank(in.envelope.from),
                         static_cast<int>(in.envelope.tag), blocks_.handle(), request);
      });
    });
  }

  void deliver_complete() {
    for (std::size_t i = 0; i < flight_->incoming.size();) {
      Incoming& in = flight_->incoming[i];
      if (is_complete(in.requests) && !is_behind_another(in.envelope, i)) {
        arrived(std::move(in.envelope));
        flight_->incoming.erase(flight_->incoming.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

  // Whether an earlier message of the same sender and tag among the first `count` is not yet here.
  bool is_behind_another(const Envelope& e, std::size_t count) const {
    const auto end = flight_->incoming.begin() + static_cast<std::ptrdiff_t>(count);
    return std::any_of(flight_->incoming.begin(), end, [&](const Incoming& in) {
      return in.envelope.from == e.from && in.envelope.tag == e.tag;
    });
  }

  bool is_complete(std::vector<MPI_Request>& requests) {
    if (requests.empty()) return true;
    int done = 0;
    check(
        MPI_Testall(static_cast<int>(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE),
        "MPI_Testall");
    if (done != 0) requests.clear();
    return done != 0;
  }

  template <class Call>
  void start(std::vector<MPI_Request>& requests, Call call) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (check(call(&request), "MPI_Isend or MPI_Irecv")) requests.push_back(request);
  }

  template <class F>
  void for_each_chunk(std::size_t size, F f) const {
    for (std::size_t offset = 0; offset < size; offset += options_.chunk_bytes) {
      f(offset, static_cast<int>(std::min(options_.chunk_bytes, size - offset)));
    }
  }

  bool check(int code, const char* call) {
    if (code == MPI_SUCCESS) return true;
    fail(peer_lost(fmt::format("rank {}: {}: {}", self().value, call, error_text(code))));
    return false;
  }

  std::string unsent() const override {
    std::set<std::uint32_t> ranks;
    for (const Outgoing& out : flight_->outgoing) ranks.insert(out.to.value);
    return ranks.empty() ? "" : fmt::format("rank {}", fmt::join(ranks, ", "));
  }

  static int rank(Rank r) { return static_cast<int>(r.value); }

  std::size_t sharing_;
  // First messages can be probed for with any tag because blocks have a communicator of their own.
  Communicator first_;
  Communicator blocks_;
  MpiOptions options_;
  std::unique_ptr<Flight> flight_ = std::make_unique<Flight>();
  std::vector<std::byte> message_;
  int exceptions_ = std::uncaught_exceptions();
};

std::optional<std::uint32_t> number_in(const char* text) {
  if (text == nullptr) return std::nullopt;
  char* end = nullptr;
  const unsigned long n = std::strtoul(text, &end, 10);
  if (end == text || *end != '\0' || n == 0 || n > 0x7fffffffUL) return std::nullopt;
  return static_cast<std::uint32_t>(n);
}

}  // namespace

std::optional<Launch> detect_launch(const std::function<const char*(const char*)>& environment) {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (const auto n = number_in(environment(variable))) return Launch{"mpirun", n};
  }
  const bool has_pmix = environment("PMIX_RANK") != nullptr;
  if (environment("SLURM_PROCID") != nullptr) {
    // A step of one task without PMIx is a plain process that Slurm watches.
    const auto n = number_in(environment("SLURM_STEP_NUM_TASKS"));
    if (n && (*n > 1 || has_pmix)) return Launch{"srun", n};
  }
  if (has_pmix) return Launch{"a PMIx launcher", std::nullopt};
  return std::nullopt;
}

std::optional<Launch> detect_launch() {
  return detect_launch(
      [](const char* name) { return static_cast<const char*>(std::getenv(name)); });
}

Result<std::unique_ptr<MpiEnvironment>> MpiEnvironment::start() {
  const auto launch = detect_launch();
  if (!launch) return std::unique_ptr<MpiEnvironment>(new MpiEnvironment(false));
  int provided = MPI_THREAD_SINGLE;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    return bad_environment("MPI_Init_thread failed");
  }
  std::unique_ptr<MpiEnvironment> environment(new MpiEnvironment(true));
  if (provided < MPI_THREAD_FUNNELED) {
    return bad_environment(library_version() + " was built without MPI_THREAD_FUNNELED");
  }
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (!launch->tasks || static_cast<std::uint32_t>(size) == *launch->tasks) return environment;
  std::string message =
      fmt::format("{} started {} processes together, but MPI ({}) sees {}: ", launch->launcher,
                  *launch->tasks, library_version(), size);
  message += launch->launcher == "srun"
                 ? "start them with `srun --mpi=pmix` (`srun --mpi=list` shows what this cluster "
                   "has), or with the mpirun of that MPI"
                 : "start them with the mpirun of that MPI, not of another";
  return bad_environment(message);
}

MpiEnvironment::~MpiEnvironment() {
  if (!active_) return;
  if (std::uncaught_exceptions() > 0) {
    abort_job("an exception leaves the part of the program that uses MPI",
              static_cast<int>(Code::environment));
  }
  MPI_Finalize();
}

Result<std::unique_ptr<Transport>> MpiEnvironment::transport(const MpiOptions& options) {
  if (!active_) return InprocNetwork(1).endpoint(Rank(0));
  COHORT_CHECK(options.chunk_bytes >= 1 && options.chunk_bytes <= 0x7fffffff,
               "a chunk has 1 … 2^31 − 1 bytes");
  int self = 0, size = 0, sharing = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &self);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const std::uint32_t processes = static_cast<std::uint32_t>(size);
  const std::uint32_t in_group = options.ranks_per_group > 0 ? options.ranks_per_group : processes;
  if (processes % in_group != 0) {
    return bad_input(fmt::format("{} processes do not make groups of {} ranks", size, in_group));
  }
  const int group = self / static_cast<int>(in_group);
  COHORT_TRY(Communicator first, Communicator::of_group(group));
  COHORT_TRY(Communicator blocks, Communicator::of_group(group));
  // Whoever shares the machine shares its cores, whatever its group.
  MPI_Comm machine = MPI_COMM_NULL;
  const int code =
      MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  if (code != MPI_SUCCESS) return bad_environment("MPI_Comm_split_type: " + error_text(code));
  MPI_Comm_size(machine, &sharing);
  MPI_Comm_free(&machine);
  MPI_Comm_rank(first.handle(), &self);
  MPI_Comm_size(first.handle(), &size);
  return std::unique_ptr<Transport>(std::make_unique<MpiTransport>(
      Rank(static_cast<std::uint32_t>(self)), static_cast<std::uint32_t>(size),
      static_cast<std::size_t>(sharing), std::move(first), std::move(blocks), options));
}

void abort_job(const std::string& message, int status) {
  int rank = 0;
  const bool active = mpi_runs();
  if (active) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  fmt::print(stderr, "cohort: rank {} on {}: {}\n", rank, host_name(), message);
  std::fflush(stderr);
  if (active) MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

int run_or_abort(const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    abort_job(e.what(), static_cast<int>(Code::environment));
  } catch (...) {
    abort_job("an exception of an unknown type", static_cast<int>(Code::environment));
  }
}

}  // namespace cohort
