#pragma once
// Functions whose answers come from another program (problems/external/channel.hpp), in either of
// two roles:
//
//   oracle    value, per-row losses, gradient, hvp, predictions
//   trainer   init → x_0; fit(x) → y, local training by its own means; evaluate(x) → losses,
//   scores.
//             Its gradient is x − y, so that a step of 1 along the mean of these, as `fedsgd` does
//             with its default server, is FedAvg (McMahan et al., AISTATS 2017) of trainers.
//
// [model] external is on the rows of [data], of which the program is sent those of a client, or of
// a set, once, as "rows": x [rows × features], y [rows]. [problem] external has clients whose
// functions only the program knows; each has one row, which is its function.
//
// Bits are those of the program. It must answer the same question alike: to draw, a trainer is
// given `seed`, a hash of x, client and the run's seed.

#include <memory>
#include <string_view>

#include "core/options.hpp"
#include "core/oracle.hpp"
#include "problems/data/store.hpp"
#include "problems/external/channel.hpp"
#include "problems/objectives/linear_model.hpp"

namespace cohort {

enum class ExternalRole : std::uint8_t { oracle, trainer };
enum class ExternalAnswer : std::uint8_t { value, losses, gradient, hvp };

inline std::vector<std::pair<std::string, ExternalRole>> option_names(ExternalRole) {
  return {{"oracle", ExternalRole::oracle}, {"trainer", ExternalRole::trainer}};
}
inline std::vector<std::pair<std::string, ExternalAnswer>> option_names(ExternalAnswer) {
  return {{"value", ExternalAnswer::value},
          {"losses", ExternalAnswer::losses},
          {"gradient", ExternalAnswer::gradient},
          {"hvp", ExternalAnswer::hvp}};
}
inline std::vector<std::pair<std::string, Outcome>> option_names(Outcome) {
  return {{"none", Outcome::none},
          {"value", Outcome::value},
          {"binary", Outcome::binary},
          {"classes", Outcome::classes}};
}

struct ExternalFunctionOptions : ExternalOptions {
  ExternalRole role = ExternalRole::oracle;
  std::uint64_t dimension = 1;
  std::vector<ExternalAnswer> answers{ExternalAnswer::value, ExternalAnswer::gradient};

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("role", &ExternalFunctionOptions::role,
          "oracle: it answers questions about a function; trainer: it trains and evaluates");
    t.add("dimension", &ExternalFunctionOptions::dimension, at_least(1),
          "length of the model, which the program confirms");
    t.add("answers", &ExternalFunctionOptions::answers, "of an oracle: what it can be asked");
    ExternalOptions::declare(t);
  }
};

/// [problem] external
struct ExternalProblem {
  static constexpr std::string_view name = "external";
  static constexpr std::string_view summary = "functions of clients that another program knows";
  static constexpr std::string_view source = "";
  struct Options : ExternalFunctionOptions {
    static void declare(OptionTable<Options>& t) { ExternalFunctionOptions::declare(t); }
  };
  /// What can be asked, before the program is started.
  static std::unique_ptr<Function> without_rows(const Options& options);
  /// Starts the program. Errors: what does not fit in the options; what the program answered.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::uint64_t seed,
                                                std::uint64_t clients);
};

/// [model] external
struct ExternalModel {
  static constexpr std::string_view name = "external";
  static constexpr std::string_view summary = "a model on rows that another program computes";
  static constexpr std::string_view source = "";
  struct Options : ExternalFunctionOptions {
    Outcome predicts = Outcome::none;
    static void declare(OptionTable<Options>& t) {
      ExternalFunctionOptions::declare(t);
      t.add("predicts", &Options::predicts,
            "what its scores are: none; value; binary: a margin; classes: a score a class");
    }
  };
  static std::unique_ptr<Function> without_rows(const Options& options);
  /// Starts the program. Errors, also: labels that do not fit what it predicts.
  static Result<std::unique_ptr<Function>> make(const Options& options, std::size_t features,
                                                std::size_t classes, RowsOf rows,
                                                std::uint64_t seed);
  static Result<std::unique_ptr<Function>> bind(const Options& options, const DataStore& store,
                                                std::uint64_t seed);
};

}  // namespace cohort
