#pragma once
// Named arrays, as numpy.load reads them: a zip of stored (not compressed) .npy entries,
// little-endian, row-major.

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace cohort {

struct NpzArray {
  std::string name;
  std::vector<std::uint64_t> shape;
  /// The product of the shape many, as <f8 or |u1.
  std::variant<std::vector<double>, std::vector<std::uint8_t>> values;
  friend bool operator==(const NpzArray&, const NpzArray&) = default;
};

/// Durably. Error bad_input: more than 4 GiB, which this form of zip cannot hold.
Result<void> write_npz(const std::filesystem::path& path, const std::vector<NpzArray>& arrays);

/// What write_npz wrote. Hostile bytes give an error (bad_input) that names the file and what was
/// expected: offsets, lengths and checksums are checked before anything is allocated.
Result<std::vector<NpzArray>> read_npz(const std::filesystem::path& path);

}  // namespace cohort
