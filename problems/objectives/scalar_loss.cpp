#include "problems/objectives/scalar_loss.hpp"

#include <fmt/format.h>

namespace cohort {

Result<void> check_labels(std::string_view model, Outcome outcome, const DataStore& store) {
  const std::size_t classes = store.classes().size();
  if (outcome == Outcome::value && classes != 0) {
    return bad_input(fmt::format(
        "model {} needs labels that are values, and the data has {} classes", model, classes));
  }
  if (outcome == Outcome::binary && classes != 2) {
    return bad_input(
        fmt::format("model {} needs labels of two classes, and the data {}", model,
                    classes == 0 ? "is for regression" : fmt::format("has {} of them", classes)));
  }
  return {};
}

}  // namespace cohort
