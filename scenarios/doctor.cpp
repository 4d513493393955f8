#include "scenarios/doctor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <string_view>
#include <system_error>
#include <thread>

#include "core/build_info.hpp"
#include "core/cpu.hpp"
#include "core/fingerprint.hpp"
#include "core/result.hpp"
#include "core/thread_pool.hpp"
#include "problems/data/builtin.hpp"
#include "problems/data/cache.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;

constexpr double gib = 1024.0 * 1024.0 * 1024.0;
constexpr double little_memory_gib = 2.0;  // quickstart takes a tenth of it
constexpr double little_disk_gib = 1.0;    // the largest shipped data set takes a hundredth of it

Finding examine_build() {
  Finding finding{"build", Health::ok,
                  fmt::format("cohort {}, commit {}, {}", version(), commit(), compiler()), ""};
  if (compiler().find("Release") == std::string_view::npos ||
      compiler().find("sanitize") != std::string_view::npos) {
    finding.health = Health::warn;
    finding.next_step = "timings mean little in this build; for them: cmake --preset release";
  }
  return finding;
}

Finding examine_processor() {
  const auto pinned = pin_numerics();
  if (!pinned) {
    return {"processor", Health::fail, pinned.error().message,
            "unset COHORT_ISA, or set it to an instruction set of this machine"};
  }
  return {"processor", Health::ok,
          fmt::format("kernels use {} of {}; numerics fingerprint {}", isa_name(),
                      supports(Isa::avx512) ? "avx2, avx512" : "avx2", numerics_fingerprint()),
          ""};
}

Finding examine_threads() {
  const std::size_t usable = available_threads();
  const std::size_t present = std::max<std::size_t>(std::thread::hardware_concurrency(), usable);
  Finding finding{"threads", Health::ok, fmt::format("{}", usable), ""};
  if (usable < present) {
    finding.found = fmt::format("{} of the machine's {}", usable, present);
    finding.next_step =
        "where that is not meant, look at: taskset -p $$, the cgroup's cpu.max, "
        "SLURM_CPUS_PER_TASK, OMP_NUM_THREADS";
  }
  return finding;
}

/// The number after `key` in the first line that begins with it; nullopt where there is none.
std::optional<double> number_in(const fs::path& file, std::string_view key) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    if (!line.starts_with(key)) continue;
    const char* first =
        line.data() + std::min(line.find_first_not_of(' ', key.size()), line.size());
    double value = 0.0;
    if (std::from_chars(first, line.data() + line.size(), value).ec == std::errc()) return value;
  }
  return std::nullopt;
}

Finding examine_memory() {
  const auto kib = number_in("/proc/meminfo", "MemAvailable:");
  if (!kib) return {"memory", Health::warn, "/proc/meminfo cannot be read", "mount /proc"};
  double available = *kib * 1024.0 / gib;
  std::string limited;
  const auto limit = number_in("/sys/fs/cgroup/memory.max", "");
  const auto used = number_in("/sys/fs/cgroup/memory.current", "");
  if (limit && used && (*limit - *used) / gib < available) {
    available = (*limit - *used) / gib;
    limited = ", the limit of this cgroup";
  }
  Finding finding{"memory", Health::ok, fmt::format("{:.1f} GiB free{}", available, limited), ""};
  if (available < little_memory_gib) {
    finding.health = Health::warn;
    finding.next_step = "keep to small data, or see what uses it: free -h";
  }
  return finding;
}

struct Output {
  int status = -1;
  std::string first_line;
};

/// Standard output and error of a command whose text is ours, never a user's.
Output run_command(const char* command) {
  Output output;
  FILE* const pipe = ::popen(command, "r");
  if (pipe == nullptr) return output;
  std::array<char, 512> buffer{};
  std::string text;
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
    text += buffer.data();
  output.status = ::pclose(pipe);
  output.first_line = text.substr(0, text.find('\n'));
  return output;
}

Finding examine_mpi() {
  const auto launcher = run_command("mpirun --version 2>&1");
  if (launcher.status != 0) {
    return {"mpi", Health::warn, "no mpirun on the PATH: runs use one process",
            "install one, for Debian: apt-get install openmpi-bin; on a cluster: module load"};
  }
  if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr || std::getenv("PMI_RANK") != nullptr)
    return {"mpi", Health::ok, launcher.first_line + ", and this process was started by it", ""};
  // As root Open MPI asks for these; the README names the flag.
  const auto launched = run_command(
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 20 mpirun -n 1 true 2>&1");
  if (launched.status != 0) {
    return {"mpi", Health::warn, launcher.first_line + ", but `mpirun -n 1 true` fails",
            "repair it first; it says: " + launched.first_line};
  }
  return {"mpi", Health::ok,
          launcher.first_line + ", starts processes" +
              (::geteuid() == 0 ? " (as root, with --allow-run-as-root)" : ""),
          ""};
}

double free_gib(const fs::path& directory) {
  std::error_code error;
  const auto space = fs::space(directory, error);
  return error ? 0.0 : static_cast<double>(space.available) / gib;
}

Finding examine_cache() {
  const fs::path directory = default_cache_directory();
  if (directory.empty()) {
    return {"cache", Health::warn,
            "neither XDG_CACHE_HOME nor HOME is set: data is parsed each run",
            "export XDG_CACHE_HOME=DIR"};
  }
  std::error_code error;
  fs::create_directories(directory, error);
  const fs::path probe = directory / fmt::format(".doctor-{}", ::getpid());
  const bool is_writable = !error && (std::ofstream(probe) << "probe").flush().good();
  fs::remove(probe, error);
  if (!is_writable) {
    return {"cache", Health::warn,
            fmt::format("{} cannot be written: data is parsed each run", directory.string()),
            "export XDG_CACHE_HOME=DIR, a directory that can"};
  }
  const double free = free_gib(directory);
  Finding finding{"cache", Health::ok, fmt::format("{}, {:.1f} GiB free", directory.string(), free),
                  ""};
  if (free < little_disk_gib) {
    finding.health = Health::warn;
    finding.next_step = "make room: what is in it can be removed and is made again when needed";
  }
  return finding;
}

Finding examine_data() {
  std::string there;
  std::string missing;
  for (const auto& data : builtin_data()) {
    if (!data.ships) continue;
    std::string& list = find_builtin_file(data, data.file) ? there : missing;
    if (!list.empty()) list += ", ";
    list += data.name;
  }
  if (missing.empty()) return {"shipped data", Health::ok, there, ""};
  return {"shipped data", Health::fail, "not found: " + missing,
          "export COHORT_DATA_DIR=DIR, the folder share/cohort/data of the installation"};
}

Finding examine_runs() {
  std::error_code error;
  const fs::path runs = fs::absolute("runs", error);
  fs::path existing = runs;
  while (!fs::exists(existing, error) && existing.has_relative_path())
    existing = existing.parent_path();
  if (::access(existing.c_str(), W_OK | X_OK) != 0) {
    return {"results", Health::fail, fmt::format("{} cannot be written", runs.string()),
            "run elsewhere, or name another place: cohort run FILE --out DIR"};
  }
  const double free = free_gib(existing);
  Finding finding{"results", Health::ok, fmt::format("{}, {:.1f} GiB free", runs.string(), free),
                  ""};
  if (free < little_disk_gib) {
    finding.health = Health::warn;
    finding.next_step = "make room, or name another place: cohort run FILE --out DIR";
  }
  return finding;
}

std::string_view to_text(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warn:
      return "warn";
    case Health::fail:
      return "FAIL";
  }
  return "FAIL";
}

}  // namespace

std::vector<Finding> examine_machine() {
  return {examine_build(), examine_processor(), examine_threads(), examine_memory(),
          examine_mpi(),   examine_cache(),     examine_data(),    examine_runs()};
}

int print_findings(std::ostream& out, std::span<const Finding> findings) {
  bool healthy = true;
  for (const auto& finding : findings) {
    out << fmt::format("{:<4}  {:<13} {}\n", to_text(finding.health), finding.what, finding.found);
    if (!finding.next_step.empty()) out << fmt::format("{:20}→ {}\n", "", finding.next_step);
    healthy = healthy && finding.health != Health::fail;
  }
  return static_cast<int>(healthy ? Code::done : Code::environment);
}

int run_doctor(std::ostream& out) { return print_findings(out, examine_machine()); }

}  // namespace cohort
