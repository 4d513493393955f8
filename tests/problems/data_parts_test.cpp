// Splits that come from a column or a file, and clients with features of their own.

#include <cmath>
#include <set>

#include "problems/data/load.hpp"
#include "problems/data/npz.hpp"
#include "problems/data/parts.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using Type = PartitionOptions::Type;

DataOptions in_folder(const TemporaryFolder& folder) {
  DataOptions options;
  options.cache.directory.clear();
  options.base = folder.path();
  return options;
}

DataSet loaded(const DataOptions& options, const Share& share = {}) {
  auto data = load_data(options, share);
  EXPECT_TRUE(data) << data.error().message;
  return *std::move(data);
}

std::string error_of(const DataOptions& options) {
  const auto data = load_data(options);
  return data ? "no error" : data.error().message;
}

std::vector<double> values_of(const Rows& rows) {
  std::vector<double> out;
  visit(rows, [&](const auto& block) {
    for (std::size_t i = 0; i < block.count; ++i) {
      for (const auto x : block.values(i)) out.push_back(double{x});
    }
  });
  return out;
}

TEST(ByColumn, AClientIsADistinctKeyInAscendingOrder) {
  const TemporaryFolder folder;
  folder.write("f.csv",
               "site,a,b,y\n"
               "\"Lyon, east\",1,2,0\n"
               "Basel,3,4,1\n"
               "Lyon,5,6,0\n"
               "Basel,7,8,1\n");
  DataOptions options = in_folder(folder);
  options.train = "f.csv";
  options.partition.type = Type::by_column;
  options.partition.column = "site";
  options.clients = 3;
  for (const bool cached : {false, true, true}) {
    if (cached) options.cache.directory = folder.path() / "cache";
    const DataSet data = loaded(options);
    EXPECT_THAT(data.feature_names, ElementsAre("a", "b"));
    EXPECT_THAT(values_of(data.store.client_rows(ClientId(0))), ElementsAre(3, 4, 7, 8));
    EXPECT_THAT(values_of(data.store.client_rows(ClientId(1))), ElementsAre(5, 6));
    EXPECT_THAT(values_of(data.store.client_rows(ClientId(2))), ElementsAre(1, 2));
  }
  options.clients = 2;
  EXPECT_THAT(error_of(options), HasSubstr("expected clients.count = 3, the number of keys in "
                                           "column 'site', found 2"));
  options.partition.column = "place";
  EXPECT_THAT(error_of(options), HasSubstr("f.csv:1:1: expected a key column 'place'"));
  options.partition.column = "y";
  EXPECT_THAT(error_of(options), HasSubstr("different columns for key and label"));
  options.train.clear();
  options.name = "heart_scale";
  EXPECT_THAT(error_of(options), HasSubstr("expected a CSV file"));
}

TEST(ByColumn, KeysThatAreNumbersAscendAsNumbersAndNeedNoHeader) {
  const TemporaryFolder folder;
  folder.write("f.csv", "10,1,0\n9,2,1\n10,3,1\n");
  DataOptions options = in_folder(folder);
  options.train = "f.csv";
  options.partition.type = Type::by_column;
  options.partition.column = "first";
  options.clients = 2;
  const DataSet data = loaded(options);
  EXPECT_THAT(values_of(data.store.client_rows(ClientId(0))), ElementsAre(2));
  EXPECT_THAT(values_of(data.store.client_rows(ClientId(1))), ElementsAre(1, 3));
  folder.write("f.csv", "10,1,0\n9,2\n");
  EXPECT_THAT(error_of(options), HasSubstr("f.csv:2:4: expected 3 fields"));
}

TEST(Parts, WhatWasWrittenGivesTheSameStoreAndItsRanks) {
  for (const char* name : {"digits", "mushroom"}) {  // dense, sparse
    const TemporaryFolder folder;
    DataOptions options = in_folder(folder);
    options.name = name;
    options.clients = 20;
    options.split = {.train = 0.7, .validation = 0.1, .test = 0.2, .client_test = 0.25};
    options.standardize = Standardize::scale;
    options.partition = {.type = Type::dirichlet, .alpha = 0.3, .min_rows = 4};
    const DataStore made = loaded(options).store;
    ASSERT_TRUE(write_parts(folder.path() / "parts.npz", made, false));
    options.partition = {};
    options.partition.type = Type::file;
    options.partition.file = "parts.npz";
    options.split = {};
    options.seed = 99;
    const DataSet again = loaded(options);
    EXPECT_EQ(again.files.back().role, "partition");
    for (const auto source :
         {RowSource::client, RowSource::client_test, RowSource::validation, RowSource::test}) {
      EXPECT_TRUE(std::ranges::equal(made.file_rows(source), again.store.file_rows(source)));
      EXPECT_EQ(values_of(made.rows(source)), values_of(again.store.rows(source)));
    }
    for (std::uint64_t k = 0; k < 20; ++k) {
      EXPECT_EQ(made.rows_of_client(ClientId(k)), again.store.rows_of_client(ClientId(k)));
    }
    const DataStore last = loaded(options, Share::of_rank(20, 2, 3)).store;
    EXPECT_EQ(values_of(last.client_rows(ClientId(19))), values_of(made.client_rows(ClientId(19))));
  }
}

TEST(Parts, MistakesNameFileAndRow) {
  const TemporaryFolder folder;
  folder.write("f.csv", "1,0\n2,1\n3,1\n");
  DataOptions options = in_folder(folder);
  options.train = "f.csv";
  options.partition.type = Type::file;
  options.partition.file = "parts.npz";
  options.clients = 2;
  using Whole = std::vector<std::int64_t>;
  using Bytes = std::vector<std::uint8_t>;
  const auto error = [&](const std::vector<NumberArray>& arrays) {
    EXPECT_TRUE(write_npz(folder.path() / "parts.npz", arrays));
    return error_of(options);
  };
  EXPECT_EQ(error({{"client", {3}, Whole{0, 1, -1}}}), "no error");
  EXPECT_EQ(loaded(options).store.count(RowSource::client), 2U);
  EXPECT_THAT(error({{"owner", {3}, Whole{0, 1, 1}}}), HasSubstr("expected an array client"));
  EXPECT_THAT(error({{"client", {2}, Whole{0, 1}}}), HasSubstr("expected 3 rows"));
  EXPECT_THAT(error({{"client", {3}, Whole{0, 1, 2}}}),
              HasSubstr("expected clients below clients.count = 2, found 2"));
  EXPECT_THAT(error({{"client", {3}, Whole{0, -2, 1}}}), HasSubstr("found client -2 and set 4 in "
                                                                   "row 2"));
  EXPECT_THAT(error({{"client", {3}, Whole{0, 1, 1}}, {"set", {3}, Bytes{0, 0, 2}}}),
              HasSubstr("found client 1 and set 2 in row 3"));
  EXPECT_THAT(error({{"client", {3}, Whole{0, 1, 1}}, {"set", {2}, Bytes{0, 0}}}),
              HasSubstr("expected an array set of 3 bytes"));
  EXPECT_THAT(error({{"client", {3}, Whole{-1, -1, -1}}}), HasSubstr("found none"));
  options.partition.file = "none.npz";
  EXPECT_THAT(error_of(options), HasSubstr("none.npz: no such file"));
}

TEST(FeatureSkew, RotationTurnsImagesOfClientsAndNothingElse) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = "digits";
  options.clients = 6;
  options.split = {.train = 0.8, .validation = 0.0, .test = 0.2, .client_test = 0.2};
  const DataStore plain = loaded(options).store;
  options.feature_skew.type = FeatureSkew::Type::rotation;
  const DataStore turned = loaded(options).store;
  EXPECT_EQ(values_of(plain.rows(RowSource::test)), values_of(turned.rows(RowSource::test)));
  for (std::uint64_t k = 0; k < 6; ++k) {
    for (const auto source : {RowSource::client, RowSource::client_test}) {
      const auto before = values_of(plain.client_rows(ClientId(k), source));
      const auto after = values_of(turned.client_rows(ClientId(k), source));
      for (std::size_t r = 0; r < 8; ++r) {
        for (std::size_t c = 0; c < 8; ++c) {
          // Counterclockwise: the last column becomes the first row.
          const std::size_t from[] = {r * 8 + c, c * 8 + 7 - r, (7 - r) * 8 + 7 - c,
                                      (7 - c) * 8 + r};
          ASSERT_EQ(after[r * 8 + c], before[from[k % 4]]);
        }
      }
    }
  }
  options.feature_skew.turns = 2;
  const DataStore half = loaded(options).store;
  EXPECT_EQ(values_of(half.client_rows(ClientId(4))), values_of(plain.client_rows(ClientId(4))));
  EXPECT_EQ(values_of(half.client_rows(ClientId(5)))[0],
            values_of(plain.client_rows(ClientId(5)))[63]);
  options.name = "breast_cancer";
  EXPECT_THAT(error_of(options), HasSubstr("found 30 features, no square"));
  options.name = "mushroom";
  EXPECT_THAT(error_of(options), HasSubstr("expected dense data"));
}

TEST(FeatureSkew, NoiseGrowsWithTheClientAndHasTheSameBitsOnEveryRank) {
  DataOptions options;
  options.cache.directory.clear();
  options.name = "digits";
  options.clients = 4;
  options.standardize = Standardize::global;
  const DataStore plain = loaded(options).store;
  options.feature_skew = {.type = FeatureSkew::Type::noise, .variance = 4.0, .turns = 4};
  const DataStore noisy = loaded(options).store;
  for (std::uint64_t k = 0; k < 4; ++k) {
    const auto before = values_of(plain.client_rows(ClientId(k)));
    const auto after = values_of(noisy.client_rows(ClientId(k)));
    double squares = 0;
    for (std::size_t i = 0; i < before.size(); ++i) squares += std::pow(after[i] - before[i], 2);
    // About 28 000 draws of variance k + 1: the relative error of their mean square is √(2/28000).
    EXPECT_NEAR(squares / static_cast<double>(before.size()) / static_cast<double>(k + 1), 1.0,
                0.04);
    const auto rank = static_cast<std::uint32_t>(k);
    const DataStore mine = loaded(options, Share::of_rank(4, rank, 4)).store;
    EXPECT_EQ(values_of(mine.client_rows(ClientId(k))), after);
  }
}

}  // namespace
}  // namespace cohort
