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

/// y [d] is moved. A pipeline that does not keep its state starts anew; the estimator's state, and
/// all of one that does, is the client's (ClientContext::pipeline_state). Nothing allocates after a
/// thread's first call.
LocalRun run_local(const ClientContext& client, const LocalWork& work, Oracle& oracle, VecRef y,
                   const Correct& correct = {});

}  // namespace cohort
