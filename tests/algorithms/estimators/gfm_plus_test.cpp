#include "algorithms/estimators/gfm_plus.hpp"

#include "tests/algorithms/estimators/value_oracle.hpp"

namespace cohort {
namespace {

using namespace stages;

GfmPlus::Options with(std::uint64_t period, std::uint64_t count = 2, std::uint64_t large = 4) {
  GfmPlus::Options options;
  options.count = count;
  options.large_count = large;
  options.period = period;
  return options;
}

TEST(GfmPlus, WithoutRecursionItIsGfmWithTheLargeBatch) {
  const UnequalRows f(6, 5);
  Estimating plus(f, estimator<GfmPlus>(with(1)));
  Estimating gfm(
      f, estimator<ZerothOrder>({{.direction = Direction::sphere, .count = 4, .radius = 1e-3}}));
  for (std::uint64_t k = 0; k < 3; ++k) {
    const Vec w = surrogate(k, 5);
    EXPECT_EQ(plus(w, {1}, k), gfm(w, all_rows(6), k));
  }
}

// f = wᵀAw/2: ĝ is linear in w along given directions, so the correction is (d/b) Σ z zᵀ A (w − w⁻)
// with the directions of this step.
TEST(GfmPlus, CorrectsByTheSameDirectionsAtBothModels) {
  constexpr Index d = 5;
  const Vec h = surrogate(3, d).cwiseAbs();
  const ByValues f(d, [&](VecView w) { return 0.5 * w.cwiseAbs2().dot(h); });
  Estimating ask(f, estimator<GfmPlus>(with(10)));
  const Vec before = surrogate(1, d);
  const Vec w = surrogate(2, d);
  const Vec v = ask(before, {0}, 0);
  Vec expected = v;
  Directions directions(Direction::sphere, 2, d, info(1, 1).stream);
  Vec z;
  for (const std::uint64_t k : {0U, 1U}) {
    directions.next(k, z);
    expected += 0.5 * d * z.dot(h.cwiseProduct(w - before)) * z;
  }
  // Differences of values of size 1 over μ = 1e-3.
  EXPECT_LT((ask(w, {0}, 1) - expected).norm(), 1e-11);
}

// Public code that stores the model after the update has a correction of zero for ever.
TEST(GfmPlus, CorrectionIsZeroWhereTheModelRestsAndNowhereElse) {
  const UnequalRows f(6, 5);
  Estimating ask(f, estimator<GfmPlus>(with(10)));
  const Vec w = surrogate(1, 5);
  const Vec v = ask(w, {0}, 0);
  EXPECT_LT((ask(w, {1, 2}, 1) - v).norm(), 1e-14 * v.norm());
  const Vec moved = ask(w + Vec::Constant(5, 0.01), {1, 2}, 2);
  EXPECT_GT((moved - v).norm(), 1e-3);
}

TEST(GfmPlus, AsksManyDirectionsOnceAPeriodAndFewAtTwoModelsElse) {
  const UnequalRows f(6, 5);
  Estimating ask(f, estimator<GfmPlus>(with(5, 2, 7)));
  for (std::uint64_t k = 0; k < 10; ++k) ask(surrogate(k, 5), {1}, k);
  const auto value = static_cast<std::size_t>(Query::value);
  EXPECT_EQ(ask.counts.calls[value], 2U * 14 + 8 * 8);
  EXPECT_EQ(ask.counts.rows[value], 2U * 14 * 6 + 8 * 8);
}

}  // namespace
}  // namespace cohort
