#pragma once
// Robust aggregation: n updates x_1 … x_n ∈ R^d to one.
//
// A rule is one of
//   linear  (mean)            a sum over the clients in the fixed shape of core/ordered_sum.hpp
//   gram    (krum, …)         weights computed from distances and inner products of the rows
//   tile    (median, …)       per coordinate
// and a row map in front of it turns the n rows into m, as an affine matrix computed from the same
// numbers; composition is a product, so an iteration costs n², not n·d.
//
// The origin counts as one more point, so that clipping is affine too: c·x = c·x + (1 − c)·0. Rows
// of a map and the weights of a rule sum to 1 over n + 1 entries, the origin's last. The driver
// (worker/sharded_aggregation.hpp) measures the rows; everything here is n-dimensional.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "core/vec.hpp"

namespace cohort {

/// What is known of n rows x_1 … x_n and of x_{n+1} = 0. c is the row in whose middle the others
/// lie. Both matrices are needed: distances alone lose the direction of a row that is very far
/// (D² of two honest rows to one at 10^12 differ in the last digits only), inner products alone the
/// distance of two that are very close.
struct Distances {
  Mat d2;     // [(n+1) × (n+1)] ‖x_i − x_j‖²; d2(i, n) = ‖x_i‖²
  Mat inner;  // [(n+1) × (n+1)] ⟨x_i − c, x_j − c⟩: for v with Σ v_i = 0, ‖Σ v_i x_i‖² = vᵀ inner v

  Index rows() const { return d2.rows() - 1; }
  /// inner · v for v [n + 1].
  Vec inner_times(VecView v) const;
};

/// A distance that is smaller than this, relative to the squared norms it was taken from as
/// g_ii + g_jj − 2 g_ij, has lost too many digits and is measured anew, from the rows.
inline constexpr double cancellation = 1e-6;

/// Positions of two rows, the smaller first.
using RowPair = std::pair<std::uint32_t, std::uint32_t>;
/// The pairs of a Gram matrix [n × n] (its upper triangle is read) whose distance has cancelled.
std::vector<RowPair> cancelled_pairs(const Mat& gram);
/// From the Gram matrix and the squared distances of its cancelled pairs. O(n²) and n sorts.
Distances measure(const Mat& gram, std::span<const RowPair> cancelled,
                  std::span<const double> squared_distances);

/// What every rule and map may read beside the distances.
struct RuleInput {
  std::size_t f = 0;  // Byzantine rows among the n
  Stream stream;      // Purpose::aggregation, this round
};

enum class RuleKind : std::uint8_t { linear, gram, tile };

class Rule {
 public:
  virtual ~Rule() = default;
  virtual std::string_view name() const = 0;
  virtual RuleKind kind() const = 0;
  /// True if f is part of the computation; without one such a rule is refused.
  virtual bool needs_f() const = 0;
  /// The largest f that the rule tolerates among n rows.
  virtual std::size_t tolerated(std::size_t n) const = 0;
  /// Gram, and linear: weights [n + 1] over the rows and the origin, sum 1. n ≥ 1.
  virtual Vec weights(const Distances&, const RuleInput&) const = 0;
  /// Tile: out [width] from rows[i][0 … width), all finite; n ≥ 1.
  virtual void tile(std::span<const double* const> rows, std::size_t width, const RuleInput&,
                    double* out) const = 0;
};

class RowMap {
 public:
  virtual ~RowMap() = default;
  virtual std::string_view name() const = 0;
  virtual bool needs_f() const = 0;
  virtual std::size_t tolerated(std::size_t n) const = 0;
  /// M [m × (n + 1)], each row sums to 1.
  virtual Mat map(const Distances&, const RuleInput&) const = 0;
  /// The number m of rows that come out, of which at most f are bad if at most f of the n were.
  virtual std::size_t rows_out(std::size_t n) const = 0;
};

/// What Byzantine clients send: acts on each real-valued block of a reply, after the transforms of
/// the update and before rounding for the wire. The client's own state stays honest.
class Attack {
 public:
  virtual ~Attack() = default;
  virtual std::string_view name() const = 0;
  virtual void craft(const Stream&, VecRef block) const = 0;
};

/// 1/n for each of n rows, 0 for the origin.
Vec mean_weights(Index n);

/// Makes a Rule of a struct with name, summary, source, Options, `needs_f`, tolerated(n) and either
///   Vec weights(const Distances&, const RuleInput&) const
/// or
///   void tile(rows, width, input, out) const
/// or neither: the mean of the rows.
template <class T>
class RuleOf final : public Rule {
 public:
  explicit RuleOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  RuleKind kind() const override {
    return has_weights ? RuleKind::gram : has_tile ? RuleKind::tile : RuleKind::linear;
  }
  bool needs_f() const override { return T::needs_f; }
  std::size_t tolerated(std::size_t n) const override { return impl_.tolerated(n); }
  Vec weights(const Distances& distances, const RuleInput& input) const override {
    if constexpr (has_weights) {
      return impl_.weights(distances, input);
    } else if constexpr (has_tile) {
      check_failed("rule has a Gram part", T::name);
    } else {
      return mean_weights(distances.rows());
    }
  }
  void tile(std::span<const double* const> rows, std::size_t width, const RuleInput& input,
            double* out) const override {
    if constexpr (has_tile) {
      impl_.tile(rows, width, input, out);
    } else {
      check_failed("rule has a tile part", T::name);
    }
  }

 private:
  static constexpr bool has_weights = requires(const T& t, const Distances& d, const RuleInput& i) {
    t.weights(d, i);
  };
  static constexpr bool has_tile =
      requires(const T& t, std::span<const double* const> rows, const RuleInput& i, double* out) {
    t.tile(rows, std::size_t{}, i, out);
  };
  T impl_;
};

template <class T>
class RowMapOf final : public RowMap {
 public:
  explicit RowMapOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  bool needs_f() const override { return T::needs_f; }
  std::size_t tolerated(std::size_t n) const override { return impl_.tolerated(n); }
  Mat map(const Distances& distances, const RuleInput& input) const override {
    return impl_.map(distances, input);
  }
  std::size_t rows_out(std::size_t n) const override { return impl_.rows_out(n); }

 private:
  T impl_;
};

template <class T>
class AttackOf final : public Attack {
 public:
  explicit AttackOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  void craft(const Stream& stream, VecRef block) const override { impl_.craft(stream, block); }

 private:
  T impl_;
};

/// Row maps in order, then the rule.
struct Aggregation {
  std::vector<std::shared_ptr<const RowMap>> maps;  // shared by all workers of a process
  std::shared_ptr<const Rule> rule;                 // null: the weighted mean, and no maps

  bool is_linear() const { return rule == nullptr; }
  /// Whether the result is a weighted sum of the rows, so that another block may follow.
  bool gives_weights() const { return rule == nullptr || rule->kind() != RuleKind::tile; }
};

/// Whether the maps and the rule can take n rows of which f are Byzantine. `f` is empty if the
/// scenario gives none. Errors (bad_input) name the rule, what it tolerates and what it got.
Result<void> check_tolerance(const Aggregation&, std::size_t n, std::optional<std::size_t> f);

/// The distances of the rows M X, m of them, from those of X.
Distances map_distances(const Distances& distances, const Mat& map);

/// All maps in one: M [m × (n + 1)], each row sums to 1; `distances` become those of M X.
/// Without maps, [I 0].
Mat compose_maps(const Aggregation&, Distances& distances, const RuleInput&);

/// The weights [n + 1] that maps and rule together give the rows; of a rule with weights.
Vec aggregation_weights(const Aggregation&, Distances distances, const RuleInput&);

}  // namespace cohort
