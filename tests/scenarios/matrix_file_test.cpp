#include "scenarios/matrix_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

Result<MatrixFile> parse(std::string_view text) {
  return parse_matrix(std::as_bytes(std::span(text)), "m.csv");
}
std::vector<double> doubles(std::string_view text) {
  return std::get<std::vector<double>>(parse(text)->values);
}
std::string error(std::string_view text) {
  const auto read = parse(text);
  return read ? "fine" : read.error().message;
}

std::string npy(const std::string& dictionary, const std::string& data) {
  std::string text("\x93NUMPY\1\0", 8);
  text += static_cast<char>(dictionary.size());
  text += '\0';
  return text + dictionary + data;
}
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

TEST(MatrixFile, TextHasCommasOrBlanksAndEmptyLines) {
  const std::vector<double> expected = {1, -2.5, 3e4, 4, 5, 6};
  EXPECT_EQ(doubles("1,-2.5,3e4\n4,5,6\n"), expected);
  EXPECT_EQ(doubles("1 , -2.5,\t+3e4\r\n\n4, 5, 6"), expected);
  EXPECT_EQ(doubles("  1 -2.5\t3e4\n4  5   6  \n\n"), expected);
  EXPECT_EQ(parse("1,2,3\n4,5,6\n")->rows, 2U);
  EXPECT_EQ(parse("")->rows, 0U);
}

TEST(MatrixFile, NumbersThatAreNotFiniteAreRead) {
  const auto values = doubles("nan,inf,-inf\n");
  EXPECT_TRUE(std::isnan(values.at(0)));
  EXPECT_EQ(values.at(2), -std::numeric_limits<double>::infinity());
}

TEST(MatrixFile, MistakesNameLineAndColumn) {
  EXPECT_EQ(error("1,2\n\n3,x\n"), "m.csv:3: expected a number in column 2, found 'x'");
  EXPECT_EQ(error("1,2\n3,4,5\n"), "m.csv:2: expected 2 numbers as in line 1, found 3");
  EXPECT_EQ(error("1,,2\n"), "m.csv:1: expected a number in column 2, found ''");
  EXPECT_EQ(error("1,2,\n"), "m.csv:1: expected a number in column 3, found ''");
  EXPECT_EQ(error("1 1e999\n"), "m.csv:1: expected a number in column 2, found '1e999'");
}

TEST(MatrixFile, NpyKeepsSinglePrecisionAndReadsWholeNumbers) {
  const std::string shape = "'fortran_order': False, 'shape': (2, 3), }\n";
  const auto f8 = parse(npy("{'descr': '<f8', " + shape, bytes_of<double>({1, 2, 3, 4, 5, 6})));
  ASSERT_TRUE(f8) << f8.error().message;
  EXPECT_EQ(f8->rows, 2U);
  EXPECT_EQ(f8->columns, 3U);
  EXPECT_EQ(std::get<std::vector<double>>(f8->values), (std::vector<double>{1, 2, 3, 4, 5, 6}));
  const auto f4 = parse(npy("{'descr': '<f4', " + shape, bytes_of<float>({1, 2, 3, 4, 5, 6})));
  ASSERT_TRUE(f4) << f4.error().message;
  EXPECT_EQ(std::get<std::vector<float>>(f4->values), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  const auto i8 =
      parse(npy("{'descr': '<i8', " + shape, bytes_of<std::int64_t>({1, 2, 3, 4, 5, -6})));
  ASSERT_TRUE(i8) << i8.error().message;
  EXPECT_EQ(std::get<std::vector<double>>(i8->values), (std::vector<double>{1, 2, 3, 4, 5, -6}));
}

TEST(MatrixFile, OtherNpyIsRefusedWithWhatWasFound) {
  const auto of = [](const std::string& type, const std::string& order, const std::string& shape) {
    return error(
        npy("{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n",
            bytes_of<double>({1, 2, 3, 4, 5, 6})));
  };
  EXPECT_THAT(of("<f8", "True", "(2, 3)"), HasSubstr("expected C order"));
  EXPECT_EQ(of("<f8", "False", "(6,)"), "m.csv: expected two dimensions, found shape (6,)");
  EXPECT_EQ(of("<f8", "False", "(1, 2, 3)"),
            "m.csv: expected two dimensions, found shape (1, 2, 3)");
}

}  // namespace
}  // namespace cohort
