// What every registered compressor must do, with its defaults and with other options.
#include "algorithms/compressor.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "algorithms/catalogue.hpp"
#include "tests/algorithms/compressors/compressed.hpp"

namespace cohort {
namespace {

struct Case {
  std::string label;
  ConfigNode options;
  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.label; }
};

Case with(std::string label, const std::string& type,
          std::vector<std::pair<std::string, ConfigNode>> options) {
  ConfigNode node = config_table();
  node.set("type", config_value(type));
  for (auto& [key, value] : options) node.set(key, std::move(value));
  return {std::move(label), std::move(node)};
}
ConfigNode whole(std::int64_t v) { return config_value(v); }
ConfigNode text(const char* v) { return config_value(std::string(v)); }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string& name : compressors().names()) all.push_back(with(name, name, {}));
  all.push_back(with("top_20", "top_k", {{"kept", whole(20)}}));
  all.push_back(
      with("top_half_f32", "top_k", {{"kept", config_value(0.5)}, {"values", text("f32")}}));
  all.push_back(with("top_all", "top_k", {{"kept", config_value(1.0)}}));
  all.push_back(with("top_bf16", "top_k", {{"kept", config_value(0.1)}, {"values", text("bf16")}}));
  all.push_back(with("block_top_2", "block_top_k", {{"kept", whole(2)}, {"block", whole(50)}}));
  all.push_back(with("rand_tenth", "rand_k", {{"kept", config_value(0.1)}}));
  all.push_back(with("rand_unscaled", "rand_k", {{"kept", whole(30)}, {"scale", text("none")}}));
  all.push_back(with("qsgd_1", "qsgd", {{"levels", whole(1)}}));
  all.push_back(with("qsgd_buckets", "qsgd", {{"levels", whole(3)}, {"bucket", whole(64)}}));
  all.push_back(with("qsgd_fine", "qsgd", {{"levels", whole(65535)}}));
  all.push_back(
      with("dithering_buckets", "dithering", {{"levels", whole(3)}, {"bucket", whole(128)}}));
  all.push_back(with("ternary_buckets", "ternary", {{"bucket", whole(64)}}));
  return all;
}

class EveryCompressor : public testing::TestWithParam<Case> {
 protected:
  static std::shared_ptr<const Compressor> make() {
    Mistakes mistakes;
    auto made = compressors().make(GetParam().options, "compressor", mistakes);
    EXPECT_TRUE(mistakes.empty());
    return made.object;
  }
  const std::shared_ptr<const Compressor> compressor = make();
};

TEST_P(EveryCompressor, MakesWhatItDeclares) {
  for (const Index d : {0, 1, 2, 63, 64, 65, 500, 1025, 4096, 10001}) {
    const Block b = compressed::block(*compressor, compressed::normal(d));
    ASSERT_TRUE(b.validate()) << b.validate().error().message;
    EXPECT_EQ(b.name, "x");
    EXPECT_EQ(b.length, static_cast<std::uint64_t>(d));
    EXPECT_EQ(b.data.size(), compressor->bytes(static_cast<std::uint64_t>(d))) << d;
    EXPECT_EQ(b.to_vec().size(), d);
  }
}

TEST_P(EveryCompressor, TheSameStreamGivesTheSameBits) {
  const Vec x = compressed::normal(777);
  EXPECT_EQ(compressed::block(*compressor, x, 3), compressed::block(*compressor, x, 3));
}

TEST_P(EveryCompressor, ZeroStaysZero) {
  EXPECT_TRUE(compressed::vec(*compressor, Vec::Zero(300)).isZero(0));
}

TEST_P(EveryCompressor, ShowsWhatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (const Index at : {0, 150, 299}) {
      Vec x = compressed::normal(300);
      x[at] = at == 150 ? -bad : bad;
      EXPECT_FALSE(std::isfinite(compressed::block(*compressor, x).squared_norm())) << bad << at;
    }
  }
}

TEST_P(EveryCompressor, KeepsItsConstantsForLargeAndSmallNumbers) {
  const auto delta = compressor->delta(300);
  if (!delta) GTEST_SKIP() << "is not contractive";
  for (const double scale : {1e-30, 1e30}) {
    const Vec x = scale * compressed::normal(300);
    EXPECT_LE(compressed::moments(*compressor, x, 20).variance, (1 - *delta) * 1.2 + 1e-15)
        << scale;
  }
}

std::vector<std::pair<std::string, Vec>> vectors(Index d) {
  const Vec x = compressed::normal(d);
  Vec one = Vec::Zero(d), spread(d), uneven = Vec::Constant(d, 1 / (std::sqrt(double(d)) + 1));
  one[d / 2] = -3;
  uneven[0] = 1;  // worst for ternary in one bucket
  for (Index i = 0; i < d; ++i) spread[i] = std::exp(5 * x[i]) * (i % 2 == 0 ? 1 : -1);
  return {{"normal", x},
          {"of many magnitudes", spread},
          {"equal", Vec::Constant(d, 4.0 / 3)},  // worst for natural and sparsifiers
          {"one", one},
          {"uneven", uneven}};
}

// Of T trials the mean is off by ω ‖x‖² / T in the mean square. Twice that is far in the tail for
// the hundreds of coordinates here, but for those where one coordinate decides: five times.
TEST_P(EveryCompressor, IsUnbiasedWithItsVariance) {
  constexpr Index d = 400;
  constexpr int trials = 1500;
  const auto omega = compressor->omega(d);
  if (!omega) GTEST_SKIP() << "is biased";
  for (const auto& [what, x] : vectors(d)) {
    const auto [bias, variance] = compressed::moments(*compressor, x, trials);
    const double expected = *omega / trials;
    EXPECT_LE(bias, (what == "normal" || what == "equal" ? 2 : 8) * expected + 1e-16) << what;
    // The sample's own error, four standard deviations where one coordinate decides: its square is
    // 1 + ω or more with probability 1/(1 + ω).
    EXPECT_LE(variance, *omega * (1 + 4 * std::sqrt((1 + *omega) / trials)) + 1e-16) << what;
  }
}

TEST_P(EveryCompressor, IsContractiveWithItsConstant) {
  constexpr Index d = 400;
  const auto delta = compressor->delta(d);
  if (!delta) GTEST_SKIP() << "is not contractive";
  EXPECT_GT(*delta, 0);
  EXPECT_LE(*delta, 1);
  const bool is_random = compressed::block(*compressor, compressed::normal(d), 1) !=
                         compressed::block(*compressor, compressed::normal(d), 2);
  for (const auto& [what, x] : vectors(d)) {
    const double error = compressed::moments(*compressor, x, is_random ? 1500 : 1).variance;
    // Of what does not draw, rounding of the norms alone.
    EXPECT_LE(error, (1 - *delta) * (is_random ? 1.1 : 1 + 1e-12) + 1e-16) << what;
  }
}

INSTANTIATE_TEST_SUITE_P(Registered, EveryCompressor, testing::ValuesIn(cases()),
                         [](const auto& of) { return of.param.label; });

TEST(Compressor, OptionsThatCannotBeAreRefused) {
  const auto complaint = [](const char* type, const char* key, ConfigNode value) {
    Mistakes mistakes;
    compressors().make(with("", type, {{key, std::move(value)}}).options, "c", mistakes);
    return !mistakes.empty();
  };
  EXPECT_TRUE(complaint("top_k", "kept", whole(0)));
  EXPECT_TRUE(complaint("top_k", "kept", config_value(1.5)));
  EXPECT_TRUE(complaint("top_k", "kept", text("1%")));
  EXPECT_FALSE(complaint("top_k", "kept", whole(1)));
  EXPECT_TRUE(complaint("qsgd", "levels", whole(0)));
  EXPECT_TRUE(complaint("qsgd", "levels", whole(65536)));
  EXPECT_TRUE(complaint("qsgd", "bucket", whole(100)));
  EXPECT_TRUE(complaint("top_k", "ratio", config_value(0.1)));
}

}  // namespace
}  // namespace cohort
