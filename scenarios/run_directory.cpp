#include "scenarios/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "core/file.hpp"
#include "scenarios/outputs.hpp"

namespace cohort {

namespace fs = std::filesystem;

namespace {

constexpr const char* scenario_file = "scenario.toml";
constexpr const char* lock_file = "lock";

Error failed(std::string_view what, const fs::path& path, int code) {
  return bad_environment(fmt::format("{} {}: {}", what, path.string(), std::strerror(code)));
}

/// Who holds a lock, for the one who does not get it.
std::string owner() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("process {} on {}", ::getpid(), host.data());
}

class Lock {
 public:
  Lock() = default;
  Lock(Lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Lock& operator=(Lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Lock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int release() { return std::exchange(descriptor_, -1); }

  static Result<Lock> take(const fs::path& directory) {
    const fs::path path = directory / lock_file;
    Lock lock;
    lock.descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock.descriptor_ < 0) return failed("cannot open", path, errno);
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failed("cannot lock", path, errno);
      std::array<char, 300> holder{};
      const ssize_t n = ::pread(lock.descriptor_, holder.data(), holder.size() - 1, 0);
      return bad_environment(
          fmt::format("{} is in use by {}; wait for it, or choose another folder with --out",
                      directory.string(), n > 0 ? holder.data() : "another process"));
    }
    const std::string text = owner();
    if (::ftruncate(lock.descriptor_, 0) != 0 ||
        ::pwrite(lock.descriptor_, text.data(), text.size(), 0) !=
            static_cast<ssize_t>(text.size())) {
      return failed("cannot write", path, errno);
    }
    return lock;
  }

 private:
  int descriptor_ = -1;
};

Result<void> write_scenario(const fs::path& directory, const Scenario& scenario) {
  const std::string text = scenario.toml_for_replay();
  return write_durably(directory / scenario_file, std::as_bytes(std::span(text)));
}

/// The folder appears with its lock held and its scenario written, or not at all; nothing if
/// somebody else made it meanwhile.
Result<std::optional<Lock>> make_directory(const fs::path& path, const Scenario& scenario) {
  std::error_code error;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::create_directories(parent, error);
  if (error) return failed("cannot make", parent, error.value());
  // Hidden, so that one which a crash leaves behind is not taken for a run.
  const fs::path temporary =
      parent / fmt::format(".{}.new-{}", path.filename().string(), ::getpid());
  fs::remove_all(temporary, error);
  if (::mkdir(temporary.c_str(), 0755) != 0) return failed("cannot make", temporary, errno);
  const auto abandoned = [&](Error why) {
    fs::remove_all(temporary, error);
    return why;
  };
  auto lock = Lock::take(temporary);
  if (!lock) return abandoned(lock.error());
  if (const auto written = write_scenario(temporary, scenario); !written) {
    return abandoned(written.error());
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int code = errno;
    fs::remove_all(temporary, error);
    if (code == EEXIST || code == ENOTEMPTY || code == ENOTDIR) return std::optional<Lock>{};
    return failed("cannot make", path, code);
  }
  return std::optional<Lock>(*std::move(lock));
}

bool is_finished_run(const fs::path& path) {
  const auto summary = read_summary(path);
  return summary && (summary->status == "finished" || summary->status == "diverged");
}

}  // namespace

fs::path run_root(const Scenario& scenario, const fs::path& out) {
  fs::path chosen = out.empty() ? fs::path(scenario.site.out) : out;
  if (!chosen.has_filename()) chosen = chosen.parent_path();
  return chosen.empty() ? fs::path("runs") / scenario.name : chosen;
}

fs::path run_path(const Scenario& scenario, const fs::path& out, const fs::path& below,
                  bool are_seeds) {
  const bool is_chosen = !out.empty() || !scenario.site.out.empty();
  fs::path path = run_root(scenario, out);
  if (!below.empty()) path /= below;
  if (!is_chosen) return path / fmt::format("{}-s{}", scenario.hash, scenario.seeds.run);
  return are_seeds ? path / fmt::format("s{}", scenario.seeds.run) : path;
}

Result<RunDirectory> RunDirectory::open(const fs::path& path, const Scenario& scenario,
                                        bool resume) {
  RunDirectory out;
  for (int number = 1;; ++number) {
    out.path_ = number == 1 ? path : fs::path(fmt::format("{}.{}", path.string(), number));
    COHORT_TRY(auto made, make_directory(out.path_, scenario));
    if (made) {
      out.lock_ = made->release();
      return out;
    }
    std::error_code error;
    if (!fs::exists(out.path_ / scenario_file, error)) {
      return bad_input(
          fmt::format("{} is there and is no run of Cohort; choose another folder "
                      "with --out",
                      out.path_.string()));
    }
    COHORT_TRY(Lock lock, Lock::take(out.path_));
    if (is_finished_run(out.path_)) {
      // A later number may be unfinished, or free.
      const fs::path next = fmt::format("{}.{}", path.string(), number + 1);
      if (!resume || fs::exists(next, error)) continue;
      out.is_finished_ = true;
      return out;
    }
    if (!resume) {
      return bad_input(
          fmt::format("{} holds an unfinished run: add --resume to go on with it, or "
                      "--out DIR to begin another",
                      out.path_.string()));
    }
    COHORT_TRY(const auto bytes, read_file(out.path_ / scenario_file));
    const std::string text = scenario.toml_for_replay();
    if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) != text) {
      return bad_input(
          fmt::format("{} holds an unfinished run of another scenario ({}); choose "
                      "another folder with --out",
                      out.path_.string(), (out.path_ / scenario_file).string()));
    }
    out.lock_ = lock.release();
    out.is_resumed_ = true;
    return out;
  }
}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void RunDirectory::swap(RunDirectory& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  std::swap(is_resumed_, other.is_resumed_);
  std::swap(is_finished_, other.is_finished_);
}

}  // namespace cohort
