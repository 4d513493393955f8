#pragma once
// Numbers as a table shows them.

#include <string>
#include <string_view>

namespace cohort::report {

/// Four significant digits: 0.9123, 1.204·10⁻⁷, 35; a dash if not finite.
std::string number_text(double value);

/// "0.912 ± 0.004", "(1.20 ± 0.11)·10⁻⁷": the interval with two significant digits, the mean with
/// as many decimals. The mean alone where the interval is NaN.
std::string interval_text(double mean, double half_width);

/// The same with an SI prefix in front of the unit: "12.3 ± 0.4 MB". Without a unit, as above.
std::string interval_text(double mean, double half_width, std::string_view unit);

/// The shortest text that reads back to the same bits; empty if not finite.
std::string exact_text(double value);

}  // namespace cohort::report
