#pragma once
// The sections of a scenario file as they are written: one struct and one option table each. An
// absent optional takes a default that depends on other options; the loader fills it in.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "scenarios/scenario.hpp"

namespace cohort {

/// Which client is which node: client i node i of the graph, or of its nodes in an order in which
/// neighbours are near each other.
enum class Placement { ids, local };

// Names of the enumerations, found by OptionType.
std::vector<std::pair<std::string, ScheduleType>> option_names(ScheduleType);
std::vector<std::pair<std::string, Placement>> option_names(Placement);
std::vector<std::pair<std::string, WalkTarget>> option_names(WalkTarget);
std::vector<std::pair<std::string, ClientWeights>> option_names(ClientWeights);
std::vector<std::pair<std::string, EvaluationSet>> option_names(EvaluationSet);
std::vector<std::pair<std::string, Metric>> option_names(Metric);
std::vector<std::pair<std::string, Trace>> option_names(Trace);
std::vector<std::pair<std::string, FileFormat>> option_names(FileFormat);
std::vector<std::pair<std::string, CsvFormat::Header>> option_names(CsvFormat::Header);
std::vector<std::pair<std::string, Standardize>> option_names(Standardize);
std::vector<std::pair<std::string, Storage>> option_names(Storage);
std::vector<std::pair<std::string, PartitionOptions::Type>> option_names(PartitionOptions::Type);
std::vector<std::pair<std::string, PartitionOptions::Over>> option_names(PartitionOptions::Over);
std::vector<std::pair<std::string, PartitionOptions::Sizes>> option_names(PartitionOptions::Sizes);
std::vector<std::pair<std::string, FeatureSkew::Type>> option_names(FeatureSkew::Type);

/// Wherever an algorithm is named: its name, or a table with `type` and its options.
struct Choice {
  ConfigNode node;
};

template <>
struct OptionType<Choice> {
  static std::string name() { return "name or table with type"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, Choice& out,
                   Mistakes& mistakes);
  static ConfigNode write(const Choice& choice) { return choice.node; }
};

/// A struct that is written as a table of its own options; a text s means { type = s } where it has
/// a type.
template <class T>
concept NestedSection = requires {
  typename T::is_nested_section;
};
template <NestedSection T>
struct OptionType<T> {
  static std::string name() { return "table"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, T& out,
                   Mistakes& mistakes) {
    const std::size_t before = mistakes.messages().size();
    const ConfigNode* table = &node;
    ConfigNode named;
    if constexpr (requires { out.type; }) {
      if (node.is_text()) {
        named.spot = node.spot;
        named.set("type", node);
        table = &named;
      }
    }
    out = option_table<T>().read(*table, path, mistakes);
    return mistakes.messages().size() == before;
  }
  static ConfigNode write(const T& section) { return option_table<T>().write(section); }
};

/// A number, or a word that stands for one that is computed.
enum class Word { automatic, slurm, all };
template <class Number, Word word>
struct NumberOr {
  std::optional<Number> number;  // none: the word
};
using CountOrAuto = NumberOr<std::uint64_t, Word::automatic>;  // "auto"
using SecondsOrSlurm = NumberOr<double, Word::slurm>;          // "slurm"
using CountOrAll = NumberOr<std::uint64_t, Word::all>;         // "all"
template <class Number, Word which>
struct OptionType<NumberOr<Number, which>> {
  static constexpr const char* word = which == Word::slurm ? "slurm"
                                      : which == Word::all ? "all"
                                                           : "auto";
  static std::string name() { return OptionType<Number>::name() + " | \"" + word + '"'; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds,
                   NumberOr<Number, which>& out, Mistakes& mistakes) {
    if (node.is_text()) {
      if (node.text() == word) {
        out.number.reset();
        return true;
      }
      options_detail::expected(node, path, "a " + name(), mistakes);
      return false;
    }
    return OptionType<Number>::read(node, path, bounds, out.number.emplace(), mistakes);
  }
  static ConfigNode write(const NumberOr<Number, which>& value) {
    return value.number ? OptionType<Number>::write(*value.number)
                        : config_value(std::string(word));
  }
};

// The declarations (declare) are in sections.cpp.

struct SplitSection {
  using is_nested_section = void;
  std::optional<double> train;  // default: what the others leave
  std::optional<double> validation;
  std::optional<double> test;
  double client_test = 0;
  static void declare(OptionTable<SplitSection>& t);
};

struct PartitionSection {
  using is_nested_section = void;
  PartitionOptions::Type type = PartitionOptions::Type::iid;
  std::optional<PartitionOptions::Over> over;
  std::optional<PartitionOptions::Sizes> sizes;
  std::optional<double> alpha;
  std::optional<double> sigma;
  std::optional<std::uint64_t> shards_per_client;
  std::optional<std::string> column;
  std::optional<std::string> file;
  std::uint64_t min_rows = 0;
  static void declare(OptionTable<PartitionSection>& t);
};

struct FeatureSkewSection {
  using is_nested_section = void;
  FeatureSkew::Type type = FeatureSkew::Type::none;
  std::optional<double> variance;
  std::optional<std::uint64_t> turns;
  static void declare(OptionTable<FeatureSkewSection>& t);
};

struct DataSection {
  std::optional<std::string> name;
  std::optional<std::string> train;
  std::optional<std::string> test;
  std::optional<std::string> train_labels;
  std::optional<std::string> test_labels;
  std::optional<FileFormat> format;  // files only, as are the next two
  std::optional<std::string> label;
  std::optional<CsvFormat::Header> header;
  SplitSection split;
  Standardize standardize = Standardize::none;
  Storage storage = Storage::f64;
  PartitionSection partition;
  FeatureSkewSection feature_skew;
  std::optional<std::uint64_t> seed;
  std::string base;
  static void declare(OptionTable<DataSection>& t);
};

/// What [model] has beside the options of its type; [problem] has the seed.
struct ModelSection {
  std::optional<std::uint64_t> seed;
  std::optional<std::string> init;
  std::optional<std::string> init_checksum;
  static void declare(OptionTable<ModelSection>& t);
};

struct ByzantineSection {
  using is_nested_section = void;
  std::optional<std::uint64_t> count;
  std::optional<double> fraction;
  std::optional<std::vector<std::uint64_t>> clients;
  std::uint64_t from_round = 0;
  Choice attack;
  static void declare(OptionTable<ByzantineSection>& t);
};

struct ClientsSection {
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> cohort_size;
  std::optional<double> participation;
  ClientWeights weights = ClientWeights::rows;
  std::optional<ByzantineSection> byzantine;
  static void declare(OptionTable<ClientsSection>& t);
};

/// What [graph] has beside the options of its type.
struct GraphSection {
  Placement placement = Placement::ids;
  Choice mixing;
  static void declare(OptionTable<GraphSection>& t);
};

struct WalkSection {
  std::uint64_t tokens = 1;
  std::uint64_t hops = 1;
  WalkTarget target = WalkTarget::uniform;
  static void declare(OptionTable<WalkSection>& t);
};

struct AggregationSection {
  Choice rule;
  std::vector<Choice> pre_aggregators;
  std::optional<CountOrAuto> f;
  std::optional<double> f_risk;  // of f = "auto", default 1e-3
  static void declare(OptionTable<AggregationSection>& t);
};

enum class StalenessType { polynomial };
std::vector<std::pair<std::string, StalenessType>> option_names(StalenessType);
struct StalenessSection {
  using is_nested_section = void;
  StalenessType type = StalenessType::polynomial;
  double exponent = 0.5;
  std::optional<std::uint64_t> max;
  static void declare(OptionTable<StalenessSection>& t);
};

struct StopSection {
  using is_nested_section = void;
  std::map<std::string, double> targets;  // by name: <set>_<metric>, or a metric of the model
  std::optional<std::uint64_t> oracle_calls;
  std::optional<std::uint64_t> protocol_bytes;
  std::optional<SecondsOrSlurm> wall_time;
  std::optional<double> sim_seconds;
  std::optional<double> loss_above;
  static void declare(OptionTable<StopSection>& t);
};

struct ScheduleSection {
  ScheduleType type = ScheduleType::synchronous;
  std::optional<std::uint64_t> rounds;
  double quorum = 1;
  std::optional<double> deadline;
  std::optional<double> over_selection;  // default 0
  // Asynchronous only:
  std::optional<std::uint64_t> buffer;
  std::optional<std::uint64_t> concurrency;  // default buffer
  std::optional<StalenessSection> staleness;
  std::optional<StopSection> stop;
  static void declare(OptionTable<ScheduleSection>& t);
};

struct EvaluationSection {
  std::uint64_t every = 1;
  bool at_start = true;
  std::optional<std::vector<EvaluationSet>> on;
  std::optional<std::vector<Metric>> metrics;
  CountOrAll clients;
  bool per_client = false;
  bool personal = false;
  static void declare(OptionTable<EvaluationSection>& t);
};

struct ReferenceSection {
  std::optional<std::string> paper, metric, source;
  std::optional<double> value, tolerance;
  std::string differs;
  static void declare(OptionTable<ReferenceSection>& t);
};

struct CheckpointSection : CheckpointPolicy {
  using is_nested_section = void;
  static void declare(OptionTable<CheckpointSection>& t);
};
struct RunSection {
  std::uint64_t seed = 1;
  CountOrAuto threads;
  std::string out;
  CheckpointSection checkpoint;
  Trace trace = Trace::none;
  static void declare(OptionTable<RunSection>& t);
};

struct SectionInfo {
  std::string name;
  std::string help;
  std::vector<OptionInfo> options;
};
/// Every section but those of a method's, model's or problem's own options.
std::vector<SectionInfo> section_infos();

}  // namespace cohort
