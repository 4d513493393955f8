#include "problems/data/npz.hpp"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "core/file.hpp"
#include "tests/scenarios/folder.hpp"
#include "tests/scenarios/python.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

std::vector<NumberArray> example() {
  using Doubles = std::vector<double>;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {{"weight", {2, 3}, Doubles{1, 2.5, -0.0, 1e-300, infinity, 6}},
          {"bias", {3}, Doubles{7, 8, 9}},
          {"none", {0}, Doubles{}},
          {"about", {2}, std::vector<std::uint8_t>{'h', 255}}};
}

TEST(Npz, ReadsWhatItWrote) {
  const Folder folder;
  ASSERT_TRUE(write_npz(folder / "model.npz", example()));
  const auto read = read_npz(folder / "model.npz");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, example());
}

TEST(Npz, TheSameArraysGiveTheSameBytes) {
  const Folder folder;
  ASSERT_TRUE(write_npz(folder / "a.npz", example()));
  ASSERT_TRUE(write_npz(folder / "b.npz", example()));
  EXPECT_EQ(*read_file(folder / "a.npz"), *read_file(folder / "b.npz"));
}

TEST(Npz, PythonsZipFindsItSound) {
  if (std::system("python3 -c 'import zipfile' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  const Folder folder;
  ASSERT_TRUE(write_npz(folder / "model.npz", example()));
  // The header of each entry is a Python literal, 64-byte aligned.
  const std::string command =
      "cd '" + folder.path().string() +
      "' && python3 -c \"\n"
      "import zipfile, ast, struct\n"
      "z = zipfile.ZipFile('model.npz')\n"
      "assert z.testzip() is None\n"
      "assert z.namelist() == ['weight.npy', 'bias.npy', 'none.npy', 'about.npy']\n"
      "b = z.read('weight.npy')\n"
      "n = struct.unpack('<H', b[8:10])[0]\n"
      "assert (10 + n) % 64 == 0\n"
      "h = ast.literal_eval(b[10:10+n].decode())\n"
      "assert h == {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}, h\n"
      "assert struct.unpack('<6d', b[10+n:])[1] == 2.5\n"
      "\"";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(Npz, NumpyReadsIt) {
  const std::string python = python_with_numpy();
  if (python.empty()) GTEST_SKIP() << no_numpy;
  const Folder folder;
  ASSERT_TRUE(write_npz(folder / "model.npz", example()));
  const std::string command = "cd '" + folder.path().string() + "' && " + python +
                              " -c \"\n"
                              "import numpy as np\n"
                              "m = np.load('model.npz')\n"
                              "assert m['weight'].shape == (2, 3) and m['weight'][1, 2] == 6\n"
                              "assert list(m['bias']) == [7, 8, 9] and m['none'].shape == (0,)\n"
                              "assert m['about'].dtype == np.uint8 and m['about'][1] == 255\n"
                              "\"";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST(Npz, ReadsWhatNumpyWrites) {
  const std::string python = python_with_numpy();
  if (python.empty()) GTEST_SKIP() << no_numpy;
  const Folder folder;
  const std::string command =
      "cd '" + folder.path().string() + "' && " + python +
      " -c \"\n"
      "import numpy as np\n"
      "a = dict(f4=np.float32([[1.5, -2]]), i8=np.arange(-1, 2), big=np.array([258, -2], '>i2'),\n"
      "         b1=np.array([True, False]), u1=np.uint8([[0, 255]]), scalar=np.float64(7))\n"
      "np.savez('stored.npz', **a)\n"
      "np.savez_compressed('deflated.npz', **a)\n"
      "np.savez('fortran.npz', f=np.asfortranarray(np.ones((2, 3))))\n"
      "np.savez('text.npz', t=np.array(['a']))\n"
      "\"";
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto read = read_npz(folder / name);
    ASSERT_TRUE(read) << read.error().message;
    const std::vector<NumberArray> expected = {{"f4", {1, 2}, std::vector<float>{1.5F, -2}},
                                               {"i8", {3}, std::vector<std::int64_t>{-1, 0, 1}},
                                               {"big", {2}, std::vector<std::int64_t>{258, -2}},
                                               {"b1", {2}, std::vector<std::uint8_t>{1, 0}},
                                               {"u1", {1, 2}, std::vector<std::uint8_t>{0, 255}},
                                               {"scalar", {}, std::vector<double>{7}}};
    EXPECT_EQ(*read, expected);
  }
  EXPECT_THAT(read_npz(folder / "fortran.npz").error().message,
              HasSubstr("fortran.npz: f: expected C order, found fortran_order = True"));
  EXPECT_THAT(read_npz(folder / "text.npz").error().message,
              HasSubstr("text.npz: t: expected elements f4, f8"));
}

TEST(Npz, EveryDamagedByteIsAnErrorOrHarmless) {
  const Folder folder;
  ASSERT_TRUE(write_npz(folder / "model.npz", example()));
  const auto bytes = *read_file(folder / "model.npz");
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{0x41};
    ASSERT_TRUE(write_durably(folder / "damaged.npz", damaged));
    const auto read = read_npz(folder / "damaged.npz");
    if (!read) {
      ++refused;
      EXPECT_THAT(read.error().message, HasSubstr("damaged.npz: expected"));
    }
  }
  EXPECT_GT(refused, bytes.size() / 6);
  for (std::size_t size = 0; size < bytes.size(); size += 37) {
    ASSERT_TRUE(write_durably(folder / "short.npz", std::span(bytes).first(size)));
    EXPECT_FALSE(read_npz(folder / "short.npz"));
  }
}

}  // namespace
}  // namespace cohort
