#pragma once
// Random directions z of gradient estimates g = (c/q) Σ_k ⟨∇f, z_k⟩ z_k that are unbiased:
//   gaussian      z ~ N(0, I)                            c = 1
//   rademacher    z_j = ±1                               c = 1    (SPSA)
//   sphere        z uniform on the unit sphere           c = d
//   coordinate    z = e_j, q different j at random       c = d    (q = d: every coordinate, exact)
//   orthonormal   q uniform directions, made orthogonal  c = d    (q = d: exact)
// Of one direction and a linear f with gradient a: E‖g‖² = (d + 2)‖a‖² for gaussian, d‖a‖² for the
// others; q of them divide the variance by q, orthogonal ones have E‖g‖² = (d/q)‖a‖².
// All but orthonormal ones are made of a stream when they are needed and never stored. Sources:
// Nesterov, Spokoiny, FoCM 17 (2017); Spall, IEEE TAC 37 (1992).

#include <cmath>
#include <string>
#include <vector>

#include "algorithms/pipeline.hpp"
#include "core/check.hpp"
#include "core/options.hpp"
#include "core/seeded_direction.hpp"

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
  /// Takes direction k, for k = 0, 1, … in order.
  void take(std::uint64_t k) {
    switch (kind_) {
      case Direction::gaussian:
        z_ = {SeededDirection::Law::gaussian, stream_.sub(k)};
        return;
      case Direction::rademacher:
        z_ = {SeededDirection::Law::rademacher, stream_.sub(k)};
        return;
      case Direction::sphere:
        z_ = {SeededDirection::Law::gaussian, stream_.sub(k)};
        z_.factor = 1 / std::sqrt(squared_norm(z_, static_cast<std::uint64_t>(d_)));
        return;
      case Direction::coordinate:
        z_ = {SeededDirection::Law::coordinate, stream_, picks_[k]};
        return;
      case Direction::orthonormal:
        column_ = static_cast<Index>(k);
        orthonormalise();
        return;
    }
  }
  /// y ← y + a z of the direction that was taken.
  void add(double a, VecRef y) const {
    if (kind_ == Direction::orthonormal) {
      kernels::axpy(a, column(column_), as_mutable_span(y));
    } else {
      add_seeded(a, z_, as_mutable_span(y));
    }
  }
  /// z ← direction k, for k = 0, 1, … in order, for who needs it written out.
  void next(std::uint64_t k, Vec& z) {
    take(k);
    z.setZero(d_);
    add(1, z);
  }

 private:
  std::span<const double> column(Index j) const {
    return {basis_.col(j).data(), static_cast<std::size_t>(d_)};
  }
  void orthonormalise() {
    const std::span<double> z(basis_.col(column_).data(), static_cast<std::size_t>(d_));
    stream_.sub(static_cast<std::uint64_t>(column_)).fill_normal(z);
    // Twice is enough for orthogonality to rounding.
    for (int pass = 0; pass < 2; ++pass) {
      for (Index j = 0; j < column_; ++j) kernels::axpy(-kernels::dot(column(j), z), column(j), z);
      kernels::scale(1 / kernels::norm(z), z);
    }
  }

  Direction kind_;
  std::uint64_t count_;
  Index d_;
  Stream stream_;
  SeededDirection z_{SeededDirection::Law::gaussian, stream_};  // taken, unless orthonormal
  std::vector<std::uint64_t> picks_;
  Mat basis_;  // [d × q], of orthonormal ones
  Index column_ = 0;
};

}  // namespace cohort
