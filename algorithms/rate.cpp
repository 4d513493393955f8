#include "algorithms/rate.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/kernels.hpp"

namespace cohort {
namespace {

// By squaring: exact for powers of two, and the same bits everywhere.
double integer_power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) result *= base;
  }
  return result;
}

/// Calls f with an object of each kind of schedule.
template <class F>
void for_each_schedule(F&& f) {
  [&]<class... S>(const std::variant<S...>*) {
    (f(S{}), ...);
  }(static_cast<const Rate::Schedule*>(nullptr));
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for_each_schedule([&](const auto& s) { names.emplace_back(s.name); });
  return names;
}

template <class S>
bool read_schedule(const ConfigNode& node, const std::string& path, Rate& out, Mistakes& mistakes) {
  const std::size_t before = mistakes.messages().size();
  const S schedule = option_table<S>().read(node, path, mistakes, {"type"});
  for (const std::string_view key : S::required) {
    if (node.find(key) != nullptr) continue;
    mistakes.add(node.spot, fmt::format("{}: a {} schedule needs {}", path, S::name, key));
  }
  if (mistakes.messages().size() != before) return false;
  out = Rate(schedule);
  return true;
}

}  // namespace

double StepRate::at(std::uint64_t t) const { return start * integer_power(factor, t / every); }

double CosineRate::at(std::uint64_t t) const {
  if (t >= rounds) return end;
  const double share = static_cast<double>(t) / static_cast<double>(rounds);
  return end + (start - end) * (1 + kernels::cos(std::numbers::pi * share)) / 2;
}

double InverseSqrtRate::at(std::uint64_t t) const {
  return start / std::sqrt(1 + decay * static_cast<double>(t));
}

double PowerRate::at(std::uint64_t t) const {
  return start * kernels::pow(1 + decay * static_cast<double>(t), -exponent);
}

double Rate::at(Round round) const {
  const std::uint64_t t = round.value == 0 ? 0 : round.value - 1;
  return std::visit(
      [t](const auto& s) {
        const double rate = s.at(t);
        if (t >= s.warmup) return rate;
        return rate * static_cast<double>(t + 1) / static_cast<double>(s.warmup);
      },
      schedule_);
}

std::string OptionType<Rate>::name() {
  return fmt::format("number or schedule ({})", fmt::join(schedule_names(), ", "));
}

bool OptionType<Rate>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                            Rate& out, Mistakes& mistakes) {
  if (!node.is_table()) {
    double rate = 0;
    if (std::holds_alternative<double>(node.value) ||
        std::holds_alternative<std::int64_t>(node.value)) {
      if (!options_detail::read_real(node, path, rate_bounds, rate, mistakes)) return false;
      out = Rate(rate);
      return true;
    }
    options_detail::expected(node, path, "a " + name(), mistakes);
    return false;
  }
  const ConfigNode* type = node.find("type");
  if (type == nullptr || !type->is_text()) {
    options_detail::expected(type == nullptr ? node : *type,
                             type == nullptr ? path : path + ".type", "the type of a schedule",
                             mistakes);
    return false;
  }
  bool known = false, read = false;
  for_each_schedule([&]<class S>(const S&) {
    if (S::name != type->text()) return;
    known = true;
    read = read_schedule<S>(node, path, out, mistakes);
  });
  if (!known) {
    mistakes.add(type->spot,
                 unknown_name_message("schedule", type->text(), path, schedule_names()));
  }
  return read;
}

ConfigNode OptionType<Rate>::write(const Rate& rate) {
  return std::visit(
      []<class S>(const S& s) {
        if constexpr (std::is_same_v<S, ConstantRate>) {
          if (s.warmup == 0) return config_value(s.start);
        }
        ConfigNode node = config_table();
        node.set("type", config_value(std::string(S::name)));
        const ConfigNode options = option_table<S>().write(s);
        for (const auto& [key, value] : options.table()) node.set(key, value);
        return node;
      },
      rate.schedule());
}

}  // namespace cohort
