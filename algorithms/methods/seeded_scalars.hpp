#pragma once
// What protocols of a seed and a few numbers share: the directions that a seed stands for, the
// slope along one, and the rows of a step.

#include "algorithms/method.hpp"
#include "core/seeded_direction.hpp"

namespace cohort::seeded_scalars {

/// z_k of a seed, z ~ N(0, I).
inline SeededDirection direction(std::uint64_t seed, std::uint64_t k) {
  return {SeededDirection::Law::gaussian, Stream(seed, Purpose::directions).sub(k)};
}

/// (f(w + μz) − f(w − μz))/2μ, 2 values.
inline double slope(Oracle& f, VecView w, double mu, const SeededDirection& z) {
  return (f.value_at(w, mu, z) - f.value_at(w, -mu, z)) / (2 * mu);
}

/// The rows of a step: `batch_size` of the client's at random, all for 0.
class StepRows {
 public:
  StepRows(const ClientContext& client, std::uint64_t batch_size)
      : stream_(client.stream(Purpose::batches)),
        order_(client.buffers->order),
        size_(batch_size) {}
  Oracle of(Oracle& all, std::uint64_t step) {
    if (size_ == 0 || size_ >= all.rows()) return all;
    const auto chosen = sample_without_replacement(stream_.sub(step), size_, all.rows());
    order_.assign(chosen.begin(), chosen.end());
    return all.on(order_);
  }

 private:
  Stream stream_;
  std::vector<std::uint32_t>& order_;
  std::uint64_t size_;
};

}  // namespace cohort::seeded_scalars
