// Decentralized runs as their users run them.

#include "tests/runs/program.hpp"

#include <cmath>

namespace cohort::program {
namespace {

constexpr double pi = 3.14159265358979323846;

class GossipTest : public ProgramTest {
 protected:
  std::vector<double> consensus(const fs::path& case_of_one_seed) const {
    std::vector<double> values;
    std::string text;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / case_of_one_seed)) {
      if (entry.path().filename() == "metrics.jsonl") text += text_of(entry.path());
    }
    const std::regex pattern("\"consensus_distance\":([0-9.e+-]+)");
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
      values.push_back(std::stod((*at)[1]));
    }
    return values;
  }
};

TEST_F(GossipTest, TopologiesAgreeAtTheRatesOfTheirMixingMatrices) {
  const Done done = run({program, "run", source + "/scenarios/gossip/topologies.toml", "--out", "t",
                         "--set", "sweep.seeds=[1]"});
  ASSERT_EQ(done.status, 0) << done.output;
  // Per round, over rounds that only the slowest mode is left in and rounding is far.
  const auto rate = [&](const std::string& graph, std::size_t from, std::size_t to) {
    const auto d = consensus("t/" + graph);
    EXPECT_EQ(d.size(), 101U) << graph;
    if (d.size() != 101) return -1.0;
    return std::sqrt(std::pow(d[to] / d[from], 1.0 / static_cast<double>(to - from)));
  };
  EXPECT_NEAR(rate("ring", 60, 100), 1 - 2.0 / 3 * (1 - std::cos(2 * pi / 16)), 1e-6);
  EXPECT_NEAR(rate("path", 90, 100), 1 - 2.0 / 3 * (1 - std::cos(pi / 16)), 1e-4);
  EXPECT_NEAR(rate("star", 20, 80), 1 - 1.0 / 16, 1e-9);
  for (const char* graph : {"torus", "hypercube", "exponential"}) {
    EXPECT_NEAR(rate(graph, 40, 55), 0.6, 1e-4) << graph;
  }
  // 16 = 2^4: four rounds average exactly.
  const auto one_peer = consensus("t/one_peer_exponential");
  EXPECT_GT(one_peer[3], 0.1);
  EXPECT_LT(one_peer[5], 1e-28);
}

}  // namespace
}  // namespace cohort::program
