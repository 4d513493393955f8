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
  Vec apply(const Mat& x, std::size_t f) const { return rows::apply(*rule, x, f); }
  std::size_t some_f(std::size_t n) const { return std::min<std::size_t>(2, rule->tolerated(n)); }
};
class SymmetricRule : public EveryRule {};
class UnanimousRule : public EveryRule {};
class TranslatedRule : public EveryRule {};
class ScaledRule : public EveryRule {};
class RuleWithConstant : public EveryRule {};
class WeightedRule : public EveryRule {};
class RuleByDistances : public EveryRule {};

// 1e-6 is the accuracy of the geometric median, relative to distances of about 3; the others err
// by rounding.
constexpr double rule_accuracy = 1e-5;

TEST_P(SymmetricRule, DoesNotDependOnTheOrderOfRows) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Mat x = rows::normal(11, 6, seed);
    EXPECT_LT((apply(x, some_f(11)) - apply(rows::permuted(x, seed), some_f(11))).norm(),
              rule_accuracy)
        << seed;
  }
}

TEST_P(UnanimousRule, GivesWhatAllRowsSay) {
  const Mat x = rows::normal(1, 9, 1).replicate(11, 1);
  for (const std::size_t f : {std::size_t{0}, rule->tolerated(11)}) {
    EXPECT_LT((apply(x, f) - x.row(0).transpose()).norm(), 1e-14) << f;
  }
}

TEST_P(EveryRule, GivesZeroForZeros) {
  EXPECT_EQ(apply(Mat::Zero(11, 4), rule->tolerated(11)), Vec::Zero(4));
}

TEST_P(TranslatedRule, FollowsATranslationOfAllRows) {
  const Mat x = rows::normal(11, 5, 2);
  const Vec a = rows::normal(1, 5, 3).row(0).transpose() * 10;
  const Vec moved = apply(x.rowwise() + a.transpose(), some_f(11));
  EXPECT_LT((moved - apply(x, some_f(11)) - a).norm(), rule_accuracy);
}

TEST_P(ScaledRule, FollowsAScaleOfAllRows) {
  const Mat x = rows::normal(11, 5, 4);
  // A power of two changes no digit.
  EXPECT_LT((apply(1024.0 * x, some_f(11)) / 1024.0 - apply(x, some_f(11))).norm(), 1e-12);
}

TEST_P(EveryRule, StaysNearTheHonestHoweverFarTheOthersAre) {
  for (const double far : {1e3, 1e12, 1e30}) {
    Mat x = rows::normal(11, 6, 5);
    for (std::size_t i = 0; i < some_f(11); ++i) {
      x.row(static_cast<Index>(3 + 4 * i)).setConstant(far);
    }
    EXPECT_LT(apply(x, some_f(11)).norm(), 20.0) << far;
  }
}

// Rows far away in different directions and in the same one, next to honest rows about 3 apart.
TEST_P(RuleByDistances, AgreesWithExactDistancesNextToRowsThatAreFar) {
  for (const double far : {1e12, 1e30}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Mat x = rows::normal(11, 6, seed);
      const std::size_t f = some_f(11);
      for (std::size_t i = 0; i < f; ++i) {
        const Index row = static_cast<Index>(3 + 4 * i);
        x.row(row) *= far;
        if (seed % 2 == 0) x.row(row).setConstant(far);
      }
      const Vec exact = rows::apply(*rule, x, f, {}, {}, rows::measured_exactly);
      EXPECT_LT((apply(x, f) - exact).norm(), 1e-9) << far << " " << seed;
    }
  }
}

TEST_P(RuleWithConstant, KeepsTheInequality) {
  for (std::size_t f = 1; f <= rule->tolerated(7); ++f) {
    rows::expect_robust([&](const Mat& x) { return apply(x, f); }, 7, static_cast<int>(f),
                        *rule->kappa(7, f));
  }
}

TEST_P(RuleWithConstant, HasNoneBelowTheLowerBound) {
  for (std::size_t n : {7U, 20U}) {
    for (std::size_t f = 0; f <= rule->tolerated(n); ++f) {
      EXPECT_GE(*rule->kappa(n, f), kappa_ratio(n, f)) << n << " " << f;
    }
  }
}

TEST_P(EveryRule, TellsWhatItCosts) { EXPECT_FALSE(rule->cost().empty()); }

TEST_P(WeightedRule, TakesEqualWeightsAsNone) {
  const Mat x = rows::normal(9, 5, 6);
  EXPECT_LT((rows::apply(*rule, x, 2, std::vector<double>(9, 2.5)) - apply(x, 2)).norm(),
            rule_accuracy);
}

TEST_P(WeightedRule, TakesAWeightOfThreeAsThreeRows) {
  const Mat x = rows::normal(5, 4, 7);
  Mat repeated(9, 4);
  repeated << x.row(0), x.row(0), x.row(0), x.row(1), x.row(2), x.row(2), x.row(2), x.row(3),
      x.row(4);
  EXPECT_LT((rows::apply(*rule, x, 0, {3, 1, 3, 1, 1}) - apply(repeated, 0)).norm(), rule_accuracy);
}

template <class Has>
auto rules_that(Has has) {
  std::vector<std::string> names;
  for (const std::string& name : rules().names()) {
    if (has(*named(name), traits_of(name))) names.push_back(name);
  }
  return testing::ValuesIn(names);
}
const auto name_of = [](const auto& of) { return of.param; };

INSTANTIATE_TEST_SUITE_P(Registry, EveryRule, testing::ValuesIn(rules().names()), name_of);
INSTANTIATE_TEST_SUITE_P(Registry, SymmetricRule, rules_that([](const Rule&, const Traits& has) {
                           return has.is_symmetric;
                         }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, UnanimousRule, rules_that([](const Rule&, const Traits& has) {
                           return has.gives_what_all_say;
                         }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, TranslatedRule, rules_that([](const Rule&, const Traits& has) {
                           return has.is_translated;
                         }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, ScaledRule,
                         rules_that([](const Rule&, const Traits& has) { return has.is_scaled; }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, RuleWithConstant,
                         rules_that([](const Rule& rule, const Traits&) {
                           return rule.kappa(7, 1).has_value();
                         }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, WeightedRule, rules_that([](const Rule& rule, const Traits&) {
                           return rule.takes_weights();
                         }),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Registry, RuleByDistances, rules_that([](const Rule& rule, const Traits&) {
                           return rule.kind() == RuleKind::gram || rule.selects();
                         }),
                         name_of);

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
