#include "core/file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cohort {
namespace {

std::filesystem::path fresh(const char* name) {
  const auto path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove(path);
  return path;
}

const std::vector<std::byte> some_bytes(100, std::byte{7});

TEST(File, ReadsBackWhatItWroteAndLeavesNoTemporary) {
  const auto path = fresh("cohort-file");
  ASSERT_TRUE(write_durably(path, some_bytes));
  EXPECT_EQ(*read_file(path), some_bytes);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".tmp"));
}

TEST(File, NamesWhatItCannotWriteOrRead) {
  const auto missing = std::filesystem::path(testing::TempDir()) / "no-such-folder" / "file";
  const auto written = write_durably(missing, some_bytes);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::environment);
  EXPECT_NE(written.error().message.find("no-such-folder"), std::string::npos);
  EXPECT_FALSE(read_file(missing));
}

TEST(SealedFile, EveryChangedByteAndEveryCutIsFound) {
  const auto path = fresh("cohort-sealed");
  ASSERT_TRUE(write_sealed(path, some_bytes));
  ASSERT_EQ(*read_sealed(path), some_bytes);
  const std::vector<std::byte> whole = *read_file(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::vector<std::byte> damaged = whole;
    damaged[i] ^= std::byte{1};
    ASSERT_TRUE(write_durably(path, damaged));
    EXPECT_FALSE(read_sealed(path)) << "byte " << i;
    ASSERT_TRUE(write_durably(path, std::span(whole).first(i)));
    EXPECT_FALSE(read_sealed(path)) << "cut at " << i;
  }
}

}  // namespace
}  // namespace cohort
