// A project of its own on the installed library: one method, and the whole command line over it.

#include "algorithms/catalogue.hpp"
#include "algorithms/method.hpp"
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

int main(int argc, char** argv) {
  cohort::Registry<cohort::Method> methods = cohort::methods();
  methods.add<SignAverage, cohort::MethodOf>();
  cohort::Catalogue catalogue = cohort::shipped_catalogue();
  catalogue.methods = &methods;
  return cohort::cli(argc, argv, catalogue);
}
