#include "algorithms/walks/srrw.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/kernels.hpp"

namespace cohort {

namespace {

// Weights are made anew when the total has grown so much that a fair share weighs 2^−256.
constexpr double fair_share_bits = 256.0;
// Sums of weights outside are taken in logarithms: what has underflowed in a sum that is inside is
// below its rounding.
constexpr double least_sum = 1e-250;
constexpr double largest_sum = 1e250;
// Mass is scaled down, exactly, before it overflows; what is too small to tell stays positive.
constexpr double largest_total = 0x1p400;
constexpr double least_mass = 0x1p-1000;
constexpr std::size_t lanes = 8;

class Repellent final : public Walk {
 public:
  Repellent(ReversibleChain chain, Srrw::Options options)
      : chain_(std::move(chain)),
        options_(options),
        held_by_laziness_(chain_.laziness / (1.0 - chain_.laziness)),
        growth_(options.alpha > 0.0 ? kernels::pow(2.0, fair_share_bits / options.alpha)
                                    : std::numeric_limits<double>::infinity()) {
    double total = 0.0;
    for (std::uint64_t i = 0; i < chain_.graph->nodes(); ++i) total += share_of(i);
    per_share_ = total;
  }

  WalkState start(std::uint32_t node) const override {
    WalkState state;
    state.node = node;
    const std::uint64_t n = chain_.graph->nodes();
    state.mass.assign(n, 1.0);
    state.total = static_cast<double>(n);
    state.reference = state.total;
    restore(state);
    return state;
  }

  void restore(WalkState& state) const override {
    state.weights.resize(state.mass.size());
    for (std::uint64_t j = 0; j < state.mass.size(); ++j) state.weights[j] = weight(state, j);
  }

  void hop(WalkState& state, Stream stream) const override {
    const std::uint32_t next = chain_.q.empty() ? choose<false>(state, stream.uniform())
                                                : choose<true>(state, stream.uniform());
    state.node = next;
    ++state.hops;
    // The next hop's row is on its way while the weight is computed.
    __builtin_prefetch(chain_.graph->neighbours.data() + chain_.graph->offsets[next]);
    visit(state, next);
  }

  std::vector<double> law(const WalkState& state) const override {
    std::vector<double> law = logarithmic_row(state);
    kernels::scale(1.0 / kernels::sum(law), law);
    return law;
  }
  std::vector<double> stationary() const override { return chain_.stationary(); }
  const ReversibleChain* base() const override { return &chain_; }
  std::optional<WalkTheory> theory() const override {
    return WalkTheory{options_.alpha, options_.step_exponent, false};
  }

 private:
  /// π_j up to scale.
  double share_of(std::uint64_t j) const {
    return chain_.conductance(j) * static_cast<double>(chain_.graph->degree(j));
  }
  /// mass_j over its fair share of the total at `reference`.
  double ratio(const WalkState& state, std::uint64_t j) const {
    return state.mass[j] * per_share_ / (share_of(j) * state.reference);
  }
  double weight(const WalkState& state, std::uint64_t j) const {
    return kernels::pow(ratio(state, j), -options_.alpha);
  }

  void visit(WalkState& state, std::uint32_t j) const {
    double more = 1.0;
    if (options_.step_exponent < 1.0) {
      // x ← (1 − γ) x + γ δ with all of x scaled by 1/(1 − γ).
      const double step =
          kernels::pow(static_cast<double>(state.hops) + 1.0, -options_.step_exponent);
      more = state.total * step / (1.0 - step);
    }
    state.mass[j] += more;
    state.total += more;
    if (state.total > largest_total) {
      for (double& mass : state.mass) mass = std::max(mass * (1.0 / largest_total), least_mass);
      state.total *= 1.0 / largest_total;
      state.reference *= 1.0 / largest_total;
    }
    if (state.total > growth_ * state.reference) {
      state.reference = state.total;
      restore(state);
    } else {
      state.weights[j] = weight(state, j);
    }
  }

  /// Σ_j max(0, q_i − q_j) is P_ii without laziness, in the unit of conductances.
  template <bool has_q>
  std::uint32_t choose(const WalkState& state, double u) const {
    const Graph& graph = *chain_.graph;
    const std::uint32_t i = state.node;
    const std::uint32_t* row = graph.neighbours.data() + graph.offsets[i];
    const std::size_t degree = graph.degree(i);
    const double* w = state.weights.data();
    const double* q = chain_.q.data();
    const double own = has_q ? q[i] : 1.0;
    // Lane l takes the neighbours k ≡ l (mod 8), so that a choice searches one lane.
    std::array<double, lanes> sum{}, held{};
    const auto take = [&](std::size_t k, std::size_t l) {
      if constexpr (has_q) {
        const double other = q[row[k]];
        sum[l] += std::min(own, other) * w[row[k]];
        held[l] += std::max(0.0, own - other);
      } else {
        sum[l] += w[row[k]];
      }
    };
    std::size_t k = 0;
    for (; k + lanes <= degree; k += lanes) {
      for (std::size_t l = 0; l < lanes; ++l) take(k + l, l);
    }
    for (std::size_t l = 0; k + l < degree; ++l) take(k + l, l);
    double all = 0.0, stay = 0.0;
    for (std::size_t l = 0; l < lanes; ++l) {
      all += sum[l];
      stay += held[l];
    }
    stay = (stay + held_by_laziness_ * own * static_cast<double>(degree)) * w[i];
    all += stay;
    if (!(all > least_sum && all < largest_sum)) return choose_in_logarithms(state, u);

    double left = u * all - stay;
    if (left < 0.0) return i;
    std::size_t lane = 0;
    while (lane + 1 < std::min(lanes, degree) && left >= sum[lane]) left -= sum[lane++];
    // Rounding may leave more than the lane has: then its last neighbour.
    std::size_t chosen = lane;
    for (std::size_t m = lane; m < degree; m += lanes) {
      chosen = m;
      left -= has_q ? std::min(own, q[row[m]]) * w[row[m]] : w[row[m]];
      if (left < 0.0) break;
    }
    return row[chosen];
  }

  /// P_ij (x_j/π_j)^−α up to scale, neighbours and last staying; the largest is near 1.
  std::vector<double> logarithmic_row(const WalkState& state) const {
    const auto row = chain_.graph->neighbours_of(state.node);
    std::vector<double> terms(row.size() + 1);
    for (std::size_t k = 0; k < row.size(); ++k) terms[k] = ratio(state, row[k]);
    terms.back() = ratio(state, state.node);
    std::vector<double> out = chain_law(chain_, state.node);
    kernels::log(terms, terms);
    kernels::scale(-options_.alpha, terms);
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (out[k] > 0.0) largest = std::max(largest, terms[k]);
    }
    for (double& t : terms) t = std::min(t - largest, 0.0);
    kernels::exp(terms, terms);
    for (std::size_t k = 0; k < terms.size(); ++k) out[k] *= terms[k];
    return out;
  }

  std::uint32_t choose_in_logarithms(const WalkState& state, double u) const {
    const std::vector<double> terms = logarithmic_row(state);
    double left = u * kernels::sum(terms);
    std::size_t chosen = 0;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (terms[k] <= 0.0) continue;
      chosen = k;
      left -= terms[k];
      if (left < 0.0) break;
    }
    const auto row = chain_.graph->neighbours_of(state.node);
    return chosen < row.size() ? row[chosen] : state.node;
  }

  ReversibleChain chain_;
  Srrw::Options options_;
  double held_by_laziness_;
  double growth_;
  double per_share_ = 1.0;  // Σ of shares
};

}  // namespace

Result<std::unique_ptr<const Walk>> Srrw::on(const Graph& graph,
                                             std::span<const double> target) const {
  COHORT_TRY(ReversibleChain chain, make_chain(graph, options.base, target));
  return std::unique_ptr<const Walk>(std::make_unique<Repellent>(std::move(chain), options));
}

}  // namespace cohort
