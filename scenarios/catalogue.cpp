#include "scenarios/catalogue.hpp"

#include "algorithms/aggregation_catalogue.hpp"
#include "algorithms/catalogue.hpp"
#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/graph_catalogue.hpp"
#include "algorithms/token_catalogue.hpp"
#include "problems/bilevel/hypercleaning.hpp"
#include "problems/bilevel/quadratic_levels.hpp"
#include "problems/external/external.hpp"
#include "problems/neural/neural.hpp"
#include "problems/objectives/absolute.hpp"
#include "problems/objectives/capped_svm.hpp"
#include "problems/objectives/clipped_quadratic.hpp"
#include "problems/objectives/hinge.hpp"
#include "problems/objectives/huber.hpp"
#include "problems/objectives/least_squares.hpp"
#include "problems/objectives/logistic.hpp"
#include "problems/objectives/matrix_factorisation.hpp"
#include "problems/objectives/matrix_sensing.hpp"
#include "problems/objectives/nonconvex_logistic.hpp"
#include "problems/objectives/phase_retrieval.hpp"
#include "problems/objectives/poisson.hpp"
#include "problems/objectives/quadratic.hpp"
#include "problems/objectives/smoothed_hinge.hpp"
#include "problems/objectives/softmax.hpp"
#include "problems/objectives/test_function.hpp"
#include "worker/external_rule.hpp"

namespace cohort {

namespace {

/// A function on no rows, which tells what every function of the kind can do.
template <class Model>
std::unique_ptr<Function> without_rows(const typename Model::Options& options, const Model*) {
  return Model::make(1, {}, options);
}
std::unique_ptr<Function> without_rows(const Softmax::Options& options, const Softmax*) {
  constexpr std::size_t classes = 3;
  return Softmax::make(1, classes, {}, options);
}
std::unique_ptr<Function> without_rows(const Neural::Options& options, const Neural*) {
  return Neural::without_rows(options);
}
std::unique_ptr<Function> without_rows(const ExternalModel::Options& options,
                                       const ExternalModel*) {
  return ExternalModel::without_rows(options);
}

std::unique_ptr<Function> without_rows(const HypercleaningModel::Options& options,
                                       const HypercleaningModel*) {
  return HypercleaningModel::without_rows(options);
}

template <class Model>
class ModelOf final : public Objective {
 public:
  explicit ModelOf(typename Model::Options options)
      : options_(std::move(options)),
        example_(without_rows(options_, static_cast<const Model*>(nullptr))) {}
  std::string_view name() const override { return Model::name; }
  Capabilities capabilities() const override { return example_->capabilities(); }
  Prediction prediction() const override { return example_->prediction(); }
  bool has_known_minimiser() const override { return example_->has_minimiser(); }
  bool is_convex() const override { return example_->is_convex(); }
  bool has_penalty() const override { return example_->layout().has_penalty(); }
  Result<std::shared_ptr<const Function>> make(const ObjectiveInput& input) const override {
    if constexpr (requires { Model::bind(options_, *input.data, input.seed); }) {
      COHORT_TRY(auto function, Model::bind(options_, *input.data, input.seed));
      return std::shared_ptr<const Function>(std::move(function));
    } else {
      COHORT_TRY(auto function, Model::bind(options_, *input.data));
      return std::shared_ptr<const Function>(std::move(function));
    }
  }

 private:
  typename Model::Options options_;
  std::unique_ptr<Function> example_;
};

}  // namespace

Catalogue shipped_catalogue() {
  static const Registry<Objective> models = [] {
    Registry<Objective> registry("model");
    registry.add<Logistic, ModelOf>();
    registry.add<Softmax, ModelOf>();
    registry.add<Neural, ModelOf>();
    registry.add<NonconvexLogistic, ModelOf>();
    registry.add<Hinge, ModelOf>();
    registry.add<SmoothedHinge, ModelOf>();
    registry.add<CappedSvm, ModelOf>();
    registry.add<LeastSquares, ModelOf>();
    registry.add<HuberRegression, ModelOf>();
    registry.add<AbsoluteRegression, ModelOf>();
    registry.add<Poisson, ModelOf>();
    registry.add<HypercleaningModel, ModelOf>();
    registry.add<ExternalModel, ModelOf>();
    return registry;
  }();
  static const Registry<Objective> problems = [] {
    Registry<Objective> registry("problem");
    registry.add<QuadraticProblem, ProblemOf>();
    registry.add<TestFunctionProblem, ProblemOf>();
    registry.add<ClippedQuadraticProblem, ProblemOf>();
    registry.add<PhaseRetrievalProblem, ProblemOf>();
    registry.add<MatrixSensingProblem, ProblemOf>();
    registry.add<BilevelQuadraticProblem, ProblemOf>();
    registry.add<MatrixFactorisationProblem, ProblemOf>();
    registry.add<ExternalProblem, ProblemOf>();
    return registry;
  }();
  // Beside those of algorithms/, which know of no other programs.
  static const Registry<Rule> all_rules = [] {
    Registry<Rule> registry = rules();
    registry.add<ExternalRule, RuleOf>();
    return registry;
  }();
  return {&models,           &problems,      &methods(), &estimators(), &transforms(),
          &optimizers(),     &compressors(), &all_rules, &row_maps(),   &attacks(),
          &gossip_methods(), &graphs(),      &mixings(), &walks(),      &token_methods()};
}

}  // namespace cohort
