#include "core/linalg.hpp"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>

#include "core/random.hpp"

namespace cohort {
namespace {

// Of systems of a condition below 1e3 and a few dozen rows.
constexpr double rounding = 1e-12;

/// B Bᵀ/n + I/4 of normal numbers, [n × n].
Mat positive_definite(Index n, std::uint64_t seed = 1) {
  Mat b(n, n);
  Stream(seed, Purpose::test).fill_normal({b.data(), static_cast<std::size_t>(b.size())});
  return b * b.transpose() / static_cast<double>(n) + 0.25 * Mat::Identity(n, n);
}

/// The rows and columns of A that `kept` names, in its order.
Mat part(const Mat& a, const std::vector<Index>& kept) {
  const auto n = static_cast<Index>(kept.size());
  Mat out(n, n);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < n; ++j) {
      out(i, j) = a(kept[static_cast<std::size_t>(i)], kept[static_cast<std::size_t>(j)]);
    }
  }
  return out;
}

/// The factor of a window over rows of A, and which they are.
struct Window {
  Mat a;
  GrowingCholesky factor{};
  std::vector<Index> kept{};

  bool append(Index i) {
    std::vector<double> row;
    for (const Index k : kept) row.push_back(a(i, k));
    if (!factor.append(row, a(i, i))) return false;
    kept.push_back(i);
    return true;
  }
  void remove(std::size_t position) {
    factor.remove(position);
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(position));
  }
  /// Largest difference from a factorisation anew.
  double error() const {
    const Mat whole = part(a, kept);
    const Mat fresh = Eigen::LLT<Mat>(whole).matrixL();
    return (factor.factor() - fresh).cwiseAbs().maxCoeff();
  }
};

TEST(GrowingCholesky, AppendedRowsGiveTheFactorOfTheWhole) {
  Window window{positive_definite(40)};
  for (Index i = 0; i < 40; ++i) {
    ASSERT_TRUE(window.append(i));
    EXPECT_LT(window.error(), rounding) << i;
  }
}

TEST(GrowingCholesky, AWindowThatMovesForLongStaysTheFactorOfWhatIsInIt) {
  Window window{positive_definite(60)};
  Stream chance(2, Purpose::test);
  for (Index i = 0; i < 20; ++i) window.append(i);
  for (int move = 0; move < 2000; ++move) {
    window.remove(chance.below(window.kept.size()));
    auto next = static_cast<Index>(chance.below(60));
    while (std::find(window.kept.begin(), window.kept.end(), next) != window.kept.end()) {
      next = (next + 1) % 60;
    }
    ASSERT_TRUE(window.append(next));
  }
  EXPECT_EQ(window.factor.size(), 20U);
  EXPECT_LT(window.error(), rounding);
}

TEST(GrowingCholesky, FirstMiddleAndLastRowCanGo) {
  for (const std::size_t position : {std::size_t{0}, std::size_t{5}, std::size_t{11}}) {
    Window window{positive_definite(12)};
    for (Index i = 0; i < 12; ++i) window.append(i);
    window.remove(position);
    EXPECT_LT(window.error(), rounding) << position;
  }
}

TEST(GrowingCholesky, SolvesAndInvertsTheMatrix) {
  Window window{positive_definite(25)};
  for (Index i = 0; i < 25; ++i) window.append(i);
  Vec b(25);
  Stream(3, Purpose::test).fill_normal(as_mutable_span(b));
  Vec x = b;
  window.factor.solve(as_mutable_span(x));
  EXPECT_TRUE((window.a * x).isApprox(b, rounding));
  EXPECT_TRUE((window.a * window.factor.inverse()).isApprox(Mat::Identity(25, 25), rounding));
  EXPECT_TRUE(x.isApprox(*solve_spd(window.a, b), rounding));
}

TEST(GrowingCholesky, ARowThatSaysNothingNewIsRefusedAndChangesNothing) {
  Window window{positive_definite(8)};
  for (Index i = 0; i < 8; ++i) window.append(i);
  const Mat before = window.factor.factor();
  const Vec copy = window.a.col(3);
  EXPECT_FALSE(window.factor.append(as_span(copy), window.a(3, 3)));
  EXPECT_FALSE(window.factor.append(as_span(copy), std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(window.factor.size(), 8U);
  EXPECT_EQ(window.factor.factor(), before);
}

}  // namespace
}  // namespace cohort
