#include "scenarios/runner.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "comm/mpi.hpp"
#include "core/build_info.hpp"
#include "core/cpu.hpp"
#include "core/fingerprint.hpp"
#include "problems/external/channel.hpp"
#include "scenarios/decentralized_session.hpp"
#include "scenarios/model_file.hpp"
#include "scenarios/network.hpp"
#include "scenarios/progress.hpp"
#include "scenarios/references.hpp"
#include "scenarios/run_directory.hpp"
#include "scenarios/session.hpp"

namespace cohort {

namespace {

constexpr Seconds slurm_margin{120};  // for a checkpoint before the end of a job

// What a rank says before a case begins.
struct Readiness {
  static constexpr std::uint16_t type = 100;
  std::int32_t code = 0;
  std::string message;
  std::string fingerprint;
  std::string scenario_hash;
  std::string model_layout;
  template <class V>
  void fields(V&& v) {
    v("code", code);
    v("message", message);
    v("fingerprint", fingerprint);
    v("scenario_hash", scenario_hash);
    v("model_layout", model_layout);
  }
};

// What rank 0 then tells the others.
struct Departure {
  static constexpr std::uint16_t type = 101;
  bool is_finished = false;
  bool is_resumed = false;
  std::vector<std::string> client_files;
  template <class V>
  void fields(V&& v) {
    v("is_finished", is_finished);
    v("is_resumed", is_resumed);
    v("client_files", client_files);
  }
};
// How a step that rank 0 alone can judge went: an error, or the outcome of the session.
struct Arrival {
  static constexpr std::uint16_t type = 102;
  std::int32_t error = 0;
  std::string message;
  std::int32_t outcome = 0;
  template <class V>
  void fields(V&& v) {
    v("error", error);
    v("message", message);
    v("outcome", outcome);
  }
};
Arrival arrival_of(const Error& e) { return {static_cast<std::int32_t>(e.code), e.message, 0}; }

// The first error of any rank is an error of all; so is a disagreement about what is run.
Result<bool> agree(const std::vector<Readiness>& all, bool allow_mixed_numerics) {
  bool is_mixed = false;
  for (std::size_t r = 0; r < all.size(); ++r) {
    const std::string rank = all.size() > 1 ? fmt::format("rank {}: ", r) : "";
    if (all[r].code != 0) return Error{static_cast<Code>(all[r].code), rank + all[r].message};
    if (all[r].scenario_hash != all[0].scenario_hash) {
      return bad_input(fmt::format("{}runs scenario {}, rank 0 runs {}", rank, all[r].scenario_hash,
                                   all[0].scenario_hash));
    }
    if (all[r].model_layout != all[0].model_layout) {
      return bad_input(fmt::format("{}its model is {}, that of rank 0 is {}: the data differ", rank,
                                   all[r].model_layout, all[0].model_layout));
    }
    if (all[r].fingerprint == all[0].fingerprint) continue;
    if (!allow_mixed_numerics) {
      return bad_environment(fmt::format(
          "{}its arithmetic (fingerprint {}) is not that of rank 0 ({}): use one binary on all "
          "machines, or --allow-mixed-numerics to go on without equal bits",
          rank, all[r].fingerprint, all[0].fingerprint));
    }
    is_mixed = true;
  }
  return is_mixed;
}

// Rank 0: writes what happens to the run directory and the terminal.
class Recorder final : public Observer {
 public:
  Recorder(const Scenario& scenario, const Prepared& prepared, const RunDirectory& directory,
           RunLogs& logs, const Transport& transport, const RunOptions& options,
           std::string fingerprint)
      : scenario_(scenario),
        prepared_(prepared),
        directory_(directory),
        logs_(logs),
        transport_(transport),
        checkpoints_(directory.checkpoints(), scenario.site.checkpoint.keep),
        fingerprint_(std::move(fingerprint)) {
    if (const DataSet* data = prepared.data()) {
      train_rows_ = static_cast<double>(data->store.count(RowSource::client));
    }
    if (!options.is_quiet) {
      progress_ =
          ProgressLine::of_stdout(scenario.schedule.stop.rounds,
                                  {.title = options.title, .is_transient = !options.title.empty()});
    }
  }

  CheckpointDirectory& checkpoints() { return checkpoints_; }
  /// Gradient rows of the rounds before a resumed run.
  void set_past(const ServerCheckpoint& past) { gradient_rows_ = gradient_rows(past.counts); }

  Result<void> round(const RoundReport& report, const ServerCheckpoint& state,
                     const RoundTiming& timing) override {
    gradient_rows_ += gradient_rows(report.counts);
    RoundRecord record;
    record.round = report.round;
    record.state_hash = report.state_hash.hex();
    record.cohort = report.cohort;
    record.accepted = report.accepted;
    record.dropped = report.dropped;
    record.byzantine_in_cohort = report.byzantine_in_cohort;
    record.f = report.f;
    record.bytes_up = report.bytes_up;
    record.bytes_down = report.bytes_down;
    record.oracle = report.counts;
    record.sim_seconds = report.sim_seconds;
    record.staleness = report.staleness;
    record.data_passes = train_rows_ > 0 ? gradient_rows_ / train_rows_ : 0;
    if (report.measured) {
      record.measured = only_asked_for(*report.measured);
      final_ = *record.measured;
    }
    round_ = report.round;
    if (is_best(report, state)) {
      COHORT_DO(write_model(directory_.file("model_best.npz"), model_of(prepared_, state.x)));
    }
    for (const auto& [ask, late] : report.late) {
      COHORT_DO(logs_.write(JournalRecord{{report.round, ask}, late}));
    }
    COHORT_DO(logs_.write(record));
    for (std::size_t ask = 0; ask < report.traces.size(); ++ask) {
      COHORT_DO(logs_.write(TraceRecord{report.round, ask, report.traces[ask]}));
    }
    COHORT_DO(logs_.write(TimingRecord{report.round, timing, transport_.wire_bytes_sent()}));
    if (progress_) {
      progress_->update(report.round, record.measured ? &*record.measured : nullptr,
                        timing.elapsed);
    }
    return {};
  }

  Result<void> checkpoint(const WriteCheckpoint& c) override {
    // The logs name this checkpoint's place before it is written down.
    Manifest manifest;
    manifest.scenario_hash = scenario_.hash;
    manifest.fingerprint = fingerprint_;
    manifest.log_offsets = logs_.offsets();
    return checkpoints_.write(c, std::move(manifest));
  }

  Result<void> clients(const ClientTable& table) override {
    const DataSet* data = prepared_.data();
    return write_clients(directory_.path(), table, scenario_.clients.byzantine.clients,
                         data == nullptr ? std::span<const double>() : data->store.classes());
  }

  void note(const std::string& text) override {
    if (progress_) progress_->print(text);
    log(text);
  }
  void log(const std::string& text) {
    // A note that cannot be written must not end a run that could go on.
    if (const auto written = logs_.write(EventRecord{round_, "note", text}); !written) {
      fmt::print(stderr, "cohort: {}\n", written.error().message);
    }
  }
  std::string checkpoint_directory() const override { return directory_.checkpoints().string(); }

  void finish() {
    if (progress_) progress_->finish();
  }
  const Measured& final() const { return final_; }

  /// Of what an evaluation measures, the metrics that the scenario names.
  Measured only_asked_for(const Measured& all) const {
    Measured wanted;
    for (const auto& [set, metrics] : all) {
      for (const auto& [metric, value] : metrics) {
        const MetricInfo* info = find_metric(metric);
        if (info != nullptr && scenario_.evaluates(info->metric)) wanted[set][metric] = value;
      }
    }
    return wanted;
  }

 private:
  /// Whether the model after this round is the best so far by the metric that chooses it.
  bool is_best(const RoundReport& report, const ServerCheckpoint& state) const {
    const auto by = scenario_.best_by();
    if (!by || !report.measured) return false;
    const auto set = state.best_round.find(by->set);
    if (set == state.best_round.end()) return false;
    const auto round = set->second.find(by->metric);
    return round != set->second.end() && round->second == report.round;
  }
  static double gradient_rows(const OracleCounts& counts) {
    return static_cast<double>(counts.rows[static_cast<std::size_t>(Query::gradient)]);
  }

  const Scenario& scenario_;
  const Prepared& prepared_;
  const RunDirectory& directory_;
  RunLogs& logs_;
  const Transport& transport_;
  CheckpointDirectory checkpoints_;
  std::string fingerprint_;
  std::optional<ProgressLine> progress_;
  double train_rows_ = 0;
  double gradient_rows_ = 0;
  std::uint64_t round_ = 0;
  Measured final_;
};

std::string status_of(Code code) {
  switch (code) {
    case Code::done:
      return "finished";
    case Code::diverged:
      return "diverged";
    case Code::resumable:
      return "stopped";
    default:
      return "failed";
  }
}

std::string layout_text(const Layout& layout) {
  std::string text;
  for (const Segment& s : layout.segments()) {
    text += fmt::format("{}{} [{} x {}]", text.empty() ? "" : ", ", s.name, s.rows, s.cols);
  }
  return text;
}

Result<SessionResult> run_rank(SessionInput input) {
  try {
    return input.prepared->scenario().is_decentralized() ? run_decentralized(std::move(input))
                                                         : run_session(std::move(input));
  } catch (const ExternalFailure& failure) {
    return peer_lost(failure.what());
  }
}

// The time that a Slurm job has left; nothing outside of one.
std::optional<Seconds> slurm_time_left() {
  const char* end = std::getenv("SLURM_JOB_END_TIME");
  if (end == nullptr) return std::nullopt;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Seconds(std::strtod(end, nullptr)) - std::chrono::duration_cast<Seconds>(now);
}

}  // namespace

std::size_t threads_of(const Scenario& scenario, const Job& job) {
  return scenario.site.threads > 0 ? scenario.site.threads
                                   : available_threads(job.transport->sharing());
}

Result<CaseOutcome> run_case(const Scenario& given, const std::filesystem::path& path,
                             const RunOptions& options, const Job& job) {
  Scenario scenario = given;
  const bool is_first = job.rank() == 0;
  Readiness mine;
  mine.fingerprint = numerics_fingerprint();
  mine.scenario_hash = scenario.hash;
  const auto failed = [&mine](const Error& e) {
    mine.code = static_cast<std::int32_t>(e.code);
    mine.message = e.message;
  };

  std::unique_ptr<Prepared> prepared;
  if (auto made = Prepared::make(scenario, job.rank(), job.ranks())) {
    prepared = *std::move(made);
    mine.model_layout = layout_text(prepared->function().layout());
  } else {
    failed(made.error());
  }
  ThreadPool pool(threads_of(scenario, job));

  // Rank 0 opens the run directory and finds where to go on; the others learn it below.
  std::optional<RunDirectory> directory;
  std::optional<RunLogs> logs;
  std::optional<Manifest> manifest;
  std::optional<Journal> journal;
  Departure departure;
  if (is_first && prepared != nullptr) {
    const auto open = [&]() -> Result<void> {
      COHORT_TRY(auto d, RunDirectory::open(path, scenario, options.resume));
      directory.emplace(std::move(d));
      departure.is_finished = directory->is_finished();
      if (departure.is_finished) return {};
      if (!options.replayed.empty()) {
        COHORT_TRY(journal, read_journal(options.replayed));
      }
      COHORT_DO(write_references(directory->path(), scenario, prepared->files()));
      COHORT_TRY(auto l, RunLogs::open(directory->path(), measured_names(scenario.evaluation)));
      logs.emplace(std::move(l));
      std::error_code error;
      std::filesystem::create_directories(directory->checkpoints(), error);
      if (error) {
        return bad_environment("cannot make " + directory->checkpoints().string() + ": " +
                               error.message());
      }
      if (directory->is_resumed()) {
        const CheckpointDirectory checkpoints(directory->checkpoints(),
                                              scenario.site.checkpoint.keep);
        COHORT_TRY(manifest, checkpoints.latest());
        if (manifest && manifest->scenario_hash != scenario.hash) {
          return bad_input(fmt::format("{}: the checkpoint is of scenario {}, this is {}",
                                       directory->path().string(), manifest->scenario_hash,
                                       scenario.hash));
        }
        if (manifest && manifest->fingerprint != mine.fingerprint &&
            !options.allow_mixed_numerics) {
          return bad_environment(fmt::format(
              "{}: the checkpoint was written with other arithmetic (fingerprint {}, here {}); "
              "--allow-mixed-numerics goes on without equal bits",
              directory->path().string(), manifest->fingerprint, mine.fingerprint));
        }
        // Without a checkpoint the run begins anew, in the same folder.
        COHORT_DO(logs->truncate_to(manifest ? manifest->log_offsets
                                             : std::map<std::string, std::uint64_t>{}));
      }
      if (manifest) {
        departure.is_resumed = true;
        for (const auto& p :
             CheckpointDirectory(directory->checkpoints(), 1).client_paths(*manifest)) {
          departure.client_files.push_back(std::filesystem::absolute(p).string());
        }
      }
      return {};
    };
    if (const auto opened = open(); !opened) failed(opened.error());
  }

  COHORT_TRY(const auto everyone, share(mine, job));
  CaseOutcome outcome;
  const auto agreed = agree(everyone, options.allow_mixed_numerics);
  if (!agreed) {
    outcome.error = agreed.error();
    return outcome;
  }
  const bool is_mixed = *agreed;
  COHORT_TRY(departure, from_rank_0(departure, job));
  if (departure.is_finished) {
    if (is_first) {
      outcome.directory = directory->path();
      COHORT_TRY(outcome.summary, read_summary(directory->path()));
    }
    return outcome;
  }

  std::vector<std::string> notes;
  if (prepared->data() != nullptr) notes = prepared->data()->warnings;
  if (is_mixed) notes.push_back("the ranks' arithmetic differs: bits are not reproducible");
  if (scenario.schedule.before_slurm_limit) {
    if (const auto left = slurm_time_left()) {
      // A short job uses half of what it has, or it would never get anywhere.
      scenario.schedule.stop.wall_time = std::max({Seconds(0), *left / 2, *left - slurm_margin});
    } else {
      notes.push_back("stop.wall_time = \"slurm\" has no effect outside of a Slurm job");
    }
  }

  SessionInput input;
  input.prepared = prepared.get();
  input.transport = job.transport;
  input.exchange = job.exchange;
  input.pool = &pool;
  input.stop_signal = job.stop_signal;
  input.journal = std::move(journal);
  std::optional<Recorder> recorder;
  std::optional<Error> broken;
  if (is_first) {
    recorder.emplace(scenario, *prepared, *directory, *logs, *job.transport, options,
                     mine.fingerprint);
    input.observer = &*recorder;
    if (!departure.is_resumed) {
      for (const std::string& note : options.notes) recorder->log(note);
    }
    for (const std::string& note : notes) recorder->note(note);
  }
  if (departure.is_resumed) {
    ResumePoint resume;
    resume.client_files.assign(departure.client_files.begin(), departure.client_files.end());
    if (is_first) {
      auto server = recorder->checkpoints().read_server(*manifest, prepared->blank());
      if (server) {
        resume.server = *std::move(server);
        // A job's limit leaves earlier jobs out; what the schedule counts does not.
        if (scenario.schedule.before_slurm_limit && scenario.schedule.stop.wall_time) {
          *scenario.schedule.stop.wall_time += Seconds(resume.server.elapsed);
        }
        recorder->set_past(resume.server);
        recorder->note(fmt::format("resumed after round {}", manifest->round));
      } else {
        broken = server.error();
      }
    }
    input.resume = std::move(resume);
  }
  // A rank that cannot go on says so before the others wait for it.
  Arrival ready;
  if (broken) ready = arrival_of(*broken);
  COHORT_TRY(ready, from_rank_0(ready, job));
  if (ready.error != 0) {
    outcome.error = Error{static_cast<Code>(ready.error), ready.message};
    return outcome;
  }

  const auto begun = std::chrono::steady_clock::now();
  auto session = run_rank(std::move(input));
  if (recorder) recorder->finish();

  Arrival arrival;
  if (is_first) {
    const auto close = [&]() -> Result<void> {
      Summary& s = outcome.summary;
      outcome.directory = directory->path();
      s.name = scenario.name;
      s.case_name = scenario.case_name;
      s.status = session ? status_of(session->code) : "failed";
      s.stop_reason = session ? session->why : session.error().message;
      s.scenario_hash = scenario.hash;
      s.commit = commit();
      s.compiler = compiler();
      s.isa = isa_name();
      s.fingerprint = is_mixed ? "mixed" : mine.fingerprint;
      if (prepared->data() != nullptr) {
        for (const DataFile& f : prepared->data()->files) {
          s.data.push_back({f.path, f.checksum.hex()});
        }
      }
      s.seeds = scenario.seeds;
      s.ranks = job.ranks();
      s.threads = pool.size();
      s.elapsed = std::chrono::steady_clock::now() - begun;
      s.final = recorder->final();
      if (const auto by = scenario.best_by()) {
        s.model_best = by->set.empty() ? by->metric : by->set + "_" + by->metric;
      }
      s.claim = scenario.claim;
      if (session) {
        outcome.code = session->code;
        s.rounds = session->rounds;
        s.model_hash = hash_vec(session->x).hex();
        s.best = recorder->only_asked_for(session->best);
        for (const auto& [set, metrics] : s.best) {
          for (const auto& [metric, value] : metrics) {
            s.best_round[set][metric] = session->best_round.at(set).at(metric);
          }
        }
        COHORT_DO(write_model(directory->file("model.npz"), model_of(*prepared, session->x)));
      }
      COHORT_DO(logs->write(EventRecord{s.rounds, "stop", s.stop_reason}));
      COHORT_DO(write_summary(directory->path(), s));
      if (!session) return session.error();
      return {};
    };
    if (const auto closed = close(); !closed) {
      arrival = arrival_of(closed.error());
    } else {
      arrival.outcome = static_cast<std::int32_t>(outcome.code);
    }
  } else if (!session) {
    return session.error();
  }
  COHORT_TRY(arrival, from_rank_0(arrival, job));
  if (arrival.error != 0) {
    outcome.error = Error{static_cast<Code>(arrival.error), arrival.message};
  }
  outcome.code = static_cast<Code>(arrival.outcome);
  return outcome;
}

namespace {

void print_outcome(const CaseOutcome& o) {
  const Summary& s = o.summary;
  const std::string name = s.case_name.empty() ? s.name : s.case_name;
  fmt::print("{:<20} {} after {} rounds ({})", name, s.status, s.rounds, s.stop_reason);
  if (const std::string measured = to_text(s.final); !measured.empty()) {
    fmt::print("  {}", measured);
  }
  fmt::print("\n");
}

void print_next_step(const CaseOutcome& o, const RunOptions& options, const Scenario& scenario) {
  const std::string directory = o.directory.string();
  fmt::print("\n  {}\n", directory);
  if (o.code == Code::resumable) {
    const std::string out = options.out.empty() ? "" : " --out " + options.out;
    fmt::print("Go on with: cohort run {}{} --resume\n", scenario.file.string(), out);
  } else {
    fmt::print(
        "It holds summary.json, metrics.jsonl and model.npz; check it with: cohort verify "
        "{}\n",
        directory);
  }
}

}  // namespace

int run_alone(const Scenario& scenario, const RunOptions& options, const Job& job) {
  const bool prints = job.rank() == 0 && !options.is_quiet;
  if (prints) fmt::print("{}\n", ranks_and_threads(job.ranks(), threads_of(scenario, job)));
  const auto outcome = run_case(scenario, run_path(scenario, options.out), options, job);
  if (!outcome) abort_job(outcome.error().message, static_cast<int>(outcome.error().code));
  if (outcome->error) {
    if (job.rank() == 0) fmt::print(stderr, "cohort: {}\n", outcome->error->message);
    return static_cast<int>(outcome->error->code);
  }
  if (prints) {
    print_outcome(*outcome);
    print_next_step(*outcome, options, scenario);
  }
  return static_cast<int>(outcome->code);
}

namespace {

std::atomic<int> first_signal{0};

extern "C" void on_signal(int number) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
}

class Nobody final : public Observer {
 public:
  Result<void> round(const RoundReport&, const ServerCheckpoint&, const RoundTiming&) override {
    return {};
  }
  Result<void> checkpoint(const WriteCheckpoint&) override { return {}; }
  void note(const std::string&) override {}
  std::string checkpoint_directory() const override { return {}; }
};

std::uint64_t declared_bytes(const std::vector<BlockSpec>& blocks, const Compressor* compressor) {
  std::uint64_t n = 0;
  for (const BlockSpec& b : blocks) {
    n += 16 + (compressor != nullptr && b.takes_compressor()
                   ? compressor->bytes(b.length)
                   : coordinates(b.form, b.length) * element_size(b.element));
  }
  return n;
}

}  // namespace

Result<RoundCost> probe_round(Scenario scenario, const Job& job) {
  COHORT_TRY(const auto prepared, Prepared::make(scenario, job.rank(), job.ranks()));
  const Layout& layout = prepared->function().layout();
  std::uint64_t down = 0, up = 0;
  bool is_bound = false;
  GossipCost gossip;
  if (scenario.is_decentralized() && !scenario.has_tokens()) {
    COHORT_TRY(gossip, gossip_cost(scenario, layout));
  }
  for (const Phase& phase :
       scenario.is_decentralized() ? std::vector<Phase>() : scenario.method->phases(layout)) {
    down += declared_bytes(phase.down, scenario.down.get());
    up += declared_bytes(phase.up, scenario.compressor.get());
    for (const BlockSpec& b : phase.up) {
      is_bound = is_bound || b.form == Form::sparse || b.form == Form::sparse_symmetric;
    }
  }
  // One round, without evaluation or anything written.
  scenario.schedule.stop = {};
  scenario.schedule.stop.rounds = 1;
  scenario.evaluation.metrics.clear();
  ThreadPool pool(threads_of(scenario, job));
  Nobody nobody;
  SessionInput input;
  input.prepared = prepared.get();
  input.transport = job.transport;
  input.exchange = job.exchange;
  input.pool = &pool;
  input.observer = &nobody;
  const auto begun = std::chrono::steady_clock::now();
  COHORT_TRY(const SessionResult probed, run_rank(std::move(input)));
  const Seconds spent = std::chrono::steady_clock::now() - begun;
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  const std::string name = scenario.case_name.empty() ? scenario.name : scenario.case_name;
  RoundCost cost;
  cost.bytes = (down + up) * scenario.clients.cohort_size;
  cost.time = spent;
  if (scenario.has_tokens()) {
    const std::uint64_t hop = hop_cost(scenario, layout);
    const std::uint64_t hops = scenario.token.tokens * scenario.token.hops;
    cost.bytes = hop * hops;
    cost.text = fmt::format(
        "{}: d = {}, {} nodes, {} hops of {} tokens a round\n"
        "  bytes a hop                {}\n"
        "  bytes a round              at most {}\n",
        name, layout.shared(), scenario.clients.count, hops, scenario.token.tokens, hop,
        cost.bytes);
  } else if (scenario.is_decentralized()) {
    cost.bytes = gossip.bytes_an_edge * gossip.directed_edges;
    cost.text = fmt::format(
        "{}: d = {}, {} nodes, {} directed edges in the first round\n"
        "  bytes an edge and round    {}\n"
        "  bytes a round              {}\n",
        name, layout.shared(), scenario.clients.count, gossip.directed_edges, gossip.bytes_an_edge,
        cost.bytes);
  } else {
    cost.text = fmt::format(
        "{}: d = {}, {} of {} clients a round\n"
        "  bytes a client and round   {} down, {}{} up\n"
        "  bytes a round              {} down, {}{} up\n",
        name, layout.shared(), scenario.clients.cohort_size, scenario.clients.count, down,
        is_bound ? "at most " : "", up, down * scenario.clients.cohort_size,
        is_bound ? "at most " : "", up * scenario.clients.cohort_size);
  }
  cost.text += fmt::format(
      "  memory of this rank        {:.0f} MB at most in one probed round\n"
      "  seconds a round            {:.3g} ({})\n",
      static_cast<double>(usage.ru_maxrss) / 1e3, spent.count(), probed.why);
  return cost;
}

int dry_run(const Scenario& scenario, const Job& job) {
  const auto cost = probe_round(scenario, job);
  if (job.rank() == 0 && cost) fmt::print("{}", cost->text);
  if (job.rank() == 0 && !cost) fmt::print(stderr, "cohort: {}\n", cost.error().message);
  return cost ? 0 : static_cast<int>(cost.error().code);
}

const std::atomic<int>& watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) ::sigaction(number, &action, nullptr);
  // A file that may not grow is a failed write, with a name and a cause, and no reason to die.
  ::signal(SIGXFSZ, SIG_IGN);
  return first_signal;
}

}  // namespace cohort
