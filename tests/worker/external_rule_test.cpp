#include "worker/external_rule.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "worker/sharded_aggregation.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

/// A program that gives these numbers for any rows of two coordinates.
class ExternalRuleTest : public testing::Test {
 protected:
  ExternalRule::Options answering(std::vector<double> numbers) {
    file_ = testing::TempDir() + "external-rule-" + std::to_string(::getpid());
    const std::string header = R"({"id":1,"arrays":[["aggregate","<f8",[2]]]})";
    const auto length = static_cast<std::uint32_t>(header.size());
    std::ofstream out(file_, std::ios::binary);
    out << "CXP1";
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << header;
    out.write(reinterpret_cast<const char*>(numbers.data()),
              static_cast<std::streamsize>(numbers.size() * sizeof(double)));
    ExternalRule::Options options;
    options.tolerates = 0.4;
    options.deadline = 20;
    options.command = {"sh", "-c", "cat '" + file_ + "'; cat >/dev/null"};
    return options;
  }
  void TearDown() override { std::filesystem::remove(file_); }

  static Result<Aggregate> aggregate(const ExternalRule::Options& options, std::size_t f) {
    const std::vector<double> values[] = {{1, 2}, {3, 4}, {5, 6}};
    std::vector<AggregationRow> rows;
    for (std::uint64_t i = 0; i < 3; ++i) rows.push_back({ClientId(i), values[i], false, 1});
    Aggregation aggregation;
    aggregation.rule = std::make_shared<RuleOf<ExternalRule>>(options);
    ThreadPool pool(2);
    return aggregate_rows(aggregation, std::span<const AggregationRow>(rows), 2,
                          {f, Stream(1, Purpose::aggregation)}, pool, nullptr,
                          Deadline::after(Seconds(30)));
  }

 private:
  std::string file_;
};

TEST_F(ExternalRuleTest, GivesWhatTheProgramMakesOfAllRows) {
  const auto done = aggregate(answering({7, -8}), 1);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->value, (Vec(2) << 7, -8).finished());
}

TEST_F(ExternalRuleTest, ToleratesWhatItsAuthorSays) {
  const auto refused = aggregate(answering({7, -8}), 2);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("external"));
}

TEST_F(ExternalRuleTest, AnAnswerThatIsNotFiniteIsNamed) {
  try {
    (void)aggregate(answering({7, std::numeric_limits<double>::infinity()}), 1);
    FAIL() << "it was taken";
  } catch (const ExternalFailure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("found inf at coordinate 1 of 2"));
  }
}

}  // namespace
}  // namespace cohort
