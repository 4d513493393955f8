#pragma once
// What phase retrieval, matrix sensing and matrix factorisation share: rows
//   ℓ_j(w) = (κ/2) e_j(w)²,   e_j(w) = B_j(w, w) − y_j,   B_j a symmetric bilinear form,
// with targets y_j = B_j(w*, w*) + noise of a planted w*, the same number of rows at each client.
// Everything follows from B_j: with e = e_j(w),
//   ∇ℓ = 2κ e B(w, ·),   ∇²ℓ v = 2κ (2 B(w, v) B(w, ·) + e B(v, ·)),
//   e(w + t v) = e + 2t B(w, v) + t² B(v, v), so that ℓ is a quartic along every line.
// Without noise w* is a minimiser of every f_i, with value 0.

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/options.hpp"
#include "core/oracle.hpp"
#include "core/random.hpp"
#include "core/result.hpp"

namespace cohort {

struct SquaredFormsOptions {
  std::uint64_t rows = 100;
  double noise = 0;
  double heterogeneity = 0;
  double start_scale = 1;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("rows", &O::rows, Bounds{1, 1e7}, "measurements at each client");
    t.add("noise", &O::noise, non_negative, "standard deviation of the noise of a measurement");
    t.add("heterogeneity", &O::heterogeneity, probability,
          "how much the clients' measurements differ; 0: all are drawn alike");
    t.add("start_scale", &O::start_scale, positive,
          "length of the random start, relative to that of the planted solution");
  }
};

/// No rows in the evaluation sets. Draws of client i are from the stream (seed, synthetic_problem,
/// i), those of all clients from its step 1; the start is (seed, model_init).
class SquaredForms : public Function {
 public:
  const Layout& layout() const override { return layout_; }
  /// All but linear_view.
  Capabilities capabilities() const override;
  std::uint64_t rows(RowSource source, ClientId client) const override;
  Vec start() const override { return start_; }

  double value(Context, const Sample&, VecView w) const override;
  void losses(Context, const Sample&, VecView w, std::span<double> out) const override;
  double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                  VecRef g) const override;
  void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const override;
  double jvp(Context, const Sample&, VecView w, VecView v) const override;
  /// d Hessian-vector products.
  void hessian(Context, const Sample&, VecView w, HessianSink& sink) const override;
  std::unique_ptr<Line> along(Context, const Sample&, VecView w, VecView v) const override;
  void gram(Context, const Sample&, VecView w, Eigen::Ref<Mat> out) const override;

  /// Without noise.
  bool has_minimiser() const override { return options_.noise == 0; }
  Vec minimiser(std::span<const double>) const override { return planted_; }
  const Vec& planted() const { return planted_; }

 protected:
  SquaredForms(const SquaredFormsOptions& options, double curvature, std::uint64_t clients)
      : options_(options), curvature_(curvature), clients_(clients) {}
  /// The end of every constructor: draws targets and start, once layout, forms and w* are there.
  void plant(Vec solution, std::uint64_t seed);

  /// Row j of client i is number i · rows + j.
  /// B_j(w, v)
  virtual double form(std::uint64_t row, VecView w, VecView v) const = 0;
  /// g ← g + c B_j(w, ·)
  virtual void add_form(std::uint64_t row, double c, VecView w, VecRef g) const = 0;

  SquaredFormsOptions options_;
  double curvature_;  // κ
  std::uint64_t clients_;
  Layout layout_;

 private:
  std::uint64_t number(const Sample& sample, std::uint64_t j) const {
    return sample.client.value * options_.rows + sample.row(j);
  }
  double error(std::uint64_t row, VecView w) const { return form(row, w, w) - targets_[row]; }

  Vec planted_;                  // [d] w*
  Vec start_;                    // [d]
  std::vector<double> targets_;  // [N · rows] y
};

/// Errors: no clients, or N · rows · numbers (of one measurement) doubles are more than 2 GiB.
Result<void> check_measurements(std::string_view problem, std::uint64_t clients, std::uint64_t rows,
                                std::uint64_t numbers);
/// An n × k matrix with orthonormal columns, k ≤ n, from normals of the stream by Gram and Schmidt.
Mat orthonormal_columns(const Stream& stream, std::size_t n, std::size_t k);
/// σ_k = κ^{−k/(r−1)}, k < r: from 1 to 1/κ, evenly on a logarithmic scale.
Vec spaced_values(std::size_t r, double condition);
/// min over orthogonal Q of ‖X − Y Q‖, X and Y [n × r] row-major.
double procrustes_distance(std::span<const double> x, std::span<const double> y, std::size_t r);

}  // namespace cohort
