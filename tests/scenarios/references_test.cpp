#include "scenarios/references.hpp"

#include <algorithm>
#include <set>

#include "algorithms/down.hpp"
#include "coordinator/asynchronous.hpp"
#include "core/build_info.hpp"
#include "problems/data/graph_file.hpp"
#include "scenarios/catalogue.hpp"
#include "tests/scenarios/folder.hpp"

namespace cohort {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

template <class Base>
void add_sources(const Registry<Base>& registry, std::set<std::string>& sources) {
  for (const auto& entry : registry.entries()) {
    for (const std::string& part : sources_of(entry.source)) sources.insert(part);
  }
}

/// Everything that a run may cite.
std::set<std::string> all_sources() {
  const Catalogue c = shipped_catalogue();
  std::set<std::string> sources = {"cohort", std::string(Asynchronous::source),
                                   std::string(down_source)};
  add_sources(*c.models, sources);
  add_sources(*c.problems, sources);
  add_sources(*c.methods, sources);
  add_sources(*c.gossip_methods, sources);
  add_sources(*c.token_methods, sources);
  add_sources(*c.estimators, sources);
  add_sources(*c.transforms, sources);
  add_sources(*c.optimizers, sources);
  add_sources(*c.compressors, sources);
  add_sources(*c.rules, sources);
  add_sources(*c.row_maps, sources);
  add_sources(*c.attacks, sources);
  add_sources(*c.graphs, sources);
  add_sources(*c.mixings, sources);
  add_sources(*c.walks, sources);
  for (const auto& graph : builtin_graphs()) sources.insert(std::string(graph.source));
  for (const auto& data : builtin_data()) sources.insert("data " + std::string(data.name));
  return sources;
}

std::vector<Reference> shipped() {
  auto references = parse_references(references_text());
  EXPECT_TRUE(references) << references.error().message;
  return *std::move(references);
}

TEST(References, EverySourceOfTheCatalogueHasAnEntry) {
  std::set<std::string> cited;
  for (const Reference& r : shipped()) cited.insert(r.cited.begin(), r.cited.end());
  for (const std::string& source : all_sources()) {
    EXPECT_TRUE(cited.contains(source))
        << "'" << source << "' is cited by no entry of docs/references.bib";
  }
}

TEST(References, EveryEntryIsCitedOnce) {
  const auto sources = all_sources();
  std::set<std::string> keys, cited;
  for (const Reference& r : shipped()) {
    EXPECT_TRUE(keys.insert(r.key).second) << r.key << " is there twice";
    for (const std::string& source : r.cited) {
      EXPECT_TRUE(sources.contains(source))
          << r.key << ": nothing has the source '" << source << "'";
      EXPECT_TRUE(cited.insert(source).second) << source << " is cited twice";
    }
    EXPECT_THAT(r.text, HasSubstr("  title = {"));
    EXPECT_THAT(r.text, Not(HasSubstr("cited")));
  }
}

TEST(References, AnEntryIsItsText) {
  const auto parsed = parse_references(
      "% a comment with @ and {\n\n@article{key1,\n  title = {On {B}races},\n  cited = {A 1; B "
      "2}\n}\n"
      "\n@misc{key2,\n  title = {T},\n  cited = {C}\n}\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].key, "key1");
  EXPECT_THAT((*parsed)[0].cited, ElementsAre("A 1", "B 2"));
  EXPECT_EQ((*parsed)[0].text, "@article{key1,\n  title = {On {B}races},\n}");
  EXPECT_EQ((*parsed)[1].key, "key2");
}

TEST(References, AnEntryThatIsNotWholeIsNamed) {
  const auto message = [](std::string_view text) {
    const auto parsed = parse_references(text);
    return parsed ? "no error" : parsed.error().message;
  };
  EXPECT_THAT(message("\n@misc{open,\n  title = {T\n"), HasSubstr("'@misc{open,'"));
  EXPECT_THAT(message("\n@misc{a,\n  title = {T}\n}\n"), HasSubstr("expected cited"));
}

TEST(References, ARunCitesWhatItUsedAndNothingElse) {
  Scenario scenario;
  scenario.data.emplace().name = "digits";
  scenario.chosen = {{"method", "fedavg", "McMahan et al., AISTATS 2017"},
                     {"aggregation.rule", "geometric_median",
                      "Weiszfeld 1937; Vardi and Zhang, PNAS 2000; Pillutla et al., IEEE TSP 2022"},
                     {"clients.byzantine.attack", "mine", "Somebody 2030"}};
  const std::string text = references_of(scenario, {});
  EXPECT_THAT(text, HasSubstr("% method = fedavg\n@inproceedings{mcmahan2017communication,"));
  EXPECT_THAT(text, HasSubstr("@article{vardi2000multivariate,"));
  EXPECT_THAT(text, HasSubstr("@misc{uci_digits,"));
  EXPECT_THAT(text, HasSubstr("@misc{cohort,"));
  EXPECT_THAT(text, HasSubstr("% clients.byzantine.attack = mine\n% Somebody 2030\n"));
  EXPECT_THAT(text, Not(HasSubstr("karimireddy")));
  // What is written is BibTeX that reads back.
  EXPECT_EQ(std::count(text.begin(), text.end(), '{'), std::count(text.begin(), text.end(), '}'));
}

TEST(References, AFileIsCitedByItsChecksum) {
  Scenario scenario;
  scenario.data.emplace().train = "my_rows.csv";
  const DataFile file{"/somewhere/my_rows.csv", hash_bytes({})};
  EXPECT_THAT(references_of(scenario, std::span(&file, 1)),
              HasSubstr("@misc{data_train,\n  title = {my\\_rows.csv},\n  note = {XXH3-128 " +
                        file.checksum.hex() + "}\n}"));
}

TEST(Citation, HasTheKeysThatItsSchemaRequires) {
  const std::string text = text_of(std::filesystem::path(COHORT_SOURCE_DIR) / "CITATION.cff");
  for (const char* line :
       {"cff-version: 1.2.0\n", "message: ", "title: ", "authors:\n  - name: "}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, HasSubstr("\nversion: " + std::string(version()) + "\n"));
}

}  // namespace
}  // namespace cohort
