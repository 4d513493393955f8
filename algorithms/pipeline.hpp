#pragma once
// The pipeline of a step: estimator → transforms → optimizer. The same transforms and optimizers
// serve the local steps of a client, the update before it is sent, and the server.
//
// A stage is a struct of its own with name, summary, source, Options, `Options options`, and one
// function; the *Of templates below give it the virtual call of its seam, one a stage and step.
// What it remembers is its `Memory`, with start(d), which may be called again and then reuses its
// vectors, and fields(v). A stage that remembers nothing has no Memory: its State is empty and its
// function gets a NoState. d = length of the model, g [d] the surrogate gradient.

#include <algorithm>
#include <limits>
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

/// Where a step stands. Rates are functions of round and step only.
struct StepInfo {
  Round round{};
  std::uint64_t step = 0;          // of this round, from 0
  Stream stream;                   // of this client (or the server), round and step
  const Layout* layout = nullptr;  // of w, for what works tensor by tensor
  /// f_B(w) of the step's batch, where the estimator knows it; else NaN.
  double value = std::numeric_limits<double>::quiet_NaN();
};

/// A transform maps a surrogate to a surrogate. It either works on g in place, or, if it only
/// scales, returns the factor, which is folded into the next stage instead of costing a pass.
class Transform {
 public:
  virtual ~Transform() = default;
  virtual std::string_view name() const = 0;
  /// state ← what the stage remembers at the start; memory that is there is used again.
  virtual void start(State& state, std::size_t d) const = 0;
  virtual bool only_scales() const = 0;
  /// Of an only_scales() transform: the factor for scale · g. w [d] is the model g was taken at.
  virtual double factor(const StepInfo&, State&, VecView w, VecView g, double scale) const = 0;
  /// Of any other.
  virtual void apply(const StepInfo&, State&, VecView w, VecRef g) const = 0;
};

/// One step of a model from a surrogate: w ← step(w, scale · g). Returns η, the step's learning
/// rate: w moves by −η scale g where it moves along g, else η is the rate that scales the step.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual std::string_view name() const = 0;
  /// state ← what the stage remembers at the start; memory that is there is used again.
  virtual void start(State& state, std::size_t d) const = 0;
  virtual double step(const StepInfo&, State&, VecRef w, VecView g, double scale) const = 0;
  /// Whether it reads StepInfo::value, which only local steps have.
  virtual bool needs_value() const = 0;
  /// Whether it applies the proximal operator of the layout's penalty.
  virtual bool takes_prox() const = 0;
};

/// Where and how the gradient is asked. `all` is the oracle of all the client's rows, `batch` that
/// of this step's rows. g [d] is overwritten; returns the value where it is known, else NaN.
class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual std::string_view name() const = 0;
  /// state ← what the stage remembers at the start; memory that is there is used again.
  virtual void start(State& state, std::size_t d) const = 0;
  virtual Capabilities needs() const = 0;
  /// Whether steps are taken on batches of batch_size rows; otherwise every step sees all rows.
  virtual bool uses_batches() const = 0;
  virtual double estimate(const StepInfo&, State&, Oracle& all, Oracle& batch, VecView w,
                          VecRef g) const = 0;
};

namespace pipeline_detail {
template <class T>
concept remembers = requires {
  typename T::Memory;
};
template <class T>
void start(State& state, std::size_t d) {
  if constexpr (remembers<T>) {
    if (state.empty()) state = State(typename T::Memory{});
    state.as<typename T::Memory>().start(d);
  } else {
    state = State();
  }
}
template <class T>
decltype(auto) memory([[maybe_unused]] State& state) {
  if constexpr (remembers<T>) {
    return state.as<typename T::Memory>();
  } else {
    return NoState{};
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
  void start(State& state, std::size_t d) const override { pipeline_detail::start<T>(state, d); }
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

/// Makes an Optimizer of a struct with step(info, memory, w, g, scale) → η.
template <class T>
class OptimizerOf final : public Optimizer {
 public:
  explicit OptimizerOf(typename T::Options options) : impl_{std::move(options)} {}
  std::string_view name() const override { return T::name; }
  void start(State& state, std::size_t d) const override { pipeline_detail::start<T>(state, d); }
  double step(const StepInfo& info, State& state, VecRef w, VecView g,
              double scale) const override {
    return impl_.step(info, pipeline_detail::memory<T>(state), w, g, scale);
  }
  bool needs_value() const override {
    return requires { T::needs_value; };
  }
  bool takes_prox() const override {
    return requires { T::takes_prox; };
  }

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
  void start(State& state, std::size_t d) const override { pipeline_detail::start<T>(state, d); }
  Capabilities needs() const override { return T::needs; }
  bool uses_batches() const override { return T::uses_batches; }
  double estimate(const StepInfo& info, State& state, Oracle& all, Oracle& batch, VecView w,
                  VecRef g) const override {
    return impl_.estimate(info, pipeline_detail::memory<T>(state), all, batch, w, g);
  }
  /// For a method that builds on this estimator.
  const T& stage() const { return impl_; }

 private:
  T impl_;
};

/// A chain of transforms.
struct Chain {
  std::vector<std::shared_ptr<const Transform>> transforms;  // shared by all clients of a run

  void start(std::vector<State>& states, std::size_t d) const {
    states.resize(transforms.size());
    for (std::size_t i = 0; i < transforms.size(); ++i) transforms[i]->start(states[i], d);
  }
  /// Transforms the surrogate scale · g taken at w: it is then g times the factor that is returned.
  /// Each transform draws from a stream of its own, which no estimator draws from.
  double run(const StepInfo& of_step, std::vector<State>& states, VecView w, VecRef g,
             double scale = 1.0) const {
    StepInfo info = of_step;
    for (std::size_t i = 0; i < transforms.size(); ++i) {
      info.stream = of_step.stream.sub((std::uint64_t{1} << 32) + i);
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
  /// Transforms an update u = y − x of [method.update]. Transforms see −u, a surrogate gradient at
  /// x, so that each means the same wherever it sits.
  void run_on_update(const StepInfo& info, std::vector<State>& states, VecView x, VecRef u) const {
    const double scale = run(info, states, x, u, -1.0);
    if (scale != -1.0) kernels::scale(-scale, as_mutable_span(u));
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

/// What a client's pipelines remember from round to round.
struct ClientPipelineState {
  State estimator;
  std::vector<State> local;  // and optimizer: of a pipeline that keeps its state
  State optimizer;
  std::vector<State> update;

  /// As a client that takes part for the first time has it. A method without local steps has a
  /// pipeline without an estimator.
  void start(const LocalPipeline& pipeline, const Chain& update_chain, const Layout& layout) {
    const std::size_t d = layout.size();  // with what the client owns
    if (pipeline.estimator) pipeline.estimator->start(estimator, d);
    if (pipeline.estimator && pipeline.keeps_state) {
      pipeline.chain.start(local, d);
      pipeline.optimizer->start(optimizer, d);
    }
    update_chain.start(update, layout.shared());
  }
  /// True if there is nothing to remember.
  bool empty() const {
    const auto none = [](const std::vector<State>& states) {
      return std::all_of(states.begin(), states.end(), [](const State& s) { return s.empty(); });
    };
    return estimator.empty() && none(local) && optimizer.empty() && none(update);
  }
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

  void start(const ServerPipeline& pipeline, std::size_t d) {
    pipeline.chain.start(chain, d);
    if (pipeline.optimizer) pipeline.optimizer->start(optimizer, d);
  }
  template <class V>
  void fields(V&& v) {
    for (State& s : chain) v("chain", s);
    v("optimizer", optimizer);
  }
};

}  // namespace cohort
