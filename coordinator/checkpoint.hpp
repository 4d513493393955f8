#pragma once
// Checkpoints on disk. Each is a server file, the chain of the workers' client files, and a
// manifest that names them; the manifest is renamed into place last, so that it names only what is
// completely there. The newest `keep` manifests stay, and the files that they name.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/schedule.hpp"

namespace cohort {

struct Manifest {
  static constexpr std::uint32_t current_version = 2;
  std::uint32_t version = current_version;
  std::uint64_t round = 0;
  std::string scenario_hash;
  std::string fingerprint;  // numerics of the process that wrote it
  std::string server_file;
  std::vector<std::string> client_files;             // oldest first
  std::map<std::string, std::uint64_t> log_offsets;  // bytes of each log at this point
  template <class V>
  void fields(V&& v) {
    v("version", version);
    v("round", round);
    v("scenario_hash", scenario_hash);
    v("fingerprint", fingerprint);
    v("server_file", server_file);
    v("client_files", client_files);
    v("log_offsets", log_offsets);
  }
};

class CheckpointDirectory {
 public:
  CheckpointDirectory(std::filesystem::path path, std::uint64_t keep)
      : path_(std::move(path)), keep_(keep) {}

  const std::filesystem::path& path() const { return path_; }

  /// `manifest` comes with scenario hash, fingerprint and log offsets; the rest is filled in.
  Result<void> write(const WriteCheckpoint& checkpoint, Manifest manifest) const;
  /// The newest manifest; nothing if there is none. A damaged one is an error that names it.
  Result<std::optional<Manifest>> latest() const;
  /// The server's state of a manifest, into states that have their types.
  Result<ServerCheckpoint> read_server(const Manifest& manifest, ServerCheckpoint blank) const;
  std::vector<std::filesystem::path> client_paths(const Manifest& manifest) const;

 private:
  Result<std::map<std::uint64_t, std::filesystem::path>> manifests() const;
  Result<void> prune() const;

  std::filesystem::path path_;
  std::uint64_t keep_;
};

}  // namespace cohort
