#pragma once
// A linear model with one output, for what looks at its residuals.

#include "core/oracle.hpp"
#include "core/random.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::stages {

/// Row j has ½ (a_jᵀ w − y_j)², beside (λ/2) ‖w‖².
class LeastSquares final : public Function {
 public:
  LeastSquares(Index rows, Index d) : a_(d, rows), y_(rows) {
    layout_.append("w", static_cast<std::size_t>(d), 1, SegmentKind::weight);
    const Stream stream(4, Purpose::test);
    stream.fill_normal({a_.data(), static_cast<std::size_t>(a_.size())});
    stream.sub(0).fill_normal(as_mutable_span(y_));
  }
  std::string_view name() const override { return "least_squares"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::gradient, Query::linear_view}; }
  std::uint64_t rows(RowSource, ClientId) const override {
    return static_cast<std::uint64_t>(a_.cols());
  }
  double value(Context, const Sample&, VecView) const override { return 0; }
  double gradient(Context, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override {
    g = l2 * w;
    for (std::uint64_t j = 0; j < s.rows(); ++j) {
      const auto r = static_cast<Index>(s.row(j));
      g += residual(r, w) / static_cast<double>(s.rows()) * a_.col(r);
    }
    return 0;
  }
  LinearView linear_view(Context, const Sample& s, VecView w) const override {
    LinearView view;
    for (std::uint64_t j = 0; j < s.rows(); ++j) {
      const auto r = static_cast<Index>(s.row(j));
      view.residuals.push_back(residual(r, w));
      auto& row = view.rows.emplace_back();
      for (Index i = 0; i < a_.rows(); ++i) {
        row.emplace_back(static_cast<std::uint32_t>(i), a_(i, r));
      }
    }
    return view;
  }
  Vec solution() const {
    const auto n = static_cast<double>(a_.cols());
    const Mat h = a_ * a_.transpose() / n + l2 * Mat::Identity(a_.rows(), a_.rows());
    return drive::solve(h, a_ * y_ / n);
  }

 private:
  static constexpr double l2 = 0.3;  // λ
  double residual(Index r, VecView w) const { return a_.col(r).dot(w) - y_[r]; }
  Mat a_;  // [d × rows]
  Vec y_;
  Layout layout_;
};

}  // namespace cohort::stages
