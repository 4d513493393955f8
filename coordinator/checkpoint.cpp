#include "coordinator/checkpoint.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <system_error>

#include "core/file.hpp"

namespace cohort {

namespace {

constexpr std::string_view manifest_prefix = "manifest-";

Result<Manifest> read_manifest(const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) { return bad_input(path.string() + ": " + why); };
  COHORT_TRY(const std::vector<std::byte> body, read_sealed(path));
  auto manifest = from_bytes<Manifest>(body);
  if (!manifest) return fail(manifest.error().message);
  if (manifest->version != Manifest::current_version) {
    return fail(
        fmt::format("expected version {}, found {}", Manifest::current_version, manifest->version));
  }
  // Names, not paths: a manifest cannot point outside its directory.
  std::vector<std::string> names = manifest->client_files;
  names.push_back(manifest->server_file);
  for (const std::string& name : names) {
    if (name.find('/') != std::string::npos) return fail("expected a file name, found " + name);
  }
  return manifest;
}

}  // namespace

Result<void> CheckpointDirectory::write(const WriteCheckpoint& checkpoint,
                                        Manifest manifest) const {
  manifest.round = checkpoint.round;
  manifest.server_file = fmt::format("server-{}.bin", checkpoint.round);
  manifest.client_files = checkpoint.client_files;
  COHORT_DO(write_sealed(path_ / manifest.server_file, checkpoint.state));
  COHORT_DO(write_sealed(path_ / fmt::format("{}{}.bin", manifest_prefix, checkpoint.round),
                         to_bytes(manifest)));
  return prune();
}

Result<std::map<std::uint64_t, std::filesystem::path>> CheckpointDirectory::manifests() const {
  std::map<std::uint64_t, std::filesystem::path> found;
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().stem().string();
    if (!name.starts_with(manifest_prefix) || entry.path().extension() != ".bin") continue;
    std::uint64_t round = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + manifest_prefix.size(), end, round);
    if (parsed.ec == std::errc() && parsed.ptr == end) found[round] = entry.path();
  }
  if (error) return bad_environment("cannot list " + path_.string() + ": " + error.message());
  return found;
}

Result<std::optional<Manifest>> CheckpointDirectory::latest() const {
  COHORT_TRY(const auto found, manifests());
  if (found.empty()) return std::optional<Manifest>();
  COHORT_TRY(Manifest manifest, read_manifest(found.rbegin()->second));
  return std::optional(std::move(manifest));
}

Result<ServerCheckpoint> CheckpointDirectory::read_server(const Manifest& manifest,
                                                          ServerCheckpoint blank) const {
  const auto path = path_ / manifest.server_file;
  COHORT_TRY(const std::vector<std::byte> bytes, read_sealed(path));
  Reader reader(bytes);
  reader.take(blank);
  if (const auto read = reader.finished(); !read) {
    return bad_input(path.string() + ": " + read.error().message);
  }
  return blank;
}

std::vector<std::filesystem::path> CheckpointDirectory::client_paths(
    const Manifest& manifest) const {
  std::vector<std::filesystem::path> paths;
  for (const std::string& name : manifest.client_files) paths.push_back(path_ / name);
  return paths;
}

Result<void> CheckpointDirectory::prune() const {
  COHORT_TRY(const auto found, manifests());
  if (found.size() <= keep_) return {};
  std::set<std::string> wanted;
  std::size_t to_drop = found.size() - static_cast<std::size_t>(keep_);
  std::vector<std::filesystem::path> dropped;
  for (const auto& [round, path] : found) {
    if (to_drop > 0) {
      --to_drop;
      dropped.push_back(path);
      continue;
    }
    COHORT_TRY(const Manifest kept, read_manifest(path));
    wanted.insert(path.filename().string());
    wanted.insert(kept.server_file);
    wanted.insert(kept.client_files.begin(), kept.client_files.end());
  }
  // Manifests first: what they name must be there as long as they are.
  std::error_code error;
  for (const auto& path : dropped) std::filesystem::remove(path, error);
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    if (!wanted.contains(name)) std::filesystem::remove(entry.path(), error);
  }
  return {};
}

}  // namespace cohort
