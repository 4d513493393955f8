#pragma once
// Classical test functions of unconstrained optimization, with known minima, spread over clients:
//   f_i(w) = c_i φ(w − s_i),   log c_i ~ N(0, scale_spread²),   s_i ~ N(0, shift² I).
// Each φ is a sum of one polynomial over small blocks of coordinates (x_1 … x_k, k ≤ 4):
//   rosenbrock       100 (x_2 − x_1²)² + (1 − x_1)²  over neighbours     minimum 0 at (1, …, 1)
//   powell           (x_1 + 10 x_2)² + 5 (x_3 − x_4)² + (x_2 − 2 x_3)⁴ + 10 (x_1 − x_4)⁴
//                    over fours                     minimum 0 at 0, where the Hessian is singular
//   wood             100 (x_1² − x_2)² + (x_1 − 1)² + (x_3 − 1)² + 90 (x_3² − x_4)²
//                    + 10.1 ((x_2 − 1)² + (x_4 − 1)²) + 19.8 (x_2 − 1)(x_4 − 1)
//                                                                        minimum 0 at (1, …, 1)
//   beale            Σ_{k ≤ 3} (c_k − x_1 (1 − x_2ᵏ))², c = (1.5, 2.25, 2.625)
//                                                                        minimum 0 at (3, 1/2)
//   himmelblau       (x_1² + x_2 − 11)² + (x_1 + x_2² − 7)²    minimum 0 at four points
//   goldstein_price  the product of two quartics, see the code           minimum 3 at (0, −1)
//   three_hump_camel 2 x_1² − 1.05 x_1⁴ + x_1⁶/6 + x_1 x_2 + x_2²        minimum 0 at 0, of three
//   styblinski_tang  ½ (x⁴ − 16 x² + 5 x) each       minimum at x = −2.9035…, 2ᵈ local minima
//   booth            (x_1 + 2 x_2 − 7)² + (2 x_1 + x_2 − 5)²             minimum 0 at (1, 3)
//   matyas           0.26 (x_1² + x_2²) − 0.48 x_1 x_2                   minimum 0 at 0
// Scales leave the minimiser where it is. With shift > 0 it is known for the quadratic ones:
// booth and matyas, x* + Σ p_i c_i s_i / Σ p_i c_i.
// Sources: rosenbrock, powell, wood and beale with their starting points Moré, Garbow, Hillstrom,
//   Testing unconstrained optimization software, ACM Trans. Math. Softw. 7 (1981), problems 1, 13,
//   14 and 5.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options.hpp"
#include "core/oracle.hpp"

namespace cohort {

enum class TestFunctionName : std::uint8_t {
  rosenbrock,
  powell,
  wood,
  beale,
  himmelblau,
  goldstein_price,
  three_hump_camel,
  styblinski_tang,
  booth,
  matyas,
};
std::vector<std::pair<std::string, TestFunctionName>> option_names(TestFunctionName);

struct TestFunctionOptions {
  TestFunctionName name = TestFunctionName::rosenbrock;
  std::optional<std::uint64_t> dimension;
  double shift = 0;
  double scale_spread = 0;

  static void declare(OptionTable<TestFunctionOptions>& t) {
    t.add("name", &TestFunctionOptions::name, "which function");
    t.add("dimension", &TestFunctionOptions::dimension, Bounds{1, 1e7},
          "d, where it may be chosen: rosenbrock from 2, powell and wood a multiple of 4, "
          "styblinski_tang any; else as the formula says");
    t.add("shift", &TestFunctionOptions::shift, non_negative,
          "standard deviation of each coordinate of a client's shift s_i");
    t.add("scale_spread", &TestFunctionOptions::scale_spread, non_negative,
          "standard deviation of the logarithm of a client's factor c_i");
  }
};

/// One row a client and none in the evaluation sets, so loss and value are f_i. Client i draws s_i
/// from sub 0 and log c_i from sub 1 of the stream (seed, synthetic_problem, i). Derivatives are
/// exact to rounding: φ is evaluated in truncated power series of one or two directions. A query
/// costs O(d), the Hessian too.
class TestFunction final : public Function {
 public:
  /// Error: the function has no such dimension.
  static Result<std::unique_ptr<Function>> make(const TestFunctionOptions& options,
                                                std::uint64_t seed, std::uint64_t clients);

  std::string_view name() const override { return "test_function"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override;
  std::uint64_t rows(RowSource source, ClientId client) const override;
  Vec start() const override { return start_; }

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  void hessian(Context, const Sample&, VecView w, HessianSink& sink) const override;
  std::unique_ptr<Line> along(Context, const Sample&, VecView w, VecView v) const override;

  bool is_convex() const override;
  bool has_minimiser() const override;
  Vec minimiser(std::span<const double> weights) const override;
  /// To the nearest of himmelblau's four.
  double distance(VecView w, VecView minimiser) const override;
  /// s_i and c_i
  Vec shift(ClientId client) const { return shifts_.col(static_cast<Index>(client.value)); }
  double scale(ClientId client) const { return scales_[static_cast<Index>(client.value)]; }

 private:
  TestFunction(const TestFunctionOptions& options, std::uint64_t seed, std::uint64_t clients);
  /// body(first coordinate, x) for each block of w − s_i.
  template <class Body>
  void each_block(ClientId client, VecView w, const Body& body) const;

  TestFunctionOptions options_;
  std::uint64_t clients_;
  Layout layout_;
  std::size_t block_;   // k
  std::size_t stride_;  // from one block to the next
  Vec start_;           // [d]
  Mat minima_;          // [d × number] those of φ
  Mat shifts_;          // [d × N] s_i
  Vec scales_;          // [N] c_i
};

/// What scenarios know as type = "test_function".
struct TestFunctionProblem {
  static constexpr std::string_view name = "test_function";
  static constexpr std::string_view summary =
      "classical test functions with known minima, shifted or scaled by client";
  static constexpr std::string_view source =
      "Moré, Garbow, Hillstrom, ACM Trans. Math. Softw. 7 (1981)";
  using Options = TestFunctionOptions;

  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients) {
    return TestFunction::make(options, seed, clients);
  }
};

}  // namespace cohort
