#pragma once
// Bilevel quadratics, whose answers are known in closed form:
//   lower  g_i(x, y) = ½ yᵀH_i y − yᵀ(C_i x + e_i)
//   upper  f_i(x, y) = (ρ/2) ‖x‖² + ½ yᵀQ_i y − q_iᵀy
// With H = Σ p_i H_i and so on:  y*(x) = H⁻¹(C x + e),  ∇F(x) = ρ x + CᵀH⁻¹(Q y*(x) − q).
// -----------------------------------------------------------------------------------------------
// x [m] upper, y [n] lower variables, w = (x, y) [m + n]; H_i, Q_i [n × n], C_i [n × m], e_i, q_i
// [n]; p_i client weights. Rows of a level differ by linear terms that sum to zero over a client's
// rows, so all rows are the exact level, and a sample of them is noisy with a known variance.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.hpp"
#include "core/oracle.hpp"

namespace cohort {

/// One level: client i has ½ wᵀM_i w − b_iᵀw, and its row j has s_ijᵀw more.
class QuadraticLevel : public Function {
 public:
  struct Parts {
    std::vector<Mat> m;      // [d × d] a client, symmetric
    Mat b;                   // [d × clients]
    Mat slopes;              // [d × clients · rows] s_ij; empty: none
    std::uint64_t rows = 1;  // of a client
  };

  QuadraticLevel(std::string name, Layout layout, Parts parts);

  std::string_view name() const override { return name_; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override {
    return {Query::value, Query::losses, Query::gradient, Query::hvp, Query::jvp, Query::hessian};
  }
  std::uint64_t rows(RowSource source, ClientId client) const override;

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  void hessian(Context, const Sample&, VecView w, HessianSink& sink) const override;

  /// Σ p_i M_i, Σ p_i b_i
  Mat mean_matrix(std::span<const double> weights) const;
  Vec mean_linear(std::span<const double> weights) const;

 private:
  std::string name_;
  Layout layout_;
  Parts parts_;
};

/// Both levels, f and lower() = g; the closed forms read the blocks of M off them.
class BilevelQuadratic final : public QuadraticLevel {
 public:
  /// `layout` has m upper variables; f is separable in x and y.
  BilevelQuadratic(Layout layout, Parts upper, Parts lower);

  const Function* lower() const override { return &lower_; }
  Capabilities capabilities() const override {
    return QuadraticLevel::capabilities().with({Query::lower});
  }
  /// y*(x) [n]
  Vec lower_solution(std::span<const double> weights, VecView x) const;
  /// ∇F(x) [m]
  Vec hypergradient(std::span<const double> weights, VecView x) const;
  bool has_minimiser() const override { return true; }
  /// (argmin F, y* of it); F is convex where the mean Q is.
  Vec minimiser(std::span<const double> weights) const override;
  /// ‖x − x*‖, of the upper variables.
  double distance(VecView w, VecView minimiser) const override;

 private:
  /// y*(x) = slope x + offset
  struct Solution {
    Mat slope;   // [n × m] H⁻¹C
    Vec offset;  // [n] H⁻¹e
  };
  Solution solution(std::span<const double> weights) const;

  QuadraticLevel lower_;
  Index upper_;
};

struct BilevelQuadraticOptions {
  std::uint64_t upper_dimension = 5;
  std::uint64_t lower_dimension = 10;
  double condition = 10;
  double ridge = 1;
  double coupling = 0.3;
  double spread = 0.5;
  std::uint64_t rows = 1;
  double upper_noise = 0;
  double lower_noise = 0;

  static void declare(OptionTable<BilevelQuadraticOptions>& t) {
    using O = BilevelQuadraticOptions;
    t.add("upper_dimension", &O::upper_dimension, Bounds{1, 1000}, "m, of x");
    t.add("lower_dimension", &O::lower_dimension, Bounds{1, 1000}, "n, of y");
    t.add("condition", &O::condition, at_least(1),
          "κ: eigenvalues of every H_i are spaced evenly on a logarithmic scale from 1/κ to 1");
    t.add("ridge", &O::ridge, positive, "ρ");
    t.add("coupling", &O::coupling, non_negative, "standard deviation of the entries of √m C");
    t.add("spread", &O::spread, non_negative,
          "how far the clients' terms are from common ones, relative to them");
    t.add("rows", &O::rows, Bounds{1, 1e6}, "of a client, on each level");
    t.add("upper_noise", &O::upper_noise, non_negative,
          "standard deviation of a row's gradient of f in each coordinate; needs rows > 1");
    t.add("lower_noise", &O::lower_noise, non_negative, "the same of g");
  }
};

/// What scenarios know as type = "bilevel_quadratic". Client i draws from stream (seed,
/// synthetic_problem, i), the common terms are those of step 1.
struct BilevelQuadraticProblem {
  static constexpr std::string_view name = "bilevel_quadratic";
  static constexpr std::string_view summary =
      "quadratics on two levels, with the exact hypergradient";
  static constexpr std::string_view source = "";
  using Options = BilevelQuadraticOptions;

  /// Errors: no clients; noise without rows to have it.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

}  // namespace cohort
