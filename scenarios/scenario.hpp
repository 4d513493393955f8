#pragma once
// Scenario: what a run is, typed and checked. Made by the loader, read by the runner.
//
// A section's options are declared once, in its table (scenarios/sections.cpp): checks, --explain,
// `cohort list` and the reference read that. Below, "default" names what an absent option means.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "algorithms/aggregation.hpp"
#include "algorithms/decentralized.hpp"
#include "algorithms/method.hpp"
#include "algorithms/mixing.hpp"
#include "algorithms/pipeline.hpp"
#include "algorithms/token.hpp"
#include "algorithms/topology.hpp"
#include "algorithms/walk.hpp"
#include "coordinator/stopping.hpp"
#include "coordinator/system.hpp"
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/ids.hpp"
#include "core/metric.hpp"
#include "problems/data/load.hpp"
#include "scenarios/catalogue.hpp"

namespace cohort {

/// p_i: the client's share of all training rows, or 1/N.
enum class ClientWeights { rows, uniform };

struct Byzantine {
  std::vector<ClientId> clients;  // ascending
  std::uint64_t from_round = 0;   // honest before it
  std::shared_ptr<const Attack> attack;
};

struct Clients {
  std::uint64_t count = 1;        // N
  std::uint64_t cohort_size = 1;  // clients a round
  ClientWeights weights = ClientWeights::rows;
  Byzantine byzantine;  // attack is null without Byzantine clients
};

enum class EvaluationSet { train, validation, test, client_test };
std::string_view to_string(EvaluationSet set);

enum class ScheduleType { synchronous, asynchronous, gossip, random_walk };

struct ScheduleOptions {
  ScheduleType type = ScheduleType::synchronous;
  double quorum = 1;                // share of the cohort that must have replied
  std::optional<Seconds> deadline;  // after which a quorum is enough
  double over_selection = 0;        // share of the cohort that is asked beyond it
  // Asynchronous:
  std::uint64_t buffer = 0;                    // replies a step of the server
  std::uint64_t concurrency = 0;               // clients at work at a time
  double staleness_exponent = 0;               // a of (1 + τ)^−a
  std::optional<std::uint64_t> max_staleness;  // above which a reply is dropped
  StopRules stop;                              // with the rounds of the run
  bool before_slurm_limit = false;  // stop.wall_time = "slurm": the runner knows the job's limit
};

/// What a decentralized run has instead of a method with a server: [graph], and [method] on it.
struct GossipChoice {
  std::shared_ptr<const GossipMethod> method;
  std::shared_ptr<const Topology> graph;
  std::shared_ptr<const Mixing> mixing;
  std::optional<std::filesystem::path> graph_file;  // of a graph that is one, found
  std::vector<std::string> notes;                   // what that had to be changed for
};

/// Where visits should go: to all nodes alike, or by the clients' weights.
enum class WalkTarget { uniform, weights };

/// What a run whose tokens walk has instead: [walk], and [method] on the graph of GossipChoice.
struct TokenChoice {
  std::shared_ptr<const TokenMethod> method;
  std::shared_ptr<const WalkKernel> kernel;
  WalkTarget target = WalkTarget::uniform;
  std::uint64_t tokens = 1;
  std::uint64_t hops = 1;  // of each token in a round
};

struct Evaluation {
  std::uint64_t every = 1;  // rounds; 0: none between; the last round is always evaluated
  bool at_start = true;
  std::vector<EvaluationSet> on;
  std::vector<Metric> metrics;
  std::optional<std::uint64_t> clients;  // that count on train and client_test; none: all
  bool per_client = false;
  bool personal = false;  // train and client_test by the clients' own models
};

/// A metric of a set, or of the model, whose set has no meaning.
struct Target {
  EvaluationSet set = EvaluationSet::train;
  Metric metric{};
  /// Empty for a metric of the model.
  std::string set_name() const;
};
/// Every metric that a scenario may name, in the order in which they are written: "test_accuracy".
std::vector<std::pair<std::string, Target>> possible_targets();
/// (set, metric), set empty for a metric of the model: what such an evaluation writes, in order.
std::vector<std::pair<std::string, std::string>> measured_names(const Evaluation& evaluation);

struct CheckpointPolicy {
  double every_seconds = 30;
  std::optional<std::uint64_t> every_rounds;  // beside every_seconds
  std::uint64_t keep = 2;
};

/// none, or a state hash of every client and round.
enum class Trace { none, clients };

/// Of the site: not part of what is computed.
struct SiteOptions {
  std::uint64_t threads = 0;  // of a process; 0: what it may use
  std::string out;            // empty: runs/<name>/<hash>-s<seed>
  CheckpointPolicy checkpoint;
  Trace trace = Trace::none;
};

struct Seeds {
  std::uint64_t data = 1;
  std::uint64_t model = 1;
  std::uint64_t run = 1;
};

/// [model] init: where the model starts instead of at its own start.
struct Init {
  std::filesystem::path file;  // found
  std::string checksum;        // of its bytes, which decide the result
};

/// [reference]: what somebody says that the run should give.
struct Claim {
  std::string paper;
  std::string set;     // of the metric; empty for one that belongs to no set
  std::string metric;  // with its spread, as in "accuracy_worst10"
  double value = 0;
  double tolerance = 0;  // |value here − value| that still agrees
  std::string source;    // where it is said, or how it follows
  std::string differs;   // what is not as there

  std::string flat_name() const { return set.empty() ? metric : set + "_" + metric; }
};

/// An algorithm that the scenario chose.
struct Citation {
  std::string path;  // "aggregation.rule"
  std::string name;
  std::string source;
};

struct Scenario {
  std::string name;
  std::string case_name;       // empty without [sweep] cases
  std::filesystem::path file;  // where it was read

  Seeds seeds;
  std::optional<DataOptions> data;             // absent for a [problem]
  std::shared_ptr<const Objective> objective;  // [model] or [problem]
  std::optional<Init> init;
  Clients clients;

  std::shared_ptr<const Method> method;  // null in a decentralized run
  GossipChoice gossip;                   // its members are null in any other
  TokenChoice token;                     // its method is null unless tokens walk
  LocalPipeline local;                   // estimator is null if the method has no local steps
  Chain update;
  std::shared_ptr<const Compressor> compressor;  // of updates; null: none
  std::shared_ptr<const Compressor> down;        // of the model; null: none
  ServerPipeline server;  // optimizer is null if the method has no server step

  Aggregation aggregation;  // rule is null for the weighted mean
  std::size_t f = 0;        // Byzantine updates that the rule is told of
  ScheduleOptions schedule;
  std::optional<SystemModel> system;  // time is simulated
  /// Options of [system] that name a file, and where it is.
  std::vector<std::pair<std::string, std::filesystem::path>> system_files;
  Evaluation evaluation;
  std::optional<Claim> claim;
  SiteOptions site;

  /// Every scenario-scope option with its effective value; reading it gives the same scenario.
  ConfigNode effective;
  /// 12 hex digits of the XXH3-128 of the effective scenario as TOML, without [reference], which
  /// decides nothing.
  std::string hash;
  std::vector<Citation> chosen;
  /// What was given, with its spots, after cases and --set; and what of it the case gave.
  ConfigNode given;
  ConfigNode given_by_case;

  /// The metric by which the best round's model is chosen: the first that is evaluated, on
  /// validation rows where there are any, else on the first set. Nothing without evaluation.
  struct BestBy {
    std::string set;  // empty: of the model
    std::string metric;
  };
  std::optional<BestBy> best_by() const;

  bool is_decentralized() const { return gossip.graph != nullptr; }
  bool has_tokens() const { return token.method != nullptr; }
  /// Sets that are evaluated, and metrics; see Evaluation.
  bool evaluates(EvaluationSet set) const;
  bool evaluates(Metric metric) const;

  /// The effective scenario as TOML, and as written to a run directory: with the folder that the
  /// data's relative paths begin at.
  std::string toml() const;
  std::string toml_for_replay() const;
};

}  // namespace cohort
