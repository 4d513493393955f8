#include "algorithms/evolution.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

// Streams of an episode: what the system draws, and what the strategy does.
constexpr std::uint64_t of_system = 0, of_strategy = 1;

std::span<double> column(Mat& m, std::uint64_t j) {
  const auto rows = static_cast<std::size_t>(m.rows());
  return {m.data() + j * rows, rows};
}

}  // namespace

double unrolled_loss(const UnrolledSystem& system, const Stream& episode, VecView theta) {
  Vec s(system.state_size());
  system.start(episode, s);
  double loss = 0;
  for (std::uint64_t t = 1; t <= system.length(); ++t) loss += system.step(episode, t, theta, s);
  return loss;
}

EvolutionStrategy::EvolutionStrategy(const UnrolledSystem& system, const EvolutionOptions& options,
                                     Stream stream)
    : system_(&system),
      options_(options),
      stream_(stream),
      mean_state_(system.state_size()),
      states_(system.state_size(), static_cast<Index>(2 * options.pairs)),
      totals_(system.parameters(), static_cast<Index>(options.pairs)),
      eps_(system.parameters()) {
  COHORT_CHECK(options.pairs > 0 && options.window > 0 && options.sigma > 0,
               "pairs, window and sigma are positive");
}

void EvolutionStrategy::start_episode() {
  const Stream episode = stream_.sub(episode_).sub(of_system);
  system_->start(episode, mean_state_);
  for (Index i = 0; i < states_.cols(); ++i) states_.col(i) = mean_state_;
  totals_.setZero();
}

void EvolutionStrategy::perturb(std::uint64_t pair, std::uint64_t window) {
  const Stream own = stream_.sub(episode_).sub(of_strategy).sub(pair);
  const bool is_kept = options_.kind == EvolutionKind::single;
  own.sub(is_kept ? 0 : window).fill_normal(as_mutable_span(eps_));
  kernels::scale(options_.sigma, as_mutable_span(eps_));
}

double EvolutionStrategy::next(VecView theta, VecRef g) {
  if (t_ == 0) start_episode();
  const Stream episode = stream_.sub(episode_).sub(of_system);
  const std::uint64_t window = t_ / options_.window;
  const std::uint64_t last = std::min(t_ + options_.window, system_->length());
  const bool is_truncated = options_.kind == EvolutionKind::truncated;
  const auto unroll = [&](const Vec& at, VecRef s) {
    double loss = 0;
    for (std::uint64_t t = t_ + 1; t <= last; ++t) loss += system_->step(episode, t, at, s);
    return loss;
  };

  g.setZero();
  double total = 0;
  Vec at(theta.size());
  for (std::uint64_t pair = 0; pair < options_.pairs; ++pair) {
    perturb(pair, window);
    double loss[2];
    for (const std::uint64_t side : {0U, 1U}) {
      const std::uint64_t i = 2 * pair + side;
      if (is_truncated) states_.col(static_cast<Index>(i)) = mean_state_;
      at = theta + (side == 0 ? 1.0 : -1.0) * eps_;
      loss[side] = unroll(at, as_vec(column(states_, i)));
    }
    total += loss[0] + loss[1];
    const auto xi = column(totals_, pair);
    if (options_.kind == EvolutionKind::persistent) {
      kernels::add(as_span(eps_), xi);
    } else {
      std::copy_n(eps_.data(), xi.size(), xi.begin());
    }
    // Those of a pair have opposite ξ.
    kernels::axpy(loss[0] - loss[1], xi, as_mutable_span(g));
  }
  const auto particles = static_cast<double>(2 * options_.pairs);
  kernels::scale(1 / (particles * options_.sigma * options_.sigma), as_mutable_span(g));

  if (is_truncated) {
    at = theta;
    unroll(at, mean_state_);
  }
  t_ = last == system_->length() ? 0 : last;
  if (t_ == 0) ++episode_;
  return total / particles;
}

}  // namespace cohort
