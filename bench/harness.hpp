#pragma once
// How every benchmark measures: the target and its yardstick in turn, at least 15 times each, so
// that a machine whose speed drifts slows both; medians and 10/90 percentiles are told, and the
// ratio of the medians against the bound that the project sets itself.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cohort::bench {

inline constexpr int repetitions = 15;

struct Quantiles {
  double median = 0;
  double p10 = 0;
  double p90 = 0;
};
Quantiles quantiles(std::vector<double> samples);

/// Seconds of one call.
double seconds_of(const std::function<void()>& body);

struct Pair {
  Quantiles target;  // seconds a call
  Quantiles yardstick;
};
/// Each is called once to warm up, then in turn.
Pair interleave(const std::function<void()>& target, const std::function<void()>& yardstick,
                int times = repetitions);

/// One line of a benchmark's result.
struct Result {
  std::string bench;
  std::vector<std::pair<std::string, std::string>> args;
  std::size_t threads = 1;
  std::string unit;  // of target and yardstick
  Quantiles target;
  std::string yardstick_name;
  Quantiles yardstick;
  std::optional<double>
      ratio;  // what is compared with the bound: target/yardstick, or as `of` says
  std::string ratio_of = "target / yardstick";
  std::optional<double> bound;
  bool bound_is_least = false;  // the ratio must reach it, instead of staying below

  bool holds() const {
    return !bound || !ratio || (bound_is_least ? *ratio >= *bound : *ratio <= *bound);
  }
};
/// `scaled` by a factor, seconds → unit.
Quantiles scaled(const Quantiles& q, double factor);

std::string to_json(const Result& result);
std::string to_text(const Result& result);

/// `cohort bench NAME …`; the exit status. Prints the list of benches without a name.
int run(const std::vector<std::string>& arguments);

}  // namespace cohort::bench
