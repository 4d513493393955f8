// What every rule of the registry must do, and the oracle of the public robust-aggregation
// libraries.

#include "algorithms/aggregation_catalogue.hpp"
#include "tests/algorithms/aggregation_rows.hpp"

namespace cohort {
namespace {

std::shared_ptr<const Rule> named(const std::string& name) {
  Mistakes mistakes;
  auto rule = rules().make(config_value(name), "", mistakes).object;
  EXPECT_TRUE(mistakes.empty()) << name;
  return rule;
}

/// What does not hold of a rule, by its definition.
struct Traits {
  bool is_translated = true;  // F(x + a) = F(x) + a
  bool is_scaled = true;      // F(s x) = s F(x)
  bool is_symmetric = true;   // no row is special
  bool gives_what_all_say = true;
};
Traits traits_of(const std::string& name) {
  Traits t;
  if (name == "cge") t.is_translated = false;  // norms
  if (name == "fltrust") t.is_translated = t.is_symmetric = false;
  if (name == "monna") t.is_symmetric = false;
  // From the last result, 0 at first, within a radius of it.
  if (name == "centered_clipping") t.is_translated = t.is_scaled = t.gives_what_all_say = false;
  if (name == "sign_majority") t.is_translated = t.is_scaled = t.gives_what_all_say = false;
  return t;
}

class EveryRule : public testing::TestWithParam<std::string> {
 protected:
  const std::shared_ptr<const Rule> rule = named(GetParam());
  const Traits traits = traits_of(GetParam());
  Vec apply(const Mat& x, std::size_t f) const { return rows::apply(*rule, x, f); }
};

// 1e-6 is the accuracy of the geometric median, relative to distances of about 3; the others err
// by rounding.
constexpr double rule_accuracy = 1e-5;

TEST_P(EveryRule, DoesNotDependOnTheOrderOfRows) {
  if (!traits.is_symmetric) GTEST_SKIP() << "one row is trusted";
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Mat x = rows::normal(11, 6, seed);
    const std::size_t f = std::min<std::size_t>(2, rule->tolerated(11));
    EXPECT_LT((apply(x, f) - apply(rows::permuted(x, seed), f)).norm(), rule_accuracy) << seed;
  }
}

TEST_P(EveryRule, GivesWhatAllRowsSay) {
  if (!traits.gives_what_all_say) GTEST_SKIP();
  const Mat x = rows::normal(1, 9, 1).replicate(11, 1);
  for (const std::size_t f : {std::size_t{0}, rule->tolerated(11)}) {
    EXPECT_LT((apply(x, f) - x.row(0).transpose()).norm(), 1e-14) << f;
  }
}

TEST_P(EveryRule, GivesZeroForZeros) {
  EXPECT_EQ(apply(Mat::Zero(11, 4), rule->tolerated(11)), Vec::Zero(4));
}

TEST_P(EveryRule, FollowsATranslationOfAllRows) {
  if (!traits.is_translated) GTEST_SKIP();
  const Mat x = rows::normal(11, 5, 2);
  const Vec a = rows::normal(1, 5, 3).row(0).transpose() * 10;
  const std::size_t f = std::min<std::size_t>(2, rule->tolerated(11));
  const Vec moved = apply(x.rowwise() + a.transpose(), f);
  EXPECT_LT((moved - apply(x, f) - a).norm(), rule_accuracy);
}

TEST_P(EveryRule, FollowsAScaleOfAllRows) {
  if (!traits.is_scaled) GTEST_SKIP();
  const Mat x = rows::normal(11, 5, 4);
  const std::size_t f = std::min<std::size_t>(2, rule->tolerated(11));
  // A power of two changes no digit.
  EXPECT_LT((apply(1024.0 * x, f) / 1024.0 - apply(x, f)).norm(), 1e-12);
}

TEST_P(EveryRule, StaysNearTheHonestHoweverFarTheOthersAre) {
  const std::size_t f = std::min<std::size_t>(2, rule->tolerated(11));
  for (const double far : {1e3, 1e12, 1e30}) {
    Mat x = rows::normal(11, 6, 5);
    for (std::size_t i = 0; i < f; ++i) x.row(static_cast<Index>(3 + 4 * i)).setConstant(far);
    EXPECT_LT(apply(x, f).norm(), 20.0) << far;
  }
}

TEST_P(EveryRule, KeepsTheInequalityWithItsConstant) {
  if (!rule->kappa(7, 1)) GTEST_SKIP() << "no κ is published";
  for (std::size_t f = 1; f <= rule->tolerated(7); ++f) {
    rows::expect_robust([&](const Mat& x) { return apply(x, f); }, 7, static_cast<int>(f),
                        *rule->kappa(7, f));
  }
}

TEST_P(EveryRule, HasNoConstantBelowTheLowerBound) {
  for (std::size_t n : {7U, 20U}) {
    for (std::size_t f = 0; f <= rule->tolerated(n); ++f) {
      const double kappa = rule->kappa(n, f).value_or(kappa_ratio(n, f));
      EXPECT_GE(kappa, kappa_ratio(n, f)) << n << " " << f;
    }
  }
}

TEST_P(EveryRule, TellsWhatItCosts) { EXPECT_FALSE(rule->cost().empty()); }

TEST_P(EveryRule, TakesEqualWeightsAsNone) {
  if (!rule->takes_weights()) GTEST_SKIP();
  const Mat x = rows::normal(9, 5, 6);
  EXPECT_LT((rows::apply(*rule, x, 2, std::vector<double>(9, 2.5)) - apply(x, 2)).norm(),
            rule_accuracy);
}

// A row of weight 3 is three rows.
TEST_P(EveryRule, TakesAWeightAsSoManyRows) {
  if (!rule->takes_weights()) GTEST_SKIP();
  const Mat x = rows::normal(5, 4, 7);
  Mat repeated(9, 4);
  repeated << x.row(0), x.row(0), x.row(0), x.row(1), x.row(2), x.row(2), x.row(2), x.row(3),
      x.row(4);
  EXPECT_LT((rows::apply(*rule, x, 0, {3, 1, 3, 1, 1}) - apply(repeated, 0)).norm(), rule_accuracy);
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryRule, testing::ValuesIn(rules().names()),
                         [](const auto& of) { return of.param; });

// [[1, 2, 3], [4, 5, 6], [7, 8, 9]] with f = 1, as ByzFL documents its aggregators
// (LPD-EPFL/byzfl, byzfl/aggregators/aggregators.py). Ties go to the first.
TEST(Rules, GiveTheExampleOfThePublicLibrary) {
  const Mat x = rows::one_to_nine();
  const Vec middle = rows::vector({4, 5, 6}), low = rows::vector({2.5, 3.5, 4.5});
  const auto expect = [&](const std::string& name, const Vec& expected) {
    EXPECT_LT((rows::apply(*named(name), x, 1) - expected).norm(), 1e-14) << name;
  };
  for (const char* name : {"mean", "median", "trimmed_mean", "geometric_median", "caf"}) {
    expect(name, middle);
  }
  for (const char* name : {"mda", "minimum_variance", "meamed", "smea"}) expect(name, low);
}

}  // namespace
}  // namespace cohort
