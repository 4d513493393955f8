// Files read some rows at a time, as `cohort predict` reads them.

#include <limits>

#include "problems/data/csv.hpp"
#include "problems/data/libsvm.hpp"
#include "problems/data/load.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> list(const Array<double>& array) {
  return {array.data(), array.data() + array.size()};
}

/// Longer than several blocks of text, so that pieces and blocks end in different places.
constexpr int many_rows = 60000;

TEST(CsvReader, PiecesAreTheWhole) {
  const test::TemporaryFolder folder;
  std::string text = "a,label,b\n";
  for (int i = 0; i < many_rows; ++i) {
    text += std::to_string(i) + ",1," + std::to_string(i % 7) + ".25\n";
  }
  const auto path = folder.write("f.csv", text);
  const CsvFormat format{.label = "label"};
  const auto whole = read_table(path, FileFormat::csv, format);
  ASSERT_TRUE(whole) << whole.error().message;

  auto source = TextSource::open(path);
  ASSERT_TRUE(source);
  CsvReader reader(*source, format);
  std::vector<double> values, labels;
  std::size_t pieces = 0;
  for (;; ++pieces) {
    const auto piece = reader.next(1000);
    ASSERT_TRUE(piece) << piece.error().message;
    if (piece->labels.empty()) break;
    EXPECT_EQ(piece->features, 2U);
    for (const double x : list(piece->values)) values.push_back(x);
    for (const double y : list(piece->labels)) labels.push_back(y);
  }
  EXPECT_GT(pieces, 2U);
  EXPECT_EQ(values, list(whole->values));
  EXPECT_EQ(labels, list(whole->labels));
  EXPECT_THAT(reader.names(), ElementsAre("a", "label", "b"));
}

TEST(CsvReader, WithoutALabelEveryColumnIsAFeature) {
  const test::TemporaryFolder folder;
  auto source = TextSource::open(folder.write("f.csv", "1,2,3\n4,5,6\n"));
  ASSERT_TRUE(source);
  CsvReader reader(*source, {}, false);
  const auto rows = reader.next(10);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->features, 3U);
  EXPECT_THAT(list(rows->values), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(list(rows->labels), ElementsAre(0, 0));
  EXPECT_TRUE(reader.names().empty());
}

TEST(CsvReader, AMistakeFarInsideNamesItsLine) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < many_rows; ++i) text += "1.5,2.5,3\n";
  auto source = TextSource::open(folder.write("f.csv", text + "1.5,x,3\n"));
  ASSERT_TRUE(source);
  CsvReader reader(*source, {});
  auto rows = reader.next(100);
  while (rows && !rows->labels.empty()) rows = reader.next(100);
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, HasSubstr("f.csv:60001:5: expected a finite number"));
}

TEST(LibsvmReader, PiecesAreTheWhole) {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < many_rows; ++i) {
    text += (i % 2 == 0 ? "+1 " : "-1 ") + std::to_string(i % 9 + 1) + ":0.5 " +
            std::to_string(i % 9 + 3) + ":-2\n";
  }
  const auto path = folder.write("f.libsvm", text);
  const auto whole = read_table(path, FileFormat::libsvm, {});
  ASSERT_TRUE(whole) << whole.error().message;

  auto source = TextSource::open(path);
  ASSERT_TRUE(source);
  LibsvmReader reader(*source);
  std::vector<double> values, labels;
  std::vector<std::uint32_t> columns;
  std::size_t width = 0, pieces = 0;
  for (;; ++pieces) {
    const auto piece = reader.next(1000);
    ASSERT_TRUE(piece) << piece.error().message;
    if (piece->labels.empty()) break;
    width = piece->features;
    ASSERT_EQ(piece->offsets[piece->labels.size()], piece->values.size());
    for (const double x : list(piece->values)) values.push_back(x);
    for (const double y : list(piece->labels)) labels.push_back(y);
    columns.insert(columns.end(), piece->columns.data(),
                   piece->columns.data() + piece->columns.size());
  }
  EXPECT_GT(pieces, 2U);
  EXPECT_EQ(values, list(whole->values));
  EXPECT_EQ(labels, list(whole->labels));
  EXPECT_TRUE(std::equal(columns.begin(), columns.end(), whole->columns.data()));
  EXPECT_EQ(width, whole->features);
}

TEST(LoadData, TellsTheNamesOfAHeader) {
  const test::TemporaryFolder folder;
  DataOptions options;
  options.train = folder.write("f.csv", "age,ill,dose\n30,1,0.5\n40,0,0.25\n").string();
  options.csv.label = "ill";
  options.cache = {};
  const auto named = load_data(options);
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_THAT(named->feature_names, ElementsAre("age", "dose"));
  EXPECT_EQ(named->label_name, "ill");

  options.train = folder.write("g.csv", "30,0.5,1\n40,0.25,0\n").string();
  options.csv.label = "last";
  const auto unnamed = load_data(options);
  ASSERT_TRUE(unnamed) << unnamed.error().message;
  EXPECT_TRUE(unnamed->feature_names.empty());
  EXPECT_EQ(unnamed->label_name, "");
}

}  // namespace
}  // namespace cohort
