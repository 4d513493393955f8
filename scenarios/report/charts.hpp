#pragma once
// The figures of a report, made of series of runs. Each is left out (an empty list, nothing) where
// the runs have nothing to show for it.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scenarios/report/curves.hpp"
#include "scenarios/report/figures.hpp"
#include "scenarios/report/page.hpp"
#include "scenarios/report/series.hpp"

namespace cohort::report {

/// A figure, what is under it, and the name of its file.
struct NamedFigure {
  std::string name;  // "test_accuracy"
  CaptionedFigure shown;
};

/// One curve a series, with targets as guides; curves are thinned to what can be seen. Of many
/// series the best ones at the end.
NamedFigure curves_chart(const SeriesSet& set, const Quantity& metric,
                         std::span<const Target> targets, Abscissa x, Band band);

/// The cost until a target as bars, one a series.
NamedFigure target_chart(const SeriesSet& set, const Target& target, Abscissa x);

/// How a metric is distributed over the honest clients at the end, all seeds of a series together;
/// of clients.csv. Error (bad_input): that file.
Result<std::optional<NamedFigure>> clients_chart(const SeriesSet& set);

/// Rows of each label at each honest client, one figure for each different partition, at most
/// `most`.
Result<std::vector<NamedFigure>> labels_charts(const SeriesSet& set, std::size_t most);

/// Rule × attack, where both differ: the mean of a metric at the end. One figure, or one for each
/// setting of what else differs, at most `most`.
std::vector<NamedFigure> attack_charts(const SeriesSet& set, const Quantity& metric,
                                       std::size_t most);

/// Byzantine clients in the cohort over rounds, against the f that the rule was told; one figure
/// for each different course, at most `most`.
std::vector<NamedFigure> byzantine_charts(const SeriesSet& set, std::size_t most);

/// Where the wall time of a run goes, mean over the finished runs of a series, and the imbalance
/// over ranks; of timing.jsonl.
std::optional<NamedFigure> phases_chart(const SeriesSet& set);

/// A metric at the end against a learning rate in which series differ. `name` is that of the file.
std::optional<NamedFigure> learning_rate_chart(const SeriesSet& set, const Quantity& metric,
                                               std::string name);

}  // namespace cohort::report
