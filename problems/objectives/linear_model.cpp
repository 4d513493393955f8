#include "problems/objectives/linear_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/check.hpp"
#include "core/kernels.hpp"
#include "problems/data/store.hpp"
#include "problems/objectives/row_sum.hpp"

namespace cohort {

namespace {

constexpr std::size_t row_chunk = MarginLoss::row_chunk;

/// Rows that may go through the margins together: K margins each, in cache.
std::size_t chunk_rows(std::size_t outputs) {
  return std::clamp<std::size_t>(4096 / outputs, 1, row_chunk);
}

/// Margins z, slopes s of one chunk, one pair a lane; K margins a row.
class Chunks {
 public:
  Chunks(Function::Context context, std::uint64_t rows, std::size_t outputs)
      : outputs_(outputs),
        size_(std::min<std::uint64_t>(chunk_rows(outputs), rows)),
        memory_(scratch(context, ScratchSlot::margins,
                        lanes_of(context, rows) * 2 * size_ * outputs)) {}

  /// body(first, y, z, s) for the chunks of the rows [first, first + count).
  template <class Body>
  void each(const SampleRows& sample, std::uint64_t first, std::uint64_t count, std::size_t lane,
            const Body& body) const {
    const auto room = memory_.subspan(lane * 2 * size_ * outputs_, 2 * size_ * outputs_);
    double picked[row_chunk];
    std::size_t n = 0;
    for (std::uint64_t j = first; j < first + count; j += n) {
      n = rows_together(sample, j, std::min<std::uint64_t>(size_, first + count - j));
      std::span<const double> y;
      if (sample.picks.empty()) {
        y = sample.rows.labels().subspan(j, n);
      } else {
        const auto labels = sample.rows.labels();
        for (std::size_t i = 0; i < n; ++i) picked[i] = labels[sample.picks[j + i]];
        y = {picked, n};
      }
      body(j, y, room.first(n * outputs_), room.subspan(size_ * outputs_, n * outputs_));
    }
  }

 private:
  std::size_t outputs_;
  std::size_t size_;
  std::span<double> memory_;
};

/// x_j ← factor ω_j x_j for the K values of each row; ω = 1 if there are no weights.
void scale_rows(double factor, std::span<const double> weights, std::size_t outputs,
                std::span<double> x) {
  if (weights.empty()) {
    as_vec(x) *= factor;
    return;
  }
  for (std::size_t j = 0; j < weights.size(); ++j) {
    as_vec(x.subspan(j * outputs, outputs)) *= factor * weights[j];
  }
}

std::span<const double> part(std::span<const double> weights, std::uint64_t first, std::size_t n) {
  return weights.empty() ? weights : weights.subspan(first, n);
}

/// The pair (c, c') ↦ place in a row-major upper triangle of K.
std::size_t pair_index(std::size_t c, std::size_t other, std::size_t outputs) {
  return c * outputs - c * (c + 1) / 2 + other;
}

}  // namespace

Result<void> LinearModelOptions::check() const {
  if (penalize_intercept && !intercept) {
    return bad_input("penalize_intercept = true, and intercept = false: there is none to penalize");
  }
  if (penalize_intercept && (l1 > 0 || group > 0)) {
    return bad_input(
        "penalize_intercept = true is of l2 alone: the penalties l1 and group leave biases out");
  }
  if (group_size > 1 && group == 0) {
    return bad_input(
        fmt::format("group_size = {} and group = 0: there is no penalty of groups", group_size));
  }
  return {};
}

RowsOf rows_of(const DataStore& store) {
  return [&store](RowSource source, ClientId client) -> Rows {
    if (!is_of_clients(source)) return store.rows(source);
    const IdRange held = store.held_clients();
    if (client.value < held.first || client.value >= held.last) return {};
    return store.client_rows(client, source);
  };
}

LinearModel::LinearModel(std::string name, std::shared_ptr<const MarginLoss> loss,
                         std::size_t features, RowsOf rows, const LinearModelOptions& options,
                         Regulariser regulariser)
    : name_(std::move(name)),
      loss_(std::move(loss)),
      features_(features),
      rows_(std::move(rows)),
      regulariser_(regulariser) {
  const std::size_t outputs = loss_->outputs();
  layout_.append("weight", outputs, features, SegmentKind::weight, Owner::shared,
                 {options.l1, options.group, options.group_size});
  if (options.intercept) layout_.append("bias", outputs, 1, SegmentKind::bias);
  penalized_ = options.penalize_intercept ? layout_.size() : outputs * features;
}

Capabilities LinearModel::capabilities() const {
  const Capabilities first{Query::value, Query::losses, Query::gradient, Query::jvp, Query::gram};
  if (!loss_->is_smooth() || !regulariser_.is_smooth()) return first;
  const Capabilities all = first.with({Query::hvp, Query::hessian, Query::line});
  return loss_->outputs() == 1 ? all.with({Query::linear_view}) : all;
}

bool LinearModel::is_convex() const {
  return loss_->is_convex() && loss_->is_smooth() && regulariser_.is_quadratic() &&
         !layout_.has_penalty();
}

std::uint64_t LinearModel::rows(RowSource source, ClientId client) const {
  return rows_(source, client).count();
}

SampleRows LinearModel::sample_rows(const Sample& sample) const {
  const Rows all = rows_(sample.source, sample.client);
  COHORT_CHECK(
      sample.first <= all.count() && sample.count <= all.count() - sample.first,
      fmt::format("rows [{}, +{}) of a view of {}", sample.first, sample.count, all.count()));
  COHORT_CHECK(all.empty() || all.features() == features_,
               fmt::format("rows of {} features for a model of {}", all.features(), features_));
  return {all.slice(sample.first, sample.count), sample.picks};
}

LinearMap LinearModel::map(VecView w) const {
  COHORT_CHECK(static_cast<std::size_t>(w.size()) == layout_.size(),
               fmt::format("{} coordinates for a model of {}", w.size(), layout_.size()));
  const std::size_t weights = loss_->outputs() * features_;
  return {loss_->outputs(), as_span(w).first(weights), as_span(w).subspan(weights)};
}

LinearSums LinearModel::sums(std::span<double> g) const {
  const std::size_t weights = loss_->outputs() * features_;
  return {loss_->outputs(), g.first(weights), g.subspan(weights)};
}

double LinearModel::regulariser(VecView w) const { return regulariser_.value(penalized(w)); }

double LinearModel::value(Context context, const Sample& sample, VecView w) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  if (n == 0) return regulariser(w);
  const LinearMap at = map(w);
  const Chunks chunks(context, n, at.outputs);
  const double sum = sum_over_rows(
      context, n, {},
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double>) {
        kernels::LossSum total;
        chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto) {
          margins(rows, j, y.size(), at, z);
          loss_->residuals(z, y, total);  // the bits of the value beside a gradient
        });
        return total.value();
      });
  return sum / static_cast<double>(n) + regulariser(w);
}

void LinearModel::losses(Context context, const Sample& sample, VecView w,
                         std::span<double> out) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  if (n == 0) return;
  const LinearMap at = map(w);
  const Chunks chunks(context, n, at.outputs);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
    chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto) {
      margins(rows, j, y.size(), at, z);
      loss_->losses(z, y, out.subspan(j, y.size()));
    });
  });
}

double LinearModel::gradient(Context context, const Sample& sample, VecView w,
                             std::span<const double> weights, VecRef g) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  COHORT_CHECK(weights.empty() || weights.size() == n,
               fmt::format("{} weights for {} rows", weights.size(), n));
  g.setZero();
  regulariser_.gradient(penalized(w), as_mutable_span(g).first(penalized_));
  if (n == 0) return regulariser(w);
  const LinearMap at = map(w);
  const Chunks chunks(context, n, at.outputs);
  const double share = 1 / static_cast<double>(n);
  const double sum = sum_over_rows(
      context, n, as_mutable_span(g),
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double> out) {
        kernels::LossSum total;
        double weighted = 0;
        chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto s) {
          const auto omega = part(weights, j, y.size());
          margins(rows, j, y.size(), at, z);
          if (!omega.empty()) {
            double losses[row_chunk];
            std::copy(z.begin(), z.end(), s.begin());
            loss_->losses(s, y, {losses, y.size()});
            weighted += kernels::dot(omega, {losses, y.size()});
          }
          loss_->residuals(z, y, total);
          scale_rows(share, omega, at.outputs, z);
          add_transposed(rows, j, y.size(), z, sums(out));
        });
        return weights.empty() ? total.value() : weighted;
      });
  return sum * share + regulariser(w);
}

void LinearModel::hvp(Context context, const Sample& sample, VecView w, VecView v,
                      VecRef out) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  out.setZero();
  regulariser_.curvature(penalized(w), penalized(v), as_mutable_span(out).first(penalized_));
  if (n == 0) return;
  const LinearMap at = map(w);
  const LinearMap along = map(v);
  const Chunks chunks(context, n, at.outputs);
  const double share = 1 / static_cast<double>(n);
  sum_over_rows(
      context, n, as_mutable_span(out),
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double> total) {
        chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto s) {
          margins(rows, j, y.size(), at, z);
          margins(rows, j, y.size(), along, s);
          loss_->apply_curvature(z, y, s);
          scale_rows(share, {}, at.outputs, s);
          add_transposed(rows, j, y.size(), s, sums(total));
        });
        return 0.0;
      });
}

double LinearModel::jvp(Context context, const Sample& sample, VecView w, VecView v) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  const double of_regulariser = regulariser_.slope(penalized(w), penalized(v));
  if (n == 0) return of_regulariser;
  const LinearMap at = map(w);
  const LinearMap along = map(v);
  const Chunks chunks(context, n, at.outputs);
  const double sum = sum_over_rows(
      context, n, {},
      [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double>) {
        double total = 0;
        kernels::LossSum losses;
        chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto s) {
          margins(rows, j, y.size(), at, z);
          margins(rows, j, y.size(), along, s);
          loss_->residuals(z, y, losses);
          total += kernels::dot(z, s);
        });
        return total;
      });
  return sum / static_cast<double>(n) + of_regulariser;
}

// ---- Line -------------------------------------------------------------------------------------

namespace {

class LinearModelLine final : public Line {
 public:
  /// Margins and slopes [n × K], labels [n], and r(w + t v): c0 + c1 t + c2 t² of a quadratic ρ,
  /// else by ρ from the coordinates of w and v that it counts.
  struct Parts {
    std::vector<double> margins;
    std::vector<double> slopes;
    std::vector<double> labels;
    std::array<double, 3> quadratic{};
    Regulariser regulariser;
    Vec point;
    Vec direction;
  };

  LinearModelLine(Function::Context context, std::shared_ptr<const MarginLoss> loss, Parts parts)
      : context_(context), loss_(std::move(loss)), parts_(std::move(parts)) {}

  LinePoint at(double t, int order) override {
    LinePoint point = of_regulariser(t, order);
    const std::uint64_t n = parts_.labels.size();
    if (n == 0) return point;

    const std::size_t outputs = loss_->outputs();
    const std::size_t size = std::min<std::uint64_t>(chunk_rows(outputs), n);
    const auto memory =
        scratch(context_, ScratchSlot::margins, lanes_of(context_, n) * size * outputs);
    std::array<double, 4> sums{};
    sum_over_rows(
        context_, n, sums,
        [&](std::uint64_t first, std::uint64_t count, std::size_t lane, std::span<double> sum) {
          for (std::uint64_t j = first; j < first + count; j += size) {
            const std::size_t rows = std::min<std::uint64_t>(size, first + count - j);
            const auto z = memory.subspan(lane * size * outputs, rows * outputs);
            const auto margins = std::span(parts_.margins).subspan(j * outputs, z.size());
            const auto slopes = std::span(parts_.slopes).subspan(j * outputs, z.size());
            as_vec(z) = as_vec(margins) + t * as_vec(slopes);
            const LinePoint p =
                loss_->along(z, slopes, std::span(parts_.labels).subspan(j, rows), order);
            sum[0] += p.value;
            sum[1] += p.first;
            sum[2] += p.second;
            sum[3] += p.third;
          }
          return 0.0;
        });
    const double rows = static_cast<double>(n);
    point.value += sums[0] / rows;
    point.first += sums[1] / rows;
    point.second += sums[2] / rows;
    point.third += sums[3] / rows;
    return point;
  }

 private:
  LinePoint of_regulariser(double t, int order) const {
    if (!parts_.regulariser.is_quadratic()) {
      return parts_.regulariser.along(as_span(parts_.point), as_span(parts_.direction), t, order);
    }
    const auto [c0, c1, c2] = parts_.quadratic;
    return {c0 + t * (c1 + t * c2), order < 1 ? 0 : c1 + 2 * t * c2, order < 2 ? 0 : 2 * c2, 0};
  }

  Function::Context context_;
  std::shared_ptr<const MarginLoss> loss_;  // shared with the model, which may go first
  Parts parts_;
};

}  // namespace

std::unique_ptr<Line> LinearModel::along(Context context, const Sample& sample, VecView w,
                                         VecView v) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  const LinearMap at = map(w);
  const LinearMap direction = map(v);
  LinearModelLine::Parts parts;
  parts.margins.resize(n * at.outputs);
  parts.slopes.resize(n * at.outputs);
  parts.labels.resize(n);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t) {
    const auto all = [&](std::vector<double>& x) {
      return std::span(x).subspan(first * at.outputs, count * at.outputs);
    };
    margins(rows, first, count, at, all(parts.margins));
    margins(rows, first, count, direction, all(parts.slopes));
    for (std::uint64_t j = first; j < first + count; ++j) parts.labels[j] = rows.label(j);
  });
  const auto x = penalized(w), d = penalized(v);
  if (!regulariser_.is_quadratic()) {
    parts.regulariser = regulariser_;
    parts.point = as_vec(x);
    parts.direction = as_vec(d);
  } else if (const double l2 = regulariser_.l2; l2 != 0) {
    parts.quadratic = {0.5 * l2 * kernels::squared_norm(x), l2 * kernels::dot(x, d),
                       0.5 * l2 * kernels::squared_norm(d)};
  }
  return std::make_unique<LinearModelLine>(context, loss_, std::move(parts));
}

// ---- Hessian ----------------------------------------------------------------------------------
//
// H = (1/n) Σ_j Q_j ⊗ ā_j ā_jᵀ with ā = (a, 1): for each feature f the blocks [f, f' ≥ f] of all
// pairs c ≤ c' of outputs are summed and written at once, so memory is K²/2 · F doubles.

namespace {

/// Writes the entries of feature f with the features f' ≥ f, for all pairs of outputs.
class HessianWriter {
 public:
  /// `penalized`: the coordinates of w that the regulariser is of.
  HessianWriter(HessianSink& sink, std::size_t outputs, std::size_t features,
                std::span<const double> penalized, const Regulariser& regulariser)
      : sink_(sink),
        outputs_(outputs),
        features_(features),
        penalized_(penalized),
        regulariser_(regulariser) {}

  /// Coordinate of output c and feature f, where feature F is the constant one.
  std::size_t coordinate(std::size_t c, std::size_t f) const {
    return f < features_ ? c * features_ + f : outputs_ * features_ + c;
  }
  bool penalizes(std::size_t f) const {
    return !regulariser_.is_zero() && coordinate(0, f) < penalized_.size();
  }

  /// The sum over rows for (c, f) and (c', f'), c ≤ c', f ≤ f'; it stands for (c, f') and (c', f)
  /// too.
  void add(std::size_t c, std::size_t f, std::size_t other, std::size_t g, double value) {
    if (c == other && f == g && penalizes(f)) {
      value += regulariser_.at(penalized_[coordinate(c, f)]).second;
    }
    put(coordinate(c, f), coordinate(other, g), value);
    if (c != other && f != g) put(coordinate(c, g), coordinate(other, f), value);
  }

 private:
  void put(std::size_t i, std::size_t j, double value) {
    sink_.add(std::min(i, j), std::max(i, j), value);
  }

  HessianSink& sink_;
  std::size_t outputs_;
  std::size_t features_;
  std::span<const double> penalized_;
  const Regulariser& regulariser_;
};

template <class T>
Rows columns_from(DenseRows<T> block, std::size_t f) {
  block.first += f;
  block.features -= f;
  return block;
}

/// `curvature` [n × P] holds Q_j / n; `with_constant`: the feature F that is 1 in every row.
template <class T>
void write_hessian(Function::Context context, const DenseRows<T>& block, const SampleRows& rows,
                   std::size_t outputs, std::span<const double> curvature, bool with_constant,
                   HessianWriter& writer) {
  const std::size_t n = rows.count();
  const std::size_t features = block.features;
  const std::size_t pairs = outputs * (outputs + 1) / 2;
  const std::size_t size = std::min(chunk_rows(pairs), std::max<std::size_t>(n, 1));
  const auto memory = scratch(context, ScratchSlot::rows, lanes_of(context, n) * size * pairs);
  const auto total = scratch(context, ScratchSlot::accumulator, pairs * (features + 1));
  for (std::size_t f = 0; f < features + (with_constant ? 1 : 0); ++f) {
    const std::size_t width = features - f;
    const auto sum = total.first(pairs * (width + 1));
    std::fill(sum.begin(), sum.end(), 0.0);
    const SampleRows right{columns_from(block, f), rows.picks};
    const auto leaf = [&](std::uint64_t first, std::uint64_t count, std::size_t lane,
                          std::span<double> out) {
      for (std::uint64_t j = first; j < first + count; j += size) {
        const std::size_t m = std::min<std::uint64_t>(size, first + count - j);
        const auto factor = memory.subspan(lane * size * pairs, m * pairs);
        for (std::size_t i = 0; i < m; ++i) {
          const double x =
              f < features ? static_cast<double>(block.values(rows.position(j + i))[f]) : 1.0;
          as_vec(factor.subspan(i * pairs, pairs)) =
              x * as_vec(curvature.subspan((j + i) * pairs, pairs));
        }
        add_transposed(right, j, m, factor,
                       {pairs, out.first(pairs * width), out.subspan(pairs * width)});
      }
      return 0.0;
    };
    if (n > 0) sum_over_rows(context, n, sum, leaf);
    for (std::size_t c = 0; c < outputs; ++c) {
      for (std::size_t other = c; other < outputs; ++other) {
        const std::size_t p = pair_index(c, other, outputs);
        for (std::size_t k = 0; k < width; ++k) {
          writer.add(c, f, other, f + k, sum[p * width + k]);
        }
        if (with_constant) writer.add(c, f, other, features, sum[pairs * width + p]);
      }
    }
  }
}

template <class T>
void write_hessian(Function::Context context, const SparseRows<T>& block, const SampleRows& rows,
                   std::size_t outputs, std::span<const double> curvature, bool with_constant,
                   HessianWriter& writer) {
  const std::size_t n = rows.count();
  const std::size_t features = block.features;
  const std::size_t pairs = outputs * (outputs + 1) / 2;

  // The non-zeros by column, rows ascending: (row of the sample, place in that row).
  struct Place {
    std::size_t row;
    std::size_t at;
  };
  std::vector<std::size_t> end(features + 1, 0);
  for (std::size_t j = 0; j < n; ++j) {
    for (const std::uint32_t column : block.index(rows.position(j))) ++end[column + 1];
  }
  for (std::size_t f = 0; f < features; ++f) end[f + 1] += end[f];
  std::vector<Place> places(end.back());
  std::vector<std::size_t> next(end.begin(), end.end() - 1);
  for (std::size_t j = 0; j < n; ++j) {
    const auto index = block.index(rows.position(j));
    for (std::size_t k = 0; k < index.size(); ++k) places[next[index[k]]++] = {j, k};
  }

  // Sums of one feature with every other, [feature × pair], and the features that occur.
  const auto sum = scratch(context, ScratchSlot::accumulator, pairs * (features + 1));
  std::fill(sum.begin(), sum.end(), 0.0);
  std::vector<bool> occurs(features + 1, false);
  std::vector<std::size_t> touched;
  const auto add = [&](std::size_t g, double x, std::span<const double> q) {
    if (!occurs[g]) {
      occurs[g] = true;
      touched.push_back(g);
    }
    as_vec(sum.subspan(g * pairs, pairs)) += x * as_vec(q);
  };
  for (std::size_t f = 0; f < features + (with_constant ? 1 : 0); ++f) {
    if (f < features) {
      for (std::size_t e = end[f]; e < end[f + 1]; ++e) {
        const auto [j, place] = places[e];
        const auto index = block.index(rows.position(j));
        const auto values = block.values(rows.position(j));
        const auto q = curvature.subspan(j * pairs, pairs);
        const double x = static_cast<double>(values[place]);
        for (std::size_t k = place; k < index.size(); ++k) {
          add(index[k], x * static_cast<double>(values[k]), q);
        }
        if (with_constant) add(features, x, q);
      }
    } else {
      for (std::size_t j = 0; j < n; ++j) add(f, 1.0, curvature.subspan(j * pairs, pairs));
    }
    const bool only_regulariser = !occurs[f] && writer.penalizes(f);
    if (only_regulariser) touched.push_back(f);
    std::sort(touched.begin(), touched.end());
    for (std::size_t c = 0; c < outputs; ++c) {
      for (std::size_t other = c; other < (only_regulariser ? c + 1 : outputs); ++other) {
        const std::size_t p = pair_index(c, other, outputs);
        for (const std::size_t g : touched) writer.add(c, f, other, g, sum[g * pairs + p]);
      }
    }
    for (const std::size_t g : touched) {
      occurs[g] = false;
      std::fill_n(sum.begin() + static_cast<std::ptrdiff_t>(g * pairs), pairs, 0.0);
    }
    touched.clear();
  }
}

}  // namespace

void LinearModel::hessian(Context context, const Sample& sample, VecView w,
                          HessianSink& sink) const {
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  const LinearMap at = map(w);
  const std::size_t pairs = at.outputs * (at.outputs + 1) / 2;
  const auto curvature = scratch(context, ScratchSlot::curvatures, n * pairs);
  if (n > 0) {
    const Chunks chunks(context, n, at.outputs);
    const double share = 1 / static_cast<double>(n);
    for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
      chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto) {
        const auto q = curvature.subspan(j * pairs, y.size() * pairs);
        margins(rows, j, y.size(), at, z);
        loss_->curvatures(z, y, q);
        as_vec(q) *= share;
      });
    });
  }
  HessianWriter writer(sink, at.outputs, features_, penalized(w), regulariser_);
  // A client without rows may have a view without features.
  const Rows view = n == 0 ? Rows(SparseRows<double>{.features = features_}) : rows.rows;
  visit(view, [&](const auto& block) {
    write_hessian(context, block, rows, at.outputs, curvature, !at.bias.empty(), writer);
  });
}

// ---- Per-row answers --------------------------------------------------------------------------

namespace {

/// The features of a row of the sample as a dense vector; undo() makes it zero again at O(nnz).
void expand(const SampleRows& rows, std::size_t j, std::span<double> out) {
  visit(rows.rows, [&]<class Block>(const Block& block) {
    const auto values = block.values(rows.position(j));
    if constexpr (Block::is_sparse) {
      const auto index = block.index(rows.position(j));
      for (std::size_t k = 0; k < index.size(); ++k) out[index[k]] = values[k];
    } else {
      std::copy(values.begin(), values.end(), out.begin());
    }
  });
}
void erase(const SampleRows& rows, std::size_t j, std::span<double> out) {
  visit(rows.rows, [&]<class Block>(const Block& block) {
    if constexpr (Block::is_sparse) {
      for (const std::uint32_t column : block.index(rows.position(j))) out[column] = 0;
    }
  });
}

}  // namespace

void LinearModel::gram(Context context, const Sample& sample, VecView w,
                       Eigen::Ref<Mat> out) const {
  const SampleRows rows = sample_rows(sample);
  const std::size_t n = rows.count();
  COHORT_CHECK(out.rows() == static_cast<Index>(n) && out.cols() == out.rows(),
               fmt::format("a {} × {} matrix for {} rows", out.rows(), out.cols(), n));
  if (n == 0) return;
  const LinearMap at = map(w);
  const std::size_t outputs = at.outputs;
  const auto residual = scratch(context, ScratchSlot::curvatures, n * outputs);
  const Chunks chunks(context, n, outputs);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
    kernels::LossSum losses;
    chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto, auto) {
      const auto r = residual.subspan(j * outputs, y.size() * outputs);
      margins(rows, j, y.size(), at, r);
      loss_->residuals(r, y, losses);
    });
  });

  // ⟨∇ℓ_i, ∇ℓ_j⟩ = ⟨r_i, r_j⟩ (⟨a_i, a_j⟩ + 1 with bias): row i against the rows j ≥ i.
  const std::size_t room = features_ + n;
  const auto memory = scratch(context, ScratchSlot::rows, context.pool.size() * room);
  std::fill(memory.begin(), memory.end(), 0.0);
  const double one = at.bias.empty() ? 0 : 1;
  const auto run = [&](std::size_t i, std::size_t lane) {
    const auto row = memory.subspan(lane * room, features_);
    const auto product = memory.subspan(lane * room + features_, n - i);
    expand(rows, i, row);
    margins(rows, i, n - i, {1, row, {}}, product);
    erase(rows, i, row);
    for (std::size_t j = i; j < n; ++j) {
      double alike = 0;
      for (std::size_t c = 0; c < outputs; ++c) {
        alike += residual[i * outputs + c] * residual[j * outputs + c];
      }
      const double value = alike * (product[j - i] + one);
      out(static_cast<Index>(i), static_cast<Index>(j)) = value;
      out(static_cast<Index>(j), static_cast<Index>(i)) = value;
    }
  };
  context.pool.parallel_for(n, std::ref(run));
}

LinearView LinearModel::linear_view(Context context, const Sample& sample, VecView w) const {
  if (loss_->outputs() != 1) return Function::linear_view(context, sample, w);
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  const LinearMap at = map(w);
  LinearView view;
  view.margins.resize(n);
  view.residuals.resize(n);
  view.curvatures.resize(n);
  view.rows.resize(n);
  if (n == 0) return view;
  const Chunks chunks(context, n, 1);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
    kernels::LossSum losses;
    chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto) {
      const auto margin = std::span(view.margins).subspan(j, y.size());
      const auto residual = std::span(view.residuals).subspan(j, y.size());
      margins(rows, j, y.size(), at, margin);
      std::copy(margin.begin(), margin.end(), z.begin());
      loss_->curvatures(z, y, std::span(view.curvatures).subspan(j, y.size()));
      std::copy(margin.begin(), margin.end(), residual.begin());
      loss_->residuals(residual, y, losses);
    });
  });
  visit(rows.rows, [&]<class Block>(const Block& block) {
    for (std::size_t j = 0; j < n; ++j) {
      const auto values = block.values(rows.position(j));
      auto& out = view.rows[j];
      out.reserve(values.size() + at.bias.size());
      for (std::size_t k = 0; k < values.size(); ++k) {
        std::uint32_t column = static_cast<std::uint32_t>(k);
        if constexpr (Block::is_sparse) column = block.index(rows.position(j))[k];
        out.emplace_back(column, static_cast<double>(values[k]));
      }
      if (!at.bias.empty()) out.emplace_back(static_cast<std::uint32_t>(features_), 1.0);
    }
  });
  return view;
}

void LinearModel::predict(Context context, const Sample& sample, VecView w,
                          std::span<double> losses, std::span<double> scores) const {
  if (scores.empty()) {
    if (!losses.empty()) this->losses(context, sample, w, losses);
    return;
  }
  const SampleRows rows = sample_rows(sample);
  const std::uint64_t n = rows.count();
  if (n == 0) return;
  const LinearMap at = map(w);
  const Chunks chunks(context, n, at.outputs);
  for_each_block(context, n, [&](std::uint64_t first, std::uint64_t count, std::size_t lane) {
    chunks.each(rows, first, count, lane, [&](std::uint64_t j, auto y, auto z, auto) {
      const auto margin = scores.subspan(j * at.outputs, y.size() * at.outputs);
      margins(rows, j, y.size(), at, margin);
      if (!losses.empty()) {
        std::copy(margin.begin(), margin.end(), z.begin());
        loss_->losses(z, y, losses.subspan(j, y.size()));
      }
      loss_->to_scores(margin);
    });
  });
}

void LinearModel::labels(const Sample& sample, std::span<double> out) const {
  const SampleRows rows = sample_rows(sample);
  for (std::size_t j = 0; j < rows.count(); ++j) out[j] = rows.label(j);
}

}  // namespace cohort
