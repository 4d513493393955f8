#include "scenarios/report/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace cohort::report {

namespace {

constexpr int most_decimals = 12;

/// ⌊log10 |v|⌋ of v ≠ 0 as it is printed with `digits` significant ones: 9.996 with 3 is 10.0.
int exponent(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return static_cast<int>(std::strtol(text.c_str() + text.find('e') + 1, nullptr, 10));
}

std::string times_ten_to(int power) {
  constexpr std::array<std::string_view, 10> digits = {"⁰", "¹", "²", "³", "⁴",
                                                       "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = power < 0 ? "·10⁻" : "·10";
  for (const char c : fmt::format("{}", std::abs(power))) {
    text += digits[static_cast<std::size_t>(c - '0')];
  }
  return text;
}

double scaled(double value, int power) {
  return value / std::strtod(fmt::format("1e{}", power).c_str(), nullptr);
}

/// Numbers of this size are easier to read with a power of ten.
bool needs_power(int exponent_of_largest) {
  return exponent_of_largest < -3 || exponent_of_largest >= 6;
}

std::string without_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string with_sign(std::string text) {
  if (!text.empty() && text.front() == '-') text.replace(0, 1, "−");
  return text;
}

}  // namespace

std::string number_text(double value) {
  if (!std::isfinite(value)) return "–";
  if (value == 0) return "0";
  const int power = exponent(value, 4);
  if (needs_power(power)) {
    return with_sign(without_zeros(fmt::format("{:.3f}", scaled(value, power)))) +
           times_ten_to(power);
  }
  return with_sign(without_zeros(fmt::format("{:.{}f}", value, std::max(0, 3 - power))));
}

std::string interval_text(double mean, double half_width) {
  if (!std::isfinite(mean) || !std::isfinite(half_width)) return number_text(mean);
  if (half_width == 0) return number_text(mean) + " ± 0";
  const double largest = std::max(std::abs(mean), half_width);
  const int power = needs_power(exponent(largest, 2)) ? exponent(largest, 2) : 0;
  const double m = scaled(mean, power), h = scaled(half_width, power);
  const int decimals = std::clamp(1 - exponent(h, 2), 0, most_decimals);
  const std::string text =
      with_sign(fmt::format("{:.{}f}", m, decimals)) + fmt::format(" ± {:.{}f}", h, decimals);
  return power == 0 ? text : fmt::format("({}){}", text, times_ten_to(power));
}

std::string interval_text(double mean, double half_width, std::string_view unit) {
  if (unit.empty() || !std::isfinite(mean)) return interval_text(mean, half_width);
  constexpr std::array<std::string_view, 9> prefixes = {"n", "µ", "m", "", "k", "M", "G", "T", "P"};
  const int power = mean == 0 ? 0 : exponent(mean, 3);
  const int floor_third = power >= 0 ? power / 3 : -((2 - power) / 3);
  const int third = std::clamp(floor_third, unit == "B" ? 0 : -3, 5);
  return fmt::format("{} {}{}",
                     interval_text(scaled(mean, 3 * third), scaled(half_width, 3 * third)),
                     *(prefixes.begin() + third + 3), unit);
}

std::string exact_text(double value) {
  if (!std::isfinite(value)) return "";
  std::array<char, 32> buffer{};
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

}  // namespace cohort::report
