#pragma once
// Clipped token: random-walk SGD whose token may move by no more than a radius a hop, whatever the
// nodes on its way do to it. Every honest node keeps the token as it left it and brings the one
// that comes back into reach of that copy, so the bound is enforced by the node that is visited
// next and nobody else need be trusted.
//   x ← c_i + clip(x − c_i, τ (h − h_i)),  clip(z, r) = min(1, r/‖z‖) z      on arrival at hop h
//   x ← x − β_h (p_i/π_i) g_i(x)                                             K times
//   c_i ← x, h_i ← h
// -----------------------------------------------------------------------------------------------
// x [d] model; c_i [d], h_i the node's copy and its hop, at the start x and 0, one for each token;
// τ = radius.
// Source: the rule is that of He, Karimireddy, Jaggi, arXiv 2202.01545 (2022), from a node's own
// copy in time instead of its own model in space. If no honest visit moves a token by more than τ,
// no honest token is clipped, and with τ = ∞ it is random_walk_sgd. A lie that arrives moves what
// the next honest node learns from by at most τ times the hops since that node saw the token: the
// bound is as tight as visits are frequent. A token that is not finite is replaced by the copy.
// Cost a visit: K gradients and 3 passes. Cost a hop: 1 vector. Memory: M vectors a visited node.

#include <cmath>

#include "algorithms/token.hpp"
#include "core/kernels.hpp"

namespace cohort {

struct ClippedToken {
  static constexpr std::string_view name = "clipped_token";
  static constexpr std::string_view summary =
      "random-walk SGD that bounds how far a token has moved since the node last saw it";
  static constexpr std::string_view source = "He, Karimireddy, Jaggi, arXiv 2202.01545 (2022)";
  struct Options : VisitWork {
    std::optional<double> radius;
    static void declare(OptionTable<Options>& t) {
      t.add("radius", &Options::radius, positive,
            "longest move a hop; above that of an honest visit (required)");
      VisitWork::declare(t);
    }
  };
  using TokenState = NoState;
  struct Copy {
    Vec x;
    std::uint64_t hop = 0;
    template <class V>
    void fields(V&& v) {
      v("x", x);
      v("hop", hop);
    }
  };
  struct NodeState {
    std::vector<Copy> copies;  // by token
    static NodeState start(const Layout&, VecView x, std::uint64_t tokens) {
      return {std::vector<Copy>(tokens, Copy{x, 0})};
    }
    template <class V>
    void fields(V&& v) {
      v("copies", copies);
    }
  };
  Options options;

  TokenNeeds needs() const { return {.oracle = {Query::gradient}}; }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    if (!options.radius) mistakes.add(given.spot, path + ": expected radius");
  }

  void visit(const VisitContext& at, VecRef x, TokenState&, NodeState& node, Oracle& oracle) const {
    Copy& copy = node.copies[at.token];
    const double reach = *options.radius * static_cast<double>(at.hop() - copy.hop);
    const double moved = std::sqrt(kernels::squared_distance(as_mutable_span(x), as_span(copy.x)));
    if (!std::isfinite(moved)) {
      x = copy.x;
    } else if (moved > reach) {
      const double kept = reach / moved;
      kernels::axpby(1.0 - kept, as_span(copy.x), kept, as_mutable_span(x));
    }
    learn(at, options, oracle, x);
    copy.x = x;
    copy.hop = at.hop();
  }
};

}  // namespace cohort
