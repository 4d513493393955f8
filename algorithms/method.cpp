#include "algorithms/method.hpp"

namespace cohort {

void ServerContext::step(Vec& x, Vec& update) const {
  // Not the numbers of client 0, whose streams these are, too.
  const StepInfo info{round, 0, stream(Purpose::method).sub(std::uint64_t{1} << 30), layout};
  const double scale = pipeline->chain.run(info, pipeline_state->chain, x, update, -1.0);
  pipeline->optimizer->step(info, pipeline_state->optimizer, x, update, scale);
}

void Reply::start(const Phase& phase, std::vector<Bytes>* spare) {
  weight_.reset();
  payload_.blocks.resize(phase.up.size());
  for (std::size_t i = 0; i < phase.up.size(); ++i) {
    const BlockSpec& spec = phase.up[i];
    Block& block = payload_.blocks[i];
    block.name = spec.name;
    block.form = spec.form;
    block.length = spec.length;
    // A sparse or seed block has no values until it is set.
    const bool filled = !is_sparse(spec.form) && spec.form != Form::seed;
    block.element = spec.form == Form::seed ? Element::u64 : Element::f64;
    block.count = filled ? coordinates(spec.form, spec.length) : 0;
    if (block.data.empty() && spare != nullptr && !spare->empty()) {
      block.data = std::move(spare->back());
      spare->pop_back();
    }
    block.data.resize(0);
    block.data.resize(block.count * sizeof(double));
  }
}

Eigen::Map<Vec> Reply::values(std::string_view name) {
  for (Block& block : payload_.blocks) {
    if (block.name == name) return as_vec(block.mutable_doubles());
  }
  check_failed("reply has the block", std::string(name));
}

void Reply::set(Block block) {
  for (Block& present : payload_.blocks) {
    if (present.name != block.name) continue;
    COHORT_CHECK(present.form == block.form && present.length == block.length,
                 "block '" + block.name + "' is as the phase declares it");
    present = std::move(block);
    return;
  }
  check_failed("reply has the block", block.name);
}

}  // namespace cohort
