#include "core/options.hpp"

#include <fmt/format.h>

#include <cmath>

namespace cohort {

std::string Bounds::to_string() const {
  const bool has_min = std::isfinite(min), has_max = std::isfinite(max);
  if (!has_min && !has_max) return "";
  if (has_min && !has_max) return fmt::format("{} {}", min_open ? ">" : ">=", min);
  if (!has_min) return fmt::format("{} {}", max_open ? "<" : "<=", max);
  return fmt::format("{}{}, {}{}", min_open ? "(" : "[", min, max, max_open ? ")" : "]");
}

namespace options_detail {

void expected(const ConfigNode& node, const std::string& path, const std::string& what,
              Mistakes& mistakes) {
  mistakes.add(node.spot, fmt::format("{}: expected {}, found {} {}", path, what, node.kind(),
                                      node.to_toml()));
}

bool read_real(const ConfigNode& node, const std::string& path, const Bounds& bounds, double& out,
               Mistakes& mistakes) {
  double value = 0;
  if (const auto* v = std::get_if<double>(&node.value)) {
    value = *v;
  } else if (const auto* i = std::get_if<std::int64_t>(&node.value)) {
    value = static_cast<double>(*i);
  } else {
    expected(node, path, "a number", mistakes);
    return false;
  }
  if (std::isnan(value) || !bounds.admits(value)) {
    expected(node, path, "a number " + bounds.to_string(), mistakes);
    return false;
  }
  out = value;
  return true;
}

bool read_integer(const ConfigNode& node, const std::string& path, const Bounds& bounds,
                  std::int64_t& out, Mistakes& mistakes) {
  const auto* v = std::get_if<std::int64_t>(&node.value);
  if (v == nullptr || !bounds.admits(static_cast<double>(*v))) {
    const std::string range = bounds.to_string();
    expected(node, path, "a whole number" + (range.empty() ? "" : " " + range), mistakes);
    return false;
  }
  out = *v;
  return true;
}

void refuse_unknown(const ConfigNode& node, const std::string& path,
                    const std::vector<std::string>& known, Mistakes& mistakes) {
  if (node.is_none()) return;
  if (!node.is_table()) {
    expected(node, path, "a table", mistakes);
    return;
  }
  for (const auto& [key, value] : node.table()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    mistakes.add(value.spot, unknown_name_message("option", key, "[" + path + "]", known));
  }
}

}  // namespace options_detail

}  // namespace cohort
