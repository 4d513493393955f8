#pragma once
// Walkman: the alternating direction method of multipliers, one node at a time.
//   v ← x + z_i
//   y_i ← argmin N p_i f_i(y) + (β/2)‖y − v‖²        proximal, by K local steps from y_i
//   y_i ← v − α N p_i g_i(y_i)                       gradient, α = 1/β the rate of local sgd
//   z_i ← v − y_i
//   u ← u + (1/N)((y_i − z_i) − what that was before)
//   x ← prox_{ψ/β}(u)                                u itself without a penalty ψ
// -----------------------------------------------------------------------------------------------
// x, u [d] token; y_i, z_i [d] solution and scaled dual of node i, at the start x and 0; g_i [d]
// surrogate gradient; N nodes; ψ the penalty of the model (core/penalty.hpp).
// Source: Mao, Yuan, Hu, Gu, Sayed, Yin, Walkman: a communication-efficient random-walk algorithm
//   for decentralized optimization, IEEE Trans. Signal Process. 68 (2020), algorithms 1 and 2, with
//   its dual scaled by 1/β. Deviations: weights p_i where it has 1/N; the proximal form solves by
//   local steps.
// Invariants: u = (1/N) Σ (y_i − z_i); after a visit z_i = α N p_i ∇f_i at the old y_i (gradient),
//   or at the new one (proximal, as far as it is solved).
// Constant rates reach the minimiser of ψ + f; on strongly convex f linearly. No weights by π: how
// often a node is visited decides how fast, not where to.
// The gradient form needs α below about 1/(2L + 2), L of N p_i f_i.
// With M tokens each has a solution and a dual of its own at each node, so that they are M walks
// alone, whose mean is the run's model. (Tokens that share y_i read gradients at each other's
// models in the gradient form: that was tried, and diverges.) Cost a visit: K gradients, or 1. Cost
// a hop: 1 vector, 2 with a penalty. Memory: 2 M vectors a visited node.

#include <utility>

#include "algorithms/token.hpp"
#include "core/kernels.hpp"

namespace cohort {

enum class WalkmanForm : std::uint8_t { gradient, proximal };
inline std::vector<std::pair<std::string, WalkmanForm>> option_names(WalkmanForm) {
  return {{"gradient", WalkmanForm::gradient}, {"proximal", WalkmanForm::proximal}};
}

struct Walkman {
  static constexpr std::string_view name = "walkman";
  static constexpr std::string_view summary = "multipliers, one node at a time; constant rates";
  static constexpr std::string_view source = "Mao et al., IEEE TSP 68 (2020)";
  struct Options {
    WalkmanForm form = WalkmanForm::gradient;
    std::optional<double> penalty;
    std::optional<std::uint64_t> local_steps;
    std::uint64_t batch_size = 0;
    static void declare(OptionTable<Options>& t) {
      t.add("form", &Options::form, "a gradient step at a visit, or the local problem");
      t.add("penalty", &Options::penalty, positive, "β of the proximal form; near L (required)");
      t.add("local_steps", &Options::local_steps, at_least(1),
            "of the proximal form, that solve its local problem (required)");
      t.add("batch_size", &Options::batch_size, non_negative, "rows in a gradient; 0: all rows");
    }
  };
  struct TokenState {
    Vec mean;  // u [d]; empty without a penalty, where it is x
    static TokenState start(const Layout& layout, VecView x) {
      return layout.has_penalty() ? TokenState{x} : TokenState{};
    }
    template <class V>
    void fields(V&& v) {
      v("mean", mean);
    }
  };
  struct Part {    // of a token at a node
    Vec solution;  // y_i [d]
    Vec dual;      // z_i [d]
    template <class V>
    void fields(V&& v) {
      v("solution", solution);
      v("dual", dual);
    }
  };
  struct NodeState {
    std::vector<Part> parts;  // by token
    static NodeState start(const Layout&, VecView x, std::uint64_t tokens) {
      return {std::vector<Part>(tokens, Part{x, Vec::Zero(x.size())})};
    }
    template <class V>
    void fields(V&& v) {
      v("parts", parts);
    }
  };
  Options options;

  TokenNeeds needs() const { return {.oracle = {Query::gradient}, .takes_prox = true}; }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    const bool is_proximal = options.form == WalkmanForm::proximal;
    for (const char* option : {"penalty", "local_steps"}) {
      const ConfigNode* found = given.find(option);
      if (is_proximal && found == nullptr) {
        mistakes.add(given.spot, path + ": the proximal form needs " + option);
      } else if (!is_proximal && found != nullptr) {
        mistakes.add(found->spot, path + "." + option +
                                      ": is of form = \"proximal\"; the gradient form has the rate "
                                      "of local.optimizer, which is 1/β");
      }
    }
    if (!is_proximal && local.optimizer->name() != "sgd") {
      mistakes.add(given.spot, path +
                                   ".local.optimizer: the gradient form's step is a multiple of a "
                                   "gradient; expected sgd, found " +
                                   std::string(local.optimizer->name()));
    }
  }

  void visit(const VisitContext& at, VecRef x, TokenState& token, NodeState& node,
             Oracle& oracle) const {
    Part& part = node.parts[at.token];
    const double scale = static_cast<double>(at.nodes()) * at.client.weight;  // N p_i
    Vec& v = at.buffer(1);
    v = x + part.dual;
    Vec& change = at.buffer(2);
    change = part.dual - part.solution;
    const double step = options.form == WalkmanForm::gradient
                            ? step_from(at, v, scale, part.solution, oracle)
                            : solve(at, v, scale, part.solution, oracle);
    part.dual = v - part.solution;
    change += part.solution - part.dual;
    const double share = 1.0 / static_cast<double>(at.nodes());
    if (token.mean.size() == 0) {
      kernels::axpy(share, as_span(change), as_mutable_span(x));
      return;
    }
    kernels::axpy(share, as_span(change), as_mutable_span(token.mean));
    x = token.mean;
    apply_prox(at.layout(), step, as_mutable_span(x));
  }

 private:
  // Both move y and return 1/β.
  double step_from(const VisitContext& at, const Vec& v, double scale, Vec& y,
                   Oracle& oracle) const {
    LocalWork work;
    work.local_steps = 1;
    work.batch_size = options.batch_size;
    LocalLoop loop = at.loop(work, oracle, scale);
    Vec& g = at.buffer(0);
    g.setZero(y.size());
    const double of_gradient = loop.steps() > 0 ? loop.gradient(y, g) : 1.0;
    y = v;
    return loop.step(y, g, of_gradient);
  }
  double solve(const VisitContext& at, const Vec& v, double scale, Vec& y, Oracle& oracle) const {
    LocalWork work;
    work.local_steps = options.local_steps;
    work.batch_size = options.batch_size;
    LocalLoop loop = at.loop(work, oracle, scale);
    const double beta = *options.penalty;
    Vec& g = at.buffer(0);
    g.resize(y.size());
    if (loop.steps() == 0) y = v;
    for (std::uint64_t k = 0; k < loop.steps(); ++k) {
      // The loop multiplies by N p_i what it is given.
      const double factor = loop.gradient(
          y, g, [&](Oracle&, VecView w, VecRef sum) { sum += (beta / scale) * (w - v); });
      loop.step(y, g, factor);
    }
    return 1.0 / beta;
  }
};

}  // namespace cohort
