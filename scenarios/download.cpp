#include "scenarios/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "problems/data/byte_source.hpp"

extern char** environ;

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr int no_host = 6, no_connection = 7, timed_out = 28, no_certificate = 60;  // of curl
constexpr int no_program = 127;

struct Finished {
  int status = 0;
  std::string text;  // standard output and error
};

/// A program found on the PATH, without a shell.
Result<Finished> run_program(const std::vector<std::string>& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return bad_environment("no pipe can be made");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Finished finished;
  std::array<char, 4096> block{};
  while (error == 0) {
    const ssize_t got = ::read(ends[0], block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    finished.text.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (error == 0) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  if (error != 0 || finished.status == no_program) {
    return bad_environment(fmt::format("{} is not installed; expected it from `apt install {}`",
                                       command[0], command[0] == "curl" ? "curl" : "coreutils"));
  }
  return finished;
}

std::string until(const std::string& text, char end) {
  return {text.begin(), std::find(text.begin(), text.end(), end)};
}

Error not_fetched(const std::string& url, const Finished& curl) {
  const std::string said = until(curl.text, '\n');
  const bool is_offline = curl.status == no_host || curl.status == no_connection ||
                          curl.status == timed_out || curl.status == no_certificate;
  return bad_environment(fmt::format(
      "{}: {}: {}", url, is_offline ? "cannot be reached from here" : "cannot be fetched",
      said.empty() ? fmt::format("curl {}", curl.status) : said));
}

Result<void> inflate(const fs::path& from, const fs::path& to) {
  COHORT_TRY(ByteSource source, ByteSource::open(from));
  std::ofstream out(to, std::ios::binary);
  std::vector<std::byte> block(std::size_t{1} << 18);
  while (true) {
    auto size = source.read(block);
    if (!size) return Error{size.error().code, from.string() + ": " + size.error().message};
    if (*size == 0) break;
    out.write(reinterpret_cast<const char*>(block.data()), static_cast<std::streamsize>(*size));
  }
  out.flush();
  if (!out) return bad_environment(fmt::format("{}: cannot be written", to.string()));
  return {};
}

std::string address_of(const RemoteFile& file) {
  const char* const mirror = std::getenv("COHORT_DATA_MIRROR");
  if (mirror == nullptr || *mirror == '\0') return file.url;
  std::string address = mirror;
  if (address.back() != '/') address += '/';
  return address + file.url.substr(file.url.rfind('/') + 1);
}

Result<void> fetch(const RemoteFile& file, const fs::path& fetched, const fs::path& inflated) {
  const std::string url = address_of(file);
  COHORT_TRY(const Finished curl,
             run_program({"curl", "--fail", "--location", "--silent", "--show-error",
                          "--connect-timeout", "10", "--speed-limit", "1000", "--speed-time", "30",
                          "--output", fetched.string(), "--", url}));
  if (curl.status != 0) return not_fetched(url, curl);
  COHORT_DO(inflate(fetched, inflated));
  COHORT_TRY(const Finished sum, run_program({"sha256sum", "--", inflated.string()}));
  const std::string found = until(sum.text, ' ');
  if (sum.status != 0) return bad_environment(sum.text);
  if (found != file.sha256) {
    return bad_input(fmt::format("{}: expected the SHA-256 {}, found {}: it is not what it was",
                                 url, file.sha256, found));
  }
  return {};
}

}  // namespace

Result<void> download(const RemoteFile& file, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return bad_environment(fmt::format("{}: {}", folder.string(), error.message()));
  const fs::path place = folder / file.file;
  const std::string mine = fmt::format("{}.{}", place.string(), ::getpid());
  const fs::path fetched = mine + ".fetched", inflated = mine + ".inflated";
  auto done = fetch(file, fetched, inflated);
  fs::remove(fetched, error);
  if (done) {
    fs::rename(inflated, place, error);
    if (error) done = bad_environment(fmt::format("{}: {}", place.string(), error.message()));
  }
  fs::remove(inflated, error);
  return done;
}

}  // namespace cohort
