// Split, partition and standardisation.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "problems/data/partition.hpp"
#include "problems/data/split.hpp"
#include "problems/data/standardize.hpp"
#include "problems/data/table.hpp"

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Means and deviations of numbers of size 1: one rounding a row, and few rows.
constexpr double rounding = 1e-14;

using Type = PartitionOptions::Type;
using Over = PartitionOptions::Over;

TEST(Split, CountsAreFloorsAndTheRestIsTrain) {
  const auto split = split_rows(107, {0.7, 0.1, 0.2}, false, 1);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->validation.size(), 10U);
  EXPECT_EQ(split->test.size(), 21U);
  EXPECT_EQ(split->train.size(), 76U);
  // 0.29 · 100 is below 29 in a double.
  EXPECT_EQ(split_rows(100, {0.71, 0.29, 0.0}, false, 1)->validation.size(), 29U);
}

TEST(Split, HasEveryRowOnceAscending) {
  const auto split = split_rows(1000, {0.5, 0.25, 0.25}, false, 3);
  ASSERT_TRUE(split);
  std::vector<std::uint32_t> all;
  for (const auto* part : {&split->train, &split->validation, &split->test}) {
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    all.insert(all.end(), part->begin(), part->end());
  }
  std::sort(all.begin(), all.end());
  std::vector<std::uint32_t> expected(1000);
  std::iota(expected.begin(), expected.end(), 0U);
  EXPECT_EQ(all, expected);
}

TEST(Split, DependsOnTheSeedAlone) {
  const auto a = split_rows(1000, {0.5, 0.25, 0.25}, false, 3);
  const auto b = split_rows(1000, {0.5, 0.25, 0.25}, false, 3);
  const auto c = split_rows(1000, {0.5, 0.25, 0.25}, false, 4);
  EXPECT_EQ(a->test, b->test);
  EXPECT_EQ(a->validation, b->validation);
  EXPECT_NE(a->test, c->test);
}

TEST(Split, TestFileReplacesTheTestShare) {
  const auto split = split_rows(100, {0.7, 0.1, 0.2}, true, 1);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->test.size(), 0U);
  EXPECT_EQ(split->validation.size(), 10U);
  EXPECT_EQ(split->train.size(), 90U);
}

TEST(Split, EveryClientKeepsItsShareForATestOfItsOwn) {
  // 0, 1, 2, 10 and 100 rows; 0.29 of 100 is 29.
  Partition all;
  all.offsets = {0, 0, 1, 3, 13, 113};
  for (std::uint32_t i = 0; i < 113; ++i) all.order.push_back(i);
  Partition split = all;
  split_clients(split, 0.29, 7);
  EXPECT_EQ(split.test_offsets, (std::vector<std::uint64_t>{0, 0, 0, 0, 2, 31}));
  EXPECT_EQ(split.offsets, (std::vector<std::uint64_t>{0, 0, 1, 3, 11, 82}));
  for (std::size_t k = 0; k < 5; ++k) {
    // Both parts ascend and together they are what the client held.
    const auto part = [k](const std::vector<std::uint32_t>& order,
                          const std::vector<std::uint64_t>& offsets) {
      const auto at = [&](std::uint64_t i) { return order.begin() + static_cast<long>(i); };
      return std::vector<std::uint32_t>(at(offsets[k]), at(offsets[k + 1]));
    };
    auto train = part(split.order, split.offsets),
         test = part(split.test_order, split.test_offsets);
    EXPECT_TRUE(std::is_sorted(train.begin(), train.end()));
    EXPECT_TRUE(std::is_sorted(test.begin(), test.end()));
    std::vector<std::uint32_t> both;
    std::merge(train.begin(), train.end(), test.begin(), test.end(), std::back_inserter(both));
    EXPECT_EQ(both, part(all.order, all.offsets));
  }
  Partition again = all, other = all;
  split_clients(again, 0.29, 7);
  split_clients(other, 0.29, 8);
  EXPECT_EQ(again.test_order, split.test_order);
  EXPECT_NE(other.test_order, split.test_order);
}

TEST(Split, AClientKeepsARowToTrain) {
  Partition partition;
  partition.offsets = {0, 1, 3};
  partition.order = {0, 1, 2};
  split_clients(partition, 0.9999999999, 1);  // rounds up to whole rows
  EXPECT_EQ(partition.offsets, (std::vector<std::uint64_t>{0, 1, 2}));
  EXPECT_EQ(partition.test_offsets, (std::vector<std::uint64_t>{0, 0, 1}));
}

TEST(Split, RefusesSharesThatAreNoShares) {
  EXPECT_THAT(split_rows(10, {0.7, 0.1, 0.2, 1.0}, false, 1).error().message,
              HasSubstr("data.split.client_test: expected a share from 0 to below 1, found 1"));
  EXPECT_THAT(split_rows(10, {0.7, 0.1, 0.1}, false, 1).error().message,
              HasSubstr("sum to 1, found 0.7 + 0.1 + 0.1"));
  EXPECT_THAT(split_rows(10, {1.5, -0.5, 0.0}, false, 1).error().message,
              HasSubstr("from 0 to 1, found 1.5"));
  EXPECT_THAT(split_rows(10, {std::nan(""), 0.5, 0.5}, false, 1).error().message,
              HasSubstr("found nan"));
  EXPECT_THAT(split_rows(10, {0.0, 0.5, 0.5}, false, 1).error().message,
              HasSubstr("at least one train row"));
}

// ---------------------------------------------------------------------------------------------

std::vector<std::uint32_t> cyclic_classes(std::size_t n, std::uint32_t count) {
  std::vector<std::uint32_t> classes(n);
  for (std::size_t i = 0; i < n; ++i) classes[i] = static_cast<std::uint32_t>(i % count);
  return classes;
}

std::uint64_t size_of(const Partition& p, std::size_t k) { return p.offsets[k + 1] - p.offsets[k]; }

void expect_every_row_once(const Partition& p, std::size_t rows, std::size_t clients) {
  ASSERT_EQ(p.offsets.size(), clients + 1);
  EXPECT_EQ(p.offsets.front(), 0U);
  EXPECT_EQ(p.offsets.back(), rows);
  auto all = p.order;
  for (std::size_t k = 0; k < clients; ++k) {
    ASSERT_LE(p.offsets[k], p.offsets[k + 1]);
    EXPECT_TRUE(std::is_sorted(all.begin() + static_cast<std::ptrdiff_t>(p.offsets[k]),
                               all.begin() + static_cast<std::ptrdiff_t>(p.offsets[k + 1])));
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < rows; ++i) ASSERT_EQ(all[i], i);
}

struct Case {
  Type type;
  Over over;
  double alpha;
  std::uint64_t min_rows;
};

class EveryPartition : public testing::TestWithParam<Case> {
 protected:
  PartitionOptions options() const {
    const Case& c = GetParam();
    return {.type = c.type, .over = c.over, .alpha = c.alpha, .min_rows = c.min_rows};
  }
};

TEST_P(EveryPartition, HasEveryRowOnceAndMinRows) {
  const auto classes = cyclic_classes(1003, 7);
  for (const std::size_t clients : {1U, 2U, 50U, 300U}) {
    const auto p = partition_rows({classes, 7, {}}, clients, options(), 5);
    ASSERT_TRUE(p) << p.error().message;
    expect_every_row_once(*p, classes.size(), clients);
    for (std::size_t k = 0; k < clients; ++k) EXPECT_GE(size_of(*p, k), options().min_rows);
  }
}

TEST_P(EveryPartition, DependsOnTheSeedAlone) {
  const auto classes = cyclic_classes(1003, 7);
  const auto a = partition_rows({classes, 7, {}}, 20, options(), 5);
  const auto b = partition_rows({classes, 7, {}}, 20, options(), 5);
  const auto c = partition_rows({classes, 7, {}}, 20, options(), 6);
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(a->offsets, b->offsets);
  EXPECT_EQ(a->order, b->order);
  EXPECT_NE(a->order, c->order);
}

INSTANTIATE_TEST_SUITE_P(Types, EveryPartition,
                         testing::Values(Case{Type::iid, Over::clients, 1.0, 0},
                                         Case{Type::iid, Over::clients, 1.0, 3},
                                         Case{Type::dirichlet, Over::clients, 0.1, 0},
                                         Case{Type::dirichlet, Over::clients, 1e-6, 2},
                                         Case{Type::dirichlet, Over::clients, 100.0, 3},
                                         Case{Type::dirichlet, Over::classes, 0.1, 0},
                                         Case{Type::dirichlet, Over::classes, 1e-6, 0},
                                         Case{Type::dirichlet, Over::classes, 0.3, 3}));

TEST(Partition, SizesDifferByAtMostOneWhereTheyAreEven) {
  const auto classes = cyclic_classes(1003, 7);
  for (const PartitionOptions& options :
       {PartitionOptions{},
        PartitionOptions{
            .type = Type::dirichlet, .over = Over::classes, .alpha = 0.2, .min_rows = 2}}) {
    const auto p = partition_rows({classes, 7, {}}, 50, options, 5);
    ASSERT_TRUE(p);
    for (std::size_t k = 0; k < 50; ++k) {
      EXPECT_GE(size_of(*p, k), 20U);
      EXPECT_LE(size_of(*p, k), 21U);
    }
  }
}

/// Mean over clients of the share of their most frequent class.
double skew(const Partition& p, std::span<const std::uint32_t> classes, std::uint32_t count) {
  double sum = 0.0;
  double filled = 0.0;
  for (std::size_t k = 0; k + 1 < p.offsets.size(); ++k) {
    std::vector<double> rows(count, 0.0);
    for (auto i = p.offsets[k]; i < p.offsets[k + 1]; ++i) rows[classes[p.order[i]]] += 1.0;
    if (size_of(p, k) == 0) continue;
    sum += *std::max_element(rows.begin(), rows.end()) / static_cast<double>(size_of(p, k));
    filled += 1.0;
  }
  return sum / filled;
}

TEST(Partition, SmallAlphaGivesClientsFewClassesAndLargeAlphaAll) {
  const auto classes = cyclic_classes(10000, 10);
  for (const Over over : {Over::clients, Over::classes}) {
    PartitionOptions options{.type = Type::dirichlet, .over = over, .alpha = 0.05};
    EXPECT_GT(skew(*partition_rows({classes, 10, {}}, 20, options, 1), classes, 10), 0.5);
    options.alpha = 1000.0;
    EXPECT_LT(skew(*partition_rows({classes, 10, {}}, 20, options, 1), classes, 10), 0.2);
  }
}

PartitionOptions of_type(Type type) {
  PartitionOptions options;
  options.type = type;
  return options;
}

TEST(Shards, ClientsHoldFewClassesInEqualShares) {
  // 6000 rows of 10 classes: 200 shards of 30 rows, each of one class, as 30 divides 600.
  const auto classes = cyclic_classes(6000, 10);
  for (const std::uint64_t per_client : {1U, 2U, 4U}) {
    PartitionOptions options = of_type(Type::shards);
    options.shards_per_client = per_client;
    const std::uint64_t clients = 200 / per_client;
    const auto p = partition_rows({classes, 10, {}}, clients, options, 5);
    ASSERT_TRUE(p) << p.error().message;
    expect_every_row_once(*p, classes.size(), clients);
    for (std::size_t k = 0; k < clients; ++k) {
      EXPECT_EQ(size_of(*p, k), 30 * per_client);
      std::set<std::uint32_t> held;
      for (auto i = p->offsets[k]; i < p->offsets[k + 1]; ++i) held.insert(classes[p->order[i]]);
      EXPECT_LE(held.size(), per_client);
    }
    const auto other = partition_rows({classes, 10, {}}, clients, options, 6);
    EXPECT_NE(p->order, other->order);
  }
}

TEST(Shards, UnevenSizesDifferByAtMostOneAShard) {
  const auto classes = cyclic_classes(1003, 7);
  const auto p = partition_rows({classes, 7, {}}, 50, of_type(Type::shards), 5);
  ASSERT_TRUE(p);
  expect_every_row_once(*p, 1003, 50);
  for (std::size_t k = 0; k < 50; ++k) {  // two shards of 10 or 11
    EXPECT_GE(size_of(*p, k), 20U);
    EXPECT_LE(size_of(*p, k), 22U);
  }
}

/// Deviation of the sizes over their mean.
double size_skew(const Partition& p) {
  const auto clients = static_cast<double>(p.offsets.size() - 1);
  const double mean = static_cast<double>(p.order.size()) / clients;
  double sum = 0;
  for (std::size_t k = 0; k + 1 < p.offsets.size(); ++k) {
    sum += std::pow(static_cast<double>(size_of(p, k)) - mean, 2);
  }
  return std::sqrt(sum / clients) / mean;
}

TEST(Quantity, SizesSpreadWithTheirParameterAndClassesDoNot) {
  const auto classes = cyclic_classes(100000, 10);
  PartitionOptions options = of_type(Type::quantity);
  options.min_rows = 10;
  double last = 0;
  // Of Dirichlet shares of mean 1/N the relative deviation is about 1/√α.
  for (const double alpha : {100.0, 1.0, 0.1}) {
    options.alpha = alpha;
    const auto p = partition_rows({classes, 10, {}}, 100, options, 5);
    ASSERT_TRUE(p);
    expect_every_row_once(*p, classes.size(), 100);
    for (std::size_t k = 0; k < 100; ++k) EXPECT_GE(size_of(*p, k), 10U);
    EXPECT_GT(size_skew(*p), 2 * last);
    last = size_skew(*p);
    EXPECT_NEAR(last * std::sqrt(alpha), 1.0, 0.3);
  }
  options.sizes = PartitionOptions::Sizes::lognormal;
  last = 0;
  // Of log-normal ones it is √(e^{σ²} − 1): 0.10 and 0.53, and below its 1.31 at 100 clients.
  for (const double sigma : {0.1, 0.5, 1.0}) {
    options.sigma = sigma;
    const auto p = partition_rows({classes, 10, {}}, 100, options, 5);
    ASSERT_TRUE(p);
    expect_every_row_once(*p, classes.size(), 100);
    EXPECT_GT(size_skew(*p), 1.5 * last);
    last = size_skew(*p);
    EXPECT_NEAR(last / std::sqrt(std::exp(sigma * sigma) - 1), 1.0, 0.3);
    EXPECT_LT(skew(*p, classes, 10), 0.25);
  }
  options.sigma = 0.0;  // even, but for rounding down
  const auto even = partition_rows({classes, 10, {}}, 100, options, 5);
  for (std::size_t k = 0; k < 100; ++k)
    EXPECT_NEAR(static_cast<double>(size_of(*even, k)), 1000, 1);
}

TEST(Quantity, NeedsNoClasses) {
  const std::vector<std::uint32_t> none(100, 0);
  EXPECT_TRUE(partition_rows({none, 0, {}}, 7, of_type(Type::quantity), 1));
}

TEST(Owners, RowsGoToWhoIsNamed) {
  const std::vector<std::uint32_t> none(5, 0), owners = {2, 0, 2, 2, 0};
  PartitionOptions options = of_type(Type::by_column);
  const auto p = partition_rows({none, 0, owners}, 4, options, 1);
  ASSERT_TRUE(p);
  EXPECT_THAT(p->offsets, ElementsAre(0, 2, 2, 5, 5));
  EXPECT_THAT(p->order, ElementsAre(1, 4, 0, 2, 3));
  options.min_rows = 1;
  EXPECT_THAT(partition_rows({none, 0, owners}, 4, options, 1).error().message,
              HasSubstr("expected 1 train rows of every client, found 0 of client 1"));
}

TEST(Partition, RefusesOnlyWhatCannotBe) {
  const auto classes = cyclic_classes(100, 2);
  PartitionOptions options{.type = Type::dirichlet, .alpha = 0.1, .min_rows = 2};
  EXPECT_TRUE(partition_rows({classes, 2, {}}, 50, options, 1));
  EXPECT_THAT(partition_rows({classes, 2, {}}, 51, options, 1).error().message,
              HasSubstr("found 51 · 2 > 100"));
  EXPECT_THAT(partition_rows({classes, 0, {}}, 5, options, 1).error().message,
              HasSubstr("needs classes"));
  options.alpha = 0.0;
  EXPECT_THAT(partition_rows({classes, 2, {}}, 5, options, 1).error().message,
              HasSubstr("found 0"));
  EXPECT_THAT(partition_rows({classes, 2, {}}, 0, {}, 1).error().message, HasSubstr("at least 1"));
  options = of_type(Type::shards);
  EXPECT_THAT(partition_rows({classes, 2, {}}, 51, options, 1).error().message,
              HasSubstr("found 51 · 2 and 100 rows"));
  EXPECT_THAT(partition_rows({classes, 0, {}}, 5, options, 1).error().message,
              HasSubstr("'shards' needs classes"));
  options.min_rows = 3;
  EXPECT_THAT(partition_rows({classes, 2, {}}, 40, options, 1).error().message,
              HasSubstr("clients · min_rows"));
  options = of_type(Type::quantity);
  options.alpha = 0.0;
  EXPECT_THAT(partition_rows({classes, 2, {}}, 5, options, 1).error().message,
              HasSubstr("data.partition.alpha"));
  options.sizes = PartitionOptions::Sizes::lognormal;
  options.sigma = 11.0;
  EXPECT_THAT(partition_rows({classes, 2, {}}, 5, options, 1).error().message,
              HasSubstr("data.partition.sigma"));
}

// ---------------------------------------------------------------------------------------------

template <class T>
Array<T> array(std::initializer_list<T> values) {
  Array<T> out;
  for (const T v : values) out.push_back(v);
  return out;
}

TEST(Standardize, MeanAndDeviationOfTrainRowsOnly) {
  Table table;
  table.features = 3;
  table.labels = array({0.0, 0.0, 0.0});
  table.values = array({1.0, 0.1, 5.0, 3.0, 0.1, 5.0, 1e9, 7.0, 1.0});
  const std::uint32_t train[] = {0, 1};
  const auto s = feature_scale(table.rows(), train, 4, Standardize::global);
  ASSERT_TRUE(s);
  // Constant and missing features keep their scale, and the mean of a constant is exactly it.
  EXPECT_THAT(s->mean, ElementsAre(2.0, 0.1, 5.0, 0.0));
  EXPECT_THAT(s->scale, ElementsAre(1.0, 1.0, 1.0, 1.0));
}

TEST(Standardize, ConstantFeatureIsNotBlownUpByRounding) {
  Table table;
  table.features = 1;
  std::vector<std::uint32_t> train;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    table.labels.push_back(0.0);
    table.values.push_back(0.1);  // the sum of 1000 of them is not 100
    train.push_back(i);
  }
  const auto s = feature_scale(table.rows(), train, 1, Standardize::global);
  ASSERT_TRUE(s);
  EXPECT_THAT(s->mean, ElementsAre(0.1));
  EXPECT_THAT(s->scale, ElementsAre(1.0));
}

TEST(Standardize, SparseScaleIsDeviationWithItsZeros) {
  Table table;  // columns: 2 0 4 0, and 3 alone, and 1 in all rows
  table.is_sparse = true;
  table.features = 3;
  table.labels = array({0.0, 0.0, 0.0, 0.0});
  table.offsets = array<std::uint64_t>({0, 2, 4, 6, 7});
  table.columns = array<std::uint32_t>({0, 2, 1, 2, 0, 2, 2});
  table.values = array({2.0, 1.0, 3.0, 1.0, 4.0, 1.0, 1.0});
  const std::uint32_t train[] = {0, 1, 2, 3};
  const auto s = feature_scale(table.rows(), train, 3, Standardize::scale);
  ASSERT_TRUE(s);
  EXPECT_TRUE(s->mean.empty());
  EXPECT_NEAR(s->scale[0], std::sqrt((4.0 + 16.0) / 4.0 - 1.5 * 1.5), rounding);
  EXPECT_NEAR(s->scale[1], std::sqrt(9.0 / 4.0 - 0.75 * 0.75), rounding);
  EXPECT_EQ(s->scale[2], 1.0);
}

TEST(Standardize, ValuesWhoseSquaresOverflowAreRefused) {
  Table table;
  table.features = 1;
  table.labels = array({0.0, 0.0});
  table.values = array({1e200, -1e200});
  const std::uint32_t train[] = {0, 1};
  const auto s = feature_scale(table.rows(), train, 1, Standardize::global);
  ASSERT_FALSE(s);
  EXPECT_THAT(s.error().message, HasSubstr("feature 1"));
}

}  // namespace
}  // namespace cohort
