// Readers of LIBSVM and CSV text, against files checkable by hand and an independent slow parse.

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <sstream>

#include "problems/data/checksum.hpp"
#include "problems/data/csv.hpp"
#include "problems/data/libsvm.hpp"
#include "problems/data/load.hpp"
#include "problems/data/number.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

template <class T>
std::vector<T> list(const Array<T>& array) {
  return {array.data(), array.data() + array.size()};
}

Result<Table> libsvm(const std::filesystem::path& path) {
  return read_table(path, FileFormat::libsvm, {});
}

/// The message for a LIBSVM file with this text, without the folder.
std::string libsvm_error(std::string_view text) {
  const TemporaryFolder folder;
  const auto table = libsvm(folder.write("f", text));
  if (table) return "no error";
  EXPECT_EQ(table.error().code, Code::bad_input);
  return table.error().message.substr(folder.path().string().size() + 1);
}

std::string csv_error(std::string_view text, const CsvFormat& format = {}) {
  const TemporaryFolder folder;
  const auto table = read_table(folder.write("f", text), FileFormat::csv, format);
  if (table) return "no error";
  EXPECT_EQ(table.error().code, Code::bad_input);
  return table.error().message.substr(folder.path().string().size() + 1);
}

Table csv_table(std::string_view text, const CsvFormat& format = {}) {
  const TemporaryFolder folder;
  auto table = read_table(folder.write("f", text), FileFormat::csv, format);
  EXPECT_TRUE(table) << table.error().message;
  return *std::move(table);
}

// ---------------------------------------------------------------------------------------------

/// Against strtod in the C locale, bit for bit.
void expect_as_strtod(const std::string& text) {
  const std::string line = text + '\n';
  double value = 7.0;
  const char* const end = parse_decimal(line.c_str(), value);
  ASSERT_EQ(end, line.c_str() + text.size()) << text;
  const double expected = std::strtod(text.c_str(), nullptr);
  EXPECT_EQ(std::memcmp(&value, &expected, sizeof(value)), 0) << text << " gave " << value;
}

TEST(Number, IsRoundedAsByStrtod) {
  for (const char* text :
       {"0",
        "-0",
        "+1",
        "1",
        "1.",
        ".5",
        "-.5",
        "0.1",
        "0.30000000000000004",
        "123456789012345678",
        "9007199254740993",
        "9007199254740992",
        "9007199254740991e22",
        "9007199254740993e22",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1e-400",
        "-1e-400",
        "0e999999999999",
        "0.000000e-400",
        "00000000000000000000000000000012.5",
        "1E5",
        "1e+5",
        "1e05",
        "3.14159265358979323846264338",
        "0.000000000000000000000000000000000000000000000000000000000000000000001",
        "179769313486231570000000000000000000000000000000000e258"}) {
    expect_as_strtod(text);
  }
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    char text[64];
    std::snprintf(text, sizeof(text), "%.*g", static_cast<int>(random() % 20) + 1, value);
    if (std::isfinite(std::strtod(text, nullptr))) expect_as_strtod(text);
    std::snprintf(text, sizeof(text), "%.*f", static_cast<int>(random() % 12),
                  std::ldexp(value, -std::ilogb(value)) * 1000.0);
    expect_as_strtod(text);
  }
}

TEST(Number, RefusesWhatIsNotFiniteDecimal) {
  for (const char* text : {"", "+", "-", ".", "e5", "1e", "1e+", "nan", "inf", "-inf", "infinity",
                           "+-1", "1.8e308", "-1e309", "1e99999999999999999999", "x"}) {
    const std::string line = std::string(text) + '\n';
    double value = 0.0;
    EXPECT_EQ(parse_decimal(line.c_str(), value), nullptr) << text;
  }
}

// ---------------------------------------------------------------------------------------------

TEST(Libsvm, ReadsLabelsIndicesAndValues) {
  const TemporaryFolder folder;
  const auto table = libsvm(folder.write(
      "f", "+1 1:0.5 3:-2e1 # a comment 9:9\r\n-1\n\n# only a comment\n  2.5\t2:0 \n3 7:1"));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_TRUE(table->is_sparse);
  EXPECT_EQ(table->features, 7U);
  EXPECT_THAT(list(table->labels), ElementsAre(1, -1, 2.5, 3));
  EXPECT_THAT(list(table->offsets), ElementsAre(0, 2, 2, 3, 4));
  EXPECT_THAT(list(table->columns), ElementsAre(0, 2, 1, 6));
  EXPECT_THAT(list(table->values), ElementsAre(0.5, -20, 0, 1));
}

TEST(Libsvm, AcceptsTheLargestIndex) {
  const TemporaryFolder folder;
  const auto table = libsvm(folder.write("f", "1 2147483648:1\n"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->features, std::size_t{1} << 31);
}

TEST(Libsvm, ErrorsNameFileLineColumnExpectedAndFound) {
  EXPECT_EQ(libsvm_error("1 1:1\n1 0:1\n"),
            "f:2:3: expected an index from 1 to 2147483648 and ':', found '0:1'");
  EXPECT_EQ(libsvm_error("1 a:1"),
            "f:1:3: expected an index from 1 to 2147483648 and ':', found 'a:1'");
  EXPECT_EQ(libsvm_error("1 2147483649:1"),
            "f:1:3: expected an index from 1 to 2147483648 and ':', found '2147483649:1'");
  EXPECT_EQ(libsvm_error("1 99999999999999999999999:1"),
            "f:1:3: expected an index from 1 to 2147483648 and ':', found "
            "'99999999999999999999999:1'");
  EXPECT_EQ(libsvm_error("1 -3:1"),
            "f:1:3: expected an index from 1 to 2147483648 and ':', found '-3:1'");
  EXPECT_EQ(libsvm_error("1 3 4:1"),
            "f:1:3: expected an index from 1 to 2147483648 and ':', found '3'");
  EXPECT_EQ(libsvm_error("1 1:1\n\n1 2:1 1:1"),
            "f:3:7: expected an index above 2 (they ascend), found '1:1'");
  EXPECT_EQ(libsvm_error("1 2:1 2:1"),
            "f:1:7: expected an index above 2 (they ascend), found '2:1'");
  EXPECT_EQ(libsvm_error("1 2:nan"), "f:1:5: expected a finite number as value, found 'nan'");
  EXPECT_EQ(libsvm_error("1 2:-inf 3:1"), "f:1:5: expected a finite number as value, found '-inf'");
  EXPECT_EQ(libsvm_error("1 2:1e999"), "f:1:5: expected a finite number as value, found '1e999'");
  EXPECT_EQ(libsvm_error("1 2:1x"), "f:1:5: expected a finite number as value, found '1x'");
  EXPECT_EQ(libsvm_error("1 2:"),
            "f:1:5: expected a finite number as value, found the end of the line");
  EXPECT_EQ(libsvm_error("1 2: 3"),
            "f:1:5: expected a finite number as value, found the end of the line");
  EXPECT_EQ(libsvm_error("nan 2:1"), "f:1:1: expected a finite number as label, found 'nan'");
  EXPECT_EQ(libsvm_error("1 1:1\n3:1 4:1\n"),
            "f:2:1: expected a finite number as label, found '3:1'");
  EXPECT_EQ(libsvm_error("1,2 3:1"), "f:1:1: expected a finite number as label, found '1,2'");
  EXPECT_EQ(libsvm_error(std::string_view("1 2:\0\x01", 6)),
            "f:1:5: expected a finite number as value, found '\\x00\\x01'");
  EXPECT_EQ(libsvm_error(""), "f:1: expected a sample (label index:value …), found an empty file");
  EXPECT_EQ(libsvm_error("# nothing\n\n"),
            "f:3: expected a sample (label index:value …), found an empty file");
}

TEST(Libsvm, FilesThatCannotBeReadAreBadInput) {
  const TemporaryFolder folder;
  const auto missing = libsvm(folder.path() / "none");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message,
              EndsWith("none: cannot be opened: No such file or directory"));
  const auto directory = libsvm(folder.path());
  ASSERT_FALSE(directory);
  EXPECT_THAT(directory.error().message, EndsWith("expected a regular file"));
}

/// The independent parse: getline, strtod, strtoull.
Table slow_parse(const std::string& text) {
  Table table;
  table.is_sparse = true;
  table.offsets.push_back(0);
  std::istringstream in(text);
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    table.labels.push_back(std::strtod(word.c_str(), nullptr));
    while (words >> word) {
      char* colon = nullptr;
      const auto index = std::strtoull(word.c_str(), &colon, 10);
      table.columns.push_back(static_cast<std::uint32_t>(index - 1));
      table.values.push_back(std::strtod(colon + 1, nullptr));
      table.features = std::max(table.features, static_cast<std::size_t>(index));
    }
    table.offsets.push_back(table.columns.size());
  }
  return table;
}

void expect_equal(const Table& a, const Table& b) {
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(list(a.labels), list(b.labels));
  EXPECT_EQ(list(a.offsets), list(b.offsets));
  EXPECT_EQ(list(a.columns), list(b.columns));
  EXPECT_EQ(list(a.values), list(b.values));
}

TEST(Libsvm, AgreesWithSlowParseOnHeartScale) {
  const auto table = libsvm(test::shipped("heart_scale.libsvm"));
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->labels.size(), 270U);
  expect_equal(*table, slow_parse(test::read_bytes(test::shipped("heart_scale.libsvm"))));
}

/// Rows of hostile lengths and numbers, longer than several blocks of the reader.
std::string random_text(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  char word[64];
  while (text.size() < bytes) {
    std::snprintf(word, sizeof(word), "%.*g", static_cast<int>(random() % 17) + 1,
                  static_cast<double>(random()) - 9e18);
    text += word;
    const std::uint64_t length = random() % 1000 == 0 ? 100000 : random() % 20;
    std::uint64_t index = 0;
    for (std::uint64_t k = 0; k < length; ++k) {
      index += 1 + random() % 20;
      const double scale = std::pow(10.0, static_cast<double>(random() % 580) - 300.0);
      std::snprintf(word, sizeof(word), " %llu:%.*g", static_cast<unsigned long long>(index),
                    static_cast<int>(random() % 20) + 1,
                    random() % 2 == 0 ? static_cast<double>(random() % 100)
                                      : scale * static_cast<double>(random()));
      text += word;
    }
    text += random() % 8 == 0 ? " \r\n" : "\n";
  }
  return text;
}

TEST(Libsvm, AgreesWithSlowParseOnRandomTextPlainAndGzip) {
  const TemporaryFolder folder;
  const std::string text = random_text(3 << 20, 11);
  const Table expected = slow_parse(text);
  const auto plain = libsvm(folder.write("f", text));
  ASSERT_TRUE(plain) << plain.error().message;
  expect_equal(*plain, expected);
  const auto gzip = libsvm(folder.write_gzip("f.gz", text));
  ASSERT_TRUE(gzip) << gzip.error().message;
  expect_equal(*gzip, expected);
  // Two gzip streams in one file are one text.
  const std::size_t half = text.find('\n', text.size() / 2) + 1;
  folder.write_gzip("a", std::string_view(text).substr(0, half));
  folder.write_gzip("b", std::string_view(text).substr(half));
  const auto both = libsvm(folder.write(
      "ab", test::read_bytes(folder.path() / "a") + test::read_bytes(folder.path() / "b")));
  ASSERT_TRUE(both) << both.error().message;
  expect_equal(*both, expected);
}

TEST(Gzip, TruncatedOrCorruptStreamIsErrorWithLine) {
  const TemporaryFolder folder;
  const std::string text = random_text(1 << 20, 12);
  const std::string whole = test::read_bytes(folder.write_gzip("whole.gz", text));
  for (const std::size_t cut : {std::size_t{2}, whole.size() / 2, whole.size() - 1}) {
    const auto table = libsvm(folder.write("cut", whole.substr(0, cut)));
    ASSERT_FALSE(table) << cut;
    EXPECT_EQ(table.error().code, Code::bad_input);
    EXPECT_THAT(table.error().message,
                testing::ContainsRegex("cut:[0-9]+: the gzip stream is truncated"));
  }
  std::string corrupt = whole;
  corrupt[whole.size() / 2] ^= 0x10;
  const auto table = libsvm(folder.write("corrupt", corrupt));
  ASSERT_FALSE(table);
  const auto garbage = libsvm(folder.write("garbage", whole + "more"));
  ASSERT_FALSE(garbage);
  EXPECT_THAT(garbage.error().message, HasSubstr("the gzip stream is corrupt"));
}

TEST(Gzip, ReaderMayLeaveBeforeTheEnd) {
  const TemporaryFolder folder;
  // The first line is wrong and many blocks wait behind it.
  const auto table = libsvm(folder.write_gzip("f", "1 x\n" + random_text(8 << 20, 13)));
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message, HasSubstr("f:1:3:"));
}

TEST(Checksum, OfPiecesIsHashOfWhole) {
  const TemporaryFolder folder;
  const std::string text = random_text(1 << 20, 14);
  const auto sum = checksum_file(folder.write("f", text));
  ASSERT_TRUE(sum);
  EXPECT_EQ(*sum, hash_bytes(std::as_bytes(std::span(text))));
  auto source = TextSource::open(folder.write_gzip("g", text));
  ASSERT_TRUE(source);
  while (!source->next(1)->empty()) {
  }
  EXPECT_EQ(source->checksum(), *checksum_file(folder.path() / "g"));
}

// ---------------------------------------------------------------------------------------------

TEST(Csv, FindsSeparatorHeaderAndLabel) {
  const Table last = csv_table("1,2,0\n3, 4 ,1\r\n\n5,6e-1,0");
  EXPECT_FALSE(last.is_sparse);
  EXPECT_EQ(last.features, 2U);
  EXPECT_THAT(list(last.values), ElementsAre(1, 2, 3, 4, 5, 0.6));
  EXPECT_THAT(list(last.labels), ElementsAre(0, 1, 0));

  const Table named = csv_table("\"mean, all\";target;b\n1;7;2\n", {.label = "target"});
  EXPECT_THAT(list(named.values), ElementsAre(1, 2));
  EXPECT_THAT(list(named.labels), ElementsAre(7));

  const Table first = csv_table("  9   1 2 \n8 3   4\n", {.label = "first"});
  EXPECT_THAT(list(first.values), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(list(first.labels), ElementsAre(9, 8));

  const Table tabs = csv_table("a b\tc\n1\t2\n", {.label = "1"});
  EXPECT_THAT(list(tabs.values), ElementsAre(2));
  EXPECT_THAT(list(tabs.labels), ElementsAre(1));

  const Table numbers = csv_table("1,2\n3,4\n", {.header = CsvFormat::Header::yes});
  EXPECT_THAT(list(numbers.labels), ElementsAre(4));
}

TEST(Csv, ErrorsNameFileLineColumnExpectedAndFound) {
  EXPECT_EQ(csv_error("1,2\n3,4,5\n"), "f:2:5: expected 2 fields, as in the first row, found 3");
  EXPECT_EQ(csv_error("1,2\n3,4,\n"), "f:2:5: expected 2 fields, as in the first row, found 3");
  EXPECT_EQ(csv_error("1,2,3\n3,4\n"), "f:2:4: expected 3 fields, as in the first row, found 2");
  EXPECT_EQ(csv_error("1 2 3\n3 4\n"), "f:2:4: expected 3 fields, as in the first row, found 2");
  EXPECT_EQ(csv_error("1,2\n3,abc\n"), "f:2:3: expected a finite number, found 'abc'");
  EXPECT_EQ(csv_error("1,nan\n"), "f:1:3: expected a finite number, found 'nan'");
  EXPECT_EQ(csv_error("a,b\n1,2\ninf,3\n"), "f:3:1: expected a finite number, found 'inf'");
  EXPECT_EQ(csv_error("1,,2\n"), "f:1:3: expected a finite number, found an empty field");
  EXPECT_EQ(csv_error("1,2\n1,2 3\n"), "f:2:3: expected a finite number, found '2 3'");
  EXPECT_EQ(csv_error("1;2\n1,5;2\n"), "f:2:1: expected a finite number, found '1,5'");
  EXPECT_EQ(csv_error("a,b\n", {.header = CsvFormat::Header::no}),
            "f:1:1: expected a finite number, found 'a'");
  EXPECT_EQ(csv_error(""), "f:1: expected a row of numbers, found an empty file");
  EXPECT_EQ(csv_error("a,b\n"), "f:2: expected a row of numbers, found a header only");
  EXPECT_EQ(csv_error("1\n2\n"), "f:1:1: expected a label and at least one feature, found '1'");
  EXPECT_EQ(
      csv_error("a,b\n1,2\n", {.label = "c"}),
      "f:1:1: expected a label column 'c' (a name of the header, 'first', 'last', or a number "
      "from 1 to 2), found 'a,b'");
  EXPECT_EQ(csv_error("2,3\n1,2\n", {.preamble = "2,4"}),
            "f:1:1: expected the first line '2,4', found '2,3'");
}

// ---------------------------------------------------------------------------------------------

TEST(Shipped, CountsAreThoseOfTheTable) {
  for (const auto& entry : builtin_data()) {
    if (!entry.ships) continue;
    const auto path = test::shipped(std::string(entry.file));
    CsvFormat csv;
    csv.preamble = entry.preamble;
    const auto table = read_table(path, entry.format, csv);
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->labels.size(), entry.rows) << entry.name;
    EXPECT_EQ(table->features, entry.features) << entry.name;
    auto labels = list(table->labels);
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    if (entry.classes > 0) {
      EXPECT_EQ(labels.size(), entry.classes) << entry.name;
    }
  }
}

struct Counts {
  std::size_t rows, features, non_zeros, label_only;
};

void expect_counts(const std::string& name, const Counts& expected) {
  const auto path = test::reference(name);
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto table = libsvm(path);
  ASSERT_TRUE(table) << table.error().message;
  std::size_t label_only = 0;
  for (std::size_t i = 0; i < table->labels.size(); ++i) {
    label_only += table->offsets[i] == table->offsets[i + 1];
  }
  EXPECT_EQ(table->labels.size(), expected.rows);
  EXPECT_EQ(table->features, expected.features);
  EXPECT_EQ(table->values.size(), expected.non_zeros);
  EXPECT_EQ(label_only, expected.label_only);
}

TEST(Reference, A9aHasItsCounts) { expect_counts("a9a.libsvm.gz", {32561, 123, 451592, 0}); }

TEST(Reference, W8aHasItsCountsAndLabelOnlyRows) {
  expect_counts("w8a.libsvm.gz", {49749, 300, 579586, 4203});
}

}  // namespace
}  // namespace cohort
