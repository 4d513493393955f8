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
// of a map sum to 1 over n + 1 entries, the origin's last. References are points that are no row:
// what the rule gave in the round before, a direction that colluders made of the honest rows. They
// lie between the rows and the origin, maps leave them where they are, and the weights of a rule
// sum to 1 over all p = n + references + 1 points. The driver (worker/sharded_aggregation.hpp)
// measures the points; everything here is n-dimensional.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/ids.hpp"
#include "core/payload.hpp"
#include "core/random.hpp"
#include "core/result.hpp"
#include "core/state.hpp"
#include "core/vec.hpp"

namespace cohort {

/// What is known of n rows x_1 … x_n, of the references after them and of the origin x_p = 0. c is
/// the row in whose middle the others lie. Both matrices are needed: distances alone lose the
/// direction of a row that is very far (D² of two honest rows to one at 10^12 differ in the last
/// digits only), inner products alone the distance of two that are very close.
struct Distances {
  Mat d2;  // [p × p] ‖x_i − x_j‖²; d2(i, origin()) = ‖x_i‖²
  Mat inner;  // [p × p] ⟨x_i − c, x_j − c⟩: for v with Σ v_i = 0, ‖Σ v_i x_i‖² = vᵀ inner v
  Index references = 0;

  Index points() const { return d2.rows(); }
  Index origin() const { return points() - 1; }
  Index rows() const { return origin() - references; }
  /// Of a rule with `uses_previous`: its result of the round before, the origin at first.
  Index previous() const { return rows(); }
  /// inner · v for v [p].
  Vec inner_times(VecView v) const;
  /// ⟨x_i, x_j⟩ about the origin.
  double product(Index i, Index j) const;
};

/// A distance that is smaller than this, relative to the squared norms it was taken from as
/// g_ii + g_jj − 2 g_ij, has lost too many digits and is measured anew, from the rows.
inline constexpr double cancellation = 1e-6;

/// Positions of two rows, the smaller first.
using RowPair = std::pair<std::uint32_t, std::uint32_t>;
/// The pairs of a Gram matrix [n × n] (its upper triangle is read) whose distance has cancelled.
std::vector<RowPair> cancelled_pairs(const Mat& gram);
/// From the Gram matrix of rows and references (the last of them) and the squared distances of its
/// cancelled pairs. O(n²) and n sorts.
Distances measure(const Mat& gram, std::span<const RowPair> cancelled,
                  std::span<const double> squared_distances, Index references = 0);

/// What every rule and map may read beside the distances. Spans are those of the driver.
struct RuleInput {
  std::size_t f = 0;                   // Byzantine rows among the n
  Stream stream;                       // Purpose::aggregation, this round
  std::span<const ClientId> clients;   // [n] whose rows they are; of a rule that trusts one
  std::span<const double> weights;     // [n] positive, of a rule that takes weights; empty: equal
  std::span<const Distances> sampled;  // on each of the rule's samples of coordinates
};

/// Coordinates, ascending, on which a rule wants the distances.
using CoordinateSample = std::vector<std::uint64_t>;

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
  /// κ of the (f, κ)-inequality ‖F(x) − x̄_S‖² ≤ (κ/|S|) Σ_{i ∈ S} ‖x_i − x̄_S‖² for every S of
  /// n − f rows, as published; none where none is known or none exists.
  virtual std::optional<double> kappa(std::size_t n, std::size_t f) const = 0;
  /// What it costs, in passes over the rows and n-dimensional work.
  virtual std::string_view cost() const = 0;

  /// Whether its last result is among the points, as Distances::previous().
  virtual bool uses_previous() const = 0;
  /// The client whose row the rule follows, if it trusts one.
  virtual std::optional<ClientId> trusted() const = 0;
  /// Whether there is a form for rows of unequal weight.
  virtual bool takes_weights() const = 0;
  /// Whether it reads the distances on samples of the d coordinates instead of those on all.
  virtual bool reads_samples() const = 0;
  virtual std::vector<CoordinateSample> samples(std::size_t d, const Stream&) const = 0;
  /// Of a tile rule: whether it reads all coordinates at once, on one rank that then holds n · d
  /// numbers.
  virtual bool reads_whole_rows() const = 0;
  /// Of a tile rule: whether it first chooses rows by their distances, and the map that does, as
  /// RowMap::map.
  virtual bool selects() const = 0;
  virtual std::size_t selected(std::size_t n, std::size_t f) const = 0;
  virtual Result<Mat> selection(const Distances&, const RuleInput&) const = 0;

  /// Gram, and linear: weights [p] over all points, sum 1. n ≥ 1. An error where the work is
  /// hopeless or the trusted row is absent.
  virtual Result<Vec> weights(const Distances&, const RuleInput&) const = 0;
  /// Tile: out [width] from rows[i][0 … width), all finite; n ≥ 1. Single precision gives the bits
  /// of the same numbers in double.
  virtual void tile(std::span<const double* const> rows, std::size_t width, const RuleInput&,
                    double* out) const = 0;
  virtual void tile(std::span<const float* const> rows, std::size_t width, const RuleInput&,
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

/// A row that colluders make of the honest ones, per coordinate, to move along.
enum class HonestDirection : std::uint8_t {
  none,
  deviation,  // standard deviation of the honest values, of h − 1
  sign,       // sign of their mean
};

/// What colluders know of a block: the honest rows and the direction p, if they have one, as
/// points.
struct Collusion {
  const Distances&
      honest;             // [h rows, the direction as first reference]; zeros if they are not read
  std::size_t byzantine;  // how many send the row that is made
  Stream stream;          // Purpose::attack, this round and block
  /// ‖F − μ‖² for what the rule in use gives, f as the run has it, when the row Σ a_i x_i over the
  /// points is sent; μ the honest mean. By n-dimensional work for a rule that gives weights, by a
  /// pass over the rows for another.
  std::function<Result<double>(const Vec& a)> damage;
};

/// What Byzantine clients send, after the transforms of the update. The client's own state stays
/// honest. An attacker acts alone, on each real-valued block of its reply before rounding for the
/// wire; or sends what it kept of earlier replies; or computes honestly on rows with false labels,
/// by which its state goes too; or all of them together send one row made of the honest rows of the
/// round, where a rule combines them.
class Attack {
 public:
  virtual ~Attack() = default;
  virtual std::string_view name() const = 0;
  virtual bool colludes() const = 0;
  virtual bool remembers() const = 0;
  virtual bool flips_labels() const = 0;
  /// Alone; does nothing for an attack of another kind.
  virtual void craft(const Stream&, VecRef block) const = 0;
  /// From memory: memory ← empty; and the reply, one of a phase that the memory is for.
  virtual void start(State& memory) const = 0;
  virtual void replay(State& memory, Payload& reply) const = 0;
  /// Together: whether the distances of the honest are read, the direction that is wanted, and the
  /// row, as weights [p] over the points, sum 1.
  virtual bool reads_distances() const = 0;
  virtual HonestDirection direction() const = 0;
  virtual Result<Vec> collude(const Collusion&) const = 0;
};

/// f/(n − 2f), in which the published κ are given (Allouah et al., AISTATS 2023); for 2f < n.
inline double kappa_ratio(std::size_t n, std::size_t f) {
  return static_cast<double>(f) / static_cast<double>(n - 2 * f);
}

/// The weights of the rows about 1 (their mean), or all 1.
Vec relative_weights(const RuleInput&, Index n);
/// Those over n for the n rows, 0 for the points after them.
Vec mean_weights(const Distances&, const RuleInput&);
/// μ − t μ − s p over the points, μ the mean of the rows and p the first reference.
Vec away_from_mean(const Distances&, double t, double s = 0.0);
/// The same weight for each of these rows.
Vec mean_of(const Distances&, std::span<const Index> rows);
/// The `count` rows of least score, ties by index.
std::vector<Index> first_rows(std::span<const double> scores, std::size_t count);
/// Position of the trusted client's row; an error (bad_input) if it is absent.
Result<Index> trusted_row(std::string_view rule, ClientId trusted, const RuleInput&);
/// Rows longer than `norm` are pulled towards the origin until they are not.
Mat clipping_map(const Distances&, double norm);
/// Σ v_i x_i − Σ w_i x_i, squared, for weights over the points with equal sums.
double squared_distance(const Distances&, const Vec& v, const Vec& w);

/// Makes a Rule of a struct with name, summary, source, cost, Options, `needs_f`, tolerated(n) and
/// either
///   Vec or Result<Vec> weights(const Distances&, const RuleInput&) const
/// or
///   void tile(rows of double or float, width, input, out) const
/// or neither: the mean of the rows. What else a rule may have: kappa(n, f), `uses_previous`,
/// `takes_weights`, options.trusted, samples(d, stream), `reads_whole_rows`, selection(distances,
/// input) with selected(n, f).
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
  std::optional<double> kappa(std::size_t n, std::size_t f) const override {
    if constexpr (requires { impl_.kappa(n, f); }) return impl_.kappa(n, f);
    return std::nullopt;
  }
  std::string_view cost() const override {
    if constexpr (requires { T::cost; }) return T::cost;
    return {};
  }
  bool uses_previous() const override {
    if constexpr (requires { T::uses_previous; }) return T::uses_previous;
    return false;
  }
  std::optional<ClientId> trusted() const override {
    if constexpr (requires { impl_.options.trusted; }) return ClientId(impl_.options.trusted);
    return std::nullopt;
  }
  bool takes_weights() const override {
    if constexpr (requires { T::takes_weights; }) return T::takes_weights;
    return false;
  }
  bool reads_samples() const override { return has_samples; }
  std::vector<CoordinateSample> samples(std::size_t d, const Stream& stream) const override {
    if constexpr (has_samples) return impl_.samples(d, stream);
    return {};
  }
  bool reads_whole_rows() const override {
    if constexpr (requires { T::reads_whole_rows; }) return T::reads_whole_rows;
    return false;
  }
  bool selects() const override { return has_selection; }
  std::size_t selected(std::size_t n, std::size_t f) const override {
    if constexpr (has_selection) return impl_.selected(n, f);
    return n;
  }
  Result<Mat> selection(const Distances& distances, const RuleInput& input) const override {
    if constexpr (has_selection) return impl_.selection(distances, input);
    check_failed("rule selects", T::name);
  }
  Result<Vec> weights(const Distances& distances, const RuleInput& input) const override {
    if constexpr (has_weights) {
      return impl_.weights(distances, input);
    } else if constexpr (has_tile) {
      check_failed("rule has a Gram part", T::name);
    } else {
      return mean_weights(distances, input);
    }
  }
  void tile(std::span<const double* const> rows, std::size_t width, const RuleInput& input,
            double* out) const override {
    tile_of(rows, width, input, out);
  }
  void tile(std::span<const float* const> rows, std::size_t width, const RuleInput& input,
            double* out) const override {
    tile_of(rows, width, input, out);
  }

 private:
  static constexpr bool has_weights = requires(const T& t, const Distances& d, const RuleInput& i) {
    t.weights(d, i);
  };
  static constexpr bool has_tile =
      requires(const T& t, std::span<const double* const> rows, const RuleInput& i, double* out) {
    t.tile(rows, std::size_t{}, i, out);
  };
  static constexpr bool has_samples = requires(const T& t, const Stream& s) {
    t.samples(std::size_t{}, s);
  };
  static constexpr bool has_selection =
      requires(const T& t, const Distances& d, const RuleInput& i) {
    t.selection(d, i);
  };
  template <class Row>
  void tile_of(std::span<const Row* const> rows, std::size_t width, const RuleInput& input,
               double* out) const {
    if constexpr (has_tile) {
      impl_.tile(rows, width, input, out);
    } else {
      check_failed("rule has a tile part", T::name);
    }
  }
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

/// Of a struct with craft(stream, block); or with collude(collusion) and maybe `direction`; or with
/// replay(memory, reply) and Memory; or with `flips_labels`.
template <class T>
class AttackOf final : public Attack {
 public:
  explicit AttackOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  bool colludes() const override { return has_collude; }
  bool remembers() const override {
    return requires { typename T::Memory; };
  }
  bool flips_labels() const override {
    return requires { T::flips_labels; };
  }
  void craft([[maybe_unused]] const Stream& stream, [[maybe_unused]] VecRef block) const override {
    if constexpr (requires { impl_.craft(stream, block); }) impl_.craft(stream, block);
  }
  void start([[maybe_unused]] State& memory) const override {
    if constexpr (requires { typename T::Memory; }) memory = State(typename T::Memory{});
  }
  void replay([[maybe_unused]] State& memory, [[maybe_unused]] Payload& reply) const override {
    if constexpr (requires { typename T::Memory; }) {
      impl_.replay(memory.as<typename T::Memory>(), reply);
    }
  }
  bool reads_distances() const override {
    if constexpr (requires { T::reads_distances; }) return T::reads_distances;
    return true;
  }
  HonestDirection direction() const override {
    if constexpr (requires { impl_.direction(); }) return impl_.direction();
    return HonestDirection::none;
  }
  Result<Vec> collude(const Collusion& collusion) const override {
    if constexpr (has_collude) return impl_.collude(collusion);
    check_failed("attack colludes", T::name);
  }

 private:
  static constexpr bool has_collude = requires(const T& t, const Collusion& c) { t.collude(c); };
  T impl_;
};

/// Row maps in order, then the rule.
struct Aggregation {
  std::vector<std::shared_ptr<const RowMap>> maps;  // shared by all workers of a process
  std::shared_ptr<const Rule> rule;                 // null: the weighted mean, and no maps

  bool is_linear() const { return rule == nullptr; }
  /// Whether the result is a weighted sum of the rows, so that another block may follow.
  bool gives_weights() const {
    return rule == nullptr || (rule->kind() != RuleKind::tile && !rule->uses_previous());
  }
  /// Whether the distances on all coordinates are read.
  bool needs_distances() const;
};

/// Whether the maps and the rule can take n rows of which f are Byzantine. `f` is empty if the
/// scenario gives none. Errors (bad_input) name the rule, what it tolerates and what it got.
Result<void> check_tolerance(const Aggregation&, std::size_t n, std::optional<std::size_t> f);

/// The distances of the points M X, from those of X: M [p' × p], rows sum to 1; the last
/// `references` + 1 rows are the references and the origin.
Distances map_points(const Distances& distances, const Mat& all, Index references);
/// The distances of the rows M X, m of them, from those of X; references and origin stay.
Distances map_distances(const Distances& distances, const Mat& map);

/// All maps in one, the selection of the rule last: M [m × (n + 1)], each row sums to 1;
/// `distances` become those of M X. Without maps, [I 0].
Result<Mat> compose_maps(const Aggregation&, Distances& distances, const RuleInput&);

/// The weights [p] that maps and rule together give the points; of a rule with weights.
Result<Vec> aggregation_weights(const Aggregation&, Distances distances, const RuleInput&);

}  // namespace cohort
