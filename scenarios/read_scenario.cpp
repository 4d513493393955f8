#include "scenarios/read_scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <tuple>

#include "algorithms/bisection.hpp"
#include "algorithms/down.hpp"
#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/method_config.hpp"
#include "algorithms/token_catalogue.hpp"
#include "coordinator/asynchronous.hpp"
#include "coordinator/synchronous.hpp"
#include "core/hash.hpp"
#include "core/metric.hpp"
#include "core/random.hpp"
#include "problems/data/checksum.hpp"
#include "problems/data/parts.hpp"
#include "scenarios/byzantine.hpp"
#include "scenarios/graph_spec.hpp"
#include "scenarios/network.hpp"
#include "scenarios/sections.hpp"
#include "scenarios/system_section.hpp"
#include "scenarios/toml.hpp"

namespace cohort {

namespace {

constexpr double default_risk = 1e-3;
constexpr std::size_t hash_digits = 12;
/// The rule that is none: what the combination `mean` does.
constexpr std::string_view weighted_mean = "weighted_mean";
/// Shares are decimal texts: 0.7 + 0.1 + 0.2 is 1, and 0.29 of 100 is 29.
constexpr double rounding = 1e-9;

const std::vector<std::string>& section_names() {
  static const std::vector<std::string> names = {
      "name",        "data",     "problem", "model",      "clients",   "graph", "walk", "method",
      "aggregation", "schedule", "system",  "evaluation", "reference", "run",   "sweep"};
  return names;
}

ConfigNode named(std::string type) {
  ConfigNode node = config_table();
  node.set("type", config_value(std::move(type)));
  return node;
}

/// A section as it was read. What was wrong has been told; what depends on it is not checked then,
/// so that one mistake gives one message.
template <class S>
struct Read {
  S value{};
  bool is_sound = true;
};

class Loader {
 public:
  Loader(const Catalogue& catalogue, const ConfigNode& root, std::filesystem::path file,
         Mistakes& mistakes)
      : catalogue_(catalogue), root_(root), mistakes_(mistakes) {
    out_.file = std::move(file);
  }

  Scenario load() {
    for (const auto& [key, node] : root_.table()) {
      const auto& names = section_names();
      if (std::find(names.begin(), names.end(), key) == names.end()) {
        mistakes_.add(node.spot, unknown_name_message("section", key, "the scenario", names));
      }
    }
    read_name();
    const auto run = section<RunSection>("run");
    const auto clients = section<ClientsSection>("clients");
    const auto schedule = section<ScheduleSection>("schedule");
    read_run(run.value);
    read_objective();
    auto data = section<DataSection>("data");
    read_data(data);
    read_init();
    clients_sound_ = clients.is_sound;
    schedule_sound_ = schedule.is_sound;
    read_clients(clients.value);
    read_system_section();
    read_schedule(schedule.value);
    read_graph();
    read_walk();
    if (is_gossip()) {
      read_gossip();
    } else if (has_tokens()) {
      read_token_method();
    } else {
      read_method();
      read_aggregation();
      if (out_.schedule.type == ScheduleType::asynchronous) check_asynchronous();
    }
    read_evaluation(schedule.value);
    read_claim();
    finish(run.value);
    return std::move(out_);
  }

 private:
  // ---- help ----

  const ConfigNode* find(std::string_view path) const {
    const ConfigNode* node = &root_;
    while (node != nullptr && !path.empty()) {
      const auto dot = std::min(path.find('.'), path.size());
      node = node->find(path.substr(0, dot));
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return node;
  }
  /// Of the option, or of the nearest table that it would be in.
  Spot spot(std::string_view path) const {
    for (;;) {
      if (const ConfigNode* node = find(path)) return path.empty() ? whole_file() : node->spot;
      const auto dot = path.rfind('.');
      path = dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
    }
  }
  Spot whole_file() const { return {out_.file.string(), 0, 0}; }

  template <class... Args>
  void mistake(std::string_view path, fmt::format_string<Args...> format, Args&&... args) {
    mistakes_.add(spot(path),
                  fmt::format("{}: {}", path, fmt::format(format, std::forward<Args>(args)...)));
  }

  template <class S>
  Read<S> section(const std::string& path) {
    Read<S> read;
    const std::size_t before = mistakes_.messages().size();
    if (const ConfigNode* node = find(path)) {
      read.value = option_table<S>().read(*node, path, mistakes_);
    }
    read.is_sound = mistakes_.messages().size() == before;
    return read;
  }

  /// Makes the algorithm and replaces the choice by its effective options.
  template <class Base>
  std::shared_ptr<const Base> make(const Registry<Base>* registry, ConfigNode& choice,
                                   const std::string& path) {
    Made<Base> made = registry->make(choice, path, mistakes_);
    if (made.object == nullptr) return nullptr;
    choice = std::move(made.options);
    cite(registry, choice, path);
    return made.object;
  }
  template <class Base>
  std::vector<std::shared_ptr<const Base>> make_all(const Registry<Base>* registry,
                                                    std::vector<Choice>& choices,
                                                    const std::string& path) {
    std::vector<std::shared_ptr<const Base>> made;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      made.push_back(make(registry, choices[i].node, fmt::format("{}[{}]", path, i)));
    }
    return made;
  }

  // ---- sections ----

  void read_name() {
    out_.name = out_.file.stem().string();
    if (const ConfigNode* node = find("name")) {
      OptionType<std::string>::read(*node, "name", any_value, out_.name, mistakes_);
    }
    if (!is_file_name(out_.name)) {
      mistake("name",
              "expected letters, digits, '_', '-' and '.', since it names a folder, found "
              "'{}'",
              out_.name);
    }
    effective("name") = config_value(out_.name);
  }

  void read_run(const RunSection& run) {
    out_.seeds.run = run.seed;
    out_.site.threads = run.threads.number.value_or(0);
    out_.site.out = run.out;
    out_.site.checkpoint = run.checkpoint;
    out_.site.trace = run.trace;
  }

  void read_objective() {
    const ConfigNode* model = find("model");
    const ConfigNode* problem = find("problem");
    if (model != nullptr && problem != nullptr) {
      mistake("problem",
              "expected [model] (on the rows of [data]) or [problem] (which brings its "
              "own), found both");
      return;
    }
    if (model == nullptr && problem == nullptr) {
      mistakes_.add(whole_file(), "expected a section [model] or [problem]");
      return;
    }
    const std::string path = model != nullptr ? "model" : "problem";
    const ConfigNode& given = model != nullptr ? *model : *problem;
    const std::size_t before = mistakes_.messages().size();
    ConfigNode own = config_table();
    for (const auto& [key, node] : given.is_table() ? given.table() : ConfigNode::Table{}) {
      if (key == "seed" || (model != nullptr && key.starts_with("init"))) own.set(key, node);
    }
    model_ = option_table<ModelSection>().read(own, path, mistakes_);
    out_.seeds.model = model_.seed.value_or(out_.seeds.run);
    ConfigNode choice = given;
    if (choice.is_table()) {
      std::erase_if(choice.table(),
                    [&](const auto& entry) { return own.find(entry.first) != nullptr; });
    }
    out_.objective = make(model != nullptr ? catalogue_.models : catalogue_.problems, choice, path);
    objective_sound_ = mistakes_.messages().size() == before && out_.objective != nullptr;
    if (out_.objective == nullptr) return;
    choice.set("seed", OptionType<std::uint64_t>::write(out_.seeds.model));
    effective(path) = std::move(choice);
  }

  void read_data(Read<DataSection>& read) {
    if (find("data") == nullptr) {
      out_.seeds.data = out_.seeds.run;
      if (find("model") != nullptr) {
        mistakes_.add(whole_file(), "expected a section [data] for the [model]");
      }
      return;
    }
    if (find("problem") != nullptr && find("model") == nullptr) {
      mistake("data", "a [problem] brings its own rows, so [data] would be ignored");
      return;
    }
    DataSection& data = read.value;
    DataOptions& out = out_.data.emplace();
    out.base = data.base.empty() ? out_.file.parent_path() : std::filesystem::path(data.base);
    if (data.name.has_value() == data.train.has_value()) {
      mistake("data", "expected either name (a data set that ships) or train (a file), found {}",
              data.name ? "both" : "neither");
    }
    if (data.name) {
      read_built_in(*data.name);
      for (const auto* option :
           {"test", "train_labels", "test_labels", "format", "label", "header"}) {
        if (data_has(option))
          mistake(fmt::format("data.{}", option), "is for files named by train");
      }
    } else if (data.train) {
      check_file("data.train", *data.train);
      if (data.test) check_file("data.test", *data.test);
      if (data.train_labels) check_file("data.train_labels", *data.train_labels);
      if (data.test_labels) check_file("data.test_labels", *data.test_labels);
      if (data.test_labels && !data.test) {
        mistake("data.test_labels", "are those of data.test, which is not given");
      }
      data.format = data.format.value_or(FileFormat::detect);
      data.label = data.label.value_or(CsvFormat{}.label);
      data.header = data.header.value_or(CsvFormat::Header::detect);
      out.format = *data.format;
      out.csv.label = *data.label;
      out.csv.header = *data.header;
    }
    out.name = data.name.value_or("");
    out.train = data.train.value_or("");
    out.test = data.test.value_or("");
    out.train_labels = data.train_labels.value_or("");
    out.test_labels = data.test_labels.value_or("");
    out.task = out_.objective == nullptr || out_.objective->prediction().has_classes()
                   ? Task::classification
                   : Task::regression;
    out.standardize = data.standardize;
    out.storage = data.storage;
    data.seed = data.seed.value_or(out_.seeds.run);
    out_.seeds.data = out.seed = *data.seed;
    if (data.partition.type != PartitionOptions::Type::file) read_split(data.split);
    read_partition(data);
    read_feature_skew(data.feature_skew);
    data_sound_ = read.is_sound;
    effective("data") = option_table<DataSection>().write(data);
  }

  /// Once it is known where relative paths begin.
  void read_init() {
    if (!model_.init) {
      if (model_.init_checksum) mistake("model.init_checksum", "is that of model.init");
      return;
    }
    if (!out_.data) return;
    const auto file = find_data_file(*model_.init, out_.data->base);
    if (!file) return mistake("model.init", "{}", file.error().message);
    const auto checksum = checksum_file(*file);
    if (!checksum) return mistake("model.init", "{}", checksum.error().message);
    out_.init = {*file, checksum->hex()};
    if (model_.init_checksum && *model_.init_checksum != out_.init->checksum) {
      mistake("model.init_checksum", "expected {}, found {}: {} is not what it was",
              *model_.init_checksum, out_.init->checksum, file->string());
    }
    if (ConfigNode* node = out_.effective.find("model")) {
      node->set("init", config_value(*model_.init));
      node->set("init_checksum", config_value(out_.init->checksum));
    }
  }

  bool data_has(std::string_view option) const { return find("data")->find(option) != nullptr; }

  void read_built_in(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& entry : builtin_data()) names.emplace_back(entry.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      mistakes_.add(spot("data.name"), unknown_name_message("data set", name, "data.name", names));
      return;
    }
    const BuiltinData data = *find_builtin(name);
    for (const auto file : {data.file, data.labels, data.test, data.test_labels}) {
      if (file.empty()) continue;
      const auto found = find_builtin_file(data, file);
      if (!found) return mistake("data.name", "{}", found.error().message);
    }
  }

  void check_file(std::string_view path, const std::string& file) {
    const auto found = find_data_file(file, out_.data->base);
    if (!found) {
      mistake(path, "{}", found.error().message);
    } else if (std::error_code error; !std::filesystem::is_regular_file(*found, error)) {
      mistake(path, "expected a file, found nothing of the kind at {}", found->string());
    }
  }

  void read_split(SplitSection& split) {
    split.validation = split.validation.value_or(0);
    split.test = split.test.value_or(0);
    const double rest = 1 - *split.validation - *split.test;
    if (rest <= rounding) {
      mistake("data.split", "expected some rows left to train, found validation {} and test {}",
              *split.validation, *split.test);
    } else if (split.train && std::abs(*split.train - rest) > rounding) {
      mistake("data.split", "expected shares that sum to 1, found {}",
              *split.train + *split.validation + *split.test);
    }
    split.train = split.train.value_or(rest);
    out_.data->split = {*split.train, *split.validation, *split.test, split.client_test};
  }

  void read_partition(DataSection& data) {
    using Type = PartitionOptions::Type;
    using Sizes = PartitionOptions::Sizes;
    PartitionSection& partition = data.partition;
    PartitionOptions& out = out_.data->partition;
    out.type = partition.type;
    out.min_rows = partition.min_rows;
    const bool is_dirichlet = out.type == Type::dirichlet, is_quantity = out.type == Type::quantity;
    take(partition.over, out.over, is_dirichlet, "over", "type = \"dirichlet\"");
    take(partition.sizes, out.sizes, is_quantity, "sizes", "type = \"quantity\"");
    const bool is_lognormal = is_quantity && out.sizes == Sizes::lognormal;
    take(partition.alpha, out.alpha, is_dirichlet || (is_quantity && !is_lognormal), "alpha",
         "type = \"dirichlet\", and of \"quantity\" with sizes = \"dirichlet\"");
    take(partition.sigma, out.sigma, is_lognormal, "sigma",
         "type = \"quantity\" with sizes = \"lognormal\"");
    take(partition.shards_per_client, out.shards_per_client, out.type == Type::shards,
         "shards_per_client", "type = \"shards\"");
    for (const auto& [option, value, to, type] :
         {std::tuple("column", &partition.column, &out.column, Type::by_column),
          std::tuple("file", &partition.file, &out.file, Type::file)}) {
      if (out.type == type && !*value) {
        mistake("data.partition", "expected {}, of type = \"{}\"", option,
                type == Type::file ? "file" : "by_column");
      } else if (out.type == type) {
        *to = **value;
      } else if (*value) {
        mistake(fmt::format("data.partition.{}", option), "is an option of type = \"{}\"",
                type == Type::file ? "file" : "by_column");
      }
    }
    const bool needs_classes = is_dirichlet || out.type == Type::shards;
    if (needs_classes && out_.objective != nullptr && !out_.objective->prediction().has_classes()) {
      mistake("data.partition", "{} deals the rows of each class, and {} has no classes",
              is_dirichlet ? "dirichlet" : "shards", out_.objective->name());
    }
    if (out.type == Type::file && partition.file) read_parts_file(data.split);
  }
  /// A value or its default where the option belongs; a mistake where it does not.
  template <class T>
  void take(std::optional<T>& given, T& out, bool belongs, std::string_view option,
            std::string_view of) {
    if (belongs) {
      given = out = given.value_or(out);
    } else if (given) {
      mistake(fmt::format("data.partition.{}", option), "is an option of {}", of);
    }
  }
  /// Which sets have rows is the file's to say.
  void read_parts_file(SplitSection& split) {
    if (split.train || split.validation || split.test || split.client_test != 0) {
      mistake("data.split", "is what data.partition.file says");
    }
    const auto file = find_parts(*out_.data);
    const auto parts = file ? read_parts(*file) : Result<Parts>(file.error());
    if (!parts) return mistake("data.partition.file", "{}", parts.error().message);
    const auto share = [&](std::size_t rows) {
      return static_cast<double>(rows) / static_cast<double>(parts->rows);
    };
    const auto& is_test = parts->is_client_test;
    out_.data->split = {
        share(parts->split.train.size()), share(parts->split.validation.size()),
        share(parts->split.test.size()),
        share(static_cast<std::size_t>(std::count(is_test.begin(), is_test.end(), true)))};
  }

  void read_feature_skew(FeatureSkewSection& section) {
    FeatureSkew& out = out_.data->feature_skew;
    out.type = section.type;
    const bool is_noise = out.type == FeatureSkew::Type::noise;
    const bool is_rotation = out.type == FeatureSkew::Type::rotation;
    if (is_noise) section.variance = out.variance = section.variance.value_or(out.variance);
    if (is_rotation) section.turns = out.turns = section.turns.value_or(out.turns);
    if (section.variance && !is_noise) {
      mistake("data.feature_skew.variance", "is an option of type = \"noise\"");
    }
    if (section.turns && !is_rotation) {
      mistake("data.feature_skew.turns", "is an option of type = \"rotation\"");
    } else if (section.turns && *section.turns == 3) {
      mistake("data.feature_skew.turns", "expected 2 or 4, found 3");
    }
  }

  void read_clients(ClientsSection clients) {
    if (!clients_sound_) return;
    if (!clients.count) {
      mistakes_.add(spot("clients"), "expected clients.count, the number of clients");
      clients_sound_ = false;
      return;
    }
    const std::uint64_t n = *clients.count;
    out_.clients.count = n;
    if (out_.data) out_.data->clients = n;
    out_.clients.weights = clients.weights;
    if (clients.cohort_size && clients.participation) {
      mistake("clients.participation", "expected cohort_size or participation, found both");
      clients_sound_ = false;
    }
    if (clients.cohort_size && *clients.cohort_size > n) {
      mistake("clients.cohort_size", "expected at most clients.count = {}, found {}", n,
              *clients.cohort_size);
      clients_sound_ = false;
    }
    if (clients.participation) {
      const auto share = std::llround(*clients.participation * static_cast<double>(n));
      out_.clients.cohort_size = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share));
    } else {
      clients.cohort_size = clients.cohort_size.value_or(n);
      out_.clients.cohort_size = *clients.cohort_size;
    }
    if (clients.byzantine) read_byzantine(*clients.byzantine);
    effective("clients") = option_table<ClientsSection>().write(clients);
  }

  void read_byzantine(ByzantineSection& section) {
    const std::uint64_t n = out_.clients.count;
    Byzantine& out = out_.clients.byzantine;
    const std::size_t before = mistakes_.messages().size();
    if (section.count.has_value() + section.fraction.has_value() + section.clients.has_value() !=
        1) {
      mistake("clients.byzantine", "expected one of count, fraction and clients");
    } else if (section.clients) {
      for (const std::uint64_t id : *section.clients) {
        if (id >= n) {
          mistake("clients.byzantine.clients", "expected ids below clients.count = {}, found {}", n,
                  id);
        }
        out.clients.emplace_back(id);
      }
      std::sort(out.clients.begin(), out.clients.end());
      if (std::adjacent_find(out.clients.begin(), out.clients.end()) != out.clients.end()) {
        mistake("clients.byzantine.clients", "expected different ids, found one twice");
      }
    } else {
      const auto wanted =
          section.count ? *section.count
                        : static_cast<std::uint64_t>(
                              std::floor(*section.fraction * static_cast<double>(n) + rounding));
      if (wanted <= n) {
        const Stream stream(out_.seeds.run, Purpose::byzantine_choice);
        for (const auto id : sample_without_replacement(stream, wanted, n)) {
          out.clients.emplace_back(id);
        }
      }
      if (wanted >= n) too_few_honest(wanted);
    }
    if (section.clients && out.clients.size() >= n) too_few_honest(out.clients.size());
    out.from_round = section.from_round;
    if (section.attack.node.is_none()) {
      mistake("clients.byzantine", "expected attack, what the Byzantine clients send; one of {}",
              fmt::join(catalogue_.attacks->names(), ", "));
    } else {
      out.attack = make(catalogue_.attacks, section.attack.node, "clients.byzantine.attack");
      if (out.attack && out.attack->flips_labels() && out_.objective != nullptr &&
          !(out_.data && out_.objective->prediction().has_classes())) {
        mistake("clients.byzantine.attack", "{} needs rows with classes, and {} has none",
                out.attack->name(), out_.objective->name());
      }
    }
    if (mistakes_.messages().size() != before) clients_sound_ = false;
  }
  void too_few_honest(std::uint64_t byzantine) {
    mistake("clients.byzantine", "expected at least one honest client, found {} Byzantine of {}",
            byzantine, out_.clients.count);
  }

  void read_system_section() {
    const ConfigNode* given = find("system");
    if (given == nullptr || !clients_sound_) return;
    auto choice = read_system(*given, out_.clients.count, out_.seeds.run,
                              out_.data ? out_.data->base : out_.file.parent_path(), mistakes_);
    if (!choice) return;
    out_.system = std::move(choice->model);
    out_.system_files = std::move(choice->files);
    effective("system") = std::move(choice->effective);
  }

  /// What a schedule reads, and what it would ignore.
  void check_schedule(ScheduleSection& schedule) {
    const bool is_asynchronous = schedule.type == ScheduleType::asynchronous;
    const bool is_timed = find("system") != nullptr;
    const auto refuse = [&](std::initializer_list<const char*> options, std::string_view why) {
      for (const auto* option : options) {
        const std::string path = fmt::format("schedule.{}", option);
        if (find(path) != nullptr) mistake(path, "{}", why);
      }
    };
    if (is_timed &&
        (schedule.type == ScheduleType::gossip || schedule.type == ScheduleType::random_walk)) {
      mistake("system", "is of clients that a server asks, which {} has not",
              schedule.type == ScheduleType::gossip ? "gossip" : "a walk");
    }
    if (!is_timed) {
      refuse({"over_selection", "stop.sim_seconds"},
             "is of simulated time: expected a section [system]");
    }
    if (!is_asynchronous) {
      refuse({"buffer", "concurrency", "staleness"}, "is of type = \"asynchronous\"");
      return;
    }
    constexpr std::string_view waits_for_nobody =
        "is of the synchronous schedule; the asynchronous one waits for nobody";
    refuse({"deadline", "over_selection"}, waits_for_nobody);
    if (schedule.quorum < 1) mistake("schedule.quorum", "{}", waits_for_nobody);
    if (!is_timed) {
      mistake("schedule.type",
              "asynchronous runs in simulated time: expected a section [system] "
              "that says how fast clients are");
    }
    if (!schedule.buffer) mistake("schedule", "expected buffer, the replies of a server step");
    if (clients_sound_ && out_.clients.cohort_size != out_.clients.count) {
      mistake("clients",
              "cohort_size and participation are of the synchronous schedule; schedule.concurrency "
              "says how many clients work at a time");
    }
    schedule.concurrency = schedule.concurrency.value_or(schedule.buffer.value_or(1));
    schedule.staleness = schedule.staleness.value_or(StalenessSection{});
    if (clients_sound_ && *schedule.concurrency > out_.clients.count) {
      mistake("schedule.concurrency", "expected at most clients.count = {}, found {}",
              out_.clients.count, *schedule.concurrency);
    }
    out_.schedule.buffer = schedule.buffer.value_or(1);
    out_.schedule.concurrency = *schedule.concurrency;
    out_.schedule.staleness_exponent = schedule.staleness->exponent;
    out_.schedule.max_staleness = schedule.staleness->max;
  }

  /// Replies from several models are weighted and averaged: what needs more is refused.
  void check_asynchronous() {
    out_.chosen.push_back({"schedule.type", "asynchronous", std::string(Asynchronous::source)});
    if (!method_sound_) return;
    Layout layout;
    layout.append("x", 1, 1, SegmentKind::weight);
    const Method& method = *out_.method;
    std::string why;
    if (!method.has_one_exchange()) {
      why = "exchanges more than once a round";
    } else if (!method.client_state(layout).is<NoState>() || !method.replica(layout).empty()) {
      why = "has clients that remember what the server knows of them";
    } else if (has_block([](const BlockSpec& b) { return b.combine == Combine::gather; })) {
      why = "gathers what each client of a round sends";
    }
    if (!why.empty()) {
      mistake("method",
              "{} {}, and in the asynchronous schedule clients answer for different "
              "rounds; expected a method that averages updates, as fedavg",
              method.name(), why);
    }
    if (!out_.aggregation.is_linear()) {
      mistake("aggregation",
              "{} compares the updates of one round, and in the asynchronous "
              "schedule they are of several; leave [aggregation] out",
              out_.aggregation.rule->name());
    }
  }

  void read_schedule(ScheduleSection schedule) {
    if (!schedule_sound_) return;
    if (!schedule.rounds) {
      mistakes_.add(spot("schedule"), "expected schedule.rounds, the length of the run");
      schedule_sound_ = false;
      return;
    }
    if (schedule.quorum < 1 && !schedule.deadline) {
      mistake("schedule.quorum",
              "is what counts after a deadline, and schedule.deadline is not "
              "given");
    }
    ScheduleOptions& out = out_.schedule;
    out.type = schedule.type;
    check_schedule(schedule);
    out.over_selection = schedule.over_selection.value_or(0);
    out.quorum = schedule.quorum;
    if (schedule.deadline) out.deadline = Seconds(*schedule.deadline);
    out.stop.rounds = *schedule.rounds;
    if (schedule.stop) {
      const StopSection& stop = *schedule.stop;
      out.stop.oracle_calls = stop.oracle_calls;
      out.stop.protocol_bytes = stop.protocol_bytes;
      out.stop.sim_seconds = stop.sim_seconds;
      out.stop.loss_above = stop.loss_above;
      if (stop.wall_time) {
        if (stop.wall_time->number) out.stop.wall_time = Seconds(*stop.wall_time->number);
        out.before_slurm_limit = !stop.wall_time->number;
      }
    }
    effective("schedule") = option_table<ScheduleSection>().write(schedule);
  }

  bool is_gossip() const { return out_.schedule.type == ScheduleType::gossip; }
  bool has_tokens() const { return out_.schedule.type == ScheduleType::random_walk; }

  void read_graph() {
    const ConfigNode* given = find("graph");
    if (!is_gossip() && !has_tokens()) {
      if (given != nullptr && schedule_sound_) {
        mistake("graph",
                "is of decentralized runs; expected schedule.type = \"gossip\" with it, or "
                "\"random_walk\"");
      }
      return;
    }
    if (given == nullptr) {
      mistakes_.add(whole_file(), "expected a section [graph], which says who hears whom");
      return;
    }
    ConfigNode choice = *given;
    ConfigNode own = config_table();
    for (const auto* option : {"mixing", "placement"}) {
      if (!choice.is_table()) break;
      if (const ConfigNode* node = given->find(option)) own.set(option, *node);
      std::erase_if(choice.table(), [&](const auto& entry) { return entry.first == option; });
    }
    GraphSection section = option_table<GraphSection>().read(own, "graph", mistakes_);
    ConfigNode& mixing = section.mixing.node;
    NamedGraph named =
        make_named_graph(*catalogue_.graphs, choice, "graph",
                         out_.data ? out_.data->base : out_.file.parent_path(), mistakes_);
    if (named.topology == nullptr) return;
    out_.chosen.push_back({"graph", named.options.find("type")->text(), std::move(named.source)});
    out_.gossip.graph = std::move(named.topology);
    out_.gossip.graph_file = std::move(named.file);
    out_.gossip.notes = std::move(named.notes);
    choice = std::move(named.options);
    if (has_tokens()) {
      if (!mixing.is_none()) mistake("graph.mixing", "is of gossip; tokens walk by [walk]");
    } else {
      if (mixing.is_none()) mixing = config_value(std::string(out_.gossip.graph->mixing()));
      out_.gossip.mixing = make(catalogue_.mixings, mixing, "graph.mixing");
      choice.set("mixing", mixing);
    }
    choice.set("placement", OptionType<Placement>::write(section.placement));
    effective("graph") = std::move(choice);
    if (section.placement == Placement::local && clients_sound_) place_locally();
  }
  /// From here on the graph has its nodes in an order that does not depend on the ranks.
  void place_locally() {
    auto& topology = out_.gossip.graph;
    const GraphInput input{out_.clients.count, out_.seeds.run, 0};
    const auto period = topology->period(input);
    if (period && *period != 1) {
      mistake("graph.placement", "needs the same graph in every round, and {} changes",
              topology->name());
      return;
    }
    const auto graph = topology->graph(input);
    if (!graph) return mistake("graph", "{}", graph.error().message);
    topology = std::make_shared<const FixedTopology>(std::string(topology->name()),
                                                     renumbered(*graph, local_order(*graph)));
  }

  void read_walk() {
    const ConfigNode* given = find("walk");
    if (!has_tokens()) {
      if (given != nullptr && schedule_sound_) {
        mistake("walk", "is of tokens; expected schedule.type = \"random_walk\" with it");
      }
      return;
    }
    if (given == nullptr) {
      mistakes_.add(whole_file(), "expected a section [walk], which says where tokens go");
      return;
    }
    ConfigNode own = config_table();
    ConfigNode choice = *given;
    if (choice.is_table()) {
      for (const auto* option : {"tokens", "hops", "target"}) {
        if (const ConfigNode* node = given->find(option)) own.set(option, *node);
        std::erase_if(choice.table(), [&](const auto& entry) { return entry.first == option; });
      }
    }
    const std::size_t before = mistakes_.messages().size();
    const WalkSection walk = option_table<WalkSection>().read(own, "walk", mistakes_);
    out_.token.kernel = make(catalogue_.walks, choice, "walk");
    if (mistakes_.messages().size() != before) return;
    out_.token.tokens = walk.tokens;
    out_.token.hops = walk.hops;
    out_.token.target = walk.target;
    constexpr std::uint64_t most = std::uint64_t{1} << 40;
    if (out_.schedule.stop.rounds > most / walk.hops) {
      mistake("walk.hops",
              "expected at most 2^40 hops of a token in the run, found {} in each of "
              "{} rounds",
              walk.hops, out_.schedule.stop.rounds);
      return;
    }
    const ConfigNode written = option_table<WalkSection>().write(walk);
    for (const auto& [key, node] : written.table()) choice.set(key, node);
    effective("walk") = std::move(choice);
    walk_sound_ = true;
  }

  void read_token_method() {
    refuse_what_needs_a_server("a walk");
    const ConfigNode* given = find("method");
    if (given == nullptr) {
      mistakes_.add(whole_file(), "expected a section [method]");
      return;
    }
    const std::string name = algorithm_of(*given);
    if (catalogue_.methods->find(name) != nullptr ||
        catalogue_.gossip_methods->find(name) != nullptr) {
      mistake("method.type", "{} is no method of a token that walks; expected one of {}", name,
              fmt::join(catalogue_.token_methods->names(), ", "));
      return;
    }
    const std::size_t before = mistakes_.messages().size();
    TokenMethodSetup setup = make_token_method(
        *given, "method", *catalogue_.token_methods,
        {catalogue_.estimators, catalogue_.transforms, catalogue_.optimizers}, mistakes_);
    method_sound_ = mistakes_.messages().size() == before;
    if (!method_sound_) return;
    out_.token.method = std::move(setup.method);
    out_.local = std::move(setup.local);
    cite(catalogue_.token_methods, setup.effective, "method");
    cite_stage(setup.effective.find("local"), "method.local");
    check_capabilities(out_.token.method->name(), out_.token.method->needs().oracle);
    if (!out_.token.method->needs().takes_prox) check_penalty();
    effective("method") = std::move(setup.effective);
    if (!clients_sound_ || !walk_sound_ || out_.gossip.graph == nullptr) return;
    // Weights by rows are known with the rows; here any will do.
    const std::vector<double> weights(out_.clients.count,
                                      1.0 / static_cast<double>(out_.clients.count));
    if (const auto network = token_network(out_, weights); !network) {
      mistake("walk", "{}", network.error().message);
    }
  }

  void read_gossip() {
    refuse_what_needs_a_server("gossip");
    const ConfigNode* given = find("method");
    if (given == nullptr) {
      mistakes_.add(whole_file(), "expected a section [method]");
      return;
    }
    if (const std::string name = algorithm_of(*given); catalogue_.methods->find(name) != nullptr) {
      mistake("method.type", "{} has a server, which gossip has not; expected one of {}", name,
              fmt::join(catalogue_.gossip_methods->names(), ", "));
      return;
    }
    const std::size_t before = mistakes_.messages().size();
    GossipMethodSetup setup = make_gossip_method(
        *given, "method", *catalogue_.gossip_methods,
        {catalogue_.estimators, catalogue_.transforms, catalogue_.optimizers}, mistakes_);
    method_sound_ = mistakes_.messages().size() == before;
    if (!method_sound_) return;
    out_.gossip.method = std::move(setup.method);
    out_.local = std::move(setup.local);
    out_.compressor = std::move(setup.compressor);
    cite(catalogue_.gossip_methods, setup.effective, "method");
    for (const std::string stage : {"local", "update"}) {
      cite_stage(setup.effective.find(stage), "method." + stage);
    }
    check_capabilities(out_.gossip.method->name(), out_.gossip.method->needs().oracle);
    check_penalty();
    effective("method") = std::move(setup.effective);
    if (clients_sound_ && out_.gossip.mixing) check_network();
  }
  void refuse_what_needs_a_server(std::string_view protocol) {
    if (find("aggregation") != nullptr) {
      mistake("aggregation", "combines updates at a server, which {} has not", protocol);
    }
    if (clients_sound_ && out_.clients.cohort_size != out_.clients.count) {
      mistake("clients",
              "every node takes part in {}; expected no cohort_size and no participation",
              protocol);
    }
    if (const auto& attack = out_.clients.byzantine.attack; clients_sound_ && attack) {
      check_attack_without_server(*attack);
    }
    if (out_.schedule.deadline) {
      mistake("schedule", "quorum and deadline are a server's; a node waits for its neighbours");
    }
    if (out_.site.trace != Trace::none) {
      mistake("run.trace", "is of the replies to a server, which {} has not", protocol);
    }
  }
  void check_attack_without_server(const Attack& attack) {
    if (has_tokens() && attack.remembers()) {
      mistake(
          "clients.byzantine.attack",
          "{} repeats what a node sent before, and who passes tokens on sends another each time",
          attack.name());
    } else if (attack.colludes()) {
      std::vector<std::string> alone = catalogue_.attacks->names();
      std::erase_if(alone, [&](const std::string& name) {
        Mistakes ignored;
        const auto other = catalogue_.attacks->make(config_value(name), "", ignored).object;
        return other == nullptr || other->colludes();
      });
      mistake("clients.byzantine.attack",
              "{} is made of the honest updates of a whole round, which no node of a graph sees; "
              "expected one that a node makes alone: {}",
              attack.name(), fmt::join(alone, ", "));
    }
  }
  void check_network() {
    const GossipChoice& gossip = out_.gossip;
    const auto period = gossip.graph->period({out_.clients.count, out_.seeds.run, 0});
    if (!period) return mistake("graph", "{}", period.error().message);
    if (gossip.method->needs().fixed_graph && *period != 1) {
      return mistake("method.type", "{} needs the same graph in every round, and {} changes",
                     gossip.method->name(), gossip.graph->name());
    }
    if (const auto checked = check_mixing(out_); !checked) {
      mistake("graph", "{}", checked.error().message);
    }
  }

  void read_method() {
    const ConfigNode* given = find("method");
    if (given == nullptr) {
      mistakes_.add(whole_file(), "expected a section [method]");
      return;
    }
    const std::string name = algorithm_of(*given);
    for (const auto& [is_known, schedule] :
         {std::pair(catalogue_.gossip_methods->find(name) != nullptr, "\"gossip\" and [graph]"),
          std::pair(catalogue_.token_methods->find(name) != nullptr,
                    "\"random_walk\", [graph] and [walk]")}) {
      if (!is_known) continue;
      mistake("method.type", "{} has no server; expected schedule.type = {}, or one of {}", name,
              schedule, fmt::join(catalogue_.methods->names(), ", "));
      return;
    }
    const std::size_t before = mistakes_.messages().size();
    MethodSetup setup = make_method(*given, "method", *catalogue_.methods,
                                    {catalogue_.estimators, catalogue_.transforms,
                                     catalogue_.optimizers, catalogue_.compressors},
                                    mistakes_);
    method_sound_ = mistakes_.messages().size() == before;
    if (!method_sound_) return;
    out_.method = std::move(setup.method);
    out_.local = std::move(setup.local);
    out_.update = std::move(setup.update);
    out_.compressor = std::move(setup.compressor);
    out_.down = std::move(setup.down);
    out_.server = std::move(setup.server);
    cite(catalogue_.methods, setup.effective, "method");
    for (const std::string stage : {"local", "update", "down", "server"}) {
      cite_stage(setup.effective.find(stage), "method." + stage);
    }
    if (out_.down) out_.chosen.push_back({"method.down", "EF21-P", std::string(down_source)});
    if (!out_.update.transforms.empty() &&
        !has_block([](const BlockSpec& block) { return block.is_update; })) {
      mistake("method.update", "{} sends no update, so it would be ignored", out_.method->name());
    }
    if (out_.compressor &&
        !has_block([](const BlockSpec& block) { return block.takes_compressor(); })) {
      mistake("method.update.compressor", "{} sends nothing that it could make small",
              out_.method->name());
    }
    check_capabilities(out_.method->name(), out_.method->needs().oracle);
    check_penalty();
    effective("method") = std::move(setup.effective);
  }

  template <class Base>
  void cite(const Registry<Base>* registry, const ConfigNode& made, const std::string& path) {
    const ConfigNode* type = made.find("type");
    COHORT_CHECK(type != nullptr, "what was made says its type");
    const auto* entry = registry->find(type->text());
    COHORT_CHECK(entry != nullptr, "what was made is registered");
    out_.chosen.push_back({path, type->text(), entry->source});
  }
  void cite_stage(const ConfigNode* stage, const std::string& path) {
    if (stage == nullptr) return;
    if (const ConfigNode* node = stage->find("estimator")) {
      cite(catalogue_.estimators, *node, path + ".estimator");
    }
    if (const ConfigNode* node = stage->find("transforms")) {
      for (std::size_t i = 0; i < node->list().size(); ++i) {
        cite(catalogue_.transforms, node->list()[i], fmt::format("{}.transforms[{}]", path, i));
      }
    }
    if (const ConfigNode* node = stage->find("optimizer")) {
      cite(catalogue_.optimizers, *node, path + ".optimizer");
    }
    if (const ConfigNode* node = stage->find("compressor")) {
      cite(catalogue_.compressors, *node, path + ".compressor");
    }
  }

  /// Whether any reply of the method has such a block; what the phases are does not depend on the
  /// size of the model.
  bool has_block(const std::function<bool(const BlockSpec&)>& wanted) const {
    Layout layout;
    layout.append("x", 1, 1, SegmentKind::weight);
    const std::vector<Phase> phases = out_.method->phases(layout);
    return std::any_of(phases.begin(), phases.end(), [&](const Phase& phase) {
      return std::any_of(phase.up.begin(), phase.up.end(), wanted);
    });
  }

  void check_capabilities(std::string_view method, Capabilities needs) {
    if (out_.objective == nullptr) return;
    const auto check = [&](std::string_view path, std::string_view who, Capabilities wanted) {
      const Capabilities missing = wanted.without(out_.objective->capabilities());
      if (!missing.empty()) {
        mistake(path, "{} asks for {}, which {} does not have", who, missing.to_string(),
                out_.objective->name());
      }
    };
    check("method", method, needs);
    if (out_.local.estimator != nullptr) {
      check("method.local.estimator", out_.local.estimator->name(), out_.local.estimator->needs());
    }
  }

  void check_penalty() {
    if (out_.objective == nullptr || !out_.objective->has_penalty()) return;
    const auto takes_prox = [](const auto& optimizer) {
      return optimizer != nullptr && optimizer->takes_prox();
    };
    if (takes_prox(out_.local.optimizer) || takes_prox(out_.server.optimizer)) return;
    mistake("method",
            "{} has a penalty that no gradient shows; expected an optimizer that takes proximal "
            "steps (proximal_sgd) in {}, found none",
            out_.objective->name(),
            is_gossip() || has_tokens() ? "method.local" : "method.local or method.server");
  }

  void read_aggregation() {
    if (find("aggregation") == nullptr) return;
    auto read = section<AggregationSection>("aggregation");
    AggregationSection& aggregation = read.value;
    const std::size_t before = mistakes_.messages().size();
    Aggregation& out = out_.aggregation;
    if (aggregation.rule.node.is_none()) {
      mistake("aggregation", "expected rule, one of {}",
              fmt::join(catalogue_.rules->names(), ", "));
    } else if (algorithm_of(aggregation.rule.node) == weighted_mean) {
      read_weighted_mean(aggregation);
      return;
    } else {
      out.rule = make(catalogue_.rules, aggregation.rule.node, "aggregation.rule");
    }
    out.maps =
        make_all(catalogue_.row_maps, aggregation.pre_aggregators, "aggregation.pre_aggregators");
    const bool is_auto = aggregation.f && !aggregation.f->number;
    if (aggregation.f_risk && !is_auto) {
      mistake("aggregation.f_risk", "is an option of f = \"auto\"");
    }
    if (is_auto) aggregation.f_risk = aggregation.f_risk.value_or(default_risk);
    const bool is_sound = read.is_sound && mistakes_.messages().size() == before;
    if (is_sound && method_sound_) check_rule_fits_method();
    if (is_sound && clients_sound_ && (!is_auto || schedule_sound_)) find_f(aggregation);
    effective("aggregation") = option_table<AggregationSection>().write(aggregation);
  }

  /// What no [aggregation] means, too.
  void read_weighted_mean(AggregationSection& section) {
    const ConfigNode& node = section.rule.node;
    if (node.is_table()) {
      options_detail::refuse_unknown(node, "aggregation.rule", {"type"}, mistakes_);
    }
    for (const auto* option : {"pre_aggregators", "f", "f_risk"}) {
      const std::string path = fmt::format("aggregation.{}", option);
      if (find(path) != nullptr) {
        mistake(path,
                "is for robust rules; the weighted mean promises nothing, and mean is the "
                "rule that counts all alike");
      }
    }
    effective("aggregation").set("rule", named(std::string(weighted_mean)));
  }

  void check_rule_fits_method() {
    const Aggregation& aggregation = out_.aggregation;
    const MethodNeeds needs = out_.method->needs();
    const bool is_robust =
        aggregation.rule->kind() != RuleKind::linear || !aggregation.maps.empty();
    if (is_robust && needs.has_mirrored_state && !needs.allows_rule_with_mirror) {
      mistake("aggregation.rule",
              "the server and the clients of {} hold parts of one quantity, which {} would break; "
              "leave [aggregation] out or choose another method",
              out_.method->name(), aggregation.rule->name());
    } else if (!has_block([](const BlockSpec& block) { return block.combine == Combine::rule; })) {
      mistake("aggregation", "{} combines nothing by a rule, so it would be ignored",
              out_.method->name());
    }
  }

  void find_f(const AggregationSection& section) {
    const Aggregation& aggregation = out_.aggregation;
    const std::uint64_t n = out_.clients.cohort_size;
    // Byzantine clients may be the fastest of all that are asked.
    const CohortDraw draw{out_.clients.count, out_.clients.byzantine.clients.size(),
                          asked_for(n, out_.schedule.over_selection, out_.clients.count)};
    const std::uint64_t rounds = out_.schedule.stop.rounds;
    if (!section.f) {
      std::string_view needy = aggregation.rule->needs_f() ? aggregation.rule->name() : "";
      for (const auto& map : aggregation.maps) {
        if (map->needs_f()) needy = map->name();
      }
      if (!needy.empty()) {
        mistake("aggregation",
                "{} needs f, the number of Byzantine updates that it allows for; "
                "give it, or f = \"auto\"",
                needy);
      }
      return;
    }
    const double risk = section.f_risk.value_or(default_risk);
    out_.f = section.f->number ? *section.f->number : least_f(draw, rounds, risk);
    const std::size_t tolerated = tolerated_f(aggregation, n);
    if (out_.f <= tolerated) return;
    std::string chain(aggregation.rule->name());
    for (auto map = aggregation.maps.rbegin(); map != aggregation.maps.rend(); ++map) {
      chain = fmt::format("{} and {}", (*map)->name(), chain);
    }
    const auto enough =
        smallest_sufficient_cohort(draw, aggregation, section.f->number, rounds, risk);
    mistake("aggregation.f", "{} tolerates {} of {} updates, found f = {}{}; {}", chain, tolerated,
            n, out_.f,
            section.f->number ? ""
                              : fmt::format(" (exceeded in some of {} rounds with probability at "
                                            "most {}: {} of {} clients are Byzantine)",
                                            rounds, risk, draw.byzantine, draw.clients),
            enough ? fmt::format("clients.cohort_size = {} is the smallest that is enough", *enough)
                   : fmt::format("all {} clients are not enough", draw.clients));
  }

  void read_evaluation(const ScheduleSection& schedule) {
    auto read = section<EvaluationSection>("evaluation");
    EvaluationSection& evaluation = read.value;
    const bool has_test = out_.data && (out_.data->split.test > 0 || out_.data->has_test_file());
    const bool has_validation = out_.data && out_.data->split.validation > 0;
    const Objective* objective = out_.objective.get();
    if (!evaluation.on) {
      evaluation.on = {has_test ? EvaluationSet::test : EvaluationSet::train};
    }
    if (!evaluation.metrics) {
      evaluation.metrics = {find("problem") != nullptr ? Metric::objective : Metric::loss};
      if (objective != nullptr && objective->prediction().has_classes()) {
        evaluation.metrics->push_back(Metric::accuracy);
      }
      if (objective != nullptr && objective->has_known_minimiser()) {
        evaluation.metrics->push_back(Metric::distance);
      }
      if (is_gossip() || (has_tokens() && out_.token.tokens > 1)) {
        evaluation.metrics->push_back(Metric::consensus_distance);
      }
    }
    out_.evaluation = {evaluation.every,    evaluation.at_start,       *evaluation.on,
                       *evaluation.metrics, evaluation.clients.number, evaluation.per_client,
                       evaluation.personal};
    effective("evaluation") = option_table<EvaluationSection>().write(evaluation);
    if (!read.is_sound || !objective_sound_) return;

    if (find("problem") != nullptr || data_sound_) {
      if (out_.evaluates(EvaluationSet::test) && !has_test) no_rows("test");
      if (out_.evaluates(EvaluationSet::validation) && !has_validation) no_rows("validation");
      const bool has_client_test = out_.data && out_.data->split.client_test > 0;
      if (out_.evaluates(EvaluationSet::client_test) && !has_client_test) no_rows("client_test");
    }
    for (const Metric m : out_.evaluation.metrics) {
      if (const auto missing = missing_for(m, objective->prediction()); !missing.empty()) {
        mistake("evaluation.metrics", "{} needs {}, and {} has none", to_string(m), missing,
                objective->name());
      }
    }
    if (out_.evaluates(Metric::consensus_distance) && !is_gossip() && !has_tokens()) {
      mistake("evaluation.metrics", "consensus_distance is of decentralized runs");
    }
    check_evaluated_clients();
    for (const Metric m : {Metric::optimality_gap, Metric::distance}) {
      if (out_.evaluates(m)) check_reference(m);
    }
    if (schedule_sound_ && schedule.stop) read_targets(*schedule.stop);
  }
  /// Of the metrics that compare with the minimiser over all honest clients.
  void check_reference(Metric metric) {
    const Objective& objective = *out_.objective;
    if (!objective.has_known_minimiser() && !objective.is_convex()) {
      mistake("evaluation.metrics",
              "{} needs a minimiser, which is known for some problems and found for smooth convex "
              "ones; {} is neither",
              to_string(metric), objective.name());
    }
    if (metric != Metric::optimality_gap) return;
    if (!out_.evaluates(EvaluationSet::train)) {
      mistake("evaluation.metrics",
              "optimality_gap is of the objective on train: expected \"train\" in evaluation.on");
    }
    if (out_.evaluation.clients) {
      mistake("evaluation.metrics",
              "optimality_gap is over all honest clients: expected evaluation.clients = \"all\"");
    }
  }
  void check_evaluated_clients() {
    const bool measures_clients =
        out_.evaluates(EvaluationSet::train) || out_.evaluates(EvaluationSet::client_test);
    if (out_.evaluation.per_client && !measures_clients) {
      mistake("evaluation.per_client",
              "is of the sets train and client_test, and evaluation.on has neither");
    }
    if (out_.evaluation.personal) check_personal(measures_clients);
    if (out_.method != nullptr && !out_.method->needs().owned.empty()) check_owned();
    if (!out_.evaluation.clients || !clients_sound_) return;
    const std::uint64_t honest = out_.clients.count - out_.clients.byzantine.clients.size();
    if (!measures_clients && !out_.evaluates(Metric::gradient_norm)) {
      mistake("evaluation.clients",
              "is of the sets train and client_test, and evaluation.on has neither");
    } else if (*out_.evaluation.clients > honest) {
      mistake("evaluation.clients", "expected at most the {} honest clients, found {}", honest,
              *out_.evaluation.clients);
    }
  }
  void check_personal(bool measures_clients) {
    if (!measures_clients) {
      mistake("evaluation.personal",
              "is of the sets train and client_test, and evaluation.on has neither");
    }
    if (out_.evaluates(Metric::objective) || out_.evaluates(Metric::optimality_gap)) {
      mistake("evaluation.personal",
              "objective and optimality_gap are of the shared model: leave them out, or personal");
    }
    if (out_.method != nullptr && !out_.method->has_personal_models()) {
      mistake("evaluation.personal", "clients have no models of their own with {}",
              out_.method->name());
    }
  }
  /// The shared part of a model is none that could be measured.
  void check_owned() {
    if (out_.evaluation.metrics.empty()) return;
    const bool is_whole = out_.evaluation.personal && !out_.evaluates(EvaluationSet::validation) &&
                          !out_.evaluates(EvaluationSet::test) &&
                          !out_.evaluates(Metric::gradient_norm) &&
                          !out_.evaluates(Metric::distance);
    if (is_whole) return;
    mistake("evaluation",
            "clients of {} own a part of the model, so only their own models can be measured: "
            "expected personal = true, on = train or client_test, and metrics of rows",
            out_.method->name());
  }
  void no_rows(std::string_view set) {
    if (out_.data) {
      mistake("evaluation.on", "there are no {} rows: data.split.{} is 0", set, set);
    } else {
      mistake("evaluation.on", "a [problem] has no {} rows; expected train", set);
    }
  }

  void read_targets(const StopSection& stop) {
    for (const auto& [name, target] : possible_targets()) {
      const auto given = stop.targets.find(name);
      if (given == stop.targets.end()) continue;
      const std::string path = "schedule.stop." + name;
      const std::string set = target.set_name();
      const std::string metric(to_string(target.metric));
      if (!set.empty() && !out_.evaluates(target.set)) {
        mistake(path, "is never measured: '{}' is not in evaluation.on", set);
      } else if (!out_.evaluates(target.metric)) {
        mistake(path, "is never measured: '{}' is not in evaluation.metrics", metric);
      }
      out_.schedule.stop.targets.push_back({set, metric, given->second, higher_is_better(metric)});
    }
  }

  void read_claim() {
    if (find("reference") == nullptr) return;
    const auto read = section<ReferenceSection>("reference");
    const ReferenceSection& given = read.value;
    const auto require = [&](bool is_there, std::string_view option) {
      if (!is_there) mistake("reference", "expected {}", option);
      return is_there;
    };
    bool is_whole = require(given.paper.has_value(), "paper, who says it");
    is_whole &= require(given.metric.has_value(), "metric, as in \"test_accuracy\"");
    is_whole &= require(given.value.has_value(), "value, that the metric has there");
    is_whole &= require(given.tolerance.has_value(), "tolerance, how far off still agrees");
    is_whole &= require(given.source.has_value(), "source, where it is said or how it follows");
    if (!read.is_sound || !is_whole) return;
    Claim& claim = out_.claim.emplace();
    claim = {*given.paper,  "",           *given.metric, *given.value, *given.tolerance,
             *given.source, given.differs};
    for (const EvaluationSet set : out_.evaluation.on) {
      const std::string prefix = std::string(to_string(set)) + "_";
      if (!claim.metric.starts_with(prefix)) continue;
      claim.set = to_string(set);
      claim.metric.erase(0, prefix.size());
      break;
    }
    const MetricInfo* metric = find_metric(claim.metric);
    if (metric == nullptr || metric->is_of_a_set == claim.set.empty() ||
        !out_.evaluates(metric->metric)) {
      mistake("reference.metric",
              "expected the set and the name of a metric of [evaluation], as in "
              "\"test_accuracy\", found '{}', which is never measured",
              *given.metric);
    }
    effective("reference") = option_table<ReferenceSection>().write(given);
  }

  ConfigNode& effective(const std::string& key) { return out_.effective.set(key, {}); }

  void finish(const RunSection& run) {
    effective("run") = option_table<RunSection>().write(run);
    // In the order of the documentation, whatever the order of the checks.
    ConfigNode ordered = config_table();
    for (const std::string& key : section_names()) {
      if (ConfigNode* node = out_.effective.find(key)) ordered.set(key, std::move(*node));
    }
    out_.effective = std::move(ordered);
    const std::string text = to_toml_document(without(out_.effective, {"reference"}));
    out_.hash = hash_bytes(std::as_bytes(std::span(text))).hex().substr(0, hash_digits);
  }

  const Catalogue& catalogue_;
  const ConfigNode& root_;
  Mistakes& mistakes_;
  Scenario out_;
  ModelSection model_;
  bool objective_sound_ = false;
  bool data_sound_ = false;
  bool clients_sound_ = false;
  bool schedule_sound_ = false;
  bool method_sound_ = false;
  bool walk_sound_ = false;
};

}  // namespace

bool is_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ||
                  c == '.';
         });
}

std::string algorithm_of(const ConfigNode& node) {
  if (node.is_text()) return node.text();
  if (const ConfigNode* type = node.find("type"); type != nullptr && type->is_text()) {
    return type->text();
  }
  if (const ConfigNode* rule = node.find("rule")) return algorithm_of(*rule);
  return {};
}

ConfigNode without(const ConfigNode& node, std::initializer_list<std::string_view> keys) {
  ConfigNode out = node;
  if (out.is_table()) {
    std::erase_if(out.table(), [&](const auto& entry) {
      return std::find(keys.begin(), keys.end(), entry.first) != keys.end();
    });
  }
  return out;
}

Scenario read_scenario(const ConfigNode& root, const std::filesystem::path& file,
                       const Catalogue& catalogue, Mistakes& mistakes) {
  return Loader(catalogue, root, file, mistakes).load();
}

bool Scenario::evaluates(EvaluationSet set) const {
  return std::find(evaluation.on.begin(), evaluation.on.end(), set) != evaluation.on.end();
}
bool Scenario::evaluates(Metric metric) const {
  return std::find(evaluation.metrics.begin(), evaluation.metrics.end(), metric) !=
         evaluation.metrics.end();
}

std::optional<Scenario::BestBy> Scenario::best_by() const {
  if (evaluation.metrics.empty() || evaluation.on.empty()) return std::nullopt;
  const Metric metric = evaluation.metrics.front();
  const EvaluationSet set =
      evaluates(EvaluationSet::validation) ? EvaluationSet::validation : evaluation.on.front();
  return BestBy{is_of_a_set(metric) ? std::string(to_string(set)) : "",
                std::string(to_string(metric))};
}

std::string Scenario::toml() const { return to_toml_document(effective); }

std::string Scenario::toml_for_replay() const {
  ConfigNode node = effective;
  const bool has_files = data && (!data->train.empty() || !data->partition.file.empty() || init);
  if (has_files) {
    std::error_code error;
    const auto base = std::filesystem::absolute(data->base, error);
    node.find("data")->set("base", config_value((error ? data->base : base).string()));
  }
  if (gossip.graph_file) {
    std::error_code error;
    const auto path = std::filesystem::absolute(*gossip.graph_file, error);
    node.find("graph")->set("path", config_value((error ? *gossip.graph_file : path).string()));
  }
  for (const auto& [option, where] : system_files) {
    std::error_code error;
    const auto path = std::filesystem::absolute(where, error);
    node.find("system")->find(option)->set("file", config_value((error ? where : path).string()));
  }
  return to_toml_document(node);
}

}  // namespace cohort
