#pragma once
// Learning-rate schedules. A rate is a function of the round alone, so that all who ask agree on
// it, and nothing of it needs saving. t = 0, 1, … in the rounds that train:
//
//   constant      η = start
//   step          η = start · factor^⌊t / every⌋
//   cosine        η = end + (start − end)(1 + cos(π t / rounds))/2, end from t = rounds on
//   inverse       η = start / (1 + decay · t)
//   inverse_sqrt  η = start / √(1 + decay · t)
//   power         η = start / (1 + decay · t)^exponent
//
// and, with warmup = W, η (t + 1)/W while t < W.
// In a scenario: a number, or a table such as { type = "cosine", start = 0.1, rounds = 200 }.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/ids.hpp"
#include "core/options.hpp"

namespace cohort {

/// At least 0 and finite.
inline constexpr Bounds rate_bounds{0, std::numeric_limits<double>::infinity(), false, true};

/// What every schedule has.
struct RateStart {
  double start = 0;
  std::uint64_t warmup = 0;
  friend bool operator==(const RateStart&, const RateStart&) = default;
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("start", &O::start, rate_bounds, "rate of the first round");
    t.add("warmup", &O::warmup, non_negative,
          "rounds over which the rate rises linearly to the schedule's");
  }
};

struct ConstantRate : RateStart {
  static constexpr std::string_view name = "constant";
  static constexpr std::array<std::string_view, 1> required = {"start"};
  double at(std::uint64_t) const { return start; }
  friend bool operator==(const ConstantRate&, const ConstantRate&) = default;
};

struct StepRate : RateStart {
  static constexpr std::string_view name = "step";
  static constexpr std::array<std::string_view, 3> required = {"start", "every", "factor"};
  std::uint64_t every = 1;
  double factor = 1;
  double at(std::uint64_t t) const;
  friend bool operator==(const StepRate&, const StepRate&) = default;
  static void declare(OptionTable<StepRate>& t) {
    RateStart::declare(t);
    t.add("every", &StepRate::every, at_least(1), "rounds between two steps");
    t.add("factor", &StepRate::factor, rate_bounds, "what a step multiplies the rate by");
  }
};

struct CosineRate : RateStart {
  static constexpr std::string_view name = "cosine";
  static constexpr std::array<std::string_view, 2> required = {"start", "rounds"};
  std::uint64_t rounds = 1;
  double end = 0;
  double at(std::uint64_t t) const;
  friend bool operator==(const CosineRate&, const CosineRate&) = default;
  static void declare(OptionTable<CosineRate>& t) {
    RateStart::declare(t);
    t.add("rounds", &CosineRate::rounds, at_least(1), "rounds until the rate is `end`");
    t.add("end", &CosineRate::end, rate_bounds, "rate from then on");
  }
};

struct InverseRate : RateStart {
  static constexpr std::string_view name = "inverse";
  static constexpr std::array<std::string_view, 1> required = {"start"};
  double decay = 1;
  double at(std::uint64_t t) const { return start / (1 + decay * static_cast<double>(t)); }
  friend bool operator==(const InverseRate&, const InverseRate&) = default;
  static void declare(OptionTable<InverseRate>& t) {
    RateStart::declare(t);
    t.add("decay", &InverseRate::decay, rate_bounds, "per round");
  }
};

struct InverseSqrtRate : RateStart {
  static constexpr std::string_view name = "inverse_sqrt";
  static constexpr std::array<std::string_view, 1> required = {"start"};
  double decay = 1;
  double at(std::uint64_t t) const;
  friend bool operator==(const InverseSqrtRate&, const InverseSqrtRate&) = default;
  static void declare(OptionTable<InverseSqrtRate>& t) {
    RateStart::declare(t);
    t.add("decay", &InverseSqrtRate::decay, rate_bounds, "per round");
  }
};

struct PowerRate : RateStart {
  static constexpr std::string_view name = "power";
  static constexpr std::array<std::string_view, 2> required = {"start", "exponent"};
  double decay = 1;
  double exponent = 1;
  double at(std::uint64_t t) const;
  friend bool operator==(const PowerRate&, const PowerRate&) = default;
  static void declare(OptionTable<PowerRate>& t) {
    RateStart::declare(t);
    t.add("exponent", &PowerRate::exponent, rate_bounds, "how fast it falls");
    t.add("decay", &PowerRate::decay, rate_bounds, "per round");
  }
};

class Rate {
 public:
  using Schedule =
      std::variant<ConstantRate, StepRate, CosineRate, InverseRate, InverseSqrtRate, PowerRate>;

  /// The constant rate.
  Rate(double rate = 0) : schedule_(ConstantRate{{rate, 0}}) {}
  explicit Rate(Schedule schedule) : schedule_(schedule) {}

  /// η of a round; round 1 is the first that trains.
  double at(Round round) const;
  const Schedule& schedule() const { return schedule_; }
  friend bool operator==(const Rate&, const Rate&) = default;

 private:
  Schedule schedule_;
};

template <>
struct OptionType<Rate> {
  static std::string name();
  /// Rates are at least 0 and finite whatever the bounds of the option.
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds, Rate& out,
                   Mistakes& mistakes);
  static ConfigNode write(const Rate& rate);
};

}  // namespace cohort
