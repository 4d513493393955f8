#include "problems/objectives/nonconvex_logistic.hpp"

#include "problems/data/store.hpp"
#include "problems/objectives/scalar_loss.hpp"

namespace cohort {

std::unique_ptr<Function> NonconvexLogistic::make(std::size_t features, RowsOf rows,
                                                  const Options& options) {
  return std::make_unique<LinearModel>(
      std::string(name), std::make_shared<const LogisticLoss>(), features, std::move(rows), options,
      Regulariser{.l2 = options.l2, .nonconvex = options.nonconvex});
}

Result<std::unique_ptr<Function>> NonconvexLogistic::bind(const Options& options,
                                                          const DataStore& store) {
  COHORT_DO(options.check());
  COHORT_DO(check_labels(name, Outcome::binary, store));
  return make(store.features(), rows_of(store), options);
}

}  // namespace cohort
