#pragma once
// The shipped catalogue and the three probes of the seams.

#include "algorithms/catalogue.hpp"
#include "scenarios/catalogue.hpp"
#include "tests/probes/error_feedback.hpp"
#include "tests/probes/line_search_newton.hpp"
#include "tests/probes/seed_and_scalar.hpp"

namespace cohort::probes {

inline Catalogue catalogue() {
  static const Registry<Method> with_probes = [] {
    Registry<Method> registry = methods();
    registry.add<LineSearchNewton, MethodOf>();
    registry.add<ErrorFeedback, MethodOf>();
    registry.add<SeedAndScalar, MethodOf>();
    return registry;
  }();
  Catalogue catalogue = shipped_catalogue();
  catalogue.methods = &with_probes;
  return catalogue;
}

}  // namespace cohort::probes
