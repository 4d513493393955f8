// The rules of tests/architecture/rules.hpp, applied to the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
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

// Two definitions of one name in namespace cohort, each in a header that the other's users may not
// see, link to a program that takes one for the other.
TEST(SourceTree, GivesEveryTypeOfItsHeadersANameOfItsOwn) {
  const std::regex definition(R"(^(?:struct|class|enum class) (\w+)(?: final)?(?: :[^;]*)? \{)");
  std::map<std::string, std::string> first;
  for (const auto& path : source_paths()) {
    if (!path.ends_with(".hpp") || path.starts_with("tests/")) continue;
    std::istringstream lines(content(path));
    bool is_in_cohort = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("namespace ")) is_in_cohort = line == "namespace cohort {";
      if (line.starts_with("}  // namespace")) is_in_cohort = true;  // of an inner one
      std::smatch found;
      if (!is_in_cohort || !std::regex_search(line, found, definition)) continue;
      const auto [place, is_new] = first.emplace(found[1], path);
      if (!is_new)
        ADD_FAILURE() << found[1] << " is defined in " << place->second << " and " << path;
    }
  }
  EXPECT_GT(first.size(), 200U);  // the tree has as many, or the pattern finds none
}

TEST(SourceTree, NamesEveryAlgorithmAfterItsFile) { expect_no_violations(misnamed_algorithms); }

}  // namespace
}  // namespace cohort::architecture
