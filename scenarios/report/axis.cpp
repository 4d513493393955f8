#include "scenarios/report/axis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "core/kernels.hpp"
#include "scenarios/report/svg.hpp"

namespace cohort::report {

namespace {

constexpr double largest = 1e300;
constexpr double least_on_log = 1e-300;
constexpr double least_on_linear = 1e-280;      // anything smaller is zero
constexpr double least_relative_range = 1e-12;  // less than this is one value
constexpr int plain_exponent = 6;  // from 10 to this on, numbers are written with a power of ten

// whole · 10^e, rounded once; |whole| < 2^53.
double decimal(double whole, int e) {
  const std::string text = std::to_string(static_cast<long long>(whole)) + "e" + std::to_string(e);
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double power_of_ten(int e) { return decimal(1.0, e); }

// The largest e with 10^e ≤ value; value > 0.
int exponent_of(double value) {
  static const double ln10 = kernels::log(10.0);
  int e = static_cast<int>(std::floor(kernels::log(value) / ln10));
  while (power_of_ten(e) > value) --e;
  while (power_of_ten(e + 1) <= value) ++e;
  return e;
}

std::string superscript(int e) {
  constexpr std::array<std::string_view, 10> figures = {"⁰", "¹", "²", "³", "⁴",
                                                        "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = e < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(e))) {
    out += figures[static_cast<std::size_t>(c - '0')];
  }
  return out;
}

std::string ten_to_the(int e) { return "10" + superscript(e); }

struct Unit {
  double factor = 1.0;
  std::string name;
};

// The unit in which a number of this size is read most easily.
Unit unit_for(double size, const std::string& unit) {
  if (unit.empty()) return {};
  struct Step {
    double factor, from;
    std::string_view name;
  };
  static constexpr std::array<Step, 7> times = {{{86400.0, 259200.0, "d"},
                                                 {3600.0, 7200.0, "h"},
                                                 {60.0, 300.0, "min"},
                                                 {1.0, 1.0, "s"},
                                                 {1e-3, 1e-3, "ms"},
                                                 {1e-6, 1e-6, "µs"},
                                                 {1e-9, 0.0, "ns"}}};
  if (unit == "s") {
    if (size == 0.0) return {1.0, "s"};
    for (const Step& step : times) {
      if (size >= step.from) return {step.factor, std::string(step.name)};
    }
  }
  static constexpr std::array<Step, 9> prefixes = {{{1e15, 1e15, "P"},
                                                    {1e12, 1e12, "T"},
                                                    {1e9, 1e9, "G"},
                                                    {1e6, 1e6, "M"},
                                                    {1e3, 1e3, "k"},
                                                    {1.0, 1.0, ""},
                                                    {1e-3, 1e-3, "m"},
                                                    {1e-6, 1e-6, "µ"},
                                                    {1e-9, 0.0, "n"}}};
  for (const Step& step : prefixes) {
    if (size >= step.from && size > 0.0) return {step.factor, std::string(step.name) + unit};
  }
  return {1.0, unit};
}

// mantissa × 10^e, the mantissa times a step of the same power being whole.
struct Step {
  int mantissa;  // 1 … 5
  int exponent;
};

Step next(Step step) {
  return step.mantissa < 5 ? Step{step.mantissa + 1, step.exponent} : Step{1, step.exponent + 1};
}

double multiple(double k, Step step) { return decimal(k * step.mantissa, step.exponent); }

// Of a multiple of the step, on an axis whose largest one has this exponent.
std::string linear_label(double k, Step step, int exponent) {
  if (k == 0.0) return "0";
  if (exponent < plain_exponent && exponent >= -3) {
    return fixed_text(multiple(k, step), std::max(0, -step.exponent));
  }
  const int decimals = std::max(0, exponent - step.exponent);
  return fixed_text(k * step.mantissa / power_of_ten(decimals), decimals) + "×" +
         ten_to_the(exponent);
}

std::vector<Tick> linear_ticks(Limits limits, Step step) {
  const double unit = multiple(1.0, step);
  const double first = std::ceil(limits.low / unit - 1e-9);
  const double last = std::floor(limits.high / unit + 1e-9);
  const double largest_multiple = std::max(std::abs(first), std::abs(last)) * step.mantissa;
  const int exponent =
      largest_multiple == 0.0 ? step.exponent : exponent_of(largest_multiple) + step.exponent;
  std::vector<Tick> ticks;
  for (double k = first; k <= last && ticks.size() < 100; k += 1.0) {
    ticks.push_back({multiple(k, step), linear_label(k, step, exponent)});
  }
  return ticks;
}

// Whether neighbouring labels keep apart, and, if not all fit, that is all of them.
bool fits(const std::vector<Tick>& ticks, const Placement& place, Direction direction, double size,
          double least_gap_in_em = 1.0) {
  double taken = -1e9;
  for (const Tick& tick : ticks) {
    if (tick.label.empty()) continue;
    const double extent = direction == Direction::across ? text_width(tick.label, size) : size;
    const double middle = place(tick.value);
    if (middle - extent / 2.0 < taken) return false;
    taken = middle + extent / 2.0 + least_gap_in_em * size;
  }
  return true;
}

std::size_t labelled(const std::vector<Tick>& ticks) {
  return static_cast<std::size_t>(
      std::count_if(ticks.begin(), ticks.end(), [](const Tick& t) { return !t.label.empty(); }));
}

// The densest ticks at round values that fit.
std::vector<Tick> round_ticks(Scale scale, Limits limits, double length, Direction direction,
                              double size, bool is_whole = false) {
  const double least_spacing = direction == Direction::across ? 24.0 : 18.0;  // points
  const Placement place(scale, limits, 0.0, length);
  const double range = limits.high - limits.low;
  const double most = std::max(1.0, length / least_spacing);
  std::vector<Tick> ticks;
  // Rather than one label alone, closer ones, and steps of 3 and 4.
  for (const bool is_last_resort : {false, true}) {
    Step step{1, exponent_of(range / most)};
    if (is_whole && step.exponent < 0) step = {1, 0};
    for (int tries = 0; tries < 20; ++tries, step = next(step)) {
      const bool is_usual = step.mantissa != 3 && step.mantissa != 4;
      if (range / multiple(1.0, step) > most || !(is_usual || is_last_resort)) continue;
      ticks = linear_ticks(limits, step);
      if (fits(ticks, place, direction, size, is_last_resort ? 0.4 : 1.0)) break;
    }
    if (ticks.size() > 1) break;
  }
  return ticks;
}

std::string decade_label(int e, const std::string& unit) {
  if (unit.empty()) return e == 0 ? "1" : e == 1 ? "10" : ten_to_the(e);
  const double value = power_of_ten(e);
  if (unit == "s" && value >= 1e4) return ten_to_the(e) + " s";
  const Unit in = unit == "s" && value >= 1.0 ? Unit{1.0, "s"} : unit_for(value, unit);
  const double scaled = std::round(value / in.factor * 1e9) / 1e9;
  return short_text(scaled, "", 4) + " " + in.name;
}

// Every k-th decade, with minor ticks between where there is room.
std::vector<Tick> decade_ticks(Limits limits, int every, double decade_length,
                               const std::string& unit) {
  constexpr double least_minor_length = 14.0;  // points a decade
  std::vector<Tick> ticks;
  for (int e = exponent_of(limits.low); power_of_ten(e) <= limits.high; ++e) {
    for (int m = 1; m <= 9; ++m) {
      const bool is_decade = m == 1;
      if (!is_decade && (every > 1 || decade_length < least_minor_length)) break;
      const double value = multiple(m, {1, e});
      if (value < limits.low || value > limits.high) continue;
      if (!is_decade) {
        ticks.push_back({value, ""});
      } else if (e % every == 0) {
        ticks.push_back({value, decade_label(e, unit)});
      }
    }
  }
  return ticks;
}

std::vector<Tick> log_ticks(const std::string& unit, Limits limits, double length,
                            Direction direction, double size) {
  const Placement place(Scale::log, limits, 0.0, length);
  const double decade_length = std::abs(place(limits.low * 10.0) - place(limits.low));
  for (const int every : {1, 2, 3, 5, 10, 20, 50, 100, 200}) {
    std::vector<Tick> ticks = decade_ticks(limits, every, decade_length, unit);
    if (!fits(ticks, place, direction, size)) continue;
    if (labelled(ticks) >= 2) return ticks;
    break;
  }
  // Less than two decades: 1, 2, 5 of each, and if that is too few, as on a linear axis.
  std::vector<Tick> ticks;
  for (int e = exponent_of(limits.low); power_of_ten(e) <= limits.high; ++e) {
    for (int m = 1; m <= 9; ++m) {
      const double value = multiple(m, {1, e});
      if (value < limits.low || value > limits.high) continue;
      const bool has_label = m == 1 || m == 2 || m == 5;
      ticks.push_back({value, has_label ? short_text(value, unit) : ""});
    }
  }
  if (labelled(ticks) >= 3 && fits(ticks, place, direction, size)) return ticks;
  ticks = round_ticks(Scale::log, limits, length, direction, size);
  if (!unit.empty()) {
    for (Tick& tick : ticks) tick.label = short_text(tick.value, unit, 6);
  }
  return ticks;
}

}  // namespace

bool is_shown(Scale scale, double value) {
  return std::abs(value) <= largest && (scale == Scale::linear || value >= least_on_log);
}

void Extent::add(double value) {
  if (is_shown(scale_, value)) {
    if (scale_ == Scale::linear && std::abs(value) < least_on_linear) value = 0.0;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
    is_whole_ = is_whole_ && value == std::floor(value);
  } else if (std::isfinite(value) && value < least_on_log) {
    ++dropped_;
  }
}

void Extent::add(std::span<const double> values) {
  for (const double value : values) add(value);
}

Limits limits_of(const Axis& axis, const Extent& extent, double margin) {
  const bool is_log = axis.scale == Scale::log;
  const auto usable = [&](const std::optional<double>& limit) {
    return limit && is_shown(axis.scale, *limit);
  };
  Limits limits =
      extent.is_empty() ? Limits{is_log ? 0.1 : 0.0, 1.0} : Limits{extent.low(), extent.high()};
  if (usable(axis.low)) limits.low = *axis.low;
  if (usable(axis.high)) limits.high = *axis.high;
  const double size = std::max(std::abs(limits.low), std::abs(limits.high));
  if (!(limits.high - limits.low > least_relative_range * size)) {
    const double at = usable(axis.high) && !usable(axis.low) ? limits.high : limits.low;
    limits = is_log      ? Limits{at / 3.0, at * 3.0}
             : at == 0.0 ? Limits{-1.0, 1.0}
                         : Limits{at - 0.1 * std::abs(at), at + 0.1 * std::abs(at)};
    if (usable(axis.low) && *axis.low < limits.high) limits.low = *axis.low;
    if (usable(axis.high) && *axis.high > limits.low) limits.high = *axis.high;
    return limits;
  }
  if (is_log) {
    const double more =
        kernels::exp(margin * (kernels::log(limits.high) - kernels::log(limits.low)));
    if (!usable(axis.low)) limits.low = std::max(least_on_log, limits.low / more);
    if (!usable(axis.high)) limits.high = std::min(largest, limits.high * more);
  } else {
    const double more = margin * limits.high - margin * limits.low;
    if (!usable(axis.low)) {
      limits.low = limits.low >= 0.0 ? std::max(0.0, limits.low - more) : limits.low - more;
    }
    if (!usable(axis.high)) {
      limits.high = limits.high <= 0.0 ? std::min(0.0, limits.high + more) : limits.high + more;
    }
  }
  return limits;
}

Placement::Placement(Scale scale, Limits limits, double begin, double end)
    : scale_(scale),
      low_(on_scale(limits.low)),
      high_(on_scale(limits.high)),
      begin_(begin),
      end_(end) {}

double Placement::on_scale(double value) const {
  return scale_ == Scale::log ? kernels::log(value) : value;
}

double Placement::operator()(double value) const {
  constexpr double far_outside = 1e4;  // in lengths of the axis; positions stay small numbers
  const double share = (on_scale(value) - low_) / (high_ - low_);
  return begin_ + std::clamp(share, -far_outside, far_outside) * (end_ - begin_);
}

Ticks ticks_of(const Axis& axis, Limits limits, double length, Direction direction, double size,
               bool is_whole) {
  if (axis.scale == Scale::log) return {log_ticks(axis.unit, limits, length, direction, size), ""};
  const Unit unit = unit_for(std::max(std::abs(limits.low), std::abs(limits.high)), axis.unit);
  const Limits scaled{limits.low / unit.factor, limits.high / unit.factor};
  Ticks out{
      round_ticks(Scale::linear, scaled, length, direction, size, is_whole && unit.factor == 1.0),
      unit.name};
  for (Tick& tick : out.ticks) tick.value *= unit.factor;
  return out;
}

std::string fixed_text(double value, int decimals) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::fixed, decimals)
                       .ptr;
  std::string digits(buffer.data(), end);
  const bool is_zero = digits.find_first_not_of("0.") == std::string::npos;
  std::size_t whole = std::min(digits.find('.'), digits.size());
  if (whole > 4) {
    for (; whole > 3; whole -= 3) digits.insert(whole - 3, " ");
    if (digits.starts_with(" ")) digits.erase(0, std::string_view(" ").size());
  }
  return value < 0.0 && !is_zero ? "−" + digits : digits;
}

std::string short_text(double value, const std::string& unit, int significant) {
  if (!std::isfinite(value)) return value > 0.0 ? "∞" : value < 0.0 ? "−∞" : "–";
  const Unit in = unit_for(std::abs(value), unit);
  const std::string suffix = in.name.empty() ? "" : " " + in.name;
  const double scaled = value / in.factor;
  if (scaled == 0.0) return "0" + suffix;
  const auto trimmed = [](std::string text) {
    if (text.find('.') == std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  const int exponent = exponent_of(std::abs(scaled));
  if (exponent >= -3 && exponent < plain_exponent) {
    return trimmed(fixed_text(scaled, std::max(0, significant - 1 - exponent))) + suffix;
  }
  const double mantissa =
      exponent >= 0 ? scaled / power_of_ten(exponent) : scaled * power_of_ten(-exponent);
  const std::string digits = trimmed(fixed_text(mantissa, significant - 1));
  return (digits == "1" ? "" : digits + "×") + ten_to_the(exponent) + suffix;
}

}  // namespace cohort::report
