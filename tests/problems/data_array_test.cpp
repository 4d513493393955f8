// Readers of arrays, against bytes written by hand.

#include <filesystem>
#include <limits>

#include "problems/data/idx.hpp"
#include "problems/data/load.hpp"
#include "problems/data/npy.hpp"
#include "problems/data/npz.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

Result<NumberArray> idx(const std::filesystem::path& path) {
  auto source = ByteSource::open(path);
  EXPECT_TRUE(source);
  return read_idx(*source);
}

std::string idx_error(const std::string& text) {
  const TemporaryFolder folder;
  const auto read = idx(folder.write("f", text));
  if (read) return "no error";
  EXPECT_EQ(read.error().code, Code::bad_input);
  return read.error().message.substr(folder.path().string().size() + 1);
}

TEST(Idx, EveryElementTypeIsBigEndian) {
  const TemporaryFolder folder;
  const auto doubles = [&](const std::string& text) {
    const auto read = idx(folder.write("f", text));
    EXPECT_TRUE(read) << read.error().message;
    return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); },
                      read->values);
  };
  const auto u1 = idx(folder.write("f", bytes({0, 0, 8, 1, 0, 0, 0, 3, 0, 7, 255})));
  ASSERT_TRUE(u1);
  EXPECT_THAT(u1->shape, ElementsAre(3));
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(u1->values), ElementsAre(0, 7, 255));
  EXPECT_THAT(doubles(bytes({0, 0, 9, 1, 0, 0, 0, 2, 1, 255})), ElementsAre(1, -1));
  EXPECT_THAT(doubles(bytes({0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 255, 254})), ElementsAre(258, -2));
  EXPECT_THAT(doubles(bytes({0, 0, 12, 1, 0, 0, 0, 1, 0, 1, 0, 2})), ElementsAre(65538));
  // 1.5 = 0x3FC00000 and -2 = 0xC000000000000000 by IEEE 754.
  const auto f4 = idx(folder.write("f", bytes({0, 0, 13, 1, 0, 0, 0, 1, 0x3F, 0xC0, 0, 0})));
  EXPECT_THAT(std::get<std::vector<float>>(f4->values), ElementsAre(1.5F));
  EXPECT_THAT(doubles(bytes({0, 0, 14, 1, 0, 0, 0, 1, 0xC0, 0, 0, 0, 0, 0, 0, 0})),
              ElementsAre(-2));
}

TEST(Idx, MistakesNameWhatWasFound) {
  EXPECT_EQ(idx_error(""), "f: expected an IDX header, found the end of the file");
  EXPECT_THAT(idx_error(bytes({0, 0, 10, 1, 0, 0, 0, 0})), HasSubstr("found 00 00 0a 01"));
  EXPECT_THAT(idx_error(bytes({0, 0, 8, 0})), HasSubstr("found 00 00 08 00"));
  EXPECT_EQ(idx_error(bytes({0, 0, 8, 2, 0, 0, 0, 1, 0})),
            "f: expected an IDX header, found the end of the file");
  EXPECT_EQ(idx_error(bytes({0, 0, 11, 1, 0, 0, 0, 2, 1, 2, 3})),
            "f: expected 2 elements of 2 bytes for shape (2,), found 3 bytes");
  EXPECT_EQ(idx_error(bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 2, 3})),
            "f: expected 2 elements of 1 bytes for shape (2,), found 3 bytes");
  // A shape that claims 2^96 elements, and one that claims 2^62 of them with two there.
  EXPECT_THAT(idx_error(bytes(
                  {0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2})),
              HasSubstr("expected a shape of less than 2^64 elements"));
  EXPECT_THAT(idx_error(bytes({0, 0, 8, 2, 128, 0, 0, 0, 128, 0, 0, 0, 1, 2})),
              HasSubstr("found 2 bytes"));
}

TEST(Idx, ImagesBecomeRowsOfSharesOf255AndLabelsComeFromTheirFile) {
  const TemporaryFolder folder;
  // Two images of 2 x 2, gzip; classes 9 and 4.
  folder.write_gzip("images", bytes({0, 0,  8,   3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2,  //
                                     0, 51, 255, 1, 2, 3, 4, 5}));
  folder.write("labels", bytes({0, 0, 8, 1, 0, 0, 0, 2, 9, 4}));
  DataOptions options;
  options.cache.directory.clear();
  options.base = folder.path();
  options.train = "images";
  options.train_labels = "labels";
  const auto data = load_data(options);
  ASSERT_TRUE(data) << data.error().message;
  const auto rows = std::get<DenseRows<double>>(data->store.client_rows(ClientId(0)).typed());
  ASSERT_EQ(rows.count, 2U);
  EXPECT_THAT(rows.values(0), ElementsAre(0, 0.2, 1, 1.0 / 255));
  EXPECT_THAT(data->store.classes(), ElementsAre(4, 9));
  EXPECT_THAT(data->store.client_rows(ClientId(0)).labels(), ElementsAre(1, 0));
  ASSERT_EQ(data->files.size(), 2U);
  EXPECT_EQ(data->files[1].role, "train_labels");
}

TEST(Idx, LabelsMustBeThereAndFit) {
  const TemporaryFolder folder;
  folder.write("images", bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2}));
  folder.write("labels", bytes({0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 1}));
  folder.write("text.csv", "1,2\n");
  DataOptions options;
  options.cache.directory.clear();
  options.base = folder.path();
  options.train = "images";
  EXPECT_THAT(load_data(options).error().message, HasSubstr("expected a file of labels"));
  options.train_labels = "labels";
  EXPECT_THAT(load_data(options).error().message,
              HasSubstr("expected one label for each of the 2 rows"));
  options.train_labels = "images";
  EXPECT_THAT(load_data(options).error().message, HasSubstr("found shape (2, 1)"));
  options.train = "labels";
  EXPECT_THAT(load_data(options).error().message, HasSubstr("expected rows of features"));
  options.train = "text.csv";
  EXPECT_THAT(load_data(options).error().message, HasSubstr("expected no file of labels"));
}

TEST(Idx, FashionMnistIsWhatTheTableSays) {
  const BuiltinData entry = *find_builtin("fashion-mnist");
  if (!find_builtin_file(entry, entry.test)) GTEST_SKIP() << "needs " << entry.package;
  const auto table = read_table(*find_builtin_file(entry, entry.test), FileFormat::detect, {},
                                *find_builtin_file(entry, entry.test_labels));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->labels.size(), 10000U);
  EXPECT_EQ(table->features, entry.features);
  // 1000 images of each class.
  std::vector<int> counts(10);
  for (std::size_t i = 0; i < 10000; ++i) ++counts[static_cast<std::size_t>(table->labels[i])];
  EXPECT_THAT(counts, testing::Each(1000));
}

Result<NumberArray> npy(const std::string& text) {
  auto source = ByteSource::memory(std::as_bytes(std::span(text)), "f");
  return read_npy(source);
}

std::string npy_text(const std::string& header, const std::string& data) {
  return "\x93NUMPY" + bytes({1, 0, static_cast<int>(header.size()), 0}) + header + data;
}

std::string npy_error(const std::string& type, const std::string& order, const std::string& shape) {
  const auto read = npy(npy_text(
      "{'descr': " + type + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n",
      bytes({1, 2, 3, 4, 5, 6, 7, 8})));
  return read ? "no error" : read.error().message;
}

TEST(Npy, MistakesNameWhatWasFound) {
  EXPECT_EQ(npy_error("'<u2'", "False", "(4,)"), "no error");
  EXPECT_THAT(npy_error("'<u2'", "True", "(4,)"), HasSubstr("f: expected C order"));
  EXPECT_THAT(npy_error("'<U1'", "False", "(4,)"), HasSubstr("found '<U1'"));
  EXPECT_THAT(npy_error("'|u2'", "False", "(4,)"), HasSubstr("found '|u2'"));
  EXPECT_THAT(npy_error("[('a', '<f4')]", "False", "(4,)"), HasSubstr("expected elements"));
  EXPECT_THAT(npy_error("'<u2'", "False", "(4"), HasSubstr("expected descr"));
  EXPECT_THAT(npy_error("'<u2'", "False", "(x,)"), HasSubstr("expected a shape, found (x,)"));
  EXPECT_EQ(npy_error("'<u2'", "False", "(2, 3)"),
            "f: expected 6 elements of 2 bytes for shape (2, 3), found 8 bytes");
  EXPECT_EQ(npy_error("'<u2'", "False", "()"),
            "f: expected 1 elements of 2 bytes for shape (), found 8 bytes");
  // Sizes whose product overflows to the right number.
  EXPECT_THAT(npy_error("'<u2'", "False", "(9223372036854775810, 2)"),
              HasSubstr("less than 2^64 elements"));
  EXPECT_THAT(npy_error("'<u8'", "False", "(9223372036854775807,)"), HasSubstr("found 8 bytes"));
  EXPECT_EQ(npy("\x93NUMPY").error().message,
            "f: expected a .npy header, found the end of the file");
  EXPECT_EQ(npy("\x93NUMPZ" + bytes({1, 0})).error().message,
            "f: expected a .npy file, found other first bytes");
  EXPECT_EQ(npy("\x93NUMPY" + bytes({1, 0, 255, 255})).error().message,
            "f: expected a .npy header, found the end of the file");
  EXPECT_THAT(npy("\x93NUMPY" + bytes({2, 0, 255, 255, 255, 255})).error().message,
              HasSubstr("header of at most"));
  const std::string top = npy_text("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }\n",
                                   bytes({0, 0, 0, 0, 0, 0, 0, 128}));
  EXPECT_EQ(npy(top).error().message,
            "f: expected whole numbers below 2^63, found 9223372036854775808");
}

TEST(Npy, RowsAndLabelsMayBeTwoFilesOrOneNpz) {
  const TemporaryFolder folder;
  const NumberArray x{"X", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6.5F}};
  const NumberArray y{"y", {2}, std::vector<std::int64_t>{7, 3}};
  const auto write = [&](const std::string& name, const NumberArray& array) {
    const auto all = npy_bytes(array);
    folder.write(name, {reinterpret_cast<const char*>(all.data()), all.size()});
  };
  write("x.npy", x);
  write("y.npy", y);
  ASSERT_TRUE(write_npz(folder.path() / "both.npz", {y, x}));
  DataOptions options;
  options.cache.directory.clear();
  options.base = folder.path();
  for (const bool in_one : {false, true}) {
    options.train = in_one ? "both.npz" : "x.npy";
    options.train_labels = in_one ? "" : "y.npy";
    const auto data = load_data(options);
    ASSERT_TRUE(data) << data.error().message;
    const auto rows = std::get<DenseRows<double>>(data->store.client_rows(ClientId(0)).typed());
    EXPECT_THAT(rows.values(1), ElementsAre(4, 5, 6.5));
    EXPECT_THAT(data->store.client_rows(ClientId(0)).labels(), ElementsAre(1, 0));
  }
  ASSERT_TRUE(write_npz(folder.path() / "both.npz", {x}));
  EXPECT_THAT(load_data(options).error().message,
              HasSubstr("both.npz: expected arrays X, rows of features, and y, their labels; "
                        "found X"));
  write("x.npy", {"X", {1, 2}, std::vector<double>{1, std::numeric_limits<double>::infinity()}});
  write("y.npy", {"y", {1}, std::vector<double>{1}});
  options.train = "x.npy";
  options.train_labels = "y.npy";
  EXPECT_THAT(load_data(options).error().message,
              HasSubstr("x.npy[0, 1]: expected a finite number, found inf"));
}

TEST(Builtin, AFileThatIsNotThereIsNamedWithWhatBringsIt) {
  BuiltinData entry = *find_builtin("fashion-mnist");
  entry.folder = "/nowhere";
  const auto found = find_builtin_file(entry, "no-such-file");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message,
            "fashion-mnist: no-such-file is not on this machine; expected it from `apt install "
            "dataset-fashion-mnist` or `cohort data get fashion-mnist`");
}

}  // namespace
}  // namespace cohort
