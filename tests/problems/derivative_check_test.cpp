// A checker is worth what it catches: a function that is wrong in one place only.

#include "problems/derivative_check.hpp"

#include <functional>

#include "problems/objectives/logistic.hpp"
#include "tests/problems/toy_rows.hpp"

namespace cohort {
namespace {

using test::all_rows;
using test::Asker;
using test::Form;
using test::ToyRows;

constexpr double poison = 1e-6;
constexpr std::size_t coordinate = 2;

/// A right function with one wrong answer.
class Poisoned final : public Function {
 public:
  enum class At {
    nothing,
    value,
    losses,
    gradient,
    weighted_gradient,
    hvp,
    jvp,
    hessian,
    hessian_twice,
    hessian_below,
    line_first,
    line_second,
    line_third,
    line_order,
    gram,
    residuals,
    curvatures,
    predict,
  };

  Poisoned(std::unique_ptr<Function> f, At at) : f_(std::move(f)), at_(at) {}

  std::string_view name() const override { return "poisoned"; }
  const Layout& layout() const override { return f_->layout(); }
  Capabilities capabilities() const override { return f_->capabilities(); }
  std::uint64_t rows(RowSource s, ClientId c) const override { return f_->rows(s, c); }
  double regulariser(VecView w) const override { return f_->regulariser(w); }

  double value(Context c, const Sample& s, VecView w) const override {
    return f_->value(c, s, w) + (at_ == At::value ? poison : 0);
  }
  void losses(Context c, const Sample& s, VecView w, std::span<double> out) const override {
    f_->losses(c, s, w, out);
    if (at_ == At::losses) out[0] += poison;
  }
  double gradient(Context c, const Sample& s, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    const double value = f_->gradient(c, s, w, weights, g);
    const At wrong = weights.empty() ? At::gradient : At::weighted_gradient;
    if (at_ == wrong) g[coordinate] += poison;
    return value;
  }
  void hvp(Context c, const Sample& s, VecView w, VecView v, VecRef out) const override {
    f_->hvp(c, s, w, v, out);
    if (at_ == At::hvp) out[coordinate] += poison;
  }
  double jvp(Context c, const Sample& s, VecView w, VecView v) const override {
    return f_->jvp(c, s, w, v) + (at_ == At::jvp ? poison : 0);
  }
  void hessian(Context c, const Sample& s, VecView w, HessianSink& sink) const override {
    class Sink final : public HessianSink {
     public:
      Sink(HessianSink& to, At at) : to_(to), at_(at) {}
      void add(std::size_t i, std::size_t j, double x) override {
        const bool here = i == 0 && j == coordinate;
        if (here && at_ == At::hessian_below) return to_.add(j, i, x);
        to_.add(i, j, x + (here && at_ == At::hessian ? poison : 0));
        if (here && at_ == At::hessian_twice) to_.add(i, j, 0);
      }

     private:
      HessianSink& to_;
      At at_;
    };
    Sink wrong(sink, at_);
    f_->hessian(c, s, w, wrong);
  }
  std::unique_ptr<Line> along(Context c, const Sample& s, VecView w, VecView v) const override {
    class Wrong final : public Line {
     public:
      Wrong(std::unique_ptr<Line> line, At at) : line_(std::move(line)), at_(at) {}
      LinePoint at(double t, int order) override {
        LinePoint p = line_->at(t, at_ == At::line_order ? 3 : order);
        if (at_ == At::line_first) p.first += poison;
        if (at_ == At::line_second) p.second += poison * (1 + t);
        if (at_ == At::line_third) p.third += poison;
        return p;
      }

     private:
      std::unique_ptr<Line> line_;
      At at_;
    };
    return std::make_unique<Wrong>(f_->along(c, s, w, v), at_);
  }
  void gram(Context c, const Sample& s, VecView w, Eigen::Ref<Mat> out) const override {
    f_->gram(c, s, w, out);
    if (at_ == At::gram) out(1, 0) += poison;
  }
  LinearView linear_view(Context c, const Sample& s, VecView w) const override {
    LinearView view = f_->linear_view(c, s, w);
    if (at_ == At::residuals) view.residuals[0] += poison;
    if (at_ == At::curvatures) view.curvatures[0] += poison;
    return view;
  }
  Prediction prediction() const override { return f_->prediction(); }
  void predict(Context c, const Sample& s, VecView w, std::span<double> losses,
               std::span<double> scores) const override {
    f_->predict(c, s, w, losses, scores);
    if (at_ == At::predict) losses[1] += poison;
  }

 private:
  std::unique_ptr<Function> f_;
  At at_;
};

DerivativeReport report_of(Poisoned::At at) {
  const ToyRows data(9, 5, 2);
  const Poisoned f(Logistic::make(5, data.of(Form::dense_f64), {.l2 = 0.1}), at);
  Asker asker;
  return check_derivatives(f, asker.context(), all_rows(f), test::some_point(6));
}

TEST(DerivativeCheck, PassesWhatIsRight) {
  const auto report = report_of(Poisoned::At::nothing);
  EXPECT_TRUE(report.passed()) << report.to_string();
  EXPECT_EQ(report.to_string(), "");
  EXPECT_THAT(report.to_string(true), testing::HasSubstr("gradient = differences of value"));
}

TEST(DerivativeCheck, CatchesOneWrongAnswerOfEveryKind) {
  using At = Poisoned::At;
  const std::vector<std::pair<At, std::string>> cases = {
      {At::value, "value of gradient = value"},
      {At::losses, "mean of losses + regulariser = value"},
      {At::gradient, "gradient = differences of value"},
      {At::weighted_gradient, "weighted gradient = differences of its value"},
      {At::hvp, "hvp = differences of gradient"},
      {At::jvp, "jvp = gradient · v"},
      {At::hessian, "Hessian = hvp of the unit vectors"},
      {At::hessian_twice, "Hessian entries outside the upper triangle, or given twice"},
      {At::hessian_below, "Hessian entries outside the upper triangle, or given twice"},
      {At::line_first, "line: first derivative"},
      {At::line_second, "line: second derivative"},
      {At::line_third, "line: third derivative"},
      {At::line_order, "line: orders to 0 only"},
      {At::gram, "gram = products of row gradients"},
      {At::residuals, "linear view: residuals of the rows = gradient"},
      {At::curvatures, "linear view: curvatures of the rows = hvp"},
      {At::predict, "losses of predict = losses"},
  };
  for (const auto& [at, what] : cases) {
    const auto report = report_of(at);
    EXPECT_FALSE(report.passed()) << what;
    EXPECT_THAT(report.to_string(), testing::HasSubstr("FAILED " + what));
  }
}

TEST(DerivativeCheck, NamesTheWorstCoordinateWithBothNumbers) {
  const auto report = report_of(Poisoned::At::gradient);
  bool found = false;
  for (const DerivativeCheck& check : report.checks) {
    if (check.what != "gradient = differences of value") continue;
    found = true;
    EXPECT_EQ(check.coordinate, coordinate);
    EXPECT_NEAR(check.given - check.expected, poison, 0.01 * poison);
    EXPECT_FALSE(check.passed);
  }
  EXPECT_TRUE(found);
  EXPECT_THAT(report.to_string(), testing::ContainsRegex("coordinate 2: .*, expected .*tolerance"));
}

TEST(DerivativeCheck, TakesNotANumberForWrong) {
  const ToyRows data(9, 5, 2);
  const auto f = Logistic::make(5, data.of(Form::dense_f64), {});
  Asker asker;
  Vec w = test::some_point(6);
  w[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(check_derivatives(*f, asker.context(), all_rows(*f), w).passed());
}

}  // namespace
}  // namespace cohort
