#include "algorithms/aggregation.hpp"

#include "algorithms/aggregation_catalogue.hpp"
#include "algorithms/row_maps/clip.hpp"
#include "algorithms/row_maps/nnm.hpp"
#include "algorithms/rules/geometric_median.hpp"
#include "algorithms/rules/krum.hpp"
#include "algorithms/rules/mean.hpp"
#include "algorithms/rules/median.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

// A distance that did not cancel keeps ten digits, one that was measured again nearly all.
constexpr double distance_accuracy = 1e-9;

template <class T>
std::shared_ptr<const Rule> rule(typename T::Options options = {}) {
  return std::make_shared<RuleOf<T>>(options);
}
template <class T>
std::shared_ptr<const RowMap> row_map(typename T::Options options = {}) {
  return std::make_shared<RowMapOf<T>>(options);
}

void expect_distances(const Distances& distances, const Mat& x) {
  for (Index i = 0; i < x.rows(); ++i) {
    for (Index j = 0; j < x.rows(); ++j) {
      const double exact = rows::exact_distance(x, i, j);
      EXPECT_LE(std::abs(distances.d2(i, j) - exact), distance_accuracy * exact) << i << " " << j;
    }
    EXPECT_EQ(distances.d2(i, x.rows()), rows::exact_dot(x, i, i));
  }
}

TEST(Distances, OfHonestRowsAreAccurateNextToOneThatIsFar) {
  for (const double spread : {1.0, 1e-4, 1e-9}) {
    Mat x = rows::normal(8, 20, 1) * spread;
    x.array() += 1.0;
    x.row(3).setConstant(1e12);
    expect_distances(rows::measured(x), x);
  }
}

TEST(Distances, OfEqualRowsAreZero) {
  Mat x = rows::normal(6, 7, 2);
  x.row(5) = x.row(1);
  EXPECT_EQ(rows::measured(x).d2(1, 5), 0.0);
}

TEST(Distances, InnerProductsAreAboutARowInTheMiddleOfMost) {
  Mat x = rows::normal(7, 5, 3);
  x.row(0).setConstant(1e9);
  x.row(1).setConstant(-1e9);
  x.row(6).setConstant(1e8);
  const Distances distances = rows::measured(x);
  Index c = 0;
  const double own = distances.inner.diagonal().head(7).minCoeff(&c);
  EXPECT_EQ(own, 0.0);
  EXPECT_TRUE(c >= 2 && c <= 5) << c;
  Mat centred = Mat::Zero(8, 5);
  centred.topRows(7) = x;
  centred.rowwise() -= x.row(c);
  for (Index i = 0; i < 8; ++i) {
    for (Index j = 0; j < 8; ++j) {
      const double scale = centred.row(i).norm() * centred.row(j).norm();
      EXPECT_NEAR(distances.inner(i, j), rows::exact_dot(centred, i, j), 1e-14 * scale);
    }
  }
}

TEST(Distances, OfMappedRowsAreThoseOfTheRowsThemselves) {
  Mat x = rows::normal(9, 12, 4);
  x.row(2) *= 1e12;
  x.row(7) *= 1e15;
  x.row(8) = x.row(1);
  for (const auto& map : {row_map<Nnm>(), row_map<ClipRows>({2.0})}) {
    const Distances distances = rows::measured(x);
    const Mat m = map->map(distances, rows::input(3));
    const Mat y = rows::mapped(m, x);
    const Distances of_mapped = map_distances(distances, m);
    for (Index i = 0; i < y.rows(); ++i) {
      for (Index j = 0; j < y.rows(); ++j) {
        // y itself is rounded: relative to the norms of the rows that go into it.
        const double scale = rows::exact_dot(y, i, i) + rows::exact_dot(y, j, j);
        EXPECT_NEAR(of_mapped.d2(i, j), rows::exact_distance(y, i, j), 1e-12 * scale)
            << map->name() << " " << i << " " << j;
      }
    }
  }
}

// About a row in the middle of most, the inner products of a far cluster are all alike.
TEST(Distances, OfMappedRowsAreAccurateInATightClusterThatIsFar) {
  Mat x = rows::normal(9, 6, 8);
  x.bottomRows(4) *= 1e-3;
  x.bottomRows(4).array() += 1000.0;
  Mat m = Mat::Zero(3, 10);  // means of two rows of the cluster
  for (Index a = 0; a < 3; ++a) m(a, 5 + a) = m(a, 6 + a) = 0.5;
  const Mat y = rows::mapped(m, x);
  const Distances of_mapped = map_distances(rows::measured(x), m);
  for (const auto& [i, j] : {std::pair(0, 1), std::pair(0, 2), std::pair(1, 2)}) {
    const double exact = rows::exact_distance(y, i, j);
    EXPECT_NEAR(of_mapped.d2(i, j), exact, distance_accuracy * exact) << i << " " << j;
  }
}

// From distances alone that of a clipped row would be noise, here larger than everything else.
TEST(Distances, OfAClippedRowDoNotDependOnHowFarItWas) {
  const Mat honest = rows::normal(6, 8, 5);
  const auto distance_at = [&](double far) {
    Mat x = honest;
    x.row(5) *= far;
    const Distances distances = rows::measured(x);
    return map_distances(distances, ClipRows{{1.0}}.map(distances, rows::input(0))).d2(0, 5);
  };
  for (const double far : {1e6, 1e12, 1e18, 1e100}) {
    EXPECT_NEAR(distance_at(far), distance_at(1e3), 1e-12) << far;
  }
}

TEST(Distances, OfRowsThatAMapMakesEqualAreZero) {
  const Mat x = rows::normal(9, 3, 6);
  const Distances distances = rows::measured(x);
  EXPECT_EQ(map_distances(distances, Nnm{}.map(distances, rows::input(0))).d2.topLeftCorner(9, 9),
            Mat::Zero(9, 9));
}

TEST(Aggregation, WeightsOfMapsAndRuleAreThoseOfTheRuleOnMappedRows) {
  const Mat x = rows::normal(10, 6, 7) * 3.0;
  for (const auto& r : {rule<Krum>(), rule<GeometricMedian>(), rule<Mean>()}) {
    const Aggregation both{{row_map<Nnm>(), row_map<ClipRows>({4.0})}, r};
    const Vec w = *aggregation_weights(both, rows::measured(x), rows::input(3));
    EXPECT_NEAR(w.sum(), 1.0, 1e-14);

    const Mat mixed = rows::mapped(Nnm{}.map(rows::measured(x), rows::input(3)), x);
    const Mat clipped =
        rows::mapped(ClipRows{{4.0}}.map(rows::measured(mixed), rows::input(3)), mixed);
    Mat weights(1, w.size());
    weights.row(0) = w.transpose();
    // Rounding of distances moves the geometric median within its accuracy.
    EXPECT_LT((rows::mapped(weights, x).row(0).transpose() - rows::apply(*r, clipped, 3)).norm(),
              1e-9)
        << r->name();
  }
}

TEST(Aggregation, WithoutMapsTheRowsStay) {
  Distances distances = rows::measured(rows::one_to_nine());
  const Mat all = *compose_maps({{}, rule<Median>()}, distances, rows::input(1));
  EXPECT_EQ(all, Mat(Mat::Identity(3, 4)));
}

TEST(Aggregation, WhatIsTooMuchIsRefusedWithNumbers) {
  const auto message = [](const Aggregation& a, std::size_t n, std::optional<std::size_t> f) {
    const auto checked = check_tolerance(a, n, f);
    return checked ? std::string("fine") : checked.error().message;
  };
  EXPECT_EQ(message({{}, rule<Krum>()}, 7, 3),
            "rule krum tolerates at most 2 Byzantine of 7 updates, f is 3");
  EXPECT_EQ(message({{}, rule<Krum>()}, 7, 2), "fine");
  EXPECT_EQ(message({{}, rule<Krum>()}, 7, std::nullopt),
            "rule krum needs f, the number of Byzantine updates");
  EXPECT_EQ(message({{}, rule<Median>()}, 7, std::nullopt), "fine");
  EXPECT_EQ(message({{row_map<Nnm>()}, rule<Median>()}, 7, std::nullopt),
            "pre-aggregator nnm needs f, the number of Byzantine updates");
  EXPECT_EQ(message({{row_map<Nnm>()}, rule<Mean>()}, 6, 3),
            "pre-aggregator nnm tolerates at most 2 Byzantine of 6 updates, f is 3");
  EXPECT_EQ(message({{}, rule<Mean>()}, 6, 1),
            "rule mean tolerates at most 0 Byzantine of 6 updates, f is 1");
  EXPECT_EQ(message({{row_map<Nnm>()}, nullptr}, 6, 1),
            "pre-aggregator nnm stands before a rule; the weighted mean is none");
}

TEST(Aggregation, CatalogueMakesWhatItLists) {
  Mistakes mistakes;
  for (const auto& entry : rules().entries()) {
    const auto made =
        rules().make(config_value(std::string(entry.name)), "aggregation.rule", mistakes);
    ASSERT_NE(made.object, nullptr) << entry.name;
    EXPECT_EQ(made.object->name(), entry.name);
  }
  for (const auto& entry : row_maps().entries()) {
    const auto made = row_maps().make(config_value(std::string(entry.name)), "", mistakes);
    EXPECT_EQ(made.object->name(), entry.name);
  }
  for (const auto& entry : attacks().entries()) {
    const auto made = attacks().make(config_value(std::string(entry.name)), "", mistakes);
    EXPECT_EQ(made.object->name(), entry.name);
  }
  EXPECT_TRUE(mistakes.empty());
}

}  // namespace
}  // namespace cohort
