#pragma once
// The stages and methods that ship, by name. A program that brings its own adds it to a copy.

#include "algorithms/method.hpp"
#include "algorithms/pipeline.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<Estimator>& estimators();
const Registry<Transform>& transforms();
const Registry<Optimizer>& optimizers();
const Registry<Compressor>& compressors();
const Registry<Method>& methods();

}  // namespace cohort
