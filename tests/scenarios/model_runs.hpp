#pragma once
// Small runs whose models tests look at.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/scenarios/command_line.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {

inline std::filesystem::path write(const Folder& folder, const std::string& name,
                                   const std::string& text) {
  std::ofstream(folder / name) << text;
  return folder / name;
}

/// `data` is the body of [data]; the model learns a few rounds of FedAvg.
inline std::string scenario(const std::string& data, const std::string& model, int rounds = 4) {
  return fmt::format(
      "name = \"test\"\n[data]\n{}\n[model]\n{}\n[clients]\ncount = 5\n[method]\ntype = "
      "\"fedavg\"\n"
      "local_epochs = 1\nbatch_size = 16\nlocal = {{ optimizer = {{ type = \"sgd\", learning_rate "
      "= "
      "0.02 }} }}\n[schedule]\nrounds = {}\n[evaluation]\non = [\"test\"]\n",
      data, model, rounds);
}

inline nlohmann::json summary_of(const std::filesystem::path& run) {
  return nlohmann::json::parse(text_of(run / "summary.json"));
}

inline std::vector<nlohmann::json> rounds_of(const std::filesystem::path& run) {
  std::vector<nlohmann::json> rounds;
  std::istringstream lines(text_of(run / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) rounds.push_back(nlohmann::json::parse(line));
  return rounds;
}

inline std::string run_of(const Folder& folder, const std::string& text,
                          const std::string& name = "run") {
  const std::string out = (folder / name).string();
  const Told told = tell({"run", write(folder, name + ".toml", text).string(), "--out", out});
  EXPECT_EQ(told.status, 0) << told.err;
  return out;
}

inline constexpr const char* named_rows =
    "age,dose,ill\n30,0.5,0\n40,0.25,1\n50,1.5,0\n60,2.5,1\n35,0.75,0\n65,2.25,1\n45,2,1\n55,0,0\n";

/// The model of a run on named columns.
inline std::string named_model(const Folder& folder) {
  write(folder, "named.csv", named_rows);
  const std::string text = scenario(
      "train = \"named.csv\"\nsplit = { test = 0.25 }\n"
      "standardize = \"global\"",
      "type = \"logistic\"");
  return run_of(folder, text) + "/model.npz";
}

}  // namespace cohort
