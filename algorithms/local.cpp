#include "algorithms/local.hpp"

#include <algorithm>

namespace cohort {

void validate(const LocalWork& work, const ConfigNode& given, const std::string& path,
              Mistakes& mistakes) {
  if (!work.local_epochs || !work.local_steps) return;
  const ConfigNode* steps = given.find("local_steps");
  mistakes.add(steps != nullptr ? steps->spot : given.spot,
               path + ": local_epochs and local_steps exclude each other, found both");
}

LocalLoop::LocalLoop(const ClientContext& client, const LocalWork& work, Oracle& oracle,
                     std::size_t d, double gradient_weight)
    : local_(*client.local),
      buffers_(*client.buffers),
      oracle_(oracle),
      estimator_(client.pipeline_state->estimator),
      transforms_(local_.keeps_state ? client.pipeline_state->local : buffers_.transforms),
      optimizer_(local_.keeps_state ? client.pipeline_state->optimizer : buffers_.optimizer),
      gradient_weight_(gradient_weight),
      has_batches_(local_.estimator->uses_batches() && work.batch_size > 0 &&
                   work.batch_size < oracle.rows()),
      batch_size_(has_batches_ ? work.batch_size : oracle.rows()),
      batch_stream_(client.stream(Purpose::batches)),
      step_stream_(client.stream(Purpose::method)),
      info_{client.round, 0, step_stream_, client.layout} {
  if (estimator_.empty()) local_.estimator->start(estimator_, d);
  if (!local_.keeps_state || (transforms_.empty() && optimizer_.empty())) {
    local_.chain.start(transforms_, d);
    local_.optimizer->start(optimizer_, d);
  }
  if (oracle.rows() == 0) return;
  epoch_steps_ = (oracle.rows() + batch_size_ - 1) / batch_size_;
  steps_ = work.local_steps ? *work.local_steps : work.local_epochs.value_or(1) * epoch_steps_;
}

double LocalLoop::gradient(VecView y, VecRef g, const Correct& correct) {
  const std::uint64_t rows = oracle_.rows();
  info_.stream = step_stream_.sub(info_.step);
  std::span<const std::uint32_t> picks;
  if (has_batches_) {
    const std::uint64_t epoch = info_.step / epoch_steps_;
    const std::uint64_t first = info_.step % epoch_steps_ * batch_size_;
    buffers_.order.resize(rows);
    if (first == 0) permutation(batch_stream_.sub(epoch), buffers_.order);
    picks = std::span(buffers_.order).subspan(first, std::min(batch_size_, rows - first));
  }
  Oracle batch = has_batches_ ? oracle_.on(picks) : oracle_;
  info_.value = local_.estimator->estimate(info_, estimator_, oracle_, batch, y, g);
  if (correct) correct(batch, y, g);
  return local_.chain.run(info_, transforms_, y, g, gradient_weight_);
}

double LocalLoop::step(VecRef y, VecView g, double scale) {
  const double rate = local_.optimizer->step(info_, optimizer_, y, g, scale);
  ++info_.step;
  return rate;
}

LocalRun run_local(const ClientContext& client, const LocalWork& work, Oracle& oracle, VecRef y,
                   const Correct& correct) {
  LocalLoop loop(client, work, oracle, static_cast<std::size_t>(y.size()));
  Vec& g = client.buffers->gradient;
  g.resize(y.size());
  LocalRun run;
  for (; run.steps < loop.steps(); ++run.steps) {
    const double scale = loop.gradient(y, g, correct);
    run.rate_sum += loop.step(y, g, scale);
  }
  return run;
}

}  // namespace cohort
