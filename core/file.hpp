#pragma once
// Files as a whole: a checkpoint is there completely, on disk, or it is not there.

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace cohort {

/// Writes to a temporary name, syncs, and renames: after a crash `path` holds either the old bytes
/// or all of the new ones. Errors (Code::environment) name the file and the cause.
Result<void> write_durably(const std::filesystem::path& path, std::span<const std::byte> bytes);
Result<std::vector<std::byte>> read_file(const std::filesystem::path& path);

/// The same with the hash of the bytes in front of them, which is checked when they are read. Error
/// (bad_input): the file is too short, or is not what was written.
Result<void> write_sealed(const std::filesystem::path& path, std::span<const std::byte> bytes);
Result<std::vector<std::byte>> read_sealed(const std::filesystem::path& path);

}  // namespace cohort
