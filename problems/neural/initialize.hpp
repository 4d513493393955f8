#pragma once
// Where the weights of a layer start.
//   he      N(0, 2/inputs), for ReLU: He, Zhang, Ren, Sun, ICCV 2015
//   xavier  uniform within ±√(6/(inputs + outputs)): Glorot, Bengio, AISTATS 2010

#include <cmath>

#include "problems/neural/layer.hpp"

namespace cohort {

/// Of an output that sees `inputs`, and an input that is seen by `outputs`.
inline void initialize_weights(Initialization kind, std::size_t inputs, std::size_t outputs,
                               const Stream& stream, std::span<double> weight) {
  if (kind == Initialization::he) {
    stream.fill_normal(weight);
    const double deviation = std::sqrt(2 / static_cast<double>(inputs));
    for (double& x : weight) x *= deviation;
  } else {
    stream.fill_uniform(weight);
    const double limit = std::sqrt(6 / static_cast<double>(inputs + outputs));
    for (double& x : weight) x = limit * (2 * x - 1);
  }
}

}  // namespace cohort
