#include "scenarios/reproduce.hpp"

#include "core/hessian.hpp"
#include "core/linalg.hpp"
#include "core/thread_pool.hpp"
#include "scenarios/session.hpp"
#include "tests/scenarios/command_line.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Fate, IsWithinOutsideOrRefuted) {
  const auto fate = [](std::initializer_list<double> values) {
    const Claim claim{.paper = "p",
                      .set = "",
                      .metric = "distance",
                      .value = 1,
                      .tolerance = 0.1,
                      .source = "s",
                      .differs = ""};
    return fate_of(claim, report::estimate(std::vector<double>(values)));
  };
  EXPECT_EQ(fate({1.1, 0.9}), Fate::within);
  EXPECT_EQ(fate({1.05}), Fate::within);
  // Mean 1.3, t interval ± 2.5: it may be 1.
  EXPECT_EQ(fate({1.1, 1.5}), Fate::outside);
  // Mean 1.3, t interval ± 0.13: it is not, with the tolerance.
  EXPECT_EQ(fate({1.29, 1.31}), Fate::refuted);
  // One run has no interval.
  EXPECT_EQ(fate({7}), Fate::outside);
}

/// Where FedAvg with K steps of rate η on quadratics f_i = ½ (w − b_i)ᵀ A_i (w − b_i) stops, and
/// where it should: x = (I − P̄)⁻¹ mean((I − P_i) b_i), P_i = (I − η A_i)^K, P̄ their mean;
/// x* = (Σ A_i)⁻¹ Σ A_i b_i.
double fedavg_bias(const Function& f, std::uint64_t clients, int steps, double rate) {
  const auto d = static_cast<Index>(f.layout().shared());
  ThreadPool pool(1);
  Scratch scratch;
  const Mat identity = Mat::Identity(d, d);
  Mat mean_power = Mat::Zero(d, d), sum_a = Mat::Zero(d, d);
  Vec drift = Vec::Zero(d), sum_ab = Vec::Zero(d);
  for (std::uint64_t i = 0; i < clients; ++i) {
    const Sample sample{RowSource::client, ClientId(i), 0, 1, {}};
    const Vec zero = Vec::Zero(d);
    Mat a(d, d);
    for (Index j = 0; j < d; ++j) {
      Vec column(d);
      f.hvp({pool, scratch}, sample, zero, identity.col(j), column);
      a.col(j) = column;
    }
    Vec minus_ab(d);  // ∇f_i(0) = −A_i b_i
    f.gradient({pool, scratch}, sample, zero, {}, minus_ab);
    const Vec b = *solve_spd(a, -minus_ab);
    Mat power = identity;
    for (int k = 0; k < steps; ++k) power = power * (identity - rate * a);
    mean_power += power / static_cast<double>(clients);
    drift += (b - power * b) / static_cast<double>(clients);
    sum_a += a;
    sum_ab -= minus_ab;
  }
  const Vec limit = *solve_spd(identity - mean_power, drift);
  return (limit - *solve_spd(sum_a, sum_ab)).norm();
}

TEST(ShippedReferences, FedAvgStopsWhereItsClosedFormSays) {
  const auto loaded =
      load_scenario(std::filesystem::path(COHORT_SOURCE_DIR) / "scenarios/heterogeneity.toml", {},
                    shipped_catalogue());
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Scenario& fedavg = loaded->cases.front();
  ASSERT_EQ(fedavg.method->name(), "fedavg");
  ASSERT_TRUE(fedavg.claim);
  const auto prepared = Prepared::make(fedavg, 0, 1);
  ASSERT_TRUE(prepared) << prepared.error().message;
  const double bias = fedavg_bias((*prepared)->function(), fedavg.clients.count, 10, 0.05);
  // The value is written with ten digits.
  EXPECT_NEAR(fedavg.claim->value, bias, 1e-9);
  EXPECT_GT(bias, 0.01);
}

TEST(Reproduce, ShippedClaimsHold) {
  const Folder folder;
  const Told told = tell({"reproduce", "--all", "--out", (folder / "runs").string()});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("heterogeneity, scaffold"));
  EXPECT_THAT(told.out, HasSubstr("within\n"));
  EXPECT_THAT(told.out, Not(HasSubstr("outside\n")));
  EXPECT_THAT(told.out, Not(HasSubstr("refuted\n")));
  EXPECT_THAT(told.out, Not(HasSubstr("not run")));
}

std::string claim_of(double value) {
  return "[problem]\ntype = \"quadratic\"\ndimension = 3\n[clients]\ncount = 2\n[method]\ntype = "
         "\"fedsgd\"\n[schedule]\nrounds = 5\n[evaluation]\nmetrics = [\"distance\"]\n[reference]\n"
         "paper = \"P\"\nmetric = \"distance\"\ntolerance = 0.01\nsource = \"table 1\"\ndiffers = "
         "\"fewer rounds\"\nvalue = " +
         std::to_string(value) + "\n[sweep]\nseeds = [1, 2, 3]\n";
}

TEST(Reproduce, ReportsAClaimThatFailsWithoutFailing) {
  const Folder folder;
  std::ofstream(folder / "x.toml") << claim_of(1e6);
  const Told told =
      tell({"reproduce", (folder / "x.toml").string(), "--out", (folder / "runs").string()});
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("(n = 3)"));
  EXPECT_THAT(told.out, HasSubstr("refuted\n    P: table 1\n    here: fewer rounds\n"));
}

TEST(Reproduce, AClaimNeedsAllItsParts) {
  const auto mistakes = [](const std::string& text) {
    const auto loaded = load_scenario_text(text, "f.toml", {}, shipped_catalogue());
    return loaded ? "none" : loaded.error().message;
  };
  std::string text = claim_of(1);
  EXPECT_EQ(mistakes(text), "none");
  text.replace(text.find("source = \"table 1\"\n"), 19, "");
  EXPECT_THAT(mistakes(text), HasSubstr("reference: expected source"));
  text = claim_of(1);
  text.replace(text.find("metric = \"distance\""), 19, "metric = \"test_loss\"");
  EXPECT_THAT(mistakes(text), HasSubstr("found 'test_loss', which is never measured"));
}

TEST(Reproduce, AClaimDecidesNothing) {
  const auto hash = [](const std::string& text) {
    const auto loaded = load_scenario_text(text, "f.toml", {}, shipped_catalogue());
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded->cases.front().hash;
  };
  std::string without = claim_of(1);
  const auto at = without.find("[reference]");
  without.erase(at, without.find("[sweep]") - at);
  EXPECT_EQ(hash(claim_of(1)), hash(claim_of(2)));
  EXPECT_EQ(hash(claim_of(1)), hash(without));
}

TEST(Reproduce, FindsScenariosThatClaim) {
  const Folder folder;
  std::ofstream(folder / "a.toml") << "[sweep]\ncases = [{ name = \"x\", reference = {} }]\n";
  std::ofstream(folder / "b.toml") << "[run]\nseed = 1\n";
  std::ofstream(folder / "c.toml") << claim_of(1);
  const auto found = scenarios_with_claims(folder.path());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, ElementsAre(folder / "a.toml", folder / "c.toml"));
  EXPECT_EQ(tell({"reproduce", "nothing_like_it"}).status, 2);
}

}  // namespace
}  // namespace cohort
