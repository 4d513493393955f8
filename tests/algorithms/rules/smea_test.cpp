#include "algorithms/rules/smea.hpp"

#include "algorithms/rules/minimum_variance.hpp"
#include "tests/algorithms/rules/every_subset.hpp"

namespace cohort {
namespace {

/// λ_max of [[a, b], [b, c]] = Σ (x_i − x̄)(x_i − x̄)ᵀ over S, of rows in the plane.
double top_eigenvalue(const Mat& x, const rows::Subset& s) {
  Vec mean = Vec::Zero(2);
  for (const Index i : s) mean += x.row(i).transpose() / static_cast<double>(s.size());
  double a = 0, b = 0, c = 0;
  for (const Index i : s) {
    const double u = x(i, 0) - mean[0], v = x(i, 1) - mean[1];
    a += u * u;
    b += u * v;
    c += v * v;
  }
  return (a + c) / 2 + std::hypot((a - c) / 2, b);
}

// Without row   scatter along the axes, and across   eigenvalue   trace
//          0         0.507   1.927   −0.793              2.28       2.43
//          1         1.04    1.927    0.34               2.04       2.97
//          2         2.107   0        0                  2.11       2.11
//          3         2       1.927    0                  2          3.93
TEST(Smea, PrefersRowsThatSpreadEvenly) {
  const Mat x = rows::matrix({{-1, 0}, {1, 0}, {0, 1.7}, {0.4, 0}});
  EXPECT_EQ(rows::chosen(rows::rule<Smea>(), x, 1), (rows::Subset{0, 1, 2}));
  EXPECT_EQ(rows::chosen(rows::rule<MinimumVariance>(), x, 1), (rows::Subset{0, 1, 3}));
}

TEST(Smea, OnALineIsMinimumVariance) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Mat x = rows::normal(8, 1, seed) * rows::vector({3, -4}).transpose();
    EXPECT_EQ(rows::chosen(rows::rule<Smea>(), x, 3),
              rows::chosen(rows::rule<MinimumVariance>(), x, 3));
  }
}

TEST(Smea, HasTheLeastTopEigenvalueOfAllSubsets) {
  rows::expect_least_cost(rows::rule<Smea>(), top_eigenvalue);
}

// C(20, 3) and C(32, 2) are below 2^12, C(20, 4) and C(32, 3) above.
TEST(Smea, ToleratesWhatItCanSearch) {
  EXPECT_TRUE(rows::rule<Smea>().needs_f());
  EXPECT_EQ(rows::rule<Smea>().tolerated(7), 3U);
  EXPECT_EQ(rows::rule<Smea>().tolerated(8), 3U);
  EXPECT_EQ(rows::rule<Smea>().tolerated(20), 3U);
  EXPECT_EQ(rows::rule<Smea>().tolerated(32), 2U);
}

}  // namespace
}  // namespace cohort
