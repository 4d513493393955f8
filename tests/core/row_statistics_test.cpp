#include "core/row_statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "core/archive.hpp"
#include "core/ordered_sum.hpp"
#include "core/random.hpp"

namespace cohort {
namespace {

/// Sums of a few numbers of about 1, in another order or through other functions.
constexpr double rounding = 1e-14;

constexpr Prediction binary{Outcome::binary, 1, true};
constexpr Prediction three{Outcome::classes, 3, true};
constexpr Prediction real{Outcome::value, 1, false};

const std::vector<Metric> of_classes = {Metric::accuracy, Metric::balanced_accuracy, Metric::auroc,
                                        Metric::f1, Metric::brier};
const std::vector<Metric> of_values = {Metric::rmse, Metric::mae, Metric::r2};

struct Rows {
  std::vector<double> labels, scores;
};

RowStatistics statistics_of(const Prediction& prediction, const std::vector<Metric>& metrics,
                            const Rows& rows, std::size_t first, std::size_t last,
                            unsigned dropped = 0) {
  const StatisticsPlan plan(prediction, metrics);
  const std::vector<double> labels(rows.labels.begin() + static_cast<std::ptrdiff_t>(first),
                                   rows.labels.begin() + static_cast<std::ptrdiff_t>(last));
  const auto score = [&](std::size_t row) {
    return rows.scores.begin() + static_cast<std::ptrdiff_t>(row * prediction.columns);
  };
  std::vector<double> scores(score(first), score(last));
  std::vector<double> losses(labels.size(), 0.5);
  RowStatistics s;
  add_rows(plan, labels, losses, scores, s);
  seal(s, dropped);
  return s;
}
RowStatistics statistics_of(const Prediction& prediction, const std::vector<Metric>& metrics,
                            const Rows& rows) {
  return statistics_of(prediction, metrics, rows, 0, rows.labels.size());
}

// By plain loops over rows and pairs, and a look: of the margins below, labels 1 have (2, −½, ½)
// and labels 0 have (−1, ½, −2); of the 9 pairs 2 beats 3, −½ beats 2, ½ beats 2 and ties 1: 7½.
// Predicted: 0 1 0 1 1 0, so of each class 2 of 3 are right, and F1 = 2·2/(3 + 3).
const Rows six{{0, 1, 1, 0, 1, 0}, {-1, 2, -0.5, 0.5, 0.5, -2}};

TEST(RowStatistics, OfTwoClassesAreThoseOfAnExampleByHand) {
  const RowStatistics s = statistics_of(binary, of_classes, six);
  EXPECT_EQ(value_of(Metric::loss, s, 0.25), 0.5);
  EXPECT_EQ(value_of(Metric::objective, s, 0.25), 0.75);
  EXPECT_NEAR(value_of(Metric::accuracy, s, 0), 4 / 6.0, rounding);
  EXPECT_NEAR(value_of(Metric::balanced_accuracy, s, 0), 2 / 3.0, rounding);
  EXPECT_NEAR(value_of(Metric::f1, s, 0), 2 / 3.0, rounding);
  EXPECT_NEAR(value_of(Metric::auroc, s, 0), 7.5 / 9, rounding);
  double brier = 0;
  for (std::size_t j = 0; j < 6; ++j) {
    brier += std::pow(1 / (1 + std::exp(-six.scores[j])) - six.labels[j], 2) / 6;
  }
  EXPECT_NEAR(value_of(Metric::brier, s, 0), brier, rounding);
}

TEST(RowStatistics, OfTwoClassesAreTheSameFromTwoScores) {
  const Prediction two{Outcome::classes, 2, true};
  Rows pairs{six.labels, {}};
  for (const double z : six.scores) pairs.scores.insert(pairs.scores.end(), {1.0, 1.0 + z});
  const RowStatistics a = statistics_of(binary, of_classes, six);
  const RowStatistics b = statistics_of(two, of_classes, pairs);
  for (const Metric m : of_classes) {
    EXPECT_NEAR(value_of(m, a, 0), value_of(m, b, 0), rounding) << to_string(m);
  }
}

// Predicted 0 1 2 0 1 1 2 for the labels 0 1 2 2 1 0 2. Right: 1 of 2, 2 of 2, 2 of 3. F1 = 2·1/(2
// + 2), 2·2/(2 + 3), 2·2/(3 + 2). The AUROC of each class by the probabilities, over all pairs:
const Rows seven{{0, 1, 2, 2, 1, 0, 2},
                 {2, 0, 1, 0, 1, 0, 0, 0, 3, 1, 0, 0, 0, 2, 1, 0.5, 1, 0, 0, 0, 1}};

TEST(RowStatistics, OfThreeClassesAreThoseOfAnExampleByHand) {
  const RowStatistics s = statistics_of(three, of_classes, seven);
  double brier = 0, auroc_sum = 0;
  std::vector<double> p(21);
  for (std::size_t j = 0; j < 7; ++j) {
    double total = 0;
    for (std::size_t c = 0; c < 3; ++c) total += std::exp(seven.scores[3 * j + c]);
    for (std::size_t c = 0; c < 3; ++c) {
      p[3 * j + c] = std::exp(seven.scores[3 * j + c]) / total;
      brier += std::pow(p[3 * j + c] - (seven.labels[j] == static_cast<double>(c) ? 1 : 0), 2) / 7;
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    double right = 0, pairs = 0;
    for (std::size_t i = 0; i < 7; ++i) {
      for (std::size_t j = 0; j < 7; ++j) {
        if (seven.labels[i] != static_cast<double>(c) ||
            seven.labels[j] == static_cast<double>(c)) {
          continue;
        }
        ++pairs;
        const double a = p[3 * i + c], b = p[3 * j + c];
        right += std::abs(a - b) < rounding ? 0.5 : a > b ? 1 : 0;
      }
    }
    auroc_sum += right / pairs;
  }
  EXPECT_NEAR(value_of(Metric::accuracy, s, 0), 5 / 7.0, rounding);
  EXPECT_NEAR(value_of(Metric::balanced_accuracy, s, 0), (0.5 + 1 + 2 / 3.0) / 3, rounding);
  EXPECT_NEAR(value_of(Metric::f1, s, 0), (0.5 + 0.8 + 0.8) / 3, rounding);
  EXPECT_NEAR(value_of(Metric::brier, s, 0), brier, rounding);
  EXPECT_NEAR(value_of(Metric::auroc, s, 0), auroc_sum / 3, rounding);
  // The numbers themselves, from the same loops in Python.
  EXPECT_NEAR(value_of(Metric::brier, s, 0), 0.3829337555850536, rounding);
  EXPECT_NEAR(value_of(Metric::auroc, s, 0), (0.9 + 1 + 19 / 24.0) / 3, rounding);
}

TEST(RowStatistics, OfValuesAreThoseOfAnExampleByHand) {
  // Errors ½, 0, −1, 1; labels 1, 2, 4, 8 with mean 3.75 and squares 7.5625 + 3.0625 + 0.0625 +
  // 18.0625 = 28.75.
  const RowStatistics s = statistics_of(real, of_values, {{1, 2, 4, 8}, {1.5, 2, 3, 9}});
  EXPECT_NEAR(value_of(Metric::rmse, s, 0), 0.75, rounding);
  EXPECT_NEAR(value_of(Metric::mae, s, 0), 0.625, rounding);
  EXPECT_NEAR(value_of(Metric::r2, s, 0), 1 - 2.25 / 28.75, rounding);
}

TEST(RowStatistics, VarianceSurvivesLabelsFarFromZero) {
  // Σ y² − n ȳ² would have no digit left: the squares are 1e16 and the variance is 2/3.
  Rows rows;
  for (int j = 0; j < 3000; ++j) {
    rows.labels.push_back(1e8 + j % 3);
    rows.scores.push_back(1e8 + 1);
  }
  RowStatistics s;
  for (std::size_t first = 0; first < 3000; first += 100) {
    merge(s, statistics_of(real, of_values, rows, first, first + 100));
  }
  EXPECT_NEAR(s.label_squares, 2000, 1e-4);  // labels hold 1e8 to 1e-8, times 3000 of them
  EXPECT_NEAR(value_of(Metric::r2, s, 0), 0, 1e-6);
}

TEST(RowStatistics, ClassesThatDoNotOccurDoNotCount) {
  const RowStatistics s =
      statistics_of(three, of_classes, {{0, 0, 1}, {2, 0, 0, 0, 1, 0, 0, 1, 0}});
  EXPECT_NEAR(value_of(Metric::balanced_accuracy, s, 0), (0.5 + 1) / 2, rounding);
  EXPECT_NEAR(value_of(Metric::f1, s, 0), (2 / 3.0 + 2 / 3.0) / 2, rounding);
  EXPECT_FALSE(std::isnan(value_of(Metric::auroc, s, 0)));
  const RowStatistics one = statistics_of(binary, of_classes, {{1, 1}, {0.5, 2}});
  EXPECT_TRUE(std::isnan(value_of(Metric::auroc, one, 0)));
  EXPECT_EQ(value_of(Metric::balanced_accuracy, one, 0), 1);
  EXPECT_TRUE(
      std::isnan(value_of(Metric::r2, statistics_of(real, of_values, {{2, 2}, {1, 2}}), 0)));
  // No row of the larger label, and none predicted.
  EXPECT_EQ(value_of(Metric::f1, statistics_of(binary, of_classes, {{0, 0}, {-1, -2}}), 0), 0);
}

Rows many(std::size_t n, const Prediction& prediction) {
  Stream stream(11, Purpose::test);
  Rows rows;
  for (std::size_t j = 0; j < n; ++j) {
    rows.labels.push_back(prediction.has_classes()
                              ? static_cast<double>(stream.below(prediction.classes()))
                              : stream.normal());
    for (std::size_t c = 0; c < prediction.columns; ++c) {
      // Eighths, so that many scores are equal.
      rows.scores.push_back((static_cast<double>(stream.below(65)) - 32) / 8);
    }
  }
  return rows;
}

TEST(RowStatistics, MergedInTheShapeOfTheTrieTheBitsDoNotDependOnTheRanges) {
  for (const auto& [prediction, metrics] :
       {std::pair(binary, of_classes), std::pair(three, of_classes), std::pair(real, of_values)}) {
    const Rows rows = many(700, prediction);
    const auto combine = [](RowStatistics& left, RowStatistics&& right) {
      merge(left, std::move(right));
    };
    const auto total_over = [&](std::vector<IdRange> ranges) {
      OrderedSum<RowStatistics, decltype(combine)> total(combine);
      for (const IdRange range : ranges) {
        OrderedSum<RowStatistics, decltype(combine)> part(combine, range);
        for (std::uint64_t b = range.first; b < std::min<std::uint64_t>(range.last, 14); ++b) {
          part.add(b, statistics_of(prediction, metrics, rows, 50 * b, 50 * b + 50));
        }
        for (auto& [id, value] : std::move(part).finish()) total.add(id, std::move(value));
      }
      return to_bytes(*std::move(total).total());
    };
    const auto whole = total_over({{}});
    EXPECT_EQ(whole, total_over({{0, 4}, {4, 8}, {8, IdRange::no_end}}));
    EXPECT_EQ(whole, total_over({{0, 6}, {6, IdRange::no_end}}));
  }
}

TEST(RowStatistics, AurocOfMergedRanksIsThatOfAllPairs) {
  const Rows rows = many(300, binary);
  RowStatistics s = statistics_of(binary, {Metric::auroc}, rows, 0, 100);
  merge(s, statistics_of(binary, {Metric::auroc}, rows, 100, 137));
  merge(s, statistics_of(binary, {Metric::auroc}, rows, 137, 300));
  double right = 0, pairs = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    for (std::size_t j = 0; j < 300; ++j) {
      if (rows.labels[i] != 1 || rows.labels[j] != 0) continue;
      ++pairs;
      right += rows.scores[i] > rows.scores[j] ? 1 : rows.scores[i] == rows.scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(auroc(s).value, right / pairs, rounding);
  EXPECT_TRUE(fits(StatisticsPlan(binary, std::vector{Metric::auroc}), s));
  EXPECT_LE(s.ranks[0].keys.size(), 65U);
}

TEST(RowStatistics, BinnedRanksAreWithinTheErrorThatTheyState) {
  Rows rows;
  Stream stream(5, Purpose::test);
  for (int j = 0; j < 4000; ++j) {
    rows.labels.push_back(j % 2);
    rows.scores.push_back(stream.normal() + 0.3 * (j % 2));
  }
  const std::vector<Metric> metrics = {Metric::auroc};
  const Auroc exact = auroc(statistics_of(binary, metrics, rows, 0, 4000));
  // So coarse that it is seen: 6 bits of the significand.
  const Auroc coarse = auroc(statistics_of(binary, metrics, rows, 0, 4000, 46));
  const Auroc shipped = auroc(statistics_of(binary, metrics, rows, 0, 4000, binned_bits));
  EXPECT_NE(coarse.value, exact.value);
  EXPECT_LE(std::abs(coarse.value - exact.value), coarse.bin_error);
  EXPECT_LE(std::abs(shipped.value - exact.value), shipped.bin_error);
  EXPECT_LT(shipped.bin_error, 2e-4);  // normal scores: Σ over bins of the product of densities
  EXPECT_EQ(exact.bin_error, 0);       // no two scores are equal
}

TEST(RowStatistics, KeysAreInTheOrderOfTheScores) {
  const std::vector<double> ascending = {-INFINITY, -3e300, -2, -1e-310, 0,
                                         1e-310,    0.5,    7,  INFINITY};
  for (std::size_t i = 1; i < ascending.size(); ++i) {
    EXPECT_LT(RankCounts::key_of(ascending[i - 1]), RankCounts::key_of(ascending[i]));
  }
  EXPECT_EQ(RankCounts::key_of(-0.0), RankCounts::key_of(0.0));
}

TEST(RowStatistics, WhatDoesNotFitThePlanIsSeen) {
  const StatisticsPlan plan(binary, of_classes);
  RowStatistics s = statistics_of(binary, of_classes, six);
  EXPECT_TRUE(fits(plan, s));
  EXPECT_FALSE(fits(StatisticsPlan(three, of_classes), s));
  std::swap(s.ranks[0].keys[0], s.ranks[0].keys[1]);
  EXPECT_FALSE(fits(plan, s));
  s = statistics_of(binary, of_classes, six);
  s.ranks[0].inside.pop_back();
  EXPECT_FALSE(fits(plan, s));
  s = statistics_of(binary, of_classes, six);
  s.by_class.pop_back();
  EXPECT_FALSE(fits(plan, s));
}

}  // namespace
}  // namespace cohort
