#include "bench/harness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/cpu.hpp"

namespace cohort::bench {

Quantiles quantiles(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  const auto at = [&](double q) {
    const double position = q * static_cast<double>(samples.size() - 1);
    const auto low = static_cast<std::size_t>(position);
    const std::size_t high = std::min(low + 1, samples.size() - 1);
    const double t = position - static_cast<double>(low);
    return samples[low] * (1 - t) + samples[high] * t;
  };
  return {at(0.5), at(0.1), at(0.9)};
}

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Pair interleave(const std::function<void()>& target, const std::function<void()>& yardstick,
                int times) {
  std::vector<double> a, b;
  target();
  yardstick();
  for (int i = 0; i < times; ++i) {
    a.push_back(seconds_of(target));
    b.push_back(seconds_of(yardstick));
  }
  return {quantiles(std::move(a)), quantiles(std::move(b))};
}

Quantiles scaled(const Quantiles& q, double factor) {
  Quantiles s{q.median * factor, q.p10 * factor, q.p90 * factor};
  // A rate is the inverse of a time: small times are large rates, but the names stay in order.
  if (s.p10 > s.p90) std::swap(s.p10, s.p90);
  return s;
}

std::string to_json(const Result& r) {
  const auto quantile_object = [&](const Quantiles& q) {
    return nlohmann::ordered_json{
        {"median", q.median}, {"p10", q.p10}, {"p90", q.p90}, {"unit", r.unit}};
  };
  nlohmann::ordered_json args = nlohmann::ordered_json::object();
  for (const auto& [key, value] : r.args) args[key] = value;
  nlohmann::ordered_json out{{"bench", r.bench},
                             {"args", args},
                             {"isa", isa_name()},
                             {"threads", r.threads},
                             {"target", quantile_object(r.target)}};
  if (!r.yardstick_name.empty()) {
    out["yardstick"] = quantile_object(r.yardstick);
    out["yardstick"]["name"] = r.yardstick_name;
  }
  if (r.ratio) {
    out["ratio"] = *r.ratio;
    out["ratio_of"] = r.ratio_of;
  }
  if (r.bound) {
    out["bound"] = *r.bound;
    out["holds"] = r.holds();
  }
  return out.dump();
}

std::string to_text(const Result& r) {
  std::string args;
  for (const auto& [key, value] : r.args) args += fmt::format(" {}={}", key, value);
  std::string text = fmt::format("{}{}  ({}, {} thread{})\n  {:<12} {:.4g} {}  [{:.4g}, {:.4g}]\n",
                                 r.bench, args, isa_name(), r.threads, r.threads == 1 ? "" : "s",
                                 "target", r.target.median, r.unit, r.target.p10, r.target.p90);
  if (!r.yardstick_name.empty()) {
    text +=
        fmt::format("  {:<12} {:.4g} {}  [{:.4g}, {:.4g}]  {}\n", "yardstick", r.yardstick.median,
                    r.unit, r.yardstick.p10, r.yardstick.p90, r.yardstick_name);
  }
  if (r.ratio) {
    text += fmt::format("  {:<12} {:.4g}  {}", "ratio", *r.ratio, r.ratio_of);
    if (r.bound) {
      text += fmt::format("; bound {} {:.4g}: {}", r.bound_is_least ? ">=" : "<=", *r.bound,
                          r.holds() ? "holds" : "MISSED");
    }
    text += "\n";
  }
  return text;
}

}  // namespace cohort::bench
