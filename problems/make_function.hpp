#pragma once
// A function of one's own from a few lambdas, without a class:
//
//   FunctionParts parts;
//   parts.name = "valley";
//   parts.dimension = 2;
//   parts.clients = 10;
//   parts.value = [](ClientId i, VecView w) { return …; };
//   parts.gradient = [](ClientId i, VecView w, VecRef g) { g = …; return value; };   // may be left
//   out std::unique_ptr<Function> f = make_function(std::move(parts));
//
// What it can do follows from what is given: the value alone serves zeroth-order estimators; with a
// gradient there are jvp too, with hvp the Hessian as well. A scenario that asks for more is
// refused before the run. problems/derivative_check.hpp tells whether the lambdas agree.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/oracle.hpp"

namespace cohort {

/// f_i on [d], d = dimension, of the clients i < clients. Each client has one row, which is f_i.
/// The lambdas are called from several threads at once and give the same bits for the same
/// arguments: reductions by core/kernels.hpp, no state, no generator.
struct FunctionParts {
  std::string name;
  std::size_t dimension = 0;
  std::uint64_t clients = 1;
  /// f_i(w)
  std::function<double(ClientId, VecView w)> value;
  /// g [d] ← ∇f_i(w); returns f_i(w)
  std::function<double(ClientId, VecView w, VecRef g)> gradient;
  /// out [d] ← ∇²f_i(w) v
  std::function<void(ClientId, VecView w, VecView v, VecRef out)> hvp;
  /// [d] where runs start; zero if it is not given
  std::optional<Vec> start;
  /// [d] argmin Σ p_i f_i, whatever the weights, if it is known
  std::optional<Vec> minimiser;
  /// Whether Σ p_i f_i is smooth and convex, so that Newton's method finds its minimiser by hvp.
  bool is_convex = false;
};

/// Parts that do not fit (no name, dimension, client or value; hvp without gradient; a point of
/// another length; convex without hvp) are an error of the program, and told as one.
std::unique_ptr<Function> make_function(FunctionParts parts);

}  // namespace cohort
