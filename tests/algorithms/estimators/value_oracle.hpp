#pragma once
// One client of one row, whose function is known by its values alone.

#include <functional>

#include "tests/algorithms/estimators/unequal_rows.hpp"

namespace cohort::stages {

class ByValues final : public Function {
 public:
  ByValues(Index d, std::function<double(VecView)> f) : f_(std::move(f)) {
    layout_.append("w", static_cast<std::size_t>(d), 1, SegmentKind::weight);
  }
  std::string_view name() const override { return "by_values"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value}; }
  std::uint64_t rows(RowSource, ClientId) const override { return 1; }
  double value(Context, const Sample&, VecView w) const override { return f_(w); }

 private:
  std::function<double(VecView)> f_;
  Layout layout_;
};

/// Mean, and mean of the squared norm, of the surrogates of `n` steps at w. An estimator that
/// remembers starts anew for each.
struct Moments {
  Vec mean;
  Vec squares;  // of each coordinate
  double square = 0;

  template <class T>
  static Moments of(const Function& f, const typename T::Options& options, const Vec& w,
                    std::uint64_t n) {
    Moments m{Vec::Zero(w.size()), Vec::Zero(w.size()), 0};
    const double share = 1 / static_cast<double>(n);
    for (std::uint64_t k = 0; k < n; ++k) {
      Estimating ask(f, estimator<T>(options));
      const Vec g = ask(w, {0}, k);
      m.mean += share * g;
      m.squares += share * g.cwiseAbs2();
    }
    m.square = m.squares.sum();
    return m;
  }
};

}  // namespace cohort::stages
