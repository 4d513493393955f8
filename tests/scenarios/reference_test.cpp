#include "scenarios/reference.hpp"

#include <cstdlib>
#include <thread>

#include "comm/inproc.hpp"
#include "scenarios/loader.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

Scenario scenario_of(const std::string& text) {
  auto loaded = load_scenario_text(text, "test.toml", {}, shipped_catalogue());
  EXPECT_TRUE(loaded) << loaded.error().message;
  return std::move(loaded->cases.front());
}

const std::string logistic = R"(
[data]
name = "breast_cancer"
standardize = "global"
[model]
type = "logistic"
l2 = 0.01
[clients]
count = 7
byzantine = { count = 2, attack = "sign_flip" }
[method]
type = "fedsgd"
[aggregation]
rule = "median"
[schedule]
rounds = 1
)";

/// Of every rank.
std::vector<Minimiser> solve(const Scenario& scenario, std::uint32_t ranks, std::size_t threads) {
  InprocNetwork network(ranks);
  std::vector<Minimiser> found(ranks);
  const auto one_rank = [&](std::uint32_t rank) {
    const auto prepared = Prepared::make(scenario, rank, ranks);
    ASSERT_TRUE(prepared) << prepared.error().message;
    const auto transport = network.endpoint(Rank(rank));
    Exchange exchange(*transport);
    ThreadPool pool(threads);
    auto solution = reference_solution(**prepared, {transport.get(), &exchange, nullptr}, pool);
    ASSERT_TRUE(solution) << solution.error().message;
    found[rank] = *std::move(solution);
  };
  std::vector<std::jthread> others;
  for (std::uint32_t r = 1; r < ranks; ++r) others.emplace_back(one_rank, r);
  one_rank(0);
  others.clear();
  return found;
}

/// Without a cache that an earlier solution is in.
class ReferenceTest : public testing::Test {
 protected:
  ReferenceTest() { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~ReferenceTest() override { ::unsetenv("XDG_CACHE_HOME"); }
  Folder folder_;
};

TEST_F(ReferenceTest, IsAStationaryPointOfTheHonestClients) {
  const Scenario scenario = scenario_of(logistic);
  const Minimiser found = solve(scenario, 1, 1).front();
  EXPECT_LE(found.gradient_norm, 1e-14);

  // Σ p_i ∇f_i(x) over the honest, client by client.
  const auto prepared = Prepared::make(scenario, 0, 1);
  const Function& f = (*prepared)->function();
  ThreadPool pool(1);
  Scratch scratch;
  Vec g(found.x.size()), sum = Vec::Zero(found.x.size());
  double weight = 0, value = 0;
  for (std::uint64_t c = 0; c < 7; ++c) {
    const auto& liars = scenario.clients.byzantine.clients;
    if (std::find(liars.begin(), liars.end(), ClientId(c)) != liars.end()) continue;
    const Sample all{RowSource::client, ClientId(c), 0, f.rows(RowSource::client, ClientId(c)), {}};
    const double p = (*prepared)->client_weight(ClientId(c));
    value += p * f.gradient({pool, scratch}, all, found.x, {}, g);
    sum += p * g;
    weight += p;
  }
  // Both are about 450 rounded terms of order 1, over 31 coordinates.
  EXPECT_LE(sum.lpNorm<Eigen::Infinity>() / weight, 1e-14);
  EXPECT_NEAR(found.value, value / weight, 1e-14);
  EXPECT_LT(weight, 1);  // the Byzantine clients' rows are not in it
}

TEST_F(ReferenceTest, HasTheSameBitsOnAnyRanksAndThreads) {
  const Scenario scenario = scenario_of(logistic);
  const Minimiser one = solve(scenario, 1, 1).front();
  for (const auto& [ranks, threads] : {std::pair(1U, 2U), std::pair(2U, 1U), std::pair(4U, 2U)}) {
    std::filesystem::remove_all(folder_.path() / "cohort" / "reference");
    for (const Minimiser& other : solve(scenario, ranks, threads)) {
      EXPECT_EQ(other.x, one.x) << ranks << " ranks";
      EXPECT_EQ(other.value, one.value);
      EXPECT_EQ(other.gradient_norm, one.gradient_norm);
    }
  }
}

TEST_F(ReferenceTest, IsSolvedOnceAndThenRead) {
  const Scenario scenario = scenario_of(logistic);
  const Minimiser first = solve(scenario, 1, 1).front();
  EXPECT_GT(first.steps, 0U);
  const Minimiser again = solve(scenario, 2, 1).back();
  EXPECT_EQ(again.steps, 0U);  // no Newton step was needed
  EXPECT_EQ(again.x, first.x);

  // Other clients are honest under another seed, so it is another function.
  std::string other = logistic;
  other += "[run]\nseed = 5\n";
  EXPECT_GT(solve(scenario_of(other), 1, 1).front().steps, 0U);

  // A file that is not whole is solved anew.
  for (const auto& entry :
       std::filesystem::directory_iterator(folder_.path() / "cohort" / "reference")) {
    std::filesystem::resize_file(entry.path(), 40);
  }
  EXPECT_GT(solve(scenario, 1, 1).front().steps, 0U);
}

TEST_F(ReferenceTest, TakesTheClosedFormWhereThereIsOne) {
  const Scenario scenario = scenario_of(R"(
[problem]
type = "quadratic"
dimension = 12
optimum_spread = 1.0
[clients]
count = 5
byzantine = { count = 1, attack = "sign_flip" }
[method]
type = "fedsgd"
[aggregation]
rule = "median"
[schedule]
rounds = 1
)");
  const Minimiser found = solve(scenario, 2, 1).back();
  EXPECT_EQ(found.steps, 0U);
  EXPECT_LE(found.gradient_norm, 1e-13);  // of the honest mean: a rounded solution of 12 equations
}

}  // namespace
}  // namespace cohort
