#pragma once
// The program as its users run it, in a folder of the test's own.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace cohort::program {

namespace fs = std::filesystem;

inline const std::string program = COHORT_PROGRAM;
inline const std::string probes = COHORT_PROBES;
inline const std::string source = COHORT_SOURCE_DIR;

inline std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// The processes that a process started.
inline std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "pid (name) state ppid …"; the name may hold anything but is closed by the last ')'.
    const std::string stat = text_of(entry.path() / "stat");
    const auto close = stat.rfind(')');
    if (close == std::string::npos) continue;
    std::istringstream rest(stat.substr(close + 1));
    std::string state;
    pid_t ppid = 0;
    if (rest >> state >> ppid && ppid == parent) found.push_back(std::stoi(name));
  }
  return found;
}

struct Done {
  int status = -1;  // exit status, or −signal
  std::string output;
};

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::string name = (fs::temp_directory_path() / "cohort-run-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    // More ranks than cores, as root, in a container.
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", 1);
  }
  ~ProgramTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  pid_t start(const std::vector<std::string>& words, const fs::path& log) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (::chdir(folder_.c_str()) != 0) ::_exit(126);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(out, 1);
    ::dup2(out, 2);
    std::vector<char*> argv;
    for (const auto& w : words) argv.push_back(const_cast<char*>(w.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  static int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  Done run(std::vector<std::string> words) {
    const fs::path log = folder_ / "log";
    Done done;
    done.status = wait_for(start(words, log));
    done.output = text_of(log);
    return done;
  }
  static std::vector<std::string> with_mpi(int ranks, std::vector<std::string> words) {
    std::vector<std::string> all = {"mpirun", "--oversubscribe",    "--bind-to", "none",
                                    "-n",     std::to_string(ranks)};
    all.insert(all.end(), words.begin(), words.end());
    return all;
  }
  /// model_hash of every case below a run folder, and a hash of all that was measured, by path.
  std::map<std::string, std::string> hashes(const std::string& out) const {
    std::map<std::string, std::string> found;
    const std::regex pattern("\"model_hash\": \"([0-9a-f]{32})\"");
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / out)) {
      if (entry.path().filename() != "summary.json") continue;
      std::smatch match;
      const std::string text = text_of(entry.path());
      if (std::regex_search(text, match, pattern)) {
        std::string measured;
        for (const char* file : {"metrics.jsonl", "rounds.csv", "clients.csv"}) {
          measured += text_of(entry.path().parent_path() / file);
        }
        found[fs::relative(entry.path(), folder_ / out).string()] =
            match[1].str() + " " + std::to_string(std::hash<std::string>{}(measured));
      }
    }
    return found;
  }

  fs::path folder_;
};

}  // namespace cohort::program
