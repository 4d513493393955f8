#include "algorithms/estimators/sample_median.hpp"

#include <gtest/gtest.h>

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort {
namespace {

using stages::all_rows;

constexpr Index d = 7;
const stages::UnequalRows function(12, d);
const Vec at = Vec::Ones(d);

stages::Estimating estimating(SampleMedian::Options options) {
  return {function, stages::estimator<SampleMedian>(options)};
}

TEST(SampleMedian, OfOneSampleIsTheMinibatchBitwise) {
  auto ask = estimating({.samples = 1});
  EXPECT_EQ(ask(at, {3, 1, 7}, 0), ask.batch_gradient(at, {3, 1, 7}));
  EXPECT_EQ(ask(at, {}, 0), ask.full(at));
}

// The pulls of the parts' gradients cancel.
TEST(SampleMedian, IsTheGeometricMedianOfThePartsInTheirOrder) {
  auto ask = estimating({.samples = 3});
  const Vec g = ask(at, {4, 0, 9, 2, 11, 6, 8}, 0);  // 7 rows: 2, 2 and 3
  Vec pull = Vec::Zero(d);
  for (const auto& part : std::vector<std::vector<std::uint32_t>>{{4, 0}, {9, 2}, {11, 6, 8}}) {
    const Vec away = ask.batch_gradient(at, part) - g;
    pull += away / away.norm();
  }
  EXPECT_LT(pull.norm(), 1e-5);  // 1e-6 of the median distance is its accuracy
}

TEST(SampleMedian, IsTheMedianOfEachCoordinate) {
  auto ask = estimating({.median = SampleMedian::Median::coordinate});
  for (const std::vector<std::uint32_t>& rows :
       {std::vector<std::uint32_t>{5, 2, 7}, std::vector<std::uint32_t>{5, 2, 7, 1}}) {
    const Vec g = ask(at, rows, 0);
    for (Index j = 0; j < d; ++j) {
      std::vector<double> values;
      for (const std::uint32_t row : rows) values.push_back(ask.batch_gradient(at, {row})[j]);
      std::sort(values.begin(), values.end());
      const std::size_t n = values.size();
      EXPECT_EQ(g[j], (values[(n - 1) / 2] + values[n / 2]) / 2) << j;
    }
  }
}

TEST(SampleMedian, AsksForEachRowOnce) {
  auto ask = estimating({.samples = 5});
  ask(at, {}, 0);
  EXPECT_EQ(ask.counts.calls[static_cast<std::size_t>(Query::gradient)], 5U);
  EXPECT_EQ(ask.counts.rows[static_cast<std::size_t>(Query::gradient)], 12U);
}

TEST(SampleMedian, DealsAFullBatchAnewInEachStep) {
  auto ask = estimating({.samples = 4});
  EXPECT_NE(ask(at, {}, 0), ask(at, {}, 1));
  EXPECT_EQ(ask(at, {}, 0), ask(at, {}, 0));
}

/// Rows ½‖w − b_j‖², of which some b_j are anything.
class Corrupted final : public Function {
 public:
  explicit Corrupted(Mat b) : b_(std::move(b)) {
    layout_.append("w", static_cast<std::size_t>(b_.rows()), 1, SegmentKind::weight);
  }
  std::string_view name() const override { return "corrupted"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::gradient}; }
  std::uint64_t rows(RowSource, ClientId) const override {
    return static_cast<std::uint64_t>(b_.cols());
  }
  double value(Context, const Sample&, VecView) const override { return 0; }
  double gradient(Context, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override {
    g = w;
    for (std::uint64_t j = 0; j < s.rows(); ++j) {
      g -= b_.col(static_cast<Index>(s.row(j))) / static_cast<double>(s.rows());
    }
    return 0;
  }

 private:
  Mat b_;  // [d × rows]
  Layout layout_;
};

TEST(SampleMedian, StaysNearTheGradientsOfTheMajority) {
  for (const double bad : {1e12, 1e100, HUGE_VAL, std::nan("")}) {
    Mat b(d, 9);
    for (Index j = 0; j < 9; ++j) b.col(j) = stages::surrogate(static_cast<std::uint64_t>(j), d);
    b.col(2).setConstant(bad);
    b.col(5).setConstant(-bad);
    const Corrupted f(b);
    for (const auto median : {SampleMedian::Median::geometric, SampleMedian::Median::coordinate}) {
      const EstimatorOf<SampleMedian> estimator({.median = median});
      ThreadPool pool(1);
      Scratch scratch;
      OracleCounts counts;
      Oracle all(f, ClientId(0), {pool, scratch}, counts);
      Oracle batch = all;
      State none;
      Vec g(d);
      estimator.estimate(stages::info(), none, all, batch, Vec::Zero(d), g);
      EXPECT_LT(g.norm(), 4.0) << bad;  // the rows are about √7 long
    }
  }
}

}  // namespace
}  // namespace cohort
