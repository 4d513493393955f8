#pragma once
// What a scenario may name: one registry a kind of algorithm. The command line works over any
// catalogue, so a program of one's own adds its method to a copy of a registry.

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "algorithms/aggregation.hpp"
#include "algorithms/decentralized.hpp"
#include "algorithms/method.hpp"
#include "algorithms/mixing.hpp"
#include "algorithms/pipeline.hpp"
#include "algorithms/token.hpp"
#include "algorithms/topology.hpp"
#include "algorithms/walk.hpp"
#include "core/registry.hpp"
#include "core/result.hpp"
#include "problems/data/store.hpp"

namespace cohort {

/// What a function is made from.
struct ObjectiveInput {
  const DataStore* data = nullptr;  // outlives the function; null for a [problem]
  std::uint64_t clients = 0;
  std::uint64_t seed = 0;  // model.seed or problem.seed
};

/// What [model] or [problem] names: a kind of function, and what is known of it before any data.
class Objective {
 public:
  virtual ~Objective() = default;
  virtual std::string_view name() const = 0;
  virtual Capabilities capabilities() const = 0;
  /// What is predicted of a row; the number of classes is known only with the data.
  virtual Prediction prediction() const = 0;
  /// Whether a minimiser is known in closed form, and whether there is a way to find one: then
  /// `distance` and `optimality_gap` can be evaluated.
  virtual bool has_known_minimiser() const = 0;
  virtual bool is_convex() const = 0;
  /// Whether there is a penalty that no gradient shows (core/penalty.hpp).
  virtual bool has_penalty() const = 0;
  virtual Result<std::shared_ptr<const Function>> make(const ObjectiveInput&) const = 0;
};

/// Makes an Objective of a problem: a struct with name, summary, source, Options and
///   static Result<std::unique_ptr<Function>> make(options, seed, clients)
/// Options that do not fit each other are an error of make; the defaults fit. One that should not
/// be made to know what it can do has without_rows(options).
template <class Problem>
class ProblemOf final : public Objective {
 public:
  explicit ProblemOf(typename Problem::Options options) : options_(std::move(options)) {
    // Options that do not fit each other are a mistake that make() tells.
    if constexpr (requires { Problem::without_rows(options_); }) {
      example_ = Problem::without_rows(options_);
    } else {
      auto example = Problem::make(options_, 0, 1);
      example_ = example ? *std::move(example) : *Problem::make({}, 0, 1);
    }
  }
  std::string_view name() const override { return Problem::name; }
  Capabilities capabilities() const override { return example_->capabilities(); }
  Prediction prediction() const override { return example_->prediction(); }
  bool has_known_minimiser() const override { return example_->has_minimiser(); }
  bool is_convex() const override { return example_->is_convex(); }
  bool has_penalty() const override { return example_->layout().has_penalty(); }
  Result<std::shared_ptr<const Function>> make(const ObjectiveInput& input) const override {
    COHORT_TRY(auto function, Problem::make(options_, input.seed, input.clients));
    return std::shared_ptr<const Function>(std::move(function));
  }

 private:
  typename Problem::Options options_;
  std::unique_ptr<Function> example_;  // of one client
};

/// Never null.
struct Catalogue {
  const Registry<Objective>* models;    // on the rows of [data]
  const Registry<Objective>* problems;  // that bring their own
  const Registry<Method>* methods;
  const Registry<Estimator>* estimators;
  const Registry<Transform>* transforms;
  const Registry<Optimizer>* optimizers;
  const Registry<Compressor>* compressors;
  const Registry<Rule>* rules;
  const Registry<RowMap>* row_maps;
  const Registry<Attack>* attacks;
  const Registry<GossipMethod>* gossip_methods;
  const Registry<Topology>* graphs;
  const Registry<Mixing>* mixings;
  const Registry<WalkKernel>* walks;
  const Registry<TokenMethod>* token_methods;
};

/// Everything that ships.
///   Registry<Method> methods = cohort::methods();
///   methods.add<Mine, MethodOf>();
///   Catalogue catalogue = shipped_catalogue();
///   catalogue.methods = &methods;
///   return cli(argc, argv, catalogue);
Catalogue shipped_catalogue();

}  // namespace cohort
