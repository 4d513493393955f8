#pragma once
// What an objective predicts of a row, and what its scores say: a class, or probabilities.

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort {

/// What the label of a row is.
enum class Outcome : std::uint8_t {
  none,     // rows have no labels
  value,    // a real number
  binary,   // one of two classes, from one margin
  classes,  // one of C classes, from a score each
};

struct Prediction {
  Outcome outcome = Outcome::none;
  /// Scores of a row: the value, the margin (≥ 0 predicts the larger label), or one for each of C
  /// classes (the largest predicts).
  std::size_t columns = 0;
  bool has_probabilities = false;  // to_probabilities() means something

  bool has_classes() const { return outcome == Outcome::binary || outcome == Outcome::classes; }
  std::size_t classes() const {
    return outcome == Outcome::binary ? 2 : outcome == Outcome::classes ? columns : 0;
  }
};

/// The number of the class that the scores of a row predict: one margin, or C scores, of which the
/// first of the largest.
std::size_t predicted_class(std::span<const double> row);

/// Scores [rows × columns] of an outcome with classes become probabilities in place: σ(z), of the
/// larger label, or the softmax of each row.
void to_probabilities(const Prediction& prediction, std::span<double> scores);

/// z [rows × columns]: z_jc ← e^{z_jc − m_j} / t_j with m_j the largest of the row and t_j the sum.
/// largest [rows], totals [rows]: m_j and t_j.
void softmax_rows(std::span<double> z, std::size_t columns, std::span<double> largest,
                  std::span<double> totals);

}  // namespace cohort
