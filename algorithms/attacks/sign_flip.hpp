#pragma once
// Sign flip: sends −scale · the client's own honest block.
// (Elsewhere the name means −mean of the honest blocks, which a client alone cannot know.)
// Cost: one pass.

#include "algorithms/aggregation.hpp"
#include "core/kernels.hpp"
#include "core/options.hpp"

namespace cohort {

struct SignFlip {
  static constexpr std::string_view name = "sign_flip";
  static constexpr std::string_view summary = "sends the negative of the honest update, scaled";
  static constexpr std::string_view source = "Li et al., AAAI 2019";
  struct Options {
    double scale = 1.0;
    static void declare(OptionTable<Options>& t) {
      t.add("scale", &Options::scale, positive, "factor of the flipped update");
    }
  };
  Options options;

  void craft(const Stream&, VecRef block) const {
    kernels::scale(-options.scale, as_mutable_span(block));
  }
};

}  // namespace cohort
