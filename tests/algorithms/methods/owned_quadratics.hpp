#pragma once
// Quadratics of w = (x, h_i), of which clients own h_i, for the tests of methods with personal
// heads.

#include "algorithms/owned_part.hpp"
#include "tests/algorithms/drive.hpp"

namespace cohort::drive {

class OwnedQuadratics final : public Function {
 public:
  OwnedQuadratics(std::vector<QuadraticClient> clients, std::size_t shared)
      : whole_(std::move(clients)) {
    layout_.append("body", shared, 1, SegmentKind::weight);
    layout_.append("head", whole_.layout().size() - shared, 1, SegmentKind::weight, Owner::client);
  }
  std::string_view name() const override { return "owned quadratics"; }
  const Layout& layout() const override { return layout_; }
  Capabilities capabilities() const override { return {Query::value, Query::gradient}; }
  std::uint64_t rows(RowSource s, ClientId c) const override { return whole_.rows(s, c); }
  Vec start() const override { return Vec::Zero(static_cast<Index>(layout_.shared())); }
  std::uint64_t owned(ClientId) const override { return layout_.size() - layout_.shared(); }
  Vec owned_start(ClientId client) const override {
    return Vec::Constant(static_cast<Index>(owned(client)), 0.5);
  }
  double value(Context c, const Sample& s, VecView w) const override {
    return whole_.value(c, s, w);
  }
  double gradient(Context c, const Sample& s, VecView w, std::span<const double> weights,
                  VecRef g) const override {
    return whole_.gradient(c, s, w, weights, g);
  }
  const QuadraticClient& client(std::size_t i) const { return whole_.clients()[i]; }

  /// min_h f_i(x, h) is ½ (x − b_x)ᵀ S (x − b_x), S = A_xx − A_xh A_hh⁻¹ A_hx, at
  /// h = b_h − A_hh⁻¹ A_hx (x − b_x).
  Mat reduced(std::size_t i) const {
    const Index n = shared(), m = static_cast<Index>(layout_.size()) - n;
    const Mat& a = client(i).a;
    return a.topLeftCorner(n, n) -
           a.topRightCorner(n, m) * solve(a.bottomRightCorner(m, m), a.bottomLeftCorner(m, n));
  }
  Vec best_head(std::size_t i, const Vec& x) const {
    const Index n = shared(), m = static_cast<Index>(layout_.size()) - n;
    const Mat& a = client(i).a;
    const Vec b = client(i).centre();
    return b.tail(m) - solve(a.bottomRightCorner(m, m), a.bottomLeftCorner(m, n) * (x - b.head(n)));
  }
  /// argmin_x Σ p_i min_h f_i(x, h)
  Vec best_body(const std::vector<double>& p) const {
    Mat left = Mat::Zero(shared(), shared());
    Vec right = Vec::Zero(shared());
    for (std::size_t i = 0; i < p.size(); ++i) {
      left += p[i] * reduced(i);
      right += p[i] * reduced(i) * client(i).centre().head(shared());
    }
    return solve(left, right);
  }

 private:
  Index shared() const { return static_cast<Index>(layout_.shared()); }

  Quadratics whole_;
  Layout layout_;
};

inline const Vec& head_of(const Run& run, std::size_t client) {
  return run.client_state(client).as<OwningClient>().owned.x;
}
/// The model of a client, where the shared one is that of the run.
inline Vec personal_of(const Run& run, const OwnedQuadratics& f, std::size_t client) {
  OracleCounts counts;
  ThreadPool pool(1);
  Scratch scratch;
  Oracle rows(f, ClientId(client), {pool, scratch}, counts);
  Vec out(static_cast<Index>(f.layout().size()));
  run.method().personal(run.client_state(client), run.x, rows, out);
  return out;
}

}  // namespace cohort::drive
