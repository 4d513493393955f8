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

LocalRun run_local(const ClientContext& client, const LocalWork& work, Oracle& oracle, VecRef y,
                   const Correct& correct) {
  const std::uint64_t rows = oracle.rows();
  if (rows == 0) return {};
  const LocalPipeline& local = *client.local;
  ClientBuffers& buffers = *client.buffers;
  const auto d = static_cast<std::size_t>(y.size());

  const bool has_batches =
      local.estimator->uses_batches() && work.batch_size > 0 && work.batch_size < rows;
  const std::uint64_t batch_size = has_batches ? work.batch_size : rows;
  const std::uint64_t epoch_steps = (rows + batch_size - 1) / batch_size;
  const std::uint64_t steps =
      work.local_steps ? *work.local_steps : work.local_epochs.value_or(1) * epoch_steps;

  State& estimator = client.pipeline_state->estimator;
  if (estimator.empty()) local.estimator->start(estimator, d);
  auto& transforms = local.keeps_state ? client.pipeline_state->local : buffers.transforms;
  State& optimizer = local.keeps_state ? client.pipeline_state->optimizer : buffers.optimizer;
  if (!local.keeps_state || (transforms.empty() && optimizer.empty())) {
    local.chain.start(transforms, d);
    local.optimizer->start(optimizer, d);
  }

  Vec& g = buffers.gradient;
  g.resize(y.size());
  const Stream batch_stream = client.stream(Purpose::batches);
  const Stream step_stream = client.stream(Purpose::method);
  LocalRun run;
  for (; run.steps < steps; ++run.steps) {
    StepInfo info{client.round, run.steps, step_stream.sub(run.steps), client.layout};
    std::span<const std::uint32_t> picks;
    if (has_batches) {
      const std::uint64_t epoch = run.steps / epoch_steps;
      const std::uint64_t first = run.steps % epoch_steps * batch_size;
      buffers.order.resize(rows);
      if (first == 0) permutation(batch_stream.sub(epoch), buffers.order);
      picks = std::span(buffers.order).subspan(first, std::min(batch_size, rows - first));
    }
    Oracle batch = has_batches ? oracle.on(picks) : oracle;
    info.value = local.estimator->estimate(info, estimator, oracle, batch, y, g);
    if (correct) correct(batch, y, g);
    const double scale = local.chain.run(info, transforms, y, g);
    run.rate_sum += local.optimizer->step(info, optimizer, y, g, scale);
  }
  return run;
}

}  // namespace cohort
