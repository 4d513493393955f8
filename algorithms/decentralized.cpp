#include "algorithms/decentralized.hpp"

#include <algorithm>

#include "core/kernels.hpp"

namespace cohort {

namespace {
// Of `out` and one neighbour's block, small enough for both to stay in the nearest cache, so that
// every value is read once for each edge and written once.
constexpr std::size_t tile = 1024;

bool is_plain(const Block& block) {
  return (block.form == Form::dense || block.form == Form::scalars) &&
         block.element == Element::f64;
}
}  // namespace

const Block& Neighbours::own(std::string_view name) const {
  const auto self = std::find_if(edges_.begin(), edges_.end(),
                                 [&](const Edge& edge) { return edge.from == self_; });
  return self->shared->at(name);
}

void Neighbours::mixed(std::string_view name, VecRef out) const {
  const bool all_plain = std::all_of(edges_.begin(), edges_.end(), [&](const Edge& edge) {
    return is_plain(edge.shared->at(name));
  });
  const std::span<double> all = as_mutable_span(out);
  if (!all_plain) {
    out.setZero();
    for (const Edge& edge : edges_) edge.shared->at(name).add_to(edge.weight, all);
    return;
  }
  std::vector<std::span<const double>> rows;
  rows.reserve(edges_.size());
  for (std::size_t j = 0; j < edges_.size(); ++j) rows.push_back(row(j, name));
  for (std::size_t first = 0; first < all.size(); first += tile) {
    const std::size_t count = std::min(tile, all.size() - first);
    const auto part = all.subspan(first, count);
    kernels::scaled_copy(edges_[0].weight, rows[0].subspan(first, count), part);
    for (std::size_t j = 1; j < rows.size(); ++j) {
      kernels::axpy(edges_[j].weight, rows[j].subspan(first, count), part);
    }
  }
}

void gradient_of(LocalLoop& loop, VecView x, VecRef g) {
  if (loop.steps() == 0) {
    g.setZero();
    return;
  }
  const double scale = loop.gradient(x, g);
  if (scale != 1.0) kernels::scale(scale, as_mutable_span(g));
}

void refuse_other_than_sgd(std::string_view method, const LocalPipeline& local,
                           const ConfigNode& given, const std::string& path, Mistakes& mistakes) {
  if (local.optimizer->name() == "sgd") return;
  mistakes.add(given.spot, path + ".local.optimizer: " + std::string(method) +
                               " corrects a step by the one before, so its steps must be multiples "
                               "of gradients; expected sgd, found " +
                               std::string(local.optimizer->name()));
}

}  // namespace cohort
