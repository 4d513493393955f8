#include "algorithms/evolution.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/kernels.hpp"

namespace cohort {
namespace {

/// L_t = Σ_{τ ≤ t} ⟨p_{τt}, θ⟩, each τ with the θ that step τ was made at: the state has them all.
class LinearLosses final : public UnrolledSystem {
 public:
  enum class Law {
    persistent,  // all p_{τt}, τ ≤ t, are random
    cancelling,  // p_{tt} alone are, and the others zero
    apart,       // p_{tt} are all equal, and the others zero
  };
  LinearLosses(Index parameters, std::uint64_t length, Law law)
      : p_(parameters), length_(length), law_(law) {}
  Index parameters() const override { return p_; }
  Index state_size() const override { return p_ * static_cast<Index>(length_); }
  std::uint64_t length() const override { return length_; }
  Vec coefficient(std::uint64_t tau, std::uint64_t t) const {
    Vec p = Vec::Zero(p_);
    if (tau > t || (tau < t && law_ != Law::persistent)) return p;
    const bool is_same = law_ == Law::apart;
    Stream(3, Purpose::test, is_same ? 0 : tau, is_same ? 0 : t).fill_normal(as_mutable_span(p));
    return p;
  }
  void start(const Stream&, VecRef s) const override { s.setZero(); }
  double step(const Stream&, std::uint64_t t, VecView theta, VecRef s) const override {
    s.segment(static_cast<Index>(t - 1) * p_, p_) = theta;
    double loss = 0;
    for (std::uint64_t tau = 1; tau <= t; ++tau) {
      loss += coefficient(tau, t).dot(s.segment(static_cast<Index>(tau - 1) * p_, p_));
    }
    return loss;
  }
  /// m_ab of windows of one step.
  Vec influence(std::uint64_t a, std::uint64_t b) const {
    Vec m = Vec::Zero(p_);
    for (std::uint64_t t = std::max(a, b); t <= length_; ++t) m += coefficient(a, t);
    return m;
  }
  Vec gradient() const {
    Vec g = Vec::Zero(p_);
    for (std::uint64_t a = 1; a <= length_; ++a) g += influence(a, a);
    return g;
  }
  double variance(EvolutionKind kind) const {
    const auto p = static_cast<double>(p_);
    if (kind == EvolutionKind::single) return (p + 1) * gradient().squaredNorm();
    double sum = 0;
    for (std::uint64_t a = 1; a <= length_; ++a) {
      sum += (p + 1) * influence(a, a).squaredNorm();
      for (std::uint64_t b = 1; b <= length_; ++b) {
        if (b == a) continue;
        sum += p * influence(a, b).squaredNorm() + influence(a, b).dot(influence(b, a));
      }
    }
    return sum;
  }

 private:
  Index p_;
  std::uint64_t length_;
  Law law_;
};

/// The balance of influences: x ← A x + θ s, x_0 = 1, L_t = ½ (x_1 − 1)²; what θ does reaches the
/// first coordinate over as many steps as there are coordinates behind it, with the other sign.
class InfluenceBalancing final : public UnrolledSystem {
 public:
  explicit InfluenceBalancing(std::uint64_t length) : length_(length) {}
  Index parameters() const override { return 1; }
  Index state_size() const override { return n; }
  std::uint64_t length() const override { return length_; }
  void start(const Stream&, VecRef s) const override { s.setOnes(); }
  double step(const Stream&, std::uint64_t, VecView theta, VecRef s) const override {
    for (Index i = 0; i < n; ++i) {
      s[i] = 0.5 * s[i] + (i + 1 < n ? 0.5 * s[i + 1] : 0) + (i < positive ? theta[0] : -theta[0]);
    }
    return 0.5 * (s[0] - 1) * (s[0] - 1);
  }

 private:
  static constexpr Index n = 23, positive = 10;
  std::uint64_t length_;
};

/// Gradient descent on ½ h x² from x = 1 with the rate e^θ; the loss after each step.
class Descent final : public UnrolledSystem {
 public:
  Index parameters() const override { return 1; }
  Index state_size() const override { return 1; }
  std::uint64_t length() const override { return 12; }
  void start(const Stream&, VecRef s) const override { s[0] = 1; }
  double step(const Stream&, std::uint64_t, VecView theta, VecRef s) const override {
    s[0] -= std::exp(theta[0]) * s[0];
    return 0.5 * s[0] * s[0];
  }
};

struct Moments {
  Vec mean;
  double variance = 0;
};
/// Of the sum of one pair's estimates over an episode.
Moments over_episodes(const UnrolledSystem& system, EvolutionOptions options, const Vec& theta,
                      int episodes) {
  options.pairs = 1;
  EvolutionStrategy strategy(system, options, Stream(11, Purpose::test));
  Moments m{Vec::Zero(theta.size())};
  double square = 0;
  Vec g(theta.size());
  for (int e = 0; e < episodes; ++e) {
    Vec sum = Vec::Zero(theta.size());
    do {
      strategy.next(theta, g);
      sum += g;
    } while (!strategy.at_end());
    m.mean += sum / episodes;
    square += sum.squaredNorm() / episodes;
  }
  m.variance = square - m.mean.squaredNorm();
  return m;
}

TEST(Evolution, MeansAndVariancesAreTheClosedForms) {
  constexpr int episodes = 20000;
  const Vec theta = Vec::Constant(3, 0.4);
  using Law = LinearLosses::Law;
  for (const Law law : {Law::persistent, Law::cancelling, Law::apart}) {
    const LinearLosses system(3, 4, law);
    for (const EvolutionKind kind : {EvolutionKind::persistent, EvolutionKind::single}) {
      const Moments m =
          over_episodes(system, {.kind = kind, .window = 1, .sigma = 0.3}, theta, episodes);
      const double expected = system.variance(kind);
      EXPECT_NEAR(m.variance, expected, 0.08 * expected);
      EXPECT_LT((m.mean - system.gradient()).norm(), 5 * std::sqrt(expected / episodes));
    }
  }
}

TEST(Evolution, WhichHasLessVarianceDependsOnTheSystem) {
  const Vec theta = Vec::Zero(3);
  const auto measured = [&](const LinearLosses& system, EvolutionKind kind) {
    return over_episodes(system, {.kind = kind, .window = 1}, theta, 4000).variance;
  };
  // T (P + 1) + T (T − 1)/2 · P against T² (P + 1): 69 to 144.
  const LinearLosses apart(3, 6, LinearLosses::Law::apart);
  EXPECT_LT(1.5 * measured(apart, EvolutionKind::persistent),
            measured(apart, EvolutionKind::single));
  const LinearLosses cancelling(3, 6, LinearLosses::Law::cancelling);
  EXPECT_LT(1.5 * measured(cancelling, EvolutionKind::single),
            measured(cancelling, EvolutionKind::persistent));
}

// At one θ its windows add up to the evolution strategy on whole episodes.
TEST(Evolution, SingleOverAnEpisodeIsTheFullUnroll) {
  const InfluenceBalancing system(60);
  const Vec theta = Vec::Constant(1, 0.5);
  const EvolutionOptions options{.pairs = 4, .window = 7, .sigma = 0.1};
  EvolutionStrategy windows(system, options, Stream(5, Purpose::test));
  EvolutionOptions whole = options;
  whole.window = 60;
  EvolutionStrategy full(system, whole, Stream(5, Purpose::test));
  Vec sum = Vec::Zero(1), g(1), expected(1);
  do {
    windows.next(theta, g);
    sum += g;
  } while (!windows.at_end());
  full.next(theta, expected);
  EXPECT_TRUE(full.at_end());
  EXPECT_TRUE(sum.isApprox(expected, 1e-12));
  // With one window there is nothing to carry on: all three are the same.
  whole.kind = EvolutionKind::persistent;
  EvolutionStrategy persistent(system, whole, Stream(5, Purpose::test));
  persistent.next(theta, g);
  EXPECT_EQ(g, expected);
  whole.kind = EvolutionKind::truncated;
  EvolutionStrategy truncated(system, whole, Stream(5, Purpose::test));
  truncated.next(theta, g);
  EXPECT_EQ(g, expected);
}

// x*_1 = −6θ at rest, so L = ½ (6θ + 1)², dL/dθ = 24 at θ = ½; windows of one step see the first of
// the influences only, which has the other sign.
TEST(Evolution, TruncationHasTheWrongSignWhereInfluencesBalance) {
  constexpr std::uint64_t length = 400;
  const InfluenceBalancing system(length);
  const Vec theta = Vec::Constant(1, 0.5);
  Vec s(1);
  const auto gradient = [&](EvolutionKind kind) {
    EvolutionStrategy strategy(system, {.kind = kind, .pairs = 200, .window = 1, .sigma = 0.1},
                               Stream(7, Purpose::test));
    Vec g(1);
    double tail = 0;  // at rest, once 100 steps have passed
    for (std::uint64_t t = 1; t <= length; ++t) {
      strategy.next(theta, g);
      if (t > 100) tail += g[0] / static_cast<double>(length - 100);
    }
    return tail;
  };
  // L is quadratic: one pair has the slope (x_1 − 1) dx_1 = −4 · 1 of the step times ε²/σ², whose
  // mean over 200 pairs strays by √(2/200) = 0.1 of itself, and over 300 windows far less.
  EXPECT_NEAR(gradient(EvolutionKind::truncated), -4, 0.1);
  // One ε for all windows: 0.1 of itself remains. 3 of those.
  EXPECT_NEAR(gradient(EvolutionKind::single), 24, 0.3 * 24);
}

TEST(Evolution, StepsAlongSingleFindTheBalance) {
  const InfluenceBalancing system(500);
  EvolutionStrategy strategy(
      system, {.kind = EvolutionKind::single, .pairs = 100, .window = 1, .sigma = 0.1},
      Stream(9, Purpose::test));
  Vec theta = Vec::Constant(1, 0.5), g(1);
  for (int step = 0; step < 3000; ++step) {
    strategy.next(theta, g);
    theta -= 1e-4 * g;
  }
  // The start of an episode, where x_1 is not yet at rest, moves the goal a little from −1/6.
  EXPECT_NEAR(theta[0], -1.0 / 6, 0.02);
}

TEST(Evolution, GradientOfARateOfDescentIsTheDerivativeOfItsLoss) {
  const Descent system;
  const Vec theta = Vec::Constant(1, -1.5);
  const Stream episode(1, Purpose::test);
  constexpr double h = 1e-5;
  const Vec up = theta + Vec::Constant(1, h), down = theta - Vec::Constant(1, h);
  const double slope =
      (unrolled_loss(system, episode, up) - unrolled_loss(system, episode, down)) / (2 * h);
  for (const EvolutionKind kind : {EvolutionKind::persistent, EvolutionKind::single}) {
    constexpr int episodes = 4000;
    const Moments m =
        over_episodes(system, {.kind = kind, .window = 3, .sigma = 0.02}, theta, episodes);
    // σ = 0.02 bends it by less than 1 per cent.
    EXPECT_NEAR(m.mean[0], slope, 5 * std::sqrt(m.variance / episodes) + 0.01 * std::abs(slope));
  }
  const Moments truncated = over_episodes(
      system, {.kind = EvolutionKind::truncated, .window = 3, .sigma = 0.02}, theta, 4000);
  EXPECT_GT(std::abs(truncated.mean[0] - slope), 0.2 * std::abs(slope));
}

TEST(Evolution, EpisodesAndParticlesDifferAndRunsDoNot) {
  const InfluenceBalancing system(10);
  const Vec theta = Vec::Constant(1, 0.5);
  for (const EvolutionKind kind :
       {EvolutionKind::truncated, EvolutionKind::persistent, EvolutionKind::single}) {
    const EvolutionOptions options{.kind = kind, .pairs = 3, .window = 10};
    EvolutionStrategy a(system, options, Stream(5, Purpose::test));
    EvolutionStrategy b(system, options, Stream(5, Purpose::test));
    Vec first(1), second(1), again(1);
    a.next(theta, first);
    a.next(theta, second);
    b.next(theta, again);
    EXPECT_EQ(first, again);
    EXPECT_NE(first, second);
  }
}

}  // namespace
}  // namespace cohort
