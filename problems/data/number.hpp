#pragma once
// Decimal numbers in text, read without locale and without a copy.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>

namespace cohort {

namespace number_detail {
inline constexpr double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
inline constexpr int exact_powers = 22;  // 10^22 < 2^53 · 2^22
inline constexpr std::uint64_t exact_integers = std::uint64_t{1} << 53;

inline bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
}  // namespace number_detail

/// Reads [+-] digits [. digits] [e [+-] digits] at `p`, correctly rounded; at least one digit, on
/// either side of the point. Returns the end of it, or nullptr where there is no finite number
/// (also `nan`, `inf`, a magnitude beyond the largest double). A magnitude below the smallest is 0.
/// The text goes on until a character that cannot belong to a number ('\n' in a TextSource block).
///
/// With at most 19 digits, an integer up to 2^53 and a power of ten up to 10^22, both are exact in
/// a double and one product or quotient rounds once: that is the fast path.
inline const char* parse_decimal(const char* p, double& value) {
  using namespace number_detail;
  const bool is_negative = *p == '-';
  p += is_negative || *p == '+';
  const char* const start = p;
  std::uint64_t digits = 0;
  while (is_digit(*p)) digits = 10 * digits + static_cast<std::uint64_t>(*p++ - '0');
  std::ptrdiff_t count = p - start;
  std::ptrdiff_t exponent = 0;
  if (*p == '.') {
    const char* const fraction = ++p;
    while (is_digit(*p)) digits = 10 * digits + static_cast<std::uint64_t>(*p++ - '0');
    exponent = fraction - p;
    count -= exponent;
  }
  if (count == 0) return nullptr;
  if (*p == 'e' || *p == 'E') {
    ++p;
    const bool is_small = *p == '-';
    p += is_small || *p == '+';
    if (!is_digit(*p)) return nullptr;
    std::ptrdiff_t written = 0;
    for (; is_digit(*p); ++p) {
      if (written < 1'000'000'000) written = 10 * written + (*p - '0');
    }
    exponent += is_small ? -written : written;
  }
  double magnitude = 0.0;
  if (count <= 19 && digits <= exact_integers && exponent >= -exact_powers &&
      exponent <= exact_powers) [[likely]] {
    magnitude = static_cast<double>(digits);
    if (exponent < 0) magnitude /= power_of_ten[-exponent];
    if (exponent > 0) magnitude *= power_of_ten[exponent];
  } else {
    const auto [end, error] = std::from_chars(start, p, magnitude);
    if (error == std::errc::result_out_of_range) {
      // Too large, or too small: told apart by the decimal exponent of the leading digit.
      const char* leading = start;
      std::ptrdiff_t zeros = 0;
      for (; *leading == '0' || *leading == '.'; ++leading) zeros += *leading == '0';
      if (count - zeros + exponent > 0) return nullptr;
      magnitude = 0.0;
    } else if (error != std::errc{} || end != p || magnitude > std::numeric_limits<double>::max()) {
      return nullptr;
    }
  }
  value = is_negative ? -magnitude : magnitude;
  return p;
}

}  // namespace cohort
