#pragma once
// What the tests of protocols of seeds and numbers share.

#include "algorithms/methods/seeded_scalars.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::seeded_problems {

/// f_i(w) = ½ Σ_c (w_c − i)², in any dimension.
class Bowls final : public Function {
 public:
  explicit Bowls(std::size_t d) { layout_.append("w", d, 1, SegmentKind::weight); }
  std::string_view name() const override { return "bowls"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::gradient}; }
  std::uint64_t rows(RowSource, ClientId) const override { return 1; }
  double value(Context, const Sample& s, VecView w) const override {
    const Vec r = w.array() - static_cast<double>(s.client.value);
    return 0.5 * kernels::squared_norm(as_span(r));
  }
  double gradient(Context context, const Sample& s, VecView w, std::span<const double>,
                  VecRef g) const override {
    g = w.array() - static_cast<double>(s.client.value);
    return value(context, s, w);
  }

 private:
  Layout layout_;
};

/// Bytes that a client sends in a round, of two.
inline std::uint64_t bytes_up(const ConfigNode& method, std::size_t d) {
  const Bowls f(d);
  drive::Run run(method, f, {0.5, 0.5});
  run.round();
  return run.bytes_up() / 2;
}

/// Σ p_i ∇f_i(w) of quadratic clients.
inline Vec mean_gradient(const drive::Quadratics& f, const std::vector<double>& weights,
                         const Vec& w) {
  Vec sum = Vec::Zero(w.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto& c = f.clients()[i];
    sum += weights[i] * (c.a * (w - c.centre()));
  }
  return sum;
}

}  // namespace cohort::seeded_problems
