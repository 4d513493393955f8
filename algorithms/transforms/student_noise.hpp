#pragma once
// Student's t noise on every coordinate of the surrogate: heavy tails of a chosen weight.
//   g ← g + s t,   t_j = z_j √(ν / χ²_ν)
// -----------------------------------------------------------------------------------------------
// g [d]; z_j ~ N(0, 1) and χ²_ν = 2 Gamma(ν/2) independent for each j; s = scale, ν = degrees: the
// variance s² ν/(ν − 2) is finite for ν > 2, the mean for ν > 1.
// Source: Student, The probable error of a mean, Biometrika 6 (1908).
// Cost a step: one pass, d normals and d gamma draws.

#include <cmath>

#include "algorithms/pipeline.hpp"
#include "core/options.hpp"

namespace cohort {

struct StudentNoise {
  static constexpr std::string_view name = "student_noise";
  static constexpr std::string_view summary = "adds independent noise with polynomial tails";
  static constexpr std::string_view source = "Student, Biometrika 6 (1908)";
  struct Options {
    double scale = 1.0;
    double degrees = 3.0;
    static void declare(OptionTable<Options>& t) {
      t.add("scale", &Options::scale, non_negative, "what the draws are multiplied by");
      t.add("degrees", &Options::degrees, positive, "ν: tails fall like |t|^(-ν-1)");
    }
  };
  Options options;

  void apply(const StepInfo& info, NoState, VecView, VecRef g) const {
    Stream normals = info.stream.sub(0), gammas = info.stream.sub(1);
    const double half = options.degrees / 2;
    for (Index j = 0; j < g.size(); ++j) {
      const double z = normals.normal();
      g[j] += options.scale * z * std::sqrt(half / gamma(gammas, half));
    }
  }
};

}  // namespace cohort
