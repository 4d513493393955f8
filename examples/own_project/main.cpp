// A project of its own on the installed library: one method and one problem, and the whole command
// line over them.

#include "algorithms/catalogue.hpp"
#include "algorithms/method.hpp"
#include "problems/make_function.hpp"
#include "scenarios/cli.hpp"

// Signs of gradients, averaged.
//   client i   s_i = sign(∇f_i(x))
//   server     x ← x − η Σ_S p_i s_i / Σ_S p_i
struct SignAverage : cohort::OneRound {
  static constexpr std::string_view name = "sign_average";
  static constexpr std::string_view summary = "averages the signs of gradients";
  static constexpr std::string_view source = "none";
  struct Options {
    double learning_rate = 0.01;
    static void declare(cohort::OptionTable<Options>& t) {
      t.add("learning_rate", &Options::learning_rate, cohort::positive, "step size");
    }
  };
  Options options;

  cohort::MethodNeeds needs() const { return {.oracle = {cohort::Query::gradient}}; }
  std::vector<cohort::Phase> phases(const cohort::Layout& layout) const {
    return {{.name = "signs",
             .down = {{.name = "x", .length = layout.shared()}},
             .up = {{.name = "s", .length = layout.shared()}}}};
  }
  cohort::Ask ask(cohort::ServerContext&, const cohort::Vec& x, cohort::NoState&) const {
    cohort::Ask ask;
    ask.common.blocks = {cohort::dense_block("x", cohort::as_span(x))};
    return ask;
  }
  cohort::Result<void> answer(cohort::ClientContext&, const cohort::Ask& ask,
                              cohort::Oracle& oracle, cohort::Reply& reply) const {
    auto s = reply.values("s");
    oracle.gradient(cohort::as_vec(ask.common.at("x").doubles()), s);
    s = s.array().sign();
    return {};
  }
  void finish(cohort::ServerContext&, cohort::Vec& x, cohort::NoState&,
              cohort::Combined& combined) const {
    x -= options.learning_rate * combined.vec("s");
  }
};

// A valley that each client sees with a depth of its own:
//   f_i(w) = c_i (w_1² + κ (w_2 − w_1²)²),   c_i = 1, 2, …     minimum 0 at (0, 0)
struct Valley {
  static constexpr std::string_view name = "valley";
  static constexpr std::string_view summary = "a curved valley, deeper for later clients";
  static constexpr std::string_view source = "none";
  struct Options {
    double steepness = 10;
    static void declare(cohort::OptionTable<Options>& t) {
      t.add("steepness", &Options::steepness, cohort::positive, "κ: of the walls");
    }
  };

  static cohort::Result<std::unique_ptr<cohort::Function>> make(const Options& options,
                                                                std::uint64_t,
                                                                std::uint64_t clients) {
    const double k = options.steepness;
    const auto depth = [](cohort::ClientId i) { return 1.0 + static_cast<double>(i.value); };
    cohort::FunctionParts parts;
    parts.name = std::string(name);
    parts.dimension = 2;
    parts.clients = clients;
    parts.start = (cohort::Vec(2) << 1, 1).finished();
    parts.minimiser = cohort::Vec::Zero(2);
    parts.value = [=](cohort::ClientId i, cohort::VecView w) {
      const double e = w[1] - w[0] * w[0];
      return depth(i) * (w[0] * w[0] + k * e * e);
    };
    parts.gradient = [=, value = parts.value](cohort::ClientId i, cohort::VecView w,
                                              cohort::VecRef g) {
      const double e = w[1] - w[0] * w[0];
      g[0] = depth(i) * (2 * w[0] - 4 * k * w[0] * e);
      g[1] = depth(i) * 2 * k * e;
      return value(i, w);
    };
    return cohort::make_function(std::move(parts));
  }
};

int main(int argc, char** argv) {
  cohort::Registry<cohort::Method> methods = cohort::methods();
  methods.add<SignAverage, cohort::MethodOf>();
  cohort::Catalogue catalogue = cohort::shipped_catalogue();
  cohort::Registry<cohort::Objective> problems = *catalogue.problems;
  problems.add<Valley, cohort::ProblemOf>();
  catalogue.methods = &methods;
  catalogue.problems = &problems;
  return cohort::cli(argc, argv, catalogue);
}
