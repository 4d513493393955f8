#pragma once
// Random directions z of gradient estimates g = (c/q) Σ_k ⟨∇f, z_k⟩ z_k that are unbiased:
//   gaussian      z ~ N(0, I)                            c = 1
//   rademacher    z_j = ±1                               c = 1    (SPSA)
//   sphere        z uniform on the unit sphere           c = d
//   coordinate    z = e_j, q different j at random       c = d    (q = d: every coordinate, exact)
//   orthonormal   q uniform directions, made orthogonal  c = d    (q = d: exact)
// Of one direction and a linear f with gradient a: E‖g‖² = (d + 2)‖a‖² for gaussian, d‖a‖² for the
// others. Sources: Nesterov, Spokoiny, FoCM 17 (2017); Spall, IEEE TAC 37 (1992).

#include <string>
#include <vector>

#include "algorithms/pipeline.hpp"
#include "core/check.hpp"
#include "core/options.hpp"

namespace cohort {

enum class Direction : std::uint8_t { gaussian, rademacher, sphere, coordinate, orthonormal };
inline std::vector<std::pair<std::string, Direction>> option_names(Direction) {
  return {{"gaussian", Direction::gaussian},
          {"rademacher", Direction::rademacher},
          {"sphere", Direction::sphere},
          {"coordinate", Direction::coordinate},
          {"orthonormal", Direction::orthonormal}};
}

/// The q directions of one step, one after another.
class Directions {
 public:
  /// At most d of the directions that differ from each other.
  Directions(Direction kind, std::uint64_t q, Index d, const Stream& stream)
      : kind_(kind), count_(q), d_(d), stream_(stream) {
    const auto all = static_cast<std::uint64_t>(d);
    if (kind == Direction::coordinate) {
      count_ = std::min(q, all);
      picks_ = sample_without_replacement(stream, count_, all);
    } else if (kind == Direction::orthonormal) {
      count_ = std::min(q, all);
      basis_.resize(d, static_cast<Index>(count_));
    }
  }
  std::uint64_t count() const { return count_; }
  /// c/q
  double scale() const {
    const bool is_long = kind_ == Direction::gaussian || kind_ == Direction::rademacher;
    return (is_long ? 1.0 : static_cast<double>(d_)) / static_cast<double>(count_);
  }
  /// z ← direction k, for k = 0, 1, … in order.
  void next(std::uint64_t k, Vec& z) {
    z.resize(d_);
    const auto out = as_mutable_span(z);
    switch (kind_) {
      case Direction::gaussian:
        return stream_.sub(k).fill_normal(out);
      case Direction::rademacher:
        return stream_.sub(k).fill_rademacher(out);
      case Direction::sphere:
        stream_.sub(k).fill_normal(out);
        return kernels::scale(1 / kernels::norm(out), out);
      case Direction::coordinate:
        z.setZero();
        z[static_cast<Index>(picks_[k])] = 1;
        return;
      case Direction::orthonormal:
        stream_.sub(k).fill_normal(out);
        // Twice is enough for orthogonality to rounding.
        for (int pass = 0; pass < 2; ++pass) {
          for (Index j = 0; j < static_cast<Index>(k); ++j) {
            const std::span<const double> b(basis_.col(j).data(), out.size());
            kernels::axpy(-kernels::dot(b, out), b, out);
          }
          kernels::scale(1 / kernels::norm(out), out);
        }
        basis_.col(static_cast<Index>(k)) = z;
        return;
    }
  }

 private:
  Direction kind_;
  std::uint64_t count_;
  Index d_;
  Stream stream_;
  std::vector<std::uint64_t> picks_;
  Mat basis_;  // [d × q]
};

}  // namespace cohort
