#include "core/row_statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "core/check.hpp"
#include "core/kernels.hpp"

namespace cohort {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

bool asks_for(std::span<const Metric> metrics, std::initializer_list<Metric> any) {
  return std::any_of(any.begin(), any.end(), [&](Metric m) {
    return std::find(metrics.begin(), metrics.end(), m) != metrics.end();
  });
}

double of(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

void append(RankCounts& list, double score, bool is_inside) {
  list.keys.push_back(RankCounts::key_of(score));
  list.inside.push_back(is_inside ? 1 : 0);
  list.outside.push_back(is_inside ? 0 : 1);
}

/// Ascending keys, each once.
void order(RankCounts& list, unsigned dropped) {
  struct Entry {
    std::uint64_t key;
    std::uint32_t inside, outside;
  };
  std::vector<Entry> entries(list.keys.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i] = {list.keys[i] >> dropped << dropped, list.inside[i], list.outside[i]};
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  std::size_t n = 0;
  for (const Entry& e : entries) {
    if (n > 0 && list.keys[n - 1] == e.key) {
      list.inside[n - 1] += e.inside;
      list.outside[n - 1] += e.outside;
      continue;
    }
    list.keys[n] = e.key;
    list.inside[n] = e.inside;
    list.outside[n] = e.outside;
    ++n;
  }
  list.keys.resize(n);
  list.inside.resize(n);
  list.outside.resize(n);
}

RankCounts merged(const RankCounts& a, const RankCounts& b) {
  RankCounts out;
  const std::size_t most = a.keys.size() + b.keys.size();
  out.keys.reserve(most);
  out.inside.reserve(most);
  out.outside.reserve(most);
  std::size_t i = 0, j = 0;
  while (i < a.keys.size() || j < b.keys.size()) {
    const bool left = j == b.keys.size() || (i < a.keys.size() && a.keys[i] <= b.keys[j]);
    const bool right = i == a.keys.size() || (j < b.keys.size() && b.keys[j] <= a.keys[i]);
    out.keys.push_back(left ? a.keys[i] : b.keys[j]);
    out.inside.push_back((left ? a.inside[i] : 0) + (right ? b.inside[j] : 0));
    out.outside.push_back((left ? a.outside[i] : 0) + (right ? b.outside[j] : 0));
    i += left ? 1 : 0;
    j += right ? 1 : 0;
  }
  return out;
}

/// The mean and the squares of n labels join those of others.
void merge_labels(std::uint64_t n, double mean, double squares, RowStatistics& into) {
  const double all = static_cast<double>(into.rows + n);
  const double apart = mean - into.label_mean;
  const double share = static_cast<double>(n) / all;
  into.label_squares += squares + apart * apart * static_cast<double>(into.rows) * share;
  into.label_mean += apart * share;
}

}  // namespace

StatisticsPlan::StatisticsPlan(const Prediction& p, std::span<const Metric> metrics)
    : prediction(p),
      correct(asks_for(metrics, {Metric::accuracy})),
      by_class(asks_for(metrics, {Metric::balanced_accuracy, Metric::f1})),
      brier(asks_for(metrics, {Metric::brier})),
      residuals(asks_for(metrics, {Metric::rmse, Metric::mae, Metric::r2})),
      ranks(asks_for(metrics, {Metric::auroc})) {
  for (const Metric m : metrics) {
    COHORT_CHECK(missing_for(m, p).empty(), "a metric that the objective can give");
  }
}

std::size_t StatisticsPlan::rank_lists() const {
  if (!ranks) return 0;
  return prediction.classes() == 2 ? 1 : prediction.classes();
}

std::uint64_t RankCounts::key_of(double score) {
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);  // −0 is 0
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

void add_rows(const StatisticsPlan& plan, std::span<const double> labels,
              std::span<const double> losses, std::span<double> scores, RowStatistics& into) {
  const std::size_t n = losses.size();
  const std::size_t columns = plan.prediction.columns;
  const std::size_t classes = plan.prediction.classes();
  const auto row = [&](std::size_t j) { return scores.subspan(j * columns, columns); };
  const auto class_of = [&](std::size_t j) { return static_cast<std::size_t>(labels[j]); };

  if (plan.residuals) {
    double mean = 0, squares = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const double apart = scores[j] - labels[j];
      into.squared += apart * apart;
      into.absolute += std::abs(apart);
      mean += labels[j];
    }
    mean /= static_cast<double>(n);
    for (std::size_t j = 0; j < n; ++j) squares += (labels[j] - mean) * (labels[j] - mean);
    merge_labels(n, mean, squares, into);
  }
  into.rows += n;
  into.loss += kernels::sum(losses);

  if (plan.correct || plan.by_class) {
    if (plan.by_class) into.by_class.resize(3 * classes);
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t found = predicted_class(row(j));
      const bool is_right = found == class_of(j);
      into.correct += is_right ? 1 : 0;
      if (!plan.by_class) continue;
      ++into.by_class[3 * class_of(j)];
      ++into.by_class[3 * found + 1];
      into.by_class[3 * class_of(j) + 2] += is_right ? 1 : 0;
    }
  }
  if (plan.ranks) into.ranks.resize(plan.rank_lists());
  if (plan.ranks && classes == 2) {
    for (std::size_t j = 0; j < n; ++j) {
      const auto s = row(j);
      append(into.ranks[0], columns == 1 ? s[0] : s[1] - s[0], class_of(j) == 1);
    }
  }
  const bool ranks_classes = plan.ranks && classes > 2;
  if (plan.brier || (ranks_classes && plan.prediction.has_probabilities)) {
    to_probabilities(plan.prediction, scores);
  }
  if (ranks_classes) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t c = 0; c < classes; ++c) {
        append(into.ranks[c], row(j)[c], class_of(j) == c);
      }
    }
  }
  if (plan.brier) {
    for (std::size_t j = 0; j < n; ++j) {
      const auto p = row(j);
      const auto add = [&](double probability, bool is_it) {
        const double apart = probability - (is_it ? 1 : 0);
        into.squared += apart * apart;
      };
      if (classes == 2) {
        add(p[columns - 1], class_of(j) == 1);
      } else {
        for (std::size_t c = 0; c < classes; ++c) add(p[c], class_of(j) == c);
      }
    }
  }
}

void seal(RowStatistics& statistics, unsigned dropped) {
  for (RankCounts& list : statistics.ranks) order(list, dropped);
}

void merge(RowStatistics& left, RowStatistics&& right) {
  if (right.rows > 0) merge_labels(right.rows, right.label_mean, right.label_squares, left);
  left.rows += right.rows;
  left.loss += right.loss;
  left.correct += right.correct;
  left.squared += right.squared;
  left.absolute += right.absolute;
  left.weight += right.weight;
  left.weighted_loss += right.weighted_loss;
  if (left.by_class.empty()) {
    left.by_class = std::move(right.by_class);
  } else {
    for (std::size_t i = 0; i < right.by_class.size(); ++i) left.by_class[i] += right.by_class[i];
  }
  if (left.ranks.empty()) {
    left.ranks = std::move(right.ranks);
  } else {
    for (std::size_t i = 0; i < right.ranks.size(); ++i) {
      left.ranks[i] = merged(left.ranks[i], right.ranks[i]);
    }
  }
}

bool fits(const StatisticsPlan& plan, const RowStatistics& s) {
  if (s.rows == 0) return s.by_class.empty() && s.ranks.empty();
  return s.by_class.size() == (plan.by_class ? 3 * plan.prediction.classes() : 0) &&
         s.ranks.size() == plan.rank_lists() &&
         std::all_of(s.ranks.begin(), s.ranks.end(), [](const RankCounts& list) {
           return list.inside.size() == list.keys.size() &&
                  list.outside.size() == list.keys.size() &&
                  std::adjacent_find(list.keys.begin(), list.keys.end(), std::greater_equal<>()) ==
                      list.keys.end();
         });
}

Auroc auroc(const RowStatistics& statistics) {
  double sum = 0, error = 0;
  std::size_t classes = 0;
  for (const RankCounts& list : statistics.ranks) {
    // Twice the pairs in the right order, ties counting half; below 2^64 as there are < 2^32 rows.
    std::uint64_t inside = 0, outside = 0, twice = 0, tied = 0;
    for (std::size_t i = 0; i < list.keys.size(); ++i) {
      const std::uint64_t in = list.inside[i], out = list.outside[i];
      twice += in * (2 * outside + out);
      tied += in * out;
      inside += in;
      outside += out;
    }
    if (inside == 0 || outside == 0) continue;
    sum += of(twice, 2 * inside * outside);
    error += of(tied, 2 * inside * outside);
    ++classes;
  }
  if (classes == 0) return {undefined, 0};
  const auto n = static_cast<double>(classes);
  return {sum / n, error / n};
}

namespace {

double balanced_accuracy(const RowStatistics& s) {
  double sum = 0;
  std::size_t classes = 0;
  for (std::size_t c = 0; c < s.by_class.size(); c += 3) {
    if (s.by_class[c] == 0) continue;
    sum += of(s.by_class[c + 2], s.by_class[c]);
    ++classes;
  }
  return sum / static_cast<double>(classes);
}

double f1(const RowStatistics& s) {
  const auto of_class = [&](std::size_t c) {
    return of(2 * s.by_class[c + 2], s.by_class[c] + s.by_class[c + 1]);
  };
  const auto occurs = [&](std::size_t c) { return s.by_class[c] + s.by_class[c + 1] > 0; };
  if (s.by_class.size() == 6) return occurs(3) ? of_class(3) : 0;
  double sum = 0;
  std::size_t classes = 0;
  for (std::size_t c = 0; c < s.by_class.size(); c += 3) {
    if (!occurs(c)) continue;
    sum += of_class(c);
    ++classes;
  }
  return sum / static_cast<double>(classes);
}

}  // namespace

double value_of(Metric metric, const RowStatistics& s, double regulariser) {
  const auto n = static_cast<double>(s.rows);
  switch (metric) {
    case Metric::loss:
      return s.loss / n;
    case Metric::objective:
      return (s.weight > 0 ? s.weighted_loss / s.weight : s.loss / n) + regulariser;
    case Metric::accuracy:
      return of(s.correct, s.rows);
    case Metric::balanced_accuracy:
      return balanced_accuracy(s);
    case Metric::auroc:
      return auroc(s).value;
    case Metric::f1:
      return f1(s);
    case Metric::brier:
      return s.squared / n;
    case Metric::rmse:
      return std::sqrt(s.squared / n);
    case Metric::mae:
      return s.absolute / n;
    case Metric::r2:
      return s.label_squares > 0 ? 1 - s.squared / s.label_squares : undefined;
    case Metric::gradient_norm:
    case Metric::optimality_gap:
    case Metric::distance:
    case Metric::consensus_distance:
      break;
  }
  check_failed("a metric of a set", to_string(metric));
}

}  // namespace cohort
