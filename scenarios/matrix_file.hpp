#pragma once
// A matrix of numbers from a file or a stream: comma-, space- or tab-separated text, one row a
// line, or NumPy's .npy of one array of two dimensions (problems/data/npy.hpp). And a vector to
// .npy.

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

struct MatrixFile {
  std::size_t rows = 0;
  std::size_t columns = 0;
  /// Row-major; single precision where the file is.
  std::variant<std::vector<double>, std::vector<float>> values;
};

/// `name` is for errors (bad_input), which tell line and column: no number, a row of another
/// length, a header that is not one, too few bytes.
Result<MatrixFile> parse_matrix(std::span<const std::byte> bytes, const std::string& name);
Result<MatrixFile> read_matrix(std::istream& in, const std::string& name);

/// numpy.load reads it, as <f8.
Result<void> write_npy(const std::filesystem::path& path, const Vec& values);

}  // namespace cohort
