// The rules of tests/architecture/rules.hpp, applied to the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/architecture/rules.hpp"

namespace cohort::architecture {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> source_paths() {
  std::vector<std::string> paths;
  const fs::path root = COHORT_SOURCE_DIR;
  const auto collect = [&](const std::string& folder) {
    if (!fs::exists(root / folder)) return;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (entry.is_regular_file() && (extension == ".hpp" || extension == ".cpp"))
        paths.push_back(entry.path().lexically_relative(root).generic_string());
    }
  };
  for (const auto& [room, others] : allowed_rooms()) collect(room);
  collect("tests");
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string content(const std::string& path) {
  std::ifstream in(fs::path(COHORT_SOURCE_DIR) / path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

template <class Rule>
void expect_no_violations(Rule&& rule) {
  for (const auto& path : source_paths())
    for (const auto& violation : rule(path, content(path))) ADD_FAILURE() << violation;
}

TEST(SourceTree, IsFound) { EXPECT_THAT(source_paths(), testing::Contains("core/bytes.hpp")); }

TEST(SourceTree, IncludesOnlyWhatItsRoomMay) { expect_no_violations(include_violations); }

TEST(SourceTree, TakesReductionsAndTranscendentalsFromTheKernels) {
  expect_no_violations(numeric_violations);
}

TEST(SourceTree, TestsEveryAlgorithm) {
  for (const auto& violation : untested_algorithms(source_paths(), content))
    ADD_FAILURE() << violation;
}

TEST(SourceTree, NamesEveryAlgorithmAfterItsFile) { expect_no_violations(misnamed_algorithms); }

}  // namespace
}  // namespace cohort::architecture
