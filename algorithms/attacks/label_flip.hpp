#pragma once
// Label flip: the client computes honestly on rows whose labels y are C − 1 − y.
// Fang, Cao, Jia, Gong, "Local model poisoning attacks to Byzantine-robust federated learning",
// USENIX Security 2020. Everything that the client computes is of these rows, also, unlike under
// other attacks, its own state.
// Evaluation sees true labels. C classes, numbered as data is stored; a model that predicts no
// classes is refused. Cost: a copy of the labels.

#include "algorithms/aggregation.hpp"

namespace cohort {

struct LabelFlip {
  static constexpr std::string_view name = "label_flip";
  static constexpr std::string_view summary = "an honest update on rows with labels C - 1 - y";
  static constexpr std::string_view source = "Fang et al., USENIX Security 2020";
  static constexpr bool flips_labels = true;
  struct Options {};
  Options options;
};

}  // namespace cohort
