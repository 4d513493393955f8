#pragma once
// Named arrays, as numpy.load reads them: a zip of .npy entries. What is written is stored, not
// compressed; what is read may be deflated (numpy.savez_compressed).

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "problems/data/number_array.hpp"

namespace cohort {

/// Durably. Error bad_input: more than 4 GiB, which this form of zip cannot hold.
Result<void> write_npz(const std::filesystem::path& path, const std::vector<NumberArray>& arrays);

/// Hostile bytes give an error (bad_input) that names the file and what was expected: offsets,
/// lengths and checksums are checked before anything is allocated.
Result<std::vector<NumberArray>> read_npz(const std::filesystem::path& path);
/// The same of bytes; `name` is for errors.
Result<std::vector<NumberArray>> parse_npz(std::span<const std::byte> bytes,
                                           const std::string& name);

}  // namespace cohort
