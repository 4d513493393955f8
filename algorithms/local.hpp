#pragma once
// The local loop that federated methods share: K steps of the local pipeline from y.
//
//   g ← estimate(y; batch)          the estimator of [method.local]
//   g ← correct(batch, y, g)        the method's own (SCAFFOLD, FedProx, FedDyn, MIME)
//   g ← transforms(g)
//   y ← optimizer(y, g)
//
// Each epoch is a permutation of the client's rows, from the stream (client, round, epoch), cut
// into batches of batch_size; a short last batch is kept; batch_size 0 or at least the number of
// rows means all rows. With local_steps the epochs go on until K steps are done. A client without
// rows takes no step.

#include <cstdint>
#include <functional>
#include <optional>

#include "algorithms/method.hpp"
#include "core/options.hpp"

namespace cohort {

/// How much a client does in a round; a method's Options derive from it, and its validate() calls
/// the one below.
struct LocalWork {
  std::optional<std::uint64_t> local_epochs;
  std::optional<std::uint64_t> local_steps;
  std::uint64_t batch_size = 0;

  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("local_epochs", &O::local_epochs, at_least(1),
          "passes over the client's rows in a round; 1 if local_steps is not given either");
    t.add("local_steps", &O::local_steps, at_least(1), "steps in a round, instead of local_epochs");
    t.add("batch_size", &O::batch_size, non_negative, "rows in a step's batch; 0: all rows");
  }
};

/// local_epochs and local_steps exclude each other. `given` is the table they were read from.
void validate(const LocalWork& work, const ConfigNode& given, const std::string& path,
              Mistakes& mistakes);

struct LocalRun {
  std::uint64_t steps = 0;
  double rate_sum = 0;  // Σ η over the steps
};

/// `batch` is the oracle of the step's rows.
using Correct = std::function<void(Oracle& batch, VecView y, VecRef g)>;

/// The loop step by step, for a method that does more with a gradient than a step along it.
class LocalLoop {
 public:
  /// Of vectors of length d. Every gradient is multiplied by `gradient_weight` before the
  /// transforms see it. What it is given must outlive it.
  LocalLoop(const ClientContext& client, const LocalWork& work, Oracle& oracle, std::size_t d,
            double gradient_weight = 1.0);

  /// Of the round; 0 for a client without rows, which must not be asked for a gradient.
  std::uint64_t steps() const { return steps_; }
  /// g ← the surrogate of the present step at y, which is then g times the factor that is returned.
  double gradient(VecView y, VecRef g, const Correct& correct = {});
  /// y ← the optimizer's step along scale · g, which ends the present step; returns its rate η.
  double step(VecRef y, VecView g, double scale);

 private:
  const LocalPipeline& local_;
  ClientBuffers& buffers_;
  Oracle& oracle_;
  State& estimator_;
  std::vector<State>& transforms_;
  State& optimizer_;
  double gradient_weight_;
  bool has_batches_;
  std::uint64_t batch_size_;
  std::uint64_t epoch_steps_ = 0;
  std::uint64_t steps_ = 0;
  Stream batch_stream_;
  Stream step_stream_;
  StepInfo info_;
};

/// y [d] is moved. A pipeline that does not keep its state starts anew; the estimator's state, and
/// all of one that does, is the client's (ClientContext::pipeline_state). Nothing allocates after a
/// thread's first call.
LocalRun run_local(const ClientContext& client, const LocalWork& work, Oracle& oracle, VecRef y,
                   const Correct& correct = {});

}  // namespace cohort
