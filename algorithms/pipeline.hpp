#pragma once
// The pipeline of a step: estimator → transforms → optimizer. The same transforms and optimizers
// serve the local steps of a client, the update before it is sent, and the server.
//
// A stage is a struct of its own with name, summary, source, Options, `Memory` (what it remembers,
// with fields(v); NoState if nothing) and one function; the *Of templates below give it the virtual
// call of its seam, one a stage and step. d = length of the model, g [d] the surrogate gradient.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/kernels.hpp"
#include "core/layout.hpp"
#include "core/oracle.hpp"
#include "core/random.hpp"
#include "core/state.hpp"
#include "core/vec.hpp"

namespace cohort {

/// Where a step stands. Rates are functions of these numbers only.
struct StepInfo {
  Round round{};
  std::uint64_t step = 0;  // of this round, from 0
  Stream stream;           // of this client (or the server), round and step
};

/// A transform maps a surrogate to a surrogate. It either works on g in place, or, if it only
/// scales, returns the factor, which is folded into the next stage instead of costing a pass.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual std::string_view name() const = 0;
  virtual State start(std::size_t d) const = 0;
  virtual bool only_scales() const = 0;
  /// Of an only_scales() transform: the factor for scale · g. w [d] is the model g was taken at.
  virtual double factor(const StepInfo&, State&, VecView w, VecView g, double scale) const = 0;
  /// Of any other.
  virtual void apply(const StepInfo&, State&, VecView w, VecRef g) const = 0;
};

/// One step of a model from a surrogate: w ← step(w, scale · g).
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual std::string_view name() const = 0;
  virtual State start(std::size_t d) const = 0;
  virtual void step(const StepInfo&, State&, VecRef w, VecView g, double scale) const = 0;
  /// η of this step.
  virtual double learning_rate(const StepInfo&) const = 0;
};

/// Where and how the gradient is asked. `all` is the oracle of all the client's rows, `batch` that
/// of this step's rows. g [d] is overwritten; returns the value where it is known, else NaN.
class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual std::string_view name() const = 0;
  virtual State start(std::size_t d) const = 0;
  virtual Capabilities needs() const = 0;
  /// Whether steps are taken on batches of batch_size rows; otherwise every step sees all rows.
  virtual bool uses_batches() const = 0;
  virtual double estimate(const StepInfo&, State&, Oracle& all, Oracle& batch, VecView w,
                          VecRef g) const = 0;
};

namespace pipeline_detail {
template <class T>
State start(std::size_t d) {
  if constexpr (requires { typename T::Memory; }) {
    if constexpr (requires { T::Memory::start(d); }) {
      return State(T::Memory::start(d));
    } else {
      return State(typename T::Memory{});
    }
  } else {
    return State(NoState{});
  }
}
template <class T>
auto& memory(State& state) {
  if constexpr (requires { typename T::Memory; }) {
    return state.as<typename T::Memory>();
  } else {
    return state.as<NoState>();
  }
}
}  // namespace pipeline_detail

/// Makes a Transform of a struct with
///   double factor(info, memory, w, g, scale) const   (it only scales), or
///   void apply(info, memory, w, g) const.
template <class T>
class TransformOf final : public Transform {
 public:
  explicit TransformOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  State start(std::size_t d) const override { return pipeline_detail::start<T>(d); }
  bool only_scales() const override { return scales; }
  double factor(const StepInfo& info, State& state, VecView w, VecView g,
                double scale) const override {
    if constexpr (scales) {
      return impl_.factor(info, pipeline_detail::memory<T>(state), w, g, scale);
    } else {
      check_failed("transform only scales", T::name);
    }
  }
  void apply(const StepInfo& info, State& state, VecView w, VecRef g) const override {
    if constexpr (scales) {
      check_failed("transform works in place", T::name);
    } else {
      impl_.apply(info, pipeline_detail::memory<T>(state), w, g);
    }
  }

 private:
  static constexpr bool scales = requires(const T& t, const StepInfo& i, State& s, VecView w) {
    t.factor(i, pipeline_detail::memory<T>(s), w, w, 1.0);
  };
  T impl_;
};

/// Makes an Optimizer of a struct with step(info, memory, w, g, scale) and learning_rate(info).
template <class T>
class OptimizerOf final : public Optimizer {
 public:
  explicit OptimizerOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  State start(std::size_t d) const override { return pipeline_detail::start<T>(d); }
  void step(const StepInfo& info, State& state, VecRef w, VecView g, double scale) const override {
    impl_.step(info, pipeline_detail::memory<T>(state), w, g, scale);
  }
  double learning_rate(const StepInfo& info) const override { return impl_.learning_rate(info); }

 private:
  T impl_;
};

/// Makes an Estimator of a struct with estimate(info, memory, all, batch, w, g), `needs` and
/// `uses_batches`.
template <class T>
class EstimatorOf final : public Estimator {
 public:
  explicit EstimatorOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  State start(std::size_t d) const override { return pipeline_detail::start<T>(d); }
  Capabilities needs() const override { return T::needs; }
  bool uses_batches() const override { return T::uses_batches; }
  double estimate(const StepInfo& info, State& state, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const override {
    return impl_.estimate(info, pipeline_detail::memory<T>(state), all, batch, w, g);
  }

 private:
  T impl_;
};

/// A chain of transforms and what they remember.
struct Chain {
  std::vector<std::shared_ptr<const Transform>> transforms;  // shared by all clients of a run

  std::vector<State> start(std::size_t d) const {
    std::vector<State> states;
    for (const auto& t : transforms) states.push_back(t->start(d));
    return states;
  }
  /// g ← the transformed surrogate, up to the factor that is returned.
  double run(const StepInfo& info, std::vector<State>& states, VecView w, VecRef g) const {
    double scale = 1.0;
    for (std::size_t i = 0; i < transforms.size(); ++i) {
      if (transforms[i]->only_scales()) {
        scale *= transforms[i]->factor(info, states[i], w, g, scale);
      } else {
        if (scale != 1.0) kernels::scale(scale, as_mutable_span(g));
        scale = 1.0;
        transforms[i]->apply(info, states[i], w, g);
      }
    }
    return scale;
  }
};

/// [method.local]
struct LocalPipeline {
  std::shared_ptr<const Estimator> estimator;
  Chain chain;
  std::shared_ptr<const Optimizer> optimizer;
  bool keeps_state = false;  // transforms and optimizer remember from round to round
};
/// [method.server]
struct ServerPipeline {
  Chain chain;
  std::shared_ptr<const Optimizer> optimizer;
};
/// What a client's pipelines remember; empty until it first takes part.
struct ClientPipelineState {
  State estimator;
  std::vector<State> local;
  State optimizer;
  std::vector<State> update;
  template <class V>
  void fields(V&& v) {
    v("estimator", estimator);
    for (State& s : local) v("local", s);
    v("optimizer", optimizer);
    for (State& s : update) v("update", s);
  }
};
struct ServerPipelineState {
  std::vector<State> chain;
  State optimizer;
  template <class V>
  void fields(V&& v) {
    for (State& s : chain) v("chain", s);
    v("optimizer", optimizer);
  }
};

}  // namespace cohort
