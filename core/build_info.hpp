#pragma once
// What this program was built from. The definitions are written at build time.

#include <string_view>

namespace cohort {

/// "0.1.0".
std::string_view version();
/// Twelve hexadecimal digits, "-dirty" after them when tracked files had changed; "unknown" when
/// the source was not a git checkout.
std::string_view commit();
/// Compiler, its version, build type and sanitizers: "GNU 12.2.0 Release".
std::string_view compiler();

}  // namespace cohort
