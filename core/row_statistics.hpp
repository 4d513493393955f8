#pragma once
// What an evaluation sums over rows, and what the metrics make of the sums.
//
// Of row j of n: label y_j, loss ℓ_j, score s_j (or s_jc of C classes), predicted class ŷ_j,
// probability p_j of the larger of two labels (or p_jc). Of class c: n_c rows, q_c predictions, t_c
// rows that are both.
//   loss               (1/n) Σ ℓ_j                      objective   loss + r(w)
//   accuracy           (1/n) Σ_c t_c
//   balanced_accuracy  mean of t_c / n_c over the classes with n_c > 0
//   f1                 2 t_c / (n_c + q_c), 0 where n_c + q_c = 0: of two labels that of the larger
//                      (scikit-learn's average = "binary"), of more the mean over the classes that
//                      occur as label or as prediction ("macro")
//   auroc              P(s_i > s_j) + ½ P(s_i = s_j) over the pairs of a row i of the class and a
//   row
//                      j that is not: of two labels the larger's, by margin; of more one against
//                      the rest by probability, mean over the classes with rows on both sides. Not
//                      a number where there is no pair.
//   brier              (1/n) Σ (p_j − [y_j larger])²; of more than two classes (1/n) Σ_j Σ_c
//                      (p_jc − [y_j = c])², between 0 and 2 (Brier, Monthly Weather Review 78,
//                      1950)
//   rmse, mae          √((1/n) Σ (s_j − y_j)²), (1/n) Σ |s_j − y_j|
//   r2                 1 − Σ (s_j − y_j)² / Σ (y_j − ȳ)²; not a number where all labels are equal
// Statistics of disjoint rows merge; in the shape of core/ordered_sum.hpp the bits do not depend on
// who merges what. Variances merge as in Chan, Golub and LeVeque, COMPSTAT 1982.

#include <cstdint>
#include <span>
#include <vector>

#include "core/metric.hpp"
#include "core/prediction.hpp"

namespace cohort {

/// Beside the loss, what is to be summed.
struct StatisticsPlan {
  Prediction prediction;
  bool correct = false;
  bool by_class = false;
  bool brier = false;
  bool residuals = false;
  bool ranks = false;

  StatisticsPlan() = default;
  StatisticsPlan(const Prediction& prediction, std::span<const Metric> metrics);
  bool wants_scores() const { return correct || by_class || brier || residuals || ranks; }
  /// Lists of scores: one for two classes, else one a class.
  std::size_t rank_lists() const;
};

/// The rows of a set by score: how many at each score are of the class, and how many are not.
/// Scores are kept as integers of the same order, `key_of(score)`, ascending.
struct RankCounts {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> inside;   // [keys] rows of the class
  std::vector<std::uint32_t> outside;  // [keys] rows that are not

  static std::uint64_t key_of(double score);
  template <class V>
  void fields(V&& v) {
    v("keys", keys);
    v("inside", inside);
    v("outside", outside);
  }
};

/// Keys lose this many low bits, that is scores are counted in bins. A set of at most
/// `exact_ranks` scores keeps all; of more, 12 bits of the significand are left, so that a bin is
/// at most 2^−12 of its scores wide.
inline constexpr std::uint64_t exact_ranks = std::uint64_t{1} << 20;
inline constexpr unsigned binned_bits = 40;
constexpr unsigned dropped_bits(std::uint64_t scores) {
  return scores <= exact_ranks ? 0 : binned_bits;
}

struct RowStatistics {
  std::uint64_t rows = 0;
  double loss = 0;                      // Σ ℓ_j
  std::uint64_t correct = 0;            // Σ t_c
  std::vector<std::uint64_t> by_class;  // [C × 3]: n_c, q_c, t_c
  double squared = 0;                   // Σ of squared errors, of probabilities or of values
  double absolute = 0;                  // Σ |s_j − y_j|
  double label_mean = 0;                // ȳ
  double label_squares = 0;             // Σ (y_j − ȳ)²
  std::vector<RankCounts> ranks;        // [rank_lists()]
  // Of whole clients: Σ p_i and Σ p_i f_i, which an objective on train is made of.
  double weight = 0;
  double weighted_loss = 0;
  template <class V>
  void fields(V&& v) {
    v("rows", rows);
    v("loss", loss);
    v("correct", correct);
    v("by_class", by_class);
    v("squared", squared);
    v("absolute", absolute);
    v("label_mean", label_mean);
    v("label_squares", label_squares);
    v("ranks", ranks);
    v("weight", weight);
    v("weighted_loss", weighted_loss);
  }
};

/// Adds rows with their labels, losses [n] and scores [n × columns], which are overwritten; scores
/// are empty if the plan wants none. To be sealed before it is merged.
void add_rows(const StatisticsPlan& plan, std::span<const double> labels,
              std::span<const double> losses, std::span<double> scores, RowStatistics& into);
/// Orders the ranks; keys lose their `dropped` low bits.
void seal(RowStatistics& statistics, unsigned dropped = 0);
/// left ← left and right. Both sealed, and fit the same plan.
void merge(RowStatistics& left, RowStatistics&& right);
/// Whether what came from a peer may be merged and read.
bool fits(const StatisticsPlan& plan, const RowStatistics& statistics);

struct Auroc {
  double value;  // NaN where there is no pair
  /// It is within this of what the scores themselves give: ½ of the share of pairs in one bin.
  double bin_error;
};
Auroc auroc(const RowStatistics& statistics);

/// A metric of a set, of rows > 0. `regulariser` is r(w).
double value_of(Metric metric, const RowStatistics& statistics, double regulariser);

}  // namespace cohort
