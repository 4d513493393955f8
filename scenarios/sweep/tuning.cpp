#include "scenarios/sweep/tuning.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace cohort {

namespace {

std::optional<double> number_of(const ConfigNode& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value.value)) {
    return static_cast<double>(*integer);
  }
  if (const auto* real = std::get_if<double>(&value.value)) return *real;
  return std::nullopt;
}

GridEdge edge_of(const Axis& axis, std::size_t chosen) {
  std::vector<double> numbers;
  for (const ConfigNode& value : axis.values) {
    const auto number = number_of(value);
    if (!number) return GridEdge::none;
    numbers.push_back(*number);
  }
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  if (*least == *most) return GridEdge::none;
  if (numbers[chosen] == *least) return GridEdge::smallest;
  return numbers[chosen] == *most ? GridEdge::largest : GridEdge::none;
}

/// None if any seed has no finite score.
std::optional<double> mean(const std::vector<std::optional<double>>& scores) {
  double sum = 0;
  for (const auto& score : scores) {
    if (!score || !std::isfinite(*score)) return std::nullopt;
    sum += *score;
  }
  return sum / static_cast<double>(scores.size());
}

const Axis& axis_at(const Tuning& tuning, std::size_t a) { return tuning.candidates.axes[a]; }

}  // namespace

std::string_view to_string(GridEdge edge) {
  switch (edge) {
    case GridEdge::smallest:
      return "smallest";
    case GridEdge::largest:
      return "largest";
    case GridEdge::none:
      break;
  }
  return "";
}

bool TunedChoice::is_at_edge() const {
  return std::any_of(edges.begin(), edges.end(),
                     [](GridEdge edge) { return edge != GridEdge::none; });
}

TunedChoice choose(const Tuning& tuning,
                   const std::vector<std::vector<std::optional<double>>>& scores) {
  TunedChoice choice;
  for (std::size_t c = 0; c < scores.size(); ++c) {
    const auto score = mean(scores[c]);
    if (!score) continue;
    const bool is_better =
        !choice.mean || (tuning.is_higher_better ? *score > *choice.mean : *score < *choice.mean);
    if (!is_better) continue;
    choice.candidate = c;
    choice.mean = score;
  }
  const auto index = tuning.candidates.at(choice.candidate);
  for (std::size_t a = 0; a < index.size(); ++a) {
    choice.edges.push_back(edge_of(axis_at(tuning, a), index[a]));
  }
  return choice;
}

std::string edge_text(const Tuning& tuning, const TunedChoice& choice) {
  std::string out;
  for (std::size_t a = 0; a < choice.edges.size(); ++a) {
    if (choice.edges[a] == GridEdge::none) continue;
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", axis_at(tuning, a).key,
                       to_string(choice.edges[a]));
  }
  return out;
}

std::vector<std::string> choice_lines(const Tuning& tuning, const TunedChoice& choice) {
  std::vector<std::string> lines;
  const std::string chosen = tuning.candidates.name(choice.candidate, ", ");
  if (!choice.mean) {
    lines.push_back(fmt::format("EVERY candidate diverged in tuning; going on with {}", chosen));
    return lines;
  }
  lines.push_back(fmt::format("tuned to {} by {} = {:.4g}, the mean over seed{} {}", chosen,
                              tuning.by, *choice.mean, tuning.seeds.size() == 1 ? "" : "s",
                              fmt::join(tuning.seeds, ", ")));
  const auto index = tuning.candidates.at(choice.candidate);
  for (std::size_t a = 0; a < index.size(); ++a) {
    if (choice.edges[a] == GridEdge::none) continue;
    lines.push_back(
        fmt::format("AT THE EDGE: {} is the {} value that was tried for {}; widen its "
                    "list in sweep.tune",
                    axis_at(tuning, a).values[index[a]].to_toml(), to_string(choice.edges[a]),
                    axis_at(tuning, a).key));
  }
  return lines;
}

}  // namespace cohort
