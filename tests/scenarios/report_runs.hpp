#pragma once
// Run folders for the tests of reports, written by hand.

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/scenarios/folder.hpp"

namespace cohort::report {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

struct FakeRun {
  std::uint64_t seed = 1;
  std::string options = "[method]\ntype = \"fedavg\"\n";  // TOML, without seeds
  std::string case_name{};
  std::vector<double> accuracy = {0.1, 0.5, 0.9};  // of test, in rounds 0, 1, …
  std::string status = "finished";                 // empty: no summary
  std::string more{};                              // of every line of metrics.jsonl: ",\"f\":2"
  std::string seconds = "1.5";
  int threads = 1;

  void write(const std::filesystem::path& folder) const {
    write_text(
        folder / "scenario.toml",
        fmt::format("name = \"fake\"\n[data]\nname = \"digits\"\nseed = {0}\nbase = \"{1}\"\n"
                    "[model]\nseed = {0}\n[run]\nseed = {0}\n{2}",
                    seed, folder.parent_path().string(), options));
    std::string metrics, timing;
    for (std::size_t round = 0; round < accuracy.size(); ++round) {
      metrics += fmt::format(
          "{{\"round\":{},\"state_hash\":\"00\",\"cohort\":4,\"bytes_up\":{},\"bytes_down\":{},"
          "\"oracle_calls\":{{\"gradient\":{},\"value\":1}},\"data_passes\":{}{},"
          "\"test\":{{\"accuracy\":{}}}}}\n",
          round, round == 0 ? 0 : 30, round == 0 ? 0 : 70, round, round, more, accuracy[round]);
      timing += fmt::format(
          "{{\"round\":{},\"seconds\":{},\"wire_bytes\":0,\"phases\":{{"
          "\"compute\":0.25}},\"imbalance\":1.5}}\n",
          round, seconds);
    }
    write_text(folder / "metrics.jsonl", metrics);
    write_text(folder / "timing.jsonl", timing);
    if (status.empty()) return;
    write_text(
        folder / "summary.json",
        fmt::format("{{\"name\":\"fake\",\"case\":\"{}\",\"status\":\"{}\",\"stop_reason\":"
                    "\"rounds = 2\",\"rounds\":2,\"model_hash\":\"ab\",\"scenario_hash\":"
                    "\"cd\",\"commit\":\"0123\",\"data\":[{{\"path\":\"{}/digits.csv.gz\","
                    "\"checksum\":\"ef\"}}],\"seeds\":{{\"data\":{},\"model\":{},\"run\":{}}},"
                    "\"ranks\":1,\"threads\":{},\"seconds\":{},\"final\":{{}}}}",
                    case_name, status, folder.parent_path().string(), seed, seed, seed, threads,
                    seconds));
  }
};

}  // namespace cohort::report
