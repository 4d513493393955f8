#pragma once
// Data sets from their public homes, by the program curl.

#include <filesystem>

#include "core/result.hpp"
#include "problems/data/builtin.hpp"

namespace cohort {

/// Fetches a file, inflates it if it is gzip, and renames it into place when its SHA-256 is the one
/// that is pinned. $COHORT_DATA_MIRROR, the address of a folder with the same file names as the
/// homes, is asked instead of the home. Errors: environment for no curl, no network, no such file
/// or no room; bad_input for bytes that are not those pinned. Nothing is left behind then.
Result<void> download(const RemoteFile& file, const std::filesystem::path& folder);

}  // namespace cohort
