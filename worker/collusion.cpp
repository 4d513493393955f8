#include "worker/collusion.hpp"

#include <fmt/format.h>

#include <cmath>

#include "worker/sharded_matrix.hpp"

namespace cohort {

namespace {

using namespace sharded_matrix;

/// out [width] ← the mean of the rows, in their order.
template <class T>
void mean_of_rows(RowPointers<T> rows, std::size_t width, double* out) {
  std::fill_n(out, width, 0.0);
  for (const T* x : rows) {
    for (std::size_t k = 0; k < width; ++k) out[k] += static_cast<double>(x[k]);
  }
  for (std::size_t k = 0; k < width; ++k) out[k] /= static_cast<double>(rows.size());
}

/// out [width] ← the row that is moved along.
template <class T>
void make_direction(HonestDirection direction, RowPointers<T> rows, std::size_t width,
                    double* out) {
  std::vector<double> mean(width);
  mean_of_rows(rows, width, mean.data());
  if (direction == HonestDirection::sign) {
    for (std::size_t k = 0; k < width; ++k) out[k] = (mean[k] > 0.0) - (mean[k] < 0.0);
    return;
  }
  std::fill_n(out, width, 0.0);
  for (const T* x : rows) {
    for (std::size_t k = 0; k < width; ++k) {
      const double e = static_cast<double>(x[k]) - mean[k];
      out[k] += e * e;
    }
  }
  // One row alone has no deviation.
  const auto degrees = static_cast<double>(std::max<std::size_t>(rows.size(), 2) - 1);
  for (std::size_t k = 0; k < width; ++k) out[k] = std::sqrt(out[k] / degrees);
}

template <class T>
class Colluders {
 public:
  Colluders(const CollusionPlan& plan, const Aggregation& aggregation, const RoundInput& round,
            std::size_t d, ThreadPool& pool, Exchange* exchange, Deadline deadline)
      : plan_(plan),
        aggregation_(aggregation),
        round_(round),
        d_(d),
        rows_(d, pool, exchange, deadline) {}

  Result<Vec> row(std::span<const RowOf<T>> honest) {
    COHORT_DO(rows_.take_census(honest, false));
    const std::size_t h = rows_.clients().size();
    if (h == 0) return Error{Code::diverged, "no honest update is left for an attack to see"};
    has_direction_ = plan_.attack->direction() != HonestDirection::none;
    uses_previous_ = aggregation_.rule->uses_previous();
    order_rows();
    COHORT_DO(check_tolerance(aggregation_, all_.size(), round_.f));
    COHORT_DO(measure());
    const Collusion collusion{honest_, plan_.clients.size(), plan_.stream,
                              [this](const Vec& a) { return damage(a); }};
    COHORT_TRY(const Vec a, plan_.attack->collude(collusion));
    COHORT_TRY(Vec made,
               rows_.make_columns(strip, [&](RowPointers<T> rows, std::size_t, std::size_t width,
                                             std::size_t, double* out) {
                 std::vector<double> spare;
                 make_row(a, rows, width, spare, out);
               }));
    made.conservativeResize(static_cast<Index>(d_));
    COHORT_DO(rows_.share(as_mutable_span(made)));
    if (!(kernels::squared_norm(as_span(made)) <= largest_squared_norm)) {
      return Error{Code::diverged, fmt::format("attack {} made an update that is not finite",
                                               plan_.attack->name())};
    }
    return made;
  }

 private:
  /// Where honest rows and colluders stand among all, by client.
  void order_rows() {
    const auto& honest = rows_.clients();
    std::size_t i = 0;
    for (const ClientId liar : plan_.clients) {
      for (; i < honest.size() && honest[i] < liar; ++i) {
        all_.push_back(honest[i]);
        honest_at_.push_back(static_cast<Index>(i));
      }
      all_.push_back(liar);
      honest_at_.push_back(-1);
    }
    for (; i < honest.size(); ++i) {
      all_.push_back(honest[i]);
      honest_at_.push_back(static_cast<Index>(i));
    }
  }

  /// The honest rows, the direction, the last result and the origin, on every rank.
  Result<void> measure() {
    const Index references = has_direction_ + uses_previous_;
    const Index p = static_cast<Index>(rows_.clients().size()) + references + 1;
    honest_ = {Mat::Zero(p, p), Mat::Zero(p, p), references};
    if (!plan_.attack->reads_distances()) return {};
    Extras<T> extras;
    if (references > 0) {
      extras = {static_cast<std::size_t>(references),
                [this](RowPointers<T> rows, std::size_t first, std::size_t width, double* out) {
                  if (has_direction_) {
                    make_direction(plan_.attack->direction(), rows, width, out);
                    out += width;
                  }
                  if (!uses_previous_) return;
                  if (round_.previous.empty()) {
                    std::fill_n(out, width, 0.0);
                  } else {
                    std::copy_n(round_.previous.data() + first, width, out);
                  }
                }};
    }
    COHORT_TRY(auto measured, rows_.measure_points(extras));
    if (measured.points() > 0) honest_ = std::move(measured);
    for (Mat* m : {&honest_.d2, &honest_.inner}) {
      COHORT_DO(rows_.share({m->data(), static_cast<std::size_t>(m->size())}));
    }
    return {};
  }

  /// Σ a_i x_i over honest rows, direction and origin.
  void make_row(const Vec& a, RowPointers<T> rows, std::size_t width, std::vector<double>& spare,
                double* out) const {
    const std::size_t h = rows.size();
    std::vector<double> of_rows(a.data(), a.data() + h);
    double along = 0.0;
    if (has_direction_) along = a[static_cast<Index>(h)];
    of_rows.push_back(a[honest_.origin()] + along);  // so that they sum to 1
    map_row(of_rows, rows, width, out);
    if (along == 0.0) return;
    spare.resize(width);
    make_direction(plan_.attack->direction(), rows, width, spare.data());
    for (std::size_t k = 0; k < width; ++k) out[k] += along * spare[k];
  }

  /// The points that the rule sees, as combinations of those that were measured.
  Mat seen_by_rule(const Vec& a) const {
    const auto n = static_cast<Index>(all_.size());
    const Index points = n + uses_previous_ + 1;
    Mat m = Mat::Zero(points, honest_.points());
    for (Index i = 0; i < n; ++i) {
      const Index at = honest_at_[static_cast<std::size_t>(i)];
      if (at < 0) {
        m.row(i) = a.transpose();
      } else {
        m(i, at) = 1.0;
      }
    }
    for (Index k = 0; k <= uses_previous_; ++k) m(points - 1 - k, honest_.points() - 1 - k) = 1.0;
    return m;
  }

  Result<double> damage(const Vec& a) {
    const Mat m = seen_by_rule(a);
    const Distances seen = map_points(honest_, m, uses_previous_);
    RuleInput input{round_.f, round_.stream, all_, {}, {}};
    // Which coordinates a rule will sample, the colluders do not know.
    const std::vector<Distances> sampled(aggregation_.rule->reads_samples() ? 1 : 0, seen);
    input.sampled = sampled;
    if (aggregation_.rule->kind() == RuleKind::tile) return damage_by_pass(a, seen, input);
    COHORT_TRY(const Vec w, aggregation_weights(aggregation_, seen, input));
    const Vec of_honest = m.transpose() * w;
    return squared_distance(honest_, of_honest, away_from_mean(honest_, 0.0));
  }

  Result<double> damage_by_pass(const Vec& a, Distances seen, const RuleInput& input) {
    std::optional<StripMap> map;
    if (aggregation_.needs_distances()) {
      COHORT_TRY(const Mat m, compose_maps(aggregation_, seen, input));
      map.emplace(m);
    }
    const auto leaf = [&](const std::vector<const T*>& rows, std::size_t, std::size_t width,
                          std::span<double> out) {
      std::vector<double> made(width), spare, result(width), mean(width);
      make_row(a, rows, width, spare, made.data());
      const std::vector<T> crafted(made.begin(), made.end());
      std::vector<const T*> all;
      for (const Index at : honest_at_) {
        all.push_back(at < 0 ? crafted.data() : rows[static_cast<std::size_t>(at)]);
      }
      const auto apply = [&](auto strips) {
        aggregation_.rule->tile(strips, width, input, result.data());
      };
      if (map) {
        map->apply(RowPointers<T>(all), width, spare, apply);
      } else {
        apply(RowPointers<T>(all));
      }
      mean_of_rows(RowPointers<T>(rows), width, mean.data());
      out[0] =
          kernels::squared_distance(std::span<const double>(result), std::span<const double>(mean));
    };
    COHORT_TRY(Vec total, rows_.sum_over_blocks(1, leaf));
    total.conservativeResize(1);
    COHORT_DO(rows_.share(as_mutable_span(total)));
    return total[0];
  }

  const CollusionPlan& plan_;
  const Aggregation& aggregation_;
  const RoundInput& round_;
  std::size_t d_;
  ShardedMatrix<T> rows_;  // honest
  bool has_direction_ = false;
  bool uses_previous_ = false;
  std::vector<ClientId> all_;
  std::vector<Index> honest_at_;  // by position among all; −1: a colluder
  Distances honest_;
};

}  // namespace

Result<Vec> colluding_row(const CollusionPlan& plan, const Aggregation& aggregation,
                          std::span<const AggregationRow> honest, std::size_t d,
                          const RoundInput& round, ThreadPool& pool, Exchange* exchange,
                          Deadline deadline) {
  return Colluders<double>(plan, aggregation, round, d, pool, exchange, deadline).row(honest);
}
Result<Vec> colluding_row(const CollusionPlan& plan, const Aggregation& aggregation,
                          std::span<const SingleRow> honest, std::size_t d, const RoundInput& round,
                          ThreadPool& pool, Exchange* exchange, Deadline deadline) {
  return Colluders<float>(plan, aggregation, round, d, pool, exchange, deadline).row(honest);
}

}  // namespace cohort
