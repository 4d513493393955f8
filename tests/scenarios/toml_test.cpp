#include "scenarios/toml.hpp"

#include <limits>

namespace cohort {
namespace {

using testing::HasSubstr;

TEST(Toml, KeepsTheOrderAndThePlacesOfTheText) {
  const auto node =
      parse_toml("z = 1\n[b]\ny = [1, \"two\"]\nx = { q = true, p = 0.5 }\n[a]\n", "f");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_EQ(node->to_toml(),
            "{ z = 1, b = { y = [1, \"two\"], x = { q = true, p = 0.5 } }, a = {} }");
  const ConfigNode& x = *node->find("b")->find("x");
  EXPECT_EQ(x.spot.file, "f");
  EXPECT_EQ(x.spot.line, 4U);
  EXPECT_EQ(x.find("p")->spot.column, 17U);
  EXPECT_EQ(node->find("b")->find("y")->list()[1].spot.column, 9U);
}

TEST(Toml, DocumentsReadBack) {
  ConfigNode table = config_table();
  table.set("section", config_table()).set("x", config_value(0.1));
  table.set("plain", config_value(std::string("a \"b\"\n")));
  table.find("section")->set("inf", config_value(std::numeric_limits<double>::infinity()));
  const std::string text = to_toml_document(table);
  EXPECT_EQ(text, "plain = \"a \\\"b\\\"\\n\"\n\n[section]\nx = 0.1\ninf = inf\n");
  const auto read = parse_toml(text, "");
  ASSERT_TRUE(read);
  EXPECT_EQ(to_toml_document(*read), text);
}

TEST(TomlValue, IsTomlOrABareWord) {
  EXPECT_EQ(parse_toml_value("3")->to_toml(), "3");
  EXPECT_EQ(parse_toml_value("[1, 2.5]")->to_toml(), "[1, 2.5]");
  EXPECT_EQ(parse_toml_value("krum")->to_toml(), "\"krum\"");
  EXPECT_EQ(parse_toml_value("data/a9a.libsvm.gz")->to_toml(), "\"data/a9a.libsvm.gz\"");
  EXPECT_EQ(parse_toml_value("{ type = \"krum\" }")->to_toml(), "{ type = \"krum\" }");
  for (const char* bad : {"", "[1", "two words", "1\nb = 2"})
    EXPECT_FALSE(parse_toml_value(bad)) << bad;
}

TEST(Toml, AScenarioHasASizeAndMustBeThere) {
  EXPECT_EQ(read_scenario_text("nowhere.toml").error().code, Code::bad_input);
  EXPECT_THAT(read_scenario_text("/dev").error().message, HasSubstr("/dev"));
}

}  // namespace
}  // namespace cohort
