// The cache: what is written is what is read, and nothing that goes wrong with it fails a run.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>

#include "problems/data/cache.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Blob sample_blob() {
  Blob blob;
  blob.add(std::span<const double>(std::vector<double>{1.5, -2.0, 3.25}));
  blob.add(Array<std::uint32_t>{});
  blob.add(std::span<const std::uint32_t>(std::vector<std::uint32_t>(1000, 7U)));
  return blob;
}

void expect_sample(const Blob& blob) {
  ASSERT_EQ(blob.sections(), 3U);
  EXPECT_THAT(blob.as<double>(0), ElementsAre(1.5, -2.0, 3.25));
  EXPECT_THAT(blob.as<std::uint32_t>(1), IsEmpty());
  EXPECT_THAT(blob.as<std::uint32_t>(2), testing::SizeIs(1000));
  EXPECT_THAT(blob.as<std::uint32_t>(2), testing::Each(7U));
}

class Cache : public testing::Test {
 protected:
  Blob get(std::string_view key = "key") {
    auto blob = cached_blob(
        options_, "folder", "view-x", key,
        [this](bool is_shared) -> Result<Blob> {
          ++made_;
          was_shared_ = is_shared;
          return sample_blob();
        },
        warnings_);
    EXPECT_TRUE(blob);
    expect_sample(*blob);
    return *std::move(blob);
  }

  TemporaryFolder folder_;
  CacheOptions options_{.directory = folder_.path() / "cache",
                        .patience = std::chrono::milliseconds(50)};
  fs::path file_ = options_.directory / "folder" / "view-x.bin";
  std::atomic<int> made_ = 0;
  bool was_shared_ = false;
  std::vector<std::string> warnings_;
};

TEST_F(Cache, IsWrittenOnceAndMappedAfterwards) {
  EXPECT_TRUE(get().is_mapped());
  EXPECT_TRUE(was_shared_);
  const Blob again = get();
  EXPECT_TRUE(again.is_mapped());
  EXPECT_EQ(made_, 1);
  EXPECT_THAT(warnings_, IsEmpty());
  // Arrays begin at cache lines.
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(again.bytes(2).data()) % 64, 0U);
}

TEST_F(Cache, AnyChangedByteIsFoundAndTheFileMadeAgain) {
  get();
  const std::string good = test::read_bytes(file_);
  for (const std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{20}, std::size_t{70},
                               good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] ^= 0x01;
    std::ofstream(file_, std::ios::binary) << bad;
    warnings_.clear();
    made_ = 0;
    EXPECT_TRUE(get().is_mapped());
    EXPECT_EQ(made_, 1) << at;
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is made again")));
    EXPECT_EQ(test::read_bytes(file_), good);
  }
}

TEST_F(Cache, TruncatedOrLongerFileIsMadeAgain) {
  get();
  const std::string good = test::read_bytes(file_);
  for (const std::string& bad : {std::string(), good.substr(0, 10), good.substr(0, 64),
                                 good.substr(0, good.size() - 1), good + "x"}) {
    std::ofstream(file_, std::ios::binary) << bad;
    warnings_.clear();
    EXPECT_TRUE(get().is_mapped());
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is made again")));
  }
}

TEST_F(Cache, AnotherKeyIsAnotherBlob) {
  get("one");
  get("two");
  EXPECT_EQ(made_, 2);
}

TEST_F(Cache, WithoutFolderEverythingStaysInMemory) {
  options_.directory.clear();
  EXPECT_FALSE(get().is_mapped());
  EXPECT_FALSE(was_shared_);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(Cache, UnwritableFolderFallsBackToMemoryWithWarning) {
  // A file in place of the folder: refused to root, too.
  folder_.write("cache", "");
  EXPECT_FALSE(get().is_mapped());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("is not used")));
}

TEST_F(Cache, FullDiskFallsBackToMemoryWithWarning) {
  // A write to /dev/full says that the disk is full.
  fs::create_directories(file_.parent_path());
  fs::create_symlink("/dev/full", file_.string() + ".tmp");
  EXPECT_FALSE(get().is_mapped());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("No space left on device")));
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(Cache, LockHeldTooLongFallsBackToMemoryWithWarning) {
  fs::create_directories(file_.parent_path());
  const int lock = ::open((file_.string() + ".lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  EXPECT_FALSE(get().is_mapped());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("another process holds its lock")));
  ::close(lock);
  EXPECT_TRUE(get().is_mapped());
}

TEST_F(Cache, LockOfKilledWriterAndItsHalfFileDoNotMatter) {
  fs::create_directories(file_.parent_path());
  const pid_t child = ::fork();
  if (child == 0) {
    const int lock = ::open((file_.string() + ".lock").c_str(), O_RDWR | O_CREAT, 0600);
    ::flock(lock, LOCK_EX);
    std::ofstream(file_.string() + ".tmp") << "half";
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(get().is_mapped());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(Cache, OneOfManyWritesAndTheOthersMap) {
  options_.patience = std::chrono::seconds(20);
  std::vector<std::thread> threads;
  std::atomic<int> mapped = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      std::vector<std::string> warnings;
      const auto blob = cached_blob(
          options_, "folder", "view-x", "key",
          [&](bool) -> Result<Blob> {
            ++made_;
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            return sample_blob();
          },
          warnings);
      mapped += blob->is_mapped() && warnings.empty();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(mapped, 8);
}

TEST_F(Cache, OldFilesOfAKindAreRemoved) {
  options_.keep = 2;
  fs::create_directories(file_.parent_path());
  for (const char* name : {"view-a.bin", "view-b.bin", "table-a.bin"}) {
    std::ofstream(file_.parent_path() / name) << "old";
    fs::last_write_time(file_.parent_path() / name, fs::file_time_type::clock::now() -
                                                        std::chrono::hours(name[5] == 'a' ? 2 : 1));
  }
  get();
  EXPECT_FALSE(fs::exists(file_.parent_path() / "view-a.bin"));
  EXPECT_TRUE(fs::exists(file_.parent_path() / "view-b.bin"));
  EXPECT_TRUE(fs::exists(file_.parent_path() / "table-a.bin"));
  EXPECT_TRUE(fs::exists(file_));
}

TEST_F(Cache, ErrorOfTheMakerIsTheError) {
  const auto blob = cached_blob(
      options_, "folder", "view-x", "key", [](bool) -> Result<Blob> { return bad_input("broken"); },
      warnings_);
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().message, "broken");
  EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace cohort
