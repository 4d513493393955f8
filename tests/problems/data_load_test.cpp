// From options to a store: what ends up where, whole and in shares, with and without the cache.

#include <cmath>
#include <set>

#include "problems/data/load.hpp"
#include "tests/problems/data_files.hpp"

namespace cohort {
namespace {

using test::TemporaryFolder;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

// A mean of n standardised values: n roundings of size 1e-16 each.
constexpr double rounding = 1e-13;

DataOptions without_cache() {
  DataOptions options;
  options.cache.directory.clear();
  return options;
}

DataSet loaded(const DataOptions& options, const Share& share = {}) {
  auto data = load_data(options, share);
  EXPECT_TRUE(data) << data.error().message;
  return *std::move(data);
}

/// Values of row i, zeros included.
std::vector<double> row(const Rows& rows, std::size_t i) {
  std::vector<double> out(rows.features(), 0.0);
  visit(rows, [&]<class Block>(const Block& block) {
    const auto values = block.values(i);
    for (std::size_t k = 0; k < values.size(); ++k) {
      if constexpr (Block::is_sparse) {
        out[block.index(i)[k]] = double{values[k]};
      } else {
        out[k] = double{values[k]};
      }
    }
  });
  return out;
}

TEST(Load, RowsOfClientsAreThoseOfTheFile) {
  DataOptions options = without_cache();
  options.name = "digits";
  options.split = {0.7, 0.1, 0.2};
  options.clients = 50;
  options.partition = {.type = PartitionOptions::Type::dirichlet, .alpha = 0.3, .min_rows = 2};
  const DataSet data = loaded(options);
  const DataStore& store = data.store;
  EXPECT_EQ(store.clients(), 50U);
  EXPECT_EQ(store.features(), 64U);
  EXPECT_EQ(store.count(RowSource::validation), 179U);
  EXPECT_EQ(store.count(RowSource::test), 359U);
  EXPECT_EQ(store.count(RowSource::client), 1797U - 179U - 359U);
  EXPECT_THAT(store.classes(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));

  auto table = read_table(test::shipped("digits.csv.gz"), FileFormat::csv, {});
  ASSERT_TRUE(table);
  const Rows file = table->rows();
  std::set<std::uint32_t> seen;
  std::size_t at = 0;
  const auto ids = store.file_rows(RowSource::client);
  for (std::uint64_t k = 0; k < store.clients(); ++k) {
    const Rows rows = store.client_rows(ClientId(k));
    EXPECT_EQ(rows.count(), store.rows_of_client(ClientId(k)));
    EXPECT_GE(rows.count(), 2U);
    for (std::size_t i = 0; i < rows.count(); ++i, ++at) {
      EXPECT_TRUE(seen.insert(ids[at]).second);
      EXPECT_EQ(row(rows, i), row(file, ids[at]));
      EXPECT_EQ(rows.labels()[i], file.labels()[ids[at]]);
    }
  }
  for (const auto source : {RowSource::validation, RowSource::test}) {
    const auto numbers = store.file_rows(source);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      EXPECT_TRUE(seen.insert(numbers[i]).second);
      EXPECT_EQ(row(store.rows(source), i), row(file, numbers[i]));
    }
  }
  EXPECT_EQ(seen.size(), 1797U);
  EXPECT_THAT(data.origin, HasSubstr("Handwritten Digits"));
  ASSERT_EQ(data.files.size(), 1U);
  EXPECT_THAT(data.files[0].path, EndsWith("digits.csv.gz"));
}

TEST(Load, LabelsBecomeClassNumbersOverAllFilesAndWidthIsTheLargest) {
  const TemporaryFolder folder;
  folder.write("train.libsvm", "3 1:1\n-1 2:1\n3\n");
  folder.write("test.libsvm", "7 5:1\n-1 1:2\n");
  DataOptions options = without_cache();
  options.base = folder.path();
  options.train = "train.libsvm";
  options.test = "test.libsvm";
  options.split = {0.8, 0.0, 0.2};
  const DataSet data = loaded(options);
  EXPECT_THAT(data.store.classes(), ElementsAre(-1, 3, 7));
  EXPECT_EQ(data.store.features(), 5U);
  EXPECT_TRUE(data.store.client_rows(ClientId(0)).is_sparse());
  // A client's sparse rows are those of fewest non-zeros first.
  EXPECT_THAT(data.store.client_rows(ClientId(0)).labels(), ElementsAre(1, 1, 0));
  EXPECT_THAT(data.store.file_rows(RowSource::client), ElementsAre(2, 0, 1));
  EXPECT_THAT(data.store.rows(RowSource::test).labels(), ElementsAre(2, 0));
  EXPECT_THAT(data.store.file_rows(RowSource::test), ElementsAre(3, 4));
  EXPECT_EQ(row(data.store.rows(RowSource::test), 0), (std::vector<double>{0, 0, 0, 0, 1}));
  EXPECT_EQ(data.files.size(), 2U);
}

TEST(Load, FlippedLabelsAreThoseOfTheRowsToTrainOn) {
  DataOptions options = without_cache();
  options.name = "digits";
  options.split = {0.7, 0.1, 0.2};
  options.clients = 5;
  const DataSet data = loaded(options);
  const DataStore flipped = data.store.with_flipped_labels();
  const Rows before = data.store.rows(RowSource::client), after = flipped.rows(RowSource::client);
  ASSERT_EQ(after.count(), before.count());
  for (std::size_t i = 0; i < before.count(); ++i) {
    EXPECT_EQ(after.labels()[i], 9.0 - before.labels()[i]);
    EXPECT_EQ(row(after, i), row(before, i));
  }
  for (const RowSource source : {RowSource::validation, RowSource::test}) {
    const auto kept = data.store.rows(source).labels(), same = flipped.rows(source).labels();
    EXPECT_TRUE(std::equal(kept.begin(), kept.end(), same.begin(), same.end()));
  }
}

TEST(Load, RegressionKeepsLabelsAndClassificationRefusesThem) {
  const TemporaryFolder folder;
  folder.write("f.csv", "1,2,0.5\n3,4,7\n");
  DataOptions options = without_cache();
  options.base = folder.path();
  options.train = "f.csv";
  EXPECT_THAT(load_data(options).error().message,
              HasSubstr("expected class labels (whole numbers), found 0.5 in row 1"));
  options.task = Task::regression;
  const DataSet data = loaded(options);
  EXPECT_THAT(data.store.client_rows(ClientId(0)).labels(), ElementsAre(0.5, 7));
  EXPECT_THAT(data.store.classes(), IsEmpty());
}

TEST(Load, MoreThanHalfStoredIsDense) {
  const TemporaryFolder folder;
  folder.write("dense.svm", "0 1:1 2:2\n1 2:3\n");
  folder.write("sparse.svm", "0 1:1 2:2\n1 4:3\n");
  DataOptions options = without_cache();
  options.base = folder.path();
  options.train = "dense.svm";
  EXPECT_FALSE(loaded(options).store.client_rows(ClientId(0)).is_sparse());
  options.train = "sparse.svm";
  EXPECT_TRUE(loaded(options).store.client_rows(ClientId(0)).is_sparse());
}

TEST(Load, StandardisedTrainRowsHaveMeanZeroAndDeviationOne) {
  DataOptions options = without_cache();
  options.name = "breast_cancer";
  options.split = {0.7, 0.1, 0.2};
  options.standardize = Standardize::global;
  const DataSet data = loaded(options);
  const Rows rows = data.store.client_rows(ClientId(0));
  const auto n = static_cast<double>(rows.count());
  for (std::size_t j = 0; j < rows.features(); ++j) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < rows.count(); ++i) {
      const double x = row(rows, i)[j];
      sum += x;
      squares += x * x;
    }
    EXPECT_NEAR(sum / n, 0.0, rounding);
    EXPECT_NEAR(squares / n, 1.0, rounding);
  }
  EXPECT_EQ(data.store.mean().size(), 30U);
}

TEST(Load, SinglePrecisionIsTheRoundedDouble) {
  for (const char* name : {"heart_scale", "mushroom"}) {
    DataOptions options = without_cache();
    options.name = name;
    options.standardize = Standardize::scale;
    const DataSet f64 = loaded(options);
    options.storage = Storage::f32;
    const DataSet f32 = loaded(options);
    const Rows wide = f64.store.client_rows(ClientId(0));
    const Rows narrow = f32.store.client_rows(ClientId(0));
    EXPECT_FALSE(wide.is_single());
    EXPECT_TRUE(narrow.is_single());
    for (std::size_t i = 0; i < wide.count(); ++i) {
      auto expected = row(wide, i);
      for (auto& x : expected) x = double{static_cast<float>(x)};
      ASSERT_EQ(row(narrow, i), expected);
    }
  }
}

TEST(Load, SharesTogetherAreTheWholeWithAndWithoutCache) {
  const TemporaryFolder folder;
  for (const bool cache : {false, true}) {
    DataOptions options;
    options.cache.directory = cache ? folder.path() : "";
    options.name = "spam";
    options.split = {0.4, 0.4, 0.2};
    options.clients = 37;
    options.partition = {.type = PartitionOptions::Type::dirichlet, .alpha = 0.5};
    const DataSet whole = loaded(options);
    std::uint64_t clients = 0;
    std::uint64_t validation = 0;
    for (std::uint32_t rank = 0; rank < 4; ++rank) {
      const DataSet part = loaded(options, Share::of_rank(37, rank, 4));
      EXPECT_THAT(part.warnings, IsEmpty());
      const DataStore& store = part.store;
      EXPECT_EQ(store.held_clients().first, clients);
      for (; clients < store.held_clients().last; ++clients) {
        const Rows mine = store.client_rows(ClientId(clients));
        const Rows all = whole.store.client_rows(ClientId(clients));
        ASSERT_EQ(mine.count(), all.count());
        for (std::size_t i = 0; i < mine.count(); ++i) ASSERT_EQ(row(mine, i), row(all, i));
      }
      EXPECT_EQ(store.rows_of_client(ClientId(36)), whole.store.rows_of_client(ClientId(36)));
      const IdRange held = store.held(RowSource::validation);
      EXPECT_EQ(held.first, validation);
      EXPECT_TRUE(held.first % row_block(store.count(RowSource::validation)) == 0);
      const Rows mine = store.rows(RowSource::validation);
      ASSERT_EQ(mine.count(), held.last - held.first);
      for (std::size_t i = 0; i < mine.count(); ++i, ++validation) {
        ASSERT_EQ(row(mine, i), row(whole.store.rows(RowSource::validation), validation));
      }
    }
    EXPECT_EQ(clients, 37U);
    EXPECT_EQ(validation, whole.store.count(RowSource::validation));
  }
}

TEST(Load, ClientsKeepTestRowsOnEveryRankAndStandardisationDoesNotSeeThem) {
  DataOptions options = without_cache();
  options.name = "breast_cancer";
  options.split = {.train = 0.8, .validation = 0.0, .test = 0.2, .client_test = 0.25};
  options.standardize = Standardize::global;
  options.clients = 20;
  options.partition = {.type = PartitionOptions::Type::dirichlet, .alpha = 0.5, .min_rows = 2};
  const DataStore whole = loaded(options).store;
  options.split.client_test = 0;
  const DataStore unsplit = loaded(options).store;
  options.split.client_test = 0.25;
  std::vector<double> sums(whole.features(), 0);
  std::uint64_t train = 0, test = 0;
  for (std::uint32_t rank = 0; rank < 3; ++rank) {
    const DataStore mine = loaded(options, Share::of_rank(20, rank, 3)).store;
    for (std::uint64_t k = mine.held_clients().first; k < mine.held_clients().last; ++k) {
      const ClientId client(k);
      const std::uint64_t n = unsplit.rows_of_client(client);
      const std::uint64_t kept = whole.rows_of_client(client, RowSource::client_test);
      EXPECT_EQ(kept, n / 4);
      EXPECT_EQ(whole.rows_of_client(client), n - kept);
      const Rows a = mine.client_rows(client, RowSource::client_test);
      const Rows b = whole.client_rows(client, RowSource::client_test);
      ASSERT_EQ(a.count(), kept);
      for (std::size_t i = 0; i < kept; ++i) ASSERT_EQ(row(a, i), row(b, i));
      const Rows rows = mine.client_rows(client);
      for (std::size_t i = 0; i < rows.count(); ++i) {
        const auto values = row(rows, i);
        for (std::size_t j = 0; j < values.size(); ++j) sums[j] += values[j];
      }
      train += rows.count();
      test += kept;
    }
  }
  EXPECT_EQ(train, whole.count(RowSource::client));
  EXPECT_EQ(test, whole.count(RowSource::client_test));
  EXPECT_EQ(train + test, unsplit.count(RowSource::client));
  EXPECT_EQ(unsplit.count(RowSource::client_test), 0U);
  // The mean over the rows that train is 0; rounding of a few hundred numbers of about 1.
  for (const double sum : sums) EXPECT_NEAR(sum / static_cast<double>(train), 0, 1e-12);
  std::set<std::uint32_t> seen;
  for (const auto source : {RowSource::client, RowSource::client_test, RowSource::test}) {
    for (const auto id : whole.file_rows(source)) EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_EQ(seen.size(), 569U);
}

TEST(Load, ChangedFileIsReadAgain) {
  const TemporaryFolder folder;
  DataOptions options;
  options.cache.directory = folder.path() / "cache";
  options.base = folder.path();
  options.train = "f.libsvm";
  folder.write("f.libsvm", "1 1:1\n2 3:2\n");
  EXPECT_EQ(row(loaded(options).store.client_rows(ClientId(0)), 0)[0], 1.0);
  folder.write("f.libsvm", "1 1:4\n2 3:2\n");
  EXPECT_EQ(row(loaded(options).store.client_rows(ClientId(0)), 0)[0], 4.0);
}

TEST(Load, IdleClientsCostEightBytesEach) {
  DataOptions options = without_cache();
  options.name = "heart_scale";
  options.clients = 1000000;
  const DataSet data = loaded(options);
  EXPECT_EQ(data.store.clients(), 1000000U);
  std::uint64_t rows = 0;
  for (std::uint64_t k = 0; k < data.store.clients(); ++k) {
    rows += data.store.client_rows(ClientId(k)).count();
  }
  EXPECT_EQ(rows, 270U);
}

TEST(Load, RefusalsNameWhatIsWrong) {
  const TemporaryFolder folder;
  folder.write("a.csv", "1,2,0\n3,4,1\n");
  folder.write("b.csv", "1,0\n3,1\n");
  folder.write("empty.libsvm", "");
  DataOptions options = without_cache();
  options.base = folder.path();
  const auto message = [&](const DataOptions& o) {
    const auto data = load_data(o);
    EXPECT_FALSE(data);
    return data ? std::string() : data.error().message;
  };
  EXPECT_THAT(message(options), HasSubstr("expected 'name'"));
  options.name = "digit";
  EXPECT_THAT(message(options), HasSubstr("expected one of digits, breast_cancer"));
  options.name = "digits";
  options.train = "a.csv";
  EXPECT_THAT(message(options), HasSubstr("found both"));
  options.train = "";
  options.csv.label = "first";
  EXPECT_THAT(message(options), HasSubstr("beside 'name'"));
  options.name = "";
  options.csv.label = "last";
  options.train = "none.csv";
  EXPECT_THAT(message(options), HasSubstr("none.csv: no such file; looked in"));
  options.train = "a.csv";
  options.test = "b.csv";
  EXPECT_THAT(message(options), HasSubstr("b.csv: expected 2 features"));
  options.test = "";
  options.train = "empty.libsvm";
  EXPECT_THAT(message(options), HasSubstr("empty.libsvm:1: "));
  options.train = "";
  options.name = "mushroom";
  options.standardize = Standardize::global;
  EXPECT_THAT(message(options), HasSubstr("'global' would fill"));
}

TEST(Rows, SliceKeepsAbsoluteOffsets) {
  Table table;
  table.is_sparse = true;
  table.features = 3;
  table.offsets.push_back(0);
  for (std::uint32_t i = 0; i < 3; ++i) {
    table.labels.push_back(i);
    table.columns.push_back(i);
    table.values.push_back(1.0 + i);
    table.offsets.push_back(i + 1);
  }
  const Rows slice = table.rows().slice(1, 2).slice(1, 1);
  EXPECT_EQ(slice.count(), 1U);
  EXPECT_EQ(slice.stored(), 1U);
  EXPECT_EQ(row(slice, 0), (std::vector<double>{0, 0, 3}));
  EXPECT_THAT(slice.labels(), ElementsAre(2));
  EXPECT_DEATH(table.rows().slice(2, 2), "slice past the end");
}

}  // namespace
}  // namespace cohort
