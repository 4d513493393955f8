#include "scenarios/sections.hpp"

#include <algorithm>

#include "scenarios/sweep/section.hpp"
#include "scenarios/system_section.hpp"

namespace cohort {

std::vector<std::pair<std::string, ScheduleType>> option_names(ScheduleType) {
  return {{"synchronous", ScheduleType::synchronous},
          {"asynchronous", ScheduleType::asynchronous},
          {"gossip", ScheduleType::gossip},
          {"random_walk", ScheduleType::random_walk}};
}
std::vector<std::pair<std::string, WalkTarget>> option_names(WalkTarget) {
  return {{"uniform", WalkTarget::uniform}, {"weights", WalkTarget::weights}};
}
std::vector<std::pair<std::string, Placement>> option_names(Placement) {
  return {{"ids", Placement::ids}, {"local", Placement::local}};
}
std::vector<std::pair<std::string, StalenessType>> option_names(StalenessType) {
  return {{"polynomial", StalenessType::polynomial}};
}
std::vector<std::pair<std::string, ClientWeights>> option_names(ClientWeights) {
  return {{"rows", ClientWeights::rows}, {"uniform", ClientWeights::uniform}};
}
std::vector<std::pair<std::string, EvaluationSet>> option_names(EvaluationSet) {
  return {{"train", EvaluationSet::train},
          {"validation", EvaluationSet::validation},
          {"test", EvaluationSet::test},
          {"client_test", EvaluationSet::client_test}};
}
std::vector<std::pair<std::string, Metric>> option_names(Metric) {
  std::vector<std::pair<std::string, Metric>> names;
  for (const MetricInfo& info : metric_infos()) names.emplace_back(info.name, info.metric);
  return names;
}
std::vector<std::pair<std::string, Trace>> option_names(Trace) {
  return {{"none", Trace::none}, {"clients", Trace::clients}};
}
std::vector<std::pair<std::string, FileFormat>> option_names(FileFormat) {
  return {{"detect", FileFormat::detect}, {"libsvm", FileFormat::libsvm}, {"csv", FileFormat::csv},
          {"idx", FileFormat::idx},       {"npy", FileFormat::npy},       {"npz", FileFormat::npz}};
}
std::vector<std::pair<std::string, CsvFormat::Header>> option_names(CsvFormat::Header) {
  return {{"detect", CsvFormat::Header::detect},
          {"yes", CsvFormat::Header::yes},
          {"no", CsvFormat::Header::no}};
}
std::vector<std::pair<std::string, Standardize>> option_names(Standardize) {
  return {
      {"none", Standardize::none}, {"scale", Standardize::scale}, {"global", Standardize::global}};
}
std::vector<std::pair<std::string, Storage>> option_names(Storage) {
  return {{"f64", Storage::f64}, {"f32", Storage::f32}};
}
std::vector<std::pair<std::string, PartitionOptions::Type>> option_names(PartitionOptions::Type) {
  using Type = PartitionOptions::Type;
  return {{"iid", Type::iid},           {"dirichlet", Type::dirichlet}, {"shards", Type::shards},
          {"quantity", Type::quantity}, {"by_column", Type::by_column}, {"file", Type::file}};
}
std::vector<std::pair<std::string, PartitionOptions::Sizes>> option_names(PartitionOptions::Sizes) {
  return {{"dirichlet", PartitionOptions::Sizes::dirichlet},
          {"lognormal", PartitionOptions::Sizes::lognormal}};
}
std::vector<std::pair<std::string, FeatureSkew::Type>> option_names(FeatureSkew::Type) {
  return {{"none", FeatureSkew::Type::none},
          {"noise", FeatureSkew::Type::noise},
          {"rotation", FeatureSkew::Type::rotation}};
}
std::vector<std::pair<std::string, PartitionOptions::Over>> option_names(PartitionOptions::Over) {
  return {{"clients", PartitionOptions::Over::clients},
          {"classes", PartitionOptions::Over::classes}};
}
namespace {
template <class E>
std::string_view name_of(E value) {
  static const auto names = option_names(E{});
  for (const auto& [text, v] : names) {
    if (v == value) return text;
  }
  return "?";
}
}  // namespace

std::string_view to_string(EvaluationSet set) { return name_of(set); }

std::string Target::set_name() const {
  return is_of_a_set(metric) ? std::string(to_string(set)) : std::string();
}

std::vector<std::pair<std::string, Target>> possible_targets() {
  std::vector<std::pair<std::string, Target>> targets;
  for (const auto& [name, set] : option_names(EvaluationSet{})) {
    for (const MetricInfo& info : metric_infos()) {
      if (!info.is_of_a_set) continue;
      targets.emplace_back(name + "_" + std::string(info.name), Target{set, info.metric});
    }
  }
  for (const MetricInfo& info : metric_infos()) {
    if (!info.is_of_a_set) targets.emplace_back(info.name, Target{{}, info.metric});
  }
  return targets;
}

std::vector<std::pair<std::string, std::string>> measured_names(const Evaluation& evaluation) {
  const auto has = [](const auto& all, auto one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& [name, target] : possible_targets()) {
    if (!has(evaluation.metrics, target.metric)) continue;
    const std::string set = target.set_name();
    if (!set.empty() && !has(evaluation.on, target.set)) continue;
    names.emplace_back(set, to_string(target.metric));
    const bool is_of_clients =
        target.set == EvaluationSet::train || target.set == EvaluationSet::client_test;
    for (std::size_t s = 0; s < spreads; ++s) {
      if (set.empty() || !is_of_clients || !evaluation.per_client) break;
      names.emplace_back(set, name_of(target.metric, static_cast<Spread>(s)));
    }
  }
  return names;
}

bool OptionType<Choice>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                              Choice& out, Mistakes& mistakes) {
  if (!node.is_text() && !node.is_table()) {
    options_detail::expected(node, path, "a " + name(), mistakes);
    return false;
  }
  out.node = node;
  return true;
}

void SplitSection::declare(OptionTable<SplitSection>& t) {
  t.add("train", &SplitSection::train, probability,
        "share of the rows that train; what the others leave");
  t.add("validation", &SplitSection::validation, probability, "share for validation; 0");
  t.add("test", &SplitSection::test, probability, "share for test, unless a test file is named; 0");
  t.add("client_test", &SplitSection::client_test, zero_to_below_one,
        "share of its training rows that every client keeps for a test of its own");
}

void PartitionSection::declare(OptionTable<PartitionSection>& t) {
  t.add("type", &PartitionSection::type, "how training rows are dealt to the clients");
  t.add("over", &PartitionSection::over,
        "dirichlet: clients (of each class, a share for every client) or classes (of each client, "
        "a share for every class); clients");
  t.add("sizes", &PartitionSection::sizes,
        "quantity: what the clients' shares of the rows are drawn from; dirichlet");
  t.add("alpha", &PartitionSection::alpha, positive,
        "of every Dirichlet: concentration; small is heterogeneous; 1");
  t.add("sigma", &PartitionSection::sigma, Bounds{0, 10},
        "quantity, lognormal: deviation of the logarithm of a share; 1");
  t.add("shards_per_client", &PartitionSection::shards_per_client, at_least(1),
        "shards: runs of rows sorted by class that a client holds; 2");
  t.add("column", &PartitionSection::column,
        "by_column: of the train file, CSV; a client is a distinct key in it, which is no feature");
  t.add("file", &PartitionSection::file,
        "file: .npz of cohort data partition, which says the split too");
  t.add("min_rows", &PartitionSection::min_rows, "rows that every client has at least");
}

void FeatureSkewSection::declare(OptionTable<FeatureSkewSection>& t) {
  t.add("type", &FeatureSkewSection::type,
        "what every client does to its rows, after scaling: noise, or rotation of square images");
  t.add("variance", &FeatureSkewSection::variance, non_negative,
        "noise: of the last client; the first of N has 1/N of it; 0.1");
  t.add("turns", &FeatureSkewSection::turns, Bounds{2, 4},
        "rotation: 2 (by 0 or 180 degrees) or 4 (also 90 and 270); 4");
}

void DataSection::declare(OptionTable<DataSection>& t) {
  t.add("name", &DataSection::name, "a data set that ships with Cohort (or train = a file)");
  t.add("train", &DataSection::train,
        "file of LIBSVM or CSV text, IDX or .npy, all also .gz, or .npz with arrays X and y");
  t.add("test", &DataSection::test, "file of test rows, instead of a share of train");
  t.add("train_labels", &DataSection::train_labels,
        "file of the labels of train, IDX or .npy, where train is");
  t.add("test_labels", &DataSection::test_labels, "file of the labels of test, likewise");
  t.add("format", &DataSection::format, "of the files; detect goes by name, then content");
  t.add("label", &DataSection::label,
        "label column of CSV files: first, last, its name or its number from 1; last");
  t.add("header", &DataSection::header, "whether the first line of CSV files names the columns");
  t.add("split", &DataSection::split, "shares of the rows");
  t.add("standardize", &DataSection::standardize,
        "features: none; global: mean 0 and deviation 1 over training rows; scale: deviation 1");
  t.add("storage", &DataSection::storage, "precision in which feature values are stored");
  t.add("partition", &DataSection::partition, "which client holds which training row");
  t.add("feature_skew", &DataSection::feature_skew,
        "how clients see the same features differently");
  t.add("seed", &DataSection::seed, "of split, partition and feature_skew; run.seed");
  t.add("base", &DataSection::base,
        "folder that relative paths begin at; that of the scenario file", Scope::site);
}

void ModelSection::declare(OptionTable<ModelSection>& t) {
  t.add("seed", &ModelSection::seed, "of what the model draws; run.seed");
  t.add("init", &ModelSection::init,
        "model.npz of another run to start from, found like data files; none");
  t.add("init_checksum", &ModelSection::init_checksum,
        "XXH3-128 that the bytes of init must have; theirs");
}

void ByzantineSection::declare(OptionTable<ByzantineSection>& t) {
  t.add("count", &ByzantineSection::count, "how many clients are Byzantine, drawn from run.seed");
  t.add("fraction", &ByzantineSection::fraction, probability, "or their share, rounded down");
  t.add("clients", &ByzantineSection::clients, "or their ids");
  t.add("from_round", &ByzantineSection::from_round, "they are honest before this round");
  t.add("attack", &ByzantineSection::attack, "what they send");
}

void ClientsSection::declare(OptionTable<ClientsSection>& t) {
  t.add("count", &ClientsSection::count, at_least(1), "number of clients (required)");
  t.add("cohort_size", &ClientsSection::cohort_size, at_least(1), "clients in a round; all");
  t.add("participation", &ClientsSection::participation, Bounds{0, 1, true, false},
        "or their share, rounded, at least one client");
  t.add("weights", &ClientsSection::weights, "of a client: its share of the rows, or 1/count");
  t.add("byzantine", &ClientsSection::byzantine, "clients that send what an attack makes");
}

void GraphSection::declare(OptionTable<GraphSection>& t) {
  t.add("mixing", &GraphSection::mixing, "how a node weighs what it hears; what suits the graph");
  t.add("placement", &GraphSection::placement,
        "client i is node i, or the i-th in an order that keeps neighbours together, so that few "
        "edges go from one process to another");
}

void WalkSection::declare(OptionTable<WalkSection>& t) {
  t.add("tokens", &WalkSection::tokens, Bounds{1, 0x1p20}, "models that walk at once");
  t.add("hops", &WalkSection::hops, Bounds{1, 0x1p40}, "of each token in a round");
  t.add("target", &WalkSection::target,
        "where visits should go, of kernels that take it: to all nodes alike, or by the clients' "
        "weights");
}

void AggregationSection::declare(OptionTable<AggregationSection>& t) {
  t.add("rule", &AggregationSection::rule, "makes one update of many (required)");
  t.add("pre_aggregators", &AggregationSection::pre_aggregators, "in front of it, in order");
  t.add("f", &AggregationSection::f,
        "Byzantine updates among those aggregated; auto: least f that some round exceeds with "
        "probability at most f_risk");
  t.add("f_risk", &AggregationSection::f_risk, Bounds{0, 1, true, true},
        "of f = \"auto\", over all rounds; 1e-3");
}

void StopSection::declare(OptionTable<StopSection>& t) {
  for (const auto& [name, target] : possible_targets()) {
    const MetricInfo& info = info_of(target.metric);
    const char* side = info.higher_is_better ? "least" : "most";
    t.add_entry(name, &StopSection::targets, Bounds{info.least, info.most},
                std::string("stop when it is at ") + side + " this");
  }
  t.add("oracle_calls", &StopSection::oracle_calls, at_least(1),
        "stop after so many, of all clients");
  t.add("protocol_bytes", &StopSection::protocol_bytes, at_least(1),
        "stop after so many, up and down");
  t.add("wall_time", &StopSection::wall_time, positive,
        "stop, resumably, after so many seconds; slurm: before the limit of the job");
  t.add("sim_seconds", &StopSection::sim_seconds, positive,
        "stop after so many simulated seconds; needs [system]");
  t.add("loss_above", &StopSection::loss_above, "an evaluated loss above it is a divergence");
}

void StalenessSection::declare(OptionTable<StalenessSection>& t) {
  t.add("type", &StalenessSection::type,
        "how a reply counts that is τ steps of the server old: polynomial, (1 + τ)^-exponent");
  t.add("exponent", &StalenessSection::exponent, non_negative, "0: all replies count alike");
  t.add("max", &StalenessSection::max, "a reply that is older is dropped; none");
}

void ScheduleSection::declare(OptionTable<ScheduleSection>& t) {
  t.add("type", &ScheduleSection::type, "who does what when");
  t.add("rounds", &ScheduleSection::rounds, at_least(1), "length of the run (required)");
  t.add("quorum", &ScheduleSection::quorum, Bounds{0, 1, true, false},
        "share of the cohort that must have replied");
  t.add("deadline", &ScheduleSection::deadline, positive,
        "seconds after which the replies of a quorum are enough, of simulated time with [system]; "
        "none");
  t.add("over_selection", &ScheduleSection::over_selection, non_negative,
        "share of the cohort that is asked beyond it; the first cohort_size replies count; needs "
        "[system]; 0");
  t.add("buffer", &ScheduleSection::buffer, at_least(1),
        "asynchronous: replies that make a step of the server (required)");
  t.add("concurrency", &ScheduleSection::concurrency, at_least(1),
        "asynchronous: clients at work at a time; buffer");
  t.add("staleness", &ScheduleSection::staleness,
        "asynchronous: how replies from older models count; polynomial");
  t.add("stop", &ScheduleSection::stop, "what ends the run earlier");
}

void EvaluationSection::declare(OptionTable<EvaluationSection>& t) {
  t.add("every", &EvaluationSection::every, "rounds; 0: none between; the last one always");
  t.add("at_start", &EvaluationSection::at_start, "whether the starting point is evaluated");
  t.add("on", &EvaluationSection::on, "sets of rows; test if there is one, else train");
  t.add("metrics", &EvaluationSection::metrics,
        "loss, and accuracy where there are classes; objective includes the regulariser");
  t.add("clients", &EvaluationSection::clients, at_least(1),
        "honest clients whose rows count on train and client_test: all, or so many, drawn once "
        "from run.seed");
  t.add("per_client", &EvaluationSection::per_client,
        "whether each client is measured too: mean, deviation, worst tenth and Jain's index over "
        "clients, and clients.csv at the end");
  t.add("personal", &EvaluationSection::personal,
        "whether train and client_test are measured by the clients' own models, where the method "
        "has them; validation and test are by the shared one");
}

void ReferenceSection::declare(OptionTable<ReferenceSection>& t) {
  t.add("paper", &ReferenceSection::paper, "who says it (required)");
  t.add("metric", &ReferenceSection::metric,
        "of the last round, evaluated here, as in \"test_accuracy\" or \"distance\" (required)");
  t.add("value", &ReferenceSection::value, "that it has there (required)");
  t.add("tolerance", &ReferenceSection::tolerance, non_negative,
        "largest difference from it that agrees (required)");
  t.add("source", &ReferenceSection::source,
        "where it is said, or how it follows: a table, an equation (required)");
  t.add("differs", &ReferenceSection::differs, "what is not as there");
}

void CheckpointSection::declare(OptionTable<CheckpointSection>& t) {
  t.add("every_seconds", &CheckpointSection::every_seconds, positive, "between checkpoints");
  t.add("every_rounds", &CheckpointSection::every_rounds, at_least(1), "also after so many rounds");
  t.add("keep", &CheckpointSection::keep, at_least(1), "checkpoints that are kept");
}

void RunSection::declare(OptionTable<RunSection>& t) {
  t.add("seed", &RunSection::seed, "of everything random but what has a seed of its own");
  t.add("threads", &RunSection::threads, at_least(1),
        "of a process; auto: what the machine, cgroup or job allows", Scope::site);
  t.add("out", &RunSection::out, "run directory; runs/<name>/<hash>-s<seed>", Scope::site);
  t.add("checkpoint", &RunSection::checkpoint, "when the run is made resumable", Scope::site);
  t.add("trace", &RunSection::trace, "clients: a state hash of every client each round",
        Scope::site);
}

namespace {
template <class S>
SectionInfo info(std::string name, std::string help) {
  return {std::move(name), std::move(help), option_table<S>().infos()};
}

// Declared by algorithms/method_config.hpp, which reads them; the stages are registries of their
// own.
SectionInfo method_stages() {
  const std::string one = OptionType<Choice>::name(),
                    many = OptionType<std::vector<Choice>>::name();
  return {"method",
          "the method, its own options, and the stages of its steps",
          {{"local.estimator", one, "", "\"minibatch\"", "how a step's gradient is asked"},
           {"local.transforms", many, "", "[]", "of the gradient, in order"},
           {"local.optimizer", one, "", "\"sgd\"", "takes a client's step"},
           {"local.state", "\"reset\" | \"keep\"", "", "\"reset\"",
            "whether transforms and optimizer start anew each round; the estimator never does"},
           {"update.transforms", many, "", "[]", "of a client's update before it is sent"},
           {"update.compressor", one, "", "", "makes what a client sends small"},
           {"down.compressor", one, "", "", "makes what clients are sent small"},
           {"server.transforms", many, "", "[]", "of the combined update, as minus a gradient"},
           {"server.optimizer", one, "", "\"sgd\"", "takes the server's step"}}};
}
}  // namespace

std::vector<SectionInfo> section_infos() {
  return {
      info<DataSection>("data", "the rows, and who holds them"),
      info<SplitSection>("data.split", "shares of the rows; they sum to 1"),
      info<PartitionSection>("data.partition", "training rows to clients; docs/data.md"),
      info<FeatureSkewSection>("data.feature_skew", "clients that see features differently"),
      info<ModelSection>("model", "where it starts; the options of each type: cohort list models"),
      info<ClientsSection>("clients", "who takes part"),
      info<ByzantineSection>("clients.byzantine", "who lies, and how"),
      info<GraphSection>("graph",
                         "who hears whom in a decentralized run; its type and that type's options: "
                         "cohort list graph"),
      info<WalkSection>("walk",
                        "who walks where, in a run whose tokens walk; its type and that type's "
                        "options: cohort list walk"),
      method_stages(),
      info<AggregationSection>("aggregation", "many updates to one; none: the weighted mean"),
      info<ScheduleSection>("schedule", "rounds, and what ends them"),
      info<StalenessSection>("schedule.staleness", "of the asynchronous schedule"),
      info<StopSection>("schedule.stop", "what ends the run early"),
      info<SystemSection>("system", "simulated time; see docs/time.md"),
      info<QuantityTable>("system.<compute, uplink, downlink or latency>",
                          "a quantity that differs between clients"),
      info<AvailabilityTable>("system.availability", "as a table"),
      info<EvaluationSection>("evaluation", "what is measured, and when"),
      info<ReferenceSection>("reference",
                             "what somebody says that the run should give; see cohort reproduce"),
      info<RunSection>("run", "seed, and how this machine runs it"),
      info<CheckpointSection>("run.checkpoint", "when the run is made resumable"),
      info<SweepSection>("sweep", "one file, many runs; see docs/sweeps.md"),
      info<TuneSection>("sweep.tune", "beside options, each with a list of its values"),
  };
}

}  // namespace cohort
