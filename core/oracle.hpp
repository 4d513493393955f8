#pragma once
// What may be asked of a local function.
//
// A `Function` (implemented in problems/, or by a user in a few lines) answers on a `Sample`: which
// rows, of whom. An `Oracle` is what an algorithm holds: a function bound to a sample, with
// counting. An oracle of all rows and a sampled one are the same type, so a sample may be asked at
// several points.
//
// Value of a sample of b rows: (1/b) Σ_j ω_j ℓ_j(w) + r(w), ω = 1 unless weights are given; the sum
// over rows has the fixed shape of core/ordered_sum.hpp. d = layout().size(). A nonsmooth penalty ψ
// is no part of any answer: the layout has it (core/penalty.hpp).

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/layout.hpp"
#include "core/prediction.hpp"
#include "core/seeded_direction.hpp"
#include "core/thread_pool.hpp"
#include "core/vec.hpp"

namespace cohort {

/// Kinds of question; also the columns of the call counts and the bits of the capabilities.
enum class Query : std::uint8_t {
  value,
  losses,  // per row
  gradient,
  hvp,  // Hessian times vector
  jvp,  // gradient times vector
  hessian,
  line,         // value and derivatives to order 3 along a line
  gram,         // of the per-row gradients
  linear_view,  // margins, residuals, curvatures and the rows of a generalised linear model
  lower,        // the lower level of a bilevel function, which is counted by what it is asked
};
inline constexpr std::size_t query_kinds = 10;
std::string_view to_string(Query query);

/// A set of queries.
class Capabilities {
 public:
  constexpr Capabilities() = default;
  constexpr Capabilities(std::initializer_list<Query> queries) {
    for (const Query q : queries) bits_ |= bit(q);
  }
  constexpr bool has(Query q) const { return (bits_ & bit(q)) != 0; }
  constexpr Capabilities without(Capabilities other) const {
    Capabilities c;
    c.bits_ = bits_ & ~other.bits_;
    return c;
  }
  constexpr Capabilities with(Capabilities other) const {
    Capabilities c;
    c.bits_ = bits_ | other.bits_;
    return c;
  }
  constexpr bool empty() const { return bits_ == 0; }
  std::string to_string() const;

 private:
  static constexpr std::uint32_t bit(Query q) { return 1U << static_cast<unsigned>(q); }
  std::uint32_t bits_ = 0;
};

/// Rows of a client, to train on or kept for its own test, or of the sets of the run.
enum class RowSource : std::uint8_t { client, validation, test, client_test };
inline constexpr std::size_t row_sources = 4;
constexpr bool is_of_clients(RowSource source) {
  return source == RowSource::client || source == RowSource::client_test;
}

/// Which rows a function is asked on: rows [first, first + count) of a source, or, if `picks` is
/// not empty, those of them at the positions `picks` (relative to `first`).
struct Sample {
  RowSource source = RowSource::client;
  ClientId client{};
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::span<const std::uint32_t> picks;

  std::uint64_t rows() const { return picks.empty() ? count : picks.size(); }
  std::uint64_t row(std::uint64_t j) const { return first + (picks.empty() ? j : picks[j]); }
};

/// Value and derivatives of φ(t) = f(w + t v).
struct LinePoint {
  double value = 0;
  double first = 0;
  double second = 0;
  double third = 0;
};
class Line {
 public:
  virtual ~Line() = default;
  /// Orders above `order` (0 to 3) are left 0.
  virtual LinePoint at(double t, int order = 3) = 0;
};

/// Where a Hessian is written: entries of the upper triangle, i ≤ j, each at most once.
class HessianSink {
 public:
  virtual ~HessianSink() = default;
  virtual void add(std::size_t i, std::size_t j, double value) = 0;
};

/// The linear view of a generalised linear model, ℓ_j(w) = φ_j(a_jᵀ w):
/// per row of the sample the margin a_jᵀ w, φ_j' and φ_j''.
struct LinearView {
  std::vector<double> margins;
  std::vector<double> residuals;
  std::vector<double> curvatures;
  /// Row j of the sample as (coordinate of w, value) pairs, intercept included.
  std::vector<std::vector<std::pair<std::uint32_t, double>>> rows;
};

/// Buffers that a function keeps between calls, so that nothing allocates after the first. One a
/// thread that asks. A function takes the slots it needs, by number.
class Scratch {
 public:
  /// A buffer of at least n doubles; contents are what the last user left. n = 0 is allowed.
  std::span<double> doubles(std::size_t slot, std::size_t n) {
    if (slot >= doubles_.size()) doubles_.resize(slot + 1);
    auto& buffer = doubles_[slot];
    if (buffer.size() < n) buffer.resize(n);
    return {buffer.data(), n};
  }
  /// The point at which a function is asked besides the model; none of the slots.
  Vec& probe() { return probe_; }

 private:
  std::vector<std::vector<double>> doubles_;
  Vec probe_;
};

/// Implementations are immutable and called from several threads at once, each with its own
/// Scratch. `pool` is where row blocks may run in parallel; inside a parallel loop over clients it
/// runs them on the calling thread, with the same bits.
class Function {
 public:
  struct Context {
    ThreadPool& pool;
    Scratch& scratch;
  };
  virtual ~Function() = default;

  virtual std::string_view name() const = 0;
  virtual const Layout& layout() const = 0;
  virtual Capabilities capabilities() const = 0;
  /// Rows of a source held by this process; a client without rows of its own has 0.
  virtual std::uint64_t rows(RowSource source, ClientId client) const = 0;
  /// What predict() gives; nothing unless the model says otherwise.
  virtual Prediction prediction() const { return {}; }
  /// Start of a run, [d]; zero unless the model says otherwise.
  virtual Vec start() const { return Vec::Zero(static_cast<Index>(layout().size())); }

  /// g of a bilevel function; null of any other.
  virtual const Function* lower() const { return nullptr; }
  /// How many coordinates of w a client has for itself, behind the shared ones.
  virtual std::uint64_t owned(ClientId) const { return 0; }
  /// Their start [owned(client)].
  virtual Vec owned_start(ClientId client) const {
    return Vec::Zero(static_cast<Index>(owned(client)));
  }
  /// For those that weigh rows, [owned(client)]: 1 where the row's label is right, 0 where it was
  /// corrupted, which methods are not told; empty where there is nothing to detect.
  virtual std::span<const double> owned_truth(ClientId) const { return {}; }

  virtual double value(Context, const Sample&, VecView w) const = 0;
  /// out [rows of the sample]: ℓ_j(w), without the regulariser.
  virtual void losses(Context, const Sample&, VecView w, std::span<double> out) const;
  /// g [d] is overwritten. `weights` is empty or has one ω a row. Returns the (weighted) value.
  virtual double gradient(Context, const Sample&, VecView w, std::span<const double> weights,
                          VecRef g) const;
  /// out [d] ← ∇²f(w) v.
  virtual void hvp(Context, const Sample&, VecView w, VecView v, VecRef out) const;
  /// ∇f(w)ᵀ v.
  virtual double jvp(Context, const Sample&, VecView w, VecView v) const;
  virtual void hessian(Context, const Sample&, VecView w, HessianSink& sink) const;
  virtual std::unique_ptr<Line> along(Context, const Sample&, VecView w, VecView v) const;
  /// out [b × b] ← ⟨∇ℓ_i(w), ∇ℓ_j(w)⟩ of the rows, without the regulariser.
  virtual void gram(Context, const Sample&, VecView w, Eigen::Ref<Mat> out) const;
  virtual LinearView linear_view(Context, const Sample&, VecView w) const;
  /// losses [rows]: ℓ_j(w), without the regulariser; scores [rows × prediction().columns],
  /// row-major. Either may be empty: not wanted. Without per-row losses each row gets their mean.
  virtual void predict(Context, const Sample&, VecView w, std::span<double> losses,
                       std::span<double> scores) const;
  /// out [rows]: the labels that predictions are held against: class numbers, or values.
  virtual void labels(const Sample&, std::span<double> out) const;
  /// r(w) alone.
  virtual double regulariser(VecView w) const;
  /// Whether Σ p_i f_i is smooth and convex, so that Newton's method finds its minimiser.
  virtual bool is_convex() const { return false; }
  /// Whether minimiser() is there.
  virtual bool has_minimiser() const { return false; }
  /// argmin Σ p_i f_i(w) [d], where it is known in closed form; one weight p_i a client of the run.
  virtual Vec minimiser(std::span<const double> weights) const;
  /// ‖w − w*‖, or to the nearest of the points that are as good as `minimiser` by a symmetry.
  virtual double distance(VecView w, VecView minimiser) const;
};

/// Calls and rows by kind of query.
struct OracleCounts {
  std::array<std::uint64_t, query_kinds> calls{};
  std::array<std::uint64_t, query_kinds> rows{};

  void add(Query q, std::uint64_t n) {
    ++calls[static_cast<std::size_t>(q)];
    rows[static_cast<std::size_t>(q)] += n;
  }
  OracleCounts& operator+=(const OracleCounts& other);
  friend bool operator==(const OracleCounts&, const OracleCounts&) = default;
  template <class V>
  void fields(V&& v) {
    for (std::size_t i = 0; i < query_kinds; ++i) {
      v("calls", calls[i]);
      v("rows", rows[i]);
    }
  }
};

/// A function of one client, bound to all its rows or to a sample of them. Cheap to make; does not
/// own what it points to.
class Oracle {
 public:
  Oracle(const Function& function, ClientId client, Function::Context context, OracleCounts& counts)
      : function_(&function), context_(context), counts_(&counts) {
    sample_.client = client;
    sample_.count = function.rows(RowSource::client, client);
  }

  /// The same function on the rows at these positions (of all the client's rows); `picks` must
  /// outlive the oracle.
  Oracle on(std::span<const std::uint32_t> picks) const {
    Oracle o = *this;
    o.sample_.picks = picks;
    return o;
  }

  /// g of a bilevel function, on all the client's rows of g.
  Oracle lower() const;

  const Layout& layout() const { return function_->layout(); }
  Capabilities capabilities() const { return function_->capabilities(); }
  std::uint64_t owned() const { return function_->owned(sample_.client); }
  Vec owned_start() const { return function_->owned_start(sample_.client); }
  /// Rows of this sample.
  std::uint64_t rows() const { return sample_.rows(); }
  const Sample& sample() const { return sample_; }

  double value(VecView w) { return count(Query::value).value(context_, sample_, w); }
  /// f(w + Σ a_k z_k), by the bits of axpy after axpy, without a vector for any z_k. Memory: a
  /// point a thread, so that w is never moved there and back.
  double value_at(VecView w, std::span<const SeededTerm> terms);
  double value_at(VecView w, double a, const SeededDirection& z) {
    const SeededTerm term{a, z};
    return value_at(w, std::span(&term, 1));
  }
  void losses(VecView w, std::span<double> out) {
    count(Query::losses).losses(context_, sample_, w, out);
  }
  double gradient(VecView w, VecRef g) {
    return count(Query::gradient).gradient(context_, sample_, w, {}, g);
  }
  double gradient(VecView w, std::span<const double> weights, VecRef g) {
    return count(Query::gradient).gradient(context_, sample_, w, weights, g);
  }
  void hvp(VecView w, VecView v, VecRef out) {
    count(Query::hvp).hvp(context_, sample_, w, v, out);
  }
  double jvp(VecView w, VecView v) { return count(Query::jvp).jvp(context_, sample_, w, v); }
  void hessian(VecView w, HessianSink& sink) {
    count(Query::hessian).hessian(context_, sample_, w, sink);
  }
  std::unique_ptr<Line> along(VecView w, VecView v) {
    return count(Query::line).along(context_, sample_, w, v);
  }
  void gram(VecView w, Eigen::Ref<Mat> out) { count(Query::gram).gram(context_, sample_, w, out); }
  LinearView linear_view(VecView w) {
    return count(Query::linear_view).linear_view(context_, sample_, w);
  }

 private:
  const Function& count(Query q) {
    counts_->add(q, sample_.rows());
    return *function_;
  }

  const Function* function_;
  Function::Context context_;
  OracleCounts* counts_;
  Sample sample_;
};

}  // namespace cohort
