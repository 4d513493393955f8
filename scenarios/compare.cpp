#include "scenarios/compare.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/outputs.hpp"

namespace cohort {

namespace {

using Json = nlohmann::ordered_json;

class Metrics {
 public:
  explicit Metrics(const std::filesystem::path& run, const char* file = "metrics.jsonl")
      : path_((run / file).string()), in_(path_) {}

  Result<void> check() const {
    if (in_) return {};
    return bad_input(fmt::format("{}: cannot be read; is it a run?", path_));
  }
  /// The next line; nothing at the end.
  std::optional<std::string> next() {
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    ++number_;
    return line;
  }
  Result<Json> parse(const std::string& line) const {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("round")) return json;
    return bad_input(fmt::format("{}:{}: expected a JSON object with a round", path_, number_));
  }

 private:
  std::string path_;
  std::ifstream in_;
  std::size_t number_ = 0;
};

/// "state_hash, test.loss (0.25 and 0.5)", at most a few.
std::string differences(const Json& a, const Json& b) {
  constexpr std::size_t most = 5;
  const Json left = a.flatten(), right = b.flatten();
  std::string out;
  std::size_t found = 0;
  const auto add = [&](const std::string& pointer, const std::string& values) {
    if (++found > most) return;
    std::string name = pointer.substr(1);
    for (char& c : name) c = c == '/' ? '.' : c;
    out += fmt::format("{}{}{}", out.empty() ? "" : ", ", name, values);
  };
  for (const auto& [pointer, value] : left.items()) {
    if (!right.contains(pointer)) {
      add(pointer, " (only in the first)");
    } else if (value != right.at(pointer)) {
      add(pointer, fmt::format(" ({} and {})", value.dump(), right.at(pointer).dump()));
    }
  }
  for (const auto& [pointer, value] : right.items()) {
    if (!left.contains(pointer)) add(pointer, " (only in the second)");
  }
  if (found > most) out += fmt::format(" and {} more", found - most);
  return out.empty() ? "the order or the writing of their quantities" : out;
}

// Of traced runs: "; client 3 differs first, in block 'u' of Ask 0". Empty if nothing is known.
Result<std::string> first_client(const std::filesystem::path& a, const std::filesystem::path& b) {
  Metrics first(a, "trace.jsonl"), second(b, "trace.jsonl");
  for (;;) {
    const auto left = first.next(), right = second.next();
    if (!left || !right) return std::string();
    if (*left == *right) continue;
    COHORT_TRY(const Json l, first.parse(*left));
    COHORT_TRY(const Json r, second.parse(*right));
    if (l.at("round") != r.at("round") || !l.contains("clients") || !r.contains("clients")) {
      return std::string();
    }
    for (const auto& [client, blocks] : l.at("clients").items()) {
      if (!r.at("clients").contains(client)) {
        return fmt::format("; client {} answered in the first only", client);
      }
      const Json& others = r.at("clients").at(client);
      for (const auto& [block, hash] : blocks.items()) {
        if (others.contains(block) && others.at(block) == hash) continue;
        return fmt::format("; client {} differs first, in block '{}' of Ask {} of round {}", client,
                           block, l.at("ask").dump(), l.at("round").dump());
      }
    }
    return std::string("; more clients answered in the second");
  }
}

}  // namespace

Result<Comparison> compare_runs(const std::filesystem::path& a, const std::filesystem::path& b) {
  Metrics first(a), second(b);
  COHORT_DO(first.check());
  COHORT_DO(second.check());
  std::uint64_t rounds = 0;
  for (;; ++rounds) {
    const auto left = first.next();
    const auto right = second.next();
    if (!left && !right) break;
    if (!left || !right) {
      return Comparison{
          false, fmt::format("{} ends after {} rounds, {} goes on", (left ? b : a).string(), rounds,
                             (left ? a : b).string())};
    }
    if (*left == *right) continue;
    COHORT_TRY(const Json l, first.parse(*left));
    COHORT_TRY(const Json r, second.parse(*right));
    COHORT_TRY(const std::string client, first_client(a, b));
    return Comparison{false, fmt::format("differ first in round {}: {}{}", l.at("round").dump(),
                                         differences(l, r), client)};
  }
  COHORT_TRY(const Summary left, read_summary(a));
  COHORT_TRY(const Summary right, read_summary(b));
  if (left.model_hash != right.model_hash) {
    return Comparison{false, fmt::format("the same {} rounds, but model_hash {} and {}", rounds,
                                         left.model_hash, right.model_hash)};
  }
  return Comparison{true, fmt::format("equal: {} rounds, model_hash {}", rounds, left.model_hash)};
}

Result<Comparison> compare_first_rounds(const std::filesystem::path& a,
                                        const std::filesystem::path& b, std::uint64_t rounds) {
  Metrics first(a), second(b);
  COHORT_DO(first.check());
  COHORT_DO(second.check());
  std::string state_hash;
  std::uint64_t compared = 0;
  for (auto right = second.next(); right; right = second.next()) {
    COHORT_TRY(Json r, second.parse(*right));
    const auto left = first.next();
    if (!left) {
      return Comparison{
          false, fmt::format("{} ends after {} rounds, its replay goes on", a.string(), compared)};
    }
    COHORT_TRY(const Json l, first.parse(*left));
    if (r.at("round") == rounds) {
      for (auto at = r.begin(); at != r.end();) at = l.contains(at.key()) ? ++at : r.erase(at);
    }
    if (l != r) {
      COHORT_TRY(const std::string client, first_client(a, b));
      return Comparison{false, fmt::format("differ first in round {}: {}{}", l.at("round").dump(),
                                           differences(l, r), client)};
    }
    state_hash = l.value("state_hash", "");
    compared = l.at("round");
  }
  return Comparison{true,
                    fmt::format("equal: the first {} rounds, state_hash {}", compared, state_hash)};
}

}  // namespace cohort
