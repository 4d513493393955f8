#pragma once
// What a scenario may name: one registry a kind of algorithm. The command line works over any
// catalogue, so a program of one's own adds its method to a copy of a registry and calls cli().

#include <cstdint>
#include <memory>
#include <string_view>

#include "algorithms/aggregation.hpp"
#include "algorithms/method.hpp"
#include "algorithms/pipeline.hpp"
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
  virtual bool has_classes() const = 0;
  /// Whether `distance`, ‖x − x*‖, can be evaluated.
  virtual bool has_known_minimiser() const = 0;
  virtual Result<std::shared_ptr<const Function>> make(const ObjectiveInput&) const = 0;
};

struct Catalogue {
  const Registry<Objective>* models = nullptr;    // on the rows of [data]
  const Registry<Objective>* problems = nullptr;  // that bring their own
  const Registry<Method>* methods = nullptr;
  const Registry<Estimator>* estimators = nullptr;
  const Registry<Transform>* transforms = nullptr;
  const Registry<Optimizer>* optimizers = nullptr;
  const Registry<Rule>* rules = nullptr;
  const Registry<RowMap>* row_maps = nullptr;
  const Registry<Attack>* attacks = nullptr;
};

}  // namespace cohort
