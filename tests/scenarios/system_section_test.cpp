#include "scenarios/system_section.hpp"

#include <fstream>

#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::HasSubstr;

TEST(SystemSection, ReadsAmountsWithTheirUnits) {
  const auto value = [](const char* text, Dimension d) {
    std::string why;
    const auto amount = parse_amount(text, d, why);
    return amount ? amount->value : -1;
  };
  EXPECT_DOUBLE_EQ(value("2 ms/sample", Dimension::compute), 0.002);
  EXPECT_DOUBLE_EQ(value("3s", Dimension::compute), 3);
  EXPECT_DOUBLE_EQ(value("1.5 min/answer", Dimension::compute), 90);
  EXPECT_DOUBLE_EQ(value("8 Mbit/s", Dimension::rate), 1e6);
  EXPECT_DOUBLE_EQ(value("2 MB/s", Dimension::rate), 2e6);
  EXPECT_DOUBLE_EQ(value("0 ms", Dimension::duration), 0);
  for (const char* wrong : {"", "fast", "2", "2 m", "-1 s", "nan s", "2 s/sample", "1e999 s"}) {
    EXPECT_EQ(value(wrong, Dimension::duration), -1) << wrong;
  }
  EXPECT_EQ(value("0 bit/s", Dimension::rate), -1);
  std::string why;
  ASSERT_TRUE(parse_amount("2 ms/sample", Dimension::compute, why)->is_per_sample);
  EXPECT_FALSE(parse_amount("2 ms", Dimension::compute, why)->is_per_sample);
}

class SystemFiles : public testing::Test {
 protected:
  std::optional<SystemChoice> read(const std::string& csv, ConfigNode section) {
    std::ofstream(folder_.path() / "trace.csv") << csv;
    return read_system(section, 3, 1, folder_.path(), mistakes_);
  }
  static ConfigNode table(std::initializer_list<std::pair<const char*, const char*>> options) {
    ConfigNode node = config_table();
    for (const auto& [key, value] : options) node.set(key, config_value(std::string(value)));
    return node;
  }
  static ConfigNode section(const char* name, ConfigNode value) {
    ConfigNode node = config_table();
    node.set(name, std::move(value));
    return node;
  }
  ConfigNode speeds() const {
    return section("compute",
                   table({{"type", "trace"}, {"file", "trace.csv"}, {"unit", "ms/sample"}}));
  }
  ConfigNode presence() const {
    return section("availability", table({{"file", "trace.csv"}, {"period", "1 day"}}));
  }

  Folder folder_;
  Mistakes mistakes_;
};

TEST_F(SystemFiles, ReadsASpeedOfEveryClient) {
  const auto choice = read("client,speed\n2,4\n0,1.5\n# a comment\n1,2\n", speeds());

  ASSERT_TRUE(choice) << mistakes_.messages().front();
  EXPECT_EQ(choice->model.compute.values, (std::vector<double>{0.0015, 0.002, 0.004}));
  EXPECT_EQ(choice->effective.find("compute")->find("file"), nullptr);
  EXPECT_EQ(choice->effective.find("compute")->find("checksum")->text().size(), 32U);
}

TEST_F(SystemFiles, NamesWhatIsWrongWithALine) {
  for (const auto& [csv, what] : {std::pair{"0,1\n1,2\n", "found none for 2"},
                                  {"0,1\n0,2\n", "trace.csv:2: client 0 has two values"},
                                  {"0,1\n3,2\n", "trace.csv:2: expected 2 numbers"},
                                  {"0,1\n1,x\n", "trace.csv:2: expected 2 numbers"},
                                  {"0,1\n1,2,3\n", "trace.csv:2: expected 2 numbers"},
                                  {"0,-1\n", "trace.csv:1: found -1, which is too small"}}) {
    mistakes_ = {};
    EXPECT_FALSE(read(csv, speeds()));
    ASSERT_EQ(mistakes_.messages().size(), 1U) << csv;
    EXPECT_THAT(mistakes_.messages().front(), HasSubstr(what));
  }
}

TEST_F(SystemFiles, ReadsIntervalsAndJoinsWhatTouches) {
  const auto choice = read("0,0,10\n0,10,20\n2,5,6\n", presence());

  ASSERT_TRUE(choice) << mistakes_.messages().front();
  const Availability& a = choice->model.availability;
  EXPECT_EQ(a.period, 86400);
  EXPECT_EQ(a.intervals[0], (std::vector<std::pair<double, double>>{{0, 20}}));
  EXPECT_TRUE(a.intervals[1].empty());

  EXPECT_FALSE(read("0,5,10\n0,7,20\n", presence()));
  EXPECT_THAT(mistakes_.messages().back(), HasSubstr("trace.csv:2: expected times that ascend"));
}

TEST_F(SystemFiles, AFileThatHasChangedIsRefused) {
  ConfigNode node = presence();
  node.find("availability")->set("checksum", config_value(std::string(32, '0')));

  EXPECT_FALSE(read("0,0,10\n", node));
  EXPECT_THAT(mistakes_.messages().front(), HasSubstr("is not what it was"));
}

}  // namespace
}  // namespace cohort
