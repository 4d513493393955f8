#pragma once
// One client whose rows differ in curvature: row j has ½ Σ_c h_jc (w_c − b_jc)².

#include "algorithms/pipeline.hpp"
#include "tests/algorithms/stages.hpp"

namespace cohort::stages {

class UnequalRows final : public Function {
 public:
  UnequalRows(Index rows, Index d) : h_(d, rows), b_(d, rows) {
    layout_.append("w", static_cast<std::size_t>(d), 1, SegmentKind::weight);
    const Stream stream(3, Purpose::test);
    stream.fill_uniform({h_.data(), static_cast<std::size_t>(h_.size())});
    stream.sub(0).fill_normal({b_.data(), static_cast<std::size_t>(b_.size())});
    h_.array() += 0.5;
  }
  std::string_view name() const override { return "unequal_rows"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::gradient, Query::jvp}; }
  std::uint64_t rows(RowSource, ClientId) const override {
    return static_cast<std::uint64_t>(h_.cols());
  }
  double value(Context, const Sample& s, VecView w) const override {
    double sum = 0;
    for (std::uint64_t j = 0; j < s.rows(); ++j) {
      const auto r = static_cast<Index>(s.row(j));
      sum += 0.5 * (h_.col(r).array() * (w - b_.col(r)).array().square()).sum();
    }
    return sum / static_cast<double>(s.rows());
  }
  double gradient(Context context, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override {
    g.setZero();
    for (std::uint64_t j = 0; j < s.rows(); ++j) {
      const auto r = static_cast<Index>(s.row(j));
      g += h_.col(r).cwiseProduct(w - b_.col(r)) / static_cast<double>(s.rows());
    }
    return value(context, s, w);
  }
  double jvp(Context context, const Sample& s, VecView w, VecView v) const override {
    Vec g(w.size());
    gradient(context, s, w, {}, g);
    return g.dot(v);
  }
  Vec solution() const {
    return h_.cwiseProduct(b_).rowwise().sum().cwiseQuotient(h_.rowwise().sum());
  }

 private:
  Mat h_, b_;  // [d × rows]
  Layout layout_;
};

/// Asks an estimator of a function of one client, step by step.
class Estimating {
 public:
  Estimating(const Function& f, std::shared_ptr<const Estimator> estimator)
      : function_(&f), estimator_(std::move(estimator)) {
    estimator_->start(state_, f.layout().size());
  }

  /// The surrogate at w on these rows.
  Vec operator()(const Vec& w, std::vector<std::uint32_t> rows, std::uint64_t step) {
    Oracle all(*function_, ClientId(0), {pool_, scratch_}, counts);
    Oracle batch = all.on(rows);
    Vec g(w.size());
    estimator_->estimate(info(1, step), state_, all, batch, w, g);
    return g;
  }
  Vec full(const Vec& w) const {
    ThreadPool pool(1);
    Scratch scratch;
    OracleCounts unused;
    Vec g(w.size());
    Oracle(*function_, ClientId(0), {pool, scratch}, unused).gradient(w, g);
    return g;
  }
  Vec batch_gradient(const Vec& w, std::vector<std::uint32_t> rows) const {
    ThreadPool pool(1);
    Scratch scratch;
    OracleCounts unused;
    Vec g(w.size());
    Oracle all(*function_, ClientId(0), {pool, scratch}, unused);
    all.on(rows).gradient(w, g);
    return g;
  }
  template <class M>
  M& memory() {
    return state_.as<M>();
  }
  OracleCounts counts;

 private:
  const Function* function_;
  std::shared_ptr<const Estimator> estimator_;
  State state_;
  ThreadPool pool_{1};
  Scratch scratch_;
};

template <class T>
std::shared_ptr<const Estimator> estimator(typename T::Options options = {}) {
  return std::make_shared<EstimatorOf<T>>(options);
}

inline std::vector<std::uint32_t> all_rows(std::uint32_t n) {
  std::vector<std::uint32_t> rows(n);
  for (std::uint32_t j = 0; j < n; ++j) rows[j] = j;
  return rows;
}

}  // namespace cohort::stages
