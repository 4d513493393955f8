#pragma once
// Robust aggregation: n updates x_1 … x_n ∈ R^d to one.
//
// A rule is one of
//   linear  (mean)            a sum over the clients in the fixed shape of core/ordered_sum.hpp
//   gram    (krum, …)         weights computed from the squared distances of the rows
//   tile    (median, …)       per coordinate
// and a row map in front of it turns the n rows into m, as an affine matrix computed from the same
// distances; composition is a product, so an iteration costs n², not n·d.
//
// Distances come as one matrix D² over the n rows and, last, the origin, so that clipping is affine
// too: c·x = c·x + (1 − c)·0. Rows of a map and the weights of a rule sum to 1 over n + 1 entries.
// The driver (worker/) computes D² accurately and deterministically; ties are broken by index.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "core/vec.hpp"

namespace cohort {

/// Squared distances of n rows and the origin: d2 [(n+1) × (n+1)], symmetric, zero diagonal;
/// d2(i, n) = ‖x_i‖².
struct Distances {
  Mat d2;
  std::size_t rows() const { return static_cast<std::size_t>(d2.rows()) - 1; }
};

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
  /// Gram: weights [n + 1] over the rows and the origin, sum 1.
  virtual Vec weights(const Distances&, const RuleInput&) const = 0;
  /// Tile: out [width] from rows[i][0 … width).
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
  /// Rows that come out, and how many of them may be bad.
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

/// Makes a Rule of a struct with name, summary, source, Options, `needs_f`, tolerated(n) and either
///   Vec weights(const Distances&, const RuleInput&) const
/// or
///   void tile(rows, width, input, out) const
/// or neither: the plain mean.
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
    } else {
      check_failed("rule has a Gram part", T::name);
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
  std::shared_ptr<const Rule> rule;                 // null: the weighted mean

  bool is_linear() const { return rule == nullptr; }
};

/// The distances of the rows M X (and the origin) from those of X:
/// D²(a, b) = −½ (m_a − m_b)ᵀ D² (m_a − m_b), never below 0.
Distances map_distances(const Distances& distances, const Mat& map);

}  // namespace cohort
