#include "core/ask.hpp"

namespace cohort {

std::string_view to_string(Combine combine) {
  switch (combine) {
    case Combine::sum:
      return "sum";
    case Combine::mean:
      return "mean";
    case Combine::rule:
      return "rule";
    case Combine::follow:
      return "follow";
    case Combine::gather:
      return "gather";
  }
  return "?";
}

}  // namespace cohort
