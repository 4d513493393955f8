// `cohort bench scaling`: one job for each number of ranks, started by a launcher as a user would
// start it; a job measures itself and prints one line of JSON. What one rank costs and what the
// network takes, both measured, then predict every round time (bench/scaling_model.hpp).

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/benches.hpp"
#include "bench/scaling_model.hpp"
#include "comm/mpi.hpp"
#include "core/kernels.hpp"
#include "core/random.hpp"
#include "scenarios/loader.hpp"
#include "scenarios/report/draw.hpp"
#include "scenarios/session.hpp"

namespace cohort::bench {

namespace {

using Json = nlohmann::ordered_json;

constexpr Seconds patience{600};  // with another rank
constexpr std::uint32_t largest_prediction = 4096;

std::size_t cores() { return static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)); }

// Processes that wanted a core in the last minute.
double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

struct Job {
  std::uint32_t ranks = 1;
  std::size_t sharing = 1;                  // ranks on the node of rank 0
  std::size_t cores = 1;                    // of that node
  Quantiles round;                          // seconds, of rounds that were not evaluated
  double evaluation = 0;                    // median seconds of one
  double imbalance = 1;                     // median over rounds of largest / mean time to compute
  std::vector<std::vector<double>> phases;  // [ranks × phases] mean seconds a round
  std::vector<double> compute;              // rank 0, by round, seconds
  std::vector<double> aggregate;            // likewise
  std::vector<double> gradient_rows;        // of all clients, by round
  double down_bytes = 0;                    // protocol bytes of a client and round
  Network network;                          // where there are two ranks

  bool is_oversubscribed(std::size_t threads) const { return sharing * threads > cores; }
};

Json to_json(const Job& j) {
  return {{"ranks", j.ranks},
          {"sharing", j.sharing},
          {"cores", j.cores},
          {"round", {j.round.median, j.round.p10, j.round.p90}},
          {"evaluation", j.evaluation},
          {"imbalance", j.imbalance},
          {"phases", j.phases},
          {"compute", j.compute},
          {"aggregate", j.aggregate},
          {"gradient_rows", j.gradient_rows},
          {"down_bytes", j.down_bytes},
          {"network", {j.network.latency, j.network.per_byte, j.network.gap}}};
}

cohort::Result<Job> job_of(const std::string& line) {
  const Json json = Json::parse(line, nullptr, false);
  Job j;
  try {
    json.at("ranks").get_to(j.ranks);
    json.at("sharing").get_to(j.sharing);
    json.at("cores").get_to(j.cores);
    j.round = {json.at("round").at(0), json.at("round").at(1), json.at("round").at(2)};
    json.at("evaluation").get_to(j.evaluation);
    json.at("imbalance").get_to(j.imbalance);
    json.at("phases").get_to(j.phases);
    json.at("compute").get_to(j.compute);
    json.at("aggregate").get_to(j.aggregate);
    json.at("gradient_rows").get_to(j.gradient_rows);
    json.at("down_bytes").get_to(j.down_bytes);
    j.network = {json.at("network").at(0), json.at("network").at(1), json.at("network").at(2)};
  } catch (const Json::exception& e) {
    return bad_environment(fmt::format("what the job printed is no measurement: {}", e.what()));
  }
  return j;
}

double median(std::vector<double> values) {
  return values.empty() ? 0 : quantiles(std::move(values)).median;
}

std::vector<std::string> phase_names() {
  std::vector<std::string> names;
  PhaseTimes{}.for_each([&](const char* name, double) { names.emplace_back(name); });
  return names;
}

// --- One job: all ranks are here. ------------------------------------------------------------

class Listener final : public Observer {
 public:
  cohort::Result<void> round(const RoundReport& report, const ServerCheckpoint&,
                             const RoundTiming& timing) override {
    if (report.round > 0) {
      const double seconds = (timing.elapsed - last_).count();
      if (report.measured) {
        evaluations.push_back(timing.phases.evaluate);
      } else {
        seconds_a_round.push_back(seconds);
      }
      imbalance.push_back(timing.imbalance);
      compute.push_back(timing.phases.compute);
      aggregate.push_back(timing.phases.aggregate);
      gradient_rows.push_back(
          static_cast<double>(report.counts.rows[static_cast<std::size_t>(Query::gradient)]));
      down_bytes = static_cast<double>(report.bytes_down) / static_cast<double>(report.cohort);
      std::size_t i = 0;
      phases.resize(phase_names().size());
      timing.phases.for_each([&](const char*, double s) { phases[i++] += s; });
    }
    last_ = timing.elapsed;
    return {};
  }
  cohort::Result<void> checkpoint(const WriteCheckpoint&) override { return {}; }
  void note(const std::string&) override {}
  std::string checkpoint_directory() const override { return {}; }

  std::vector<double> seconds_a_round, evaluations, imbalance, compute, aggregate, gradient_rows;
  std::vector<double> phases;  // sums over rounds
  double down_bytes = 0;

 private:
  Seconds last_{0};
};

// Between ranks 0 and 1 of the job, by the transport that the run uses.
cohort::Result<Network> measure_network(Transport& transport, Exchange& exchange) {
  const std::uint32_t self = transport.self().value;
  const auto message = [](std::size_t bytes) {
    Frame frame;
    frame.parts.emplace_back(bytes);
    return frame;
  };
  const auto send = [&](std::size_t bytes) {
    return transport.send(Rank(1 - self), Tag::control, message(bytes));
  };
  const auto receive = [&] { return transport.receive(Tag::control, Deadline::after(patience)); };

  Network network;
  if (self < 2) {
    constexpr std::size_t small = 64;
    std::vector<std::pair<double, double>> messages;
    for (const auto& [bytes, times] : {std::pair<std::size_t, int>{small, 200},
                                       {512, 200},
                                       {4096, 200},
                                       {std::size_t{32} << 10, 100},
                                       {std::size_t{256} << 10, 40},
                                       {std::size_t{1} << 20, 20}}) {
      std::vector<double> seconds;
      for (int i = 0; i < times; ++i) {
        const RealClock clock;
        if (self == 0) COHORT_DO(send(bytes));
        COHORT_DO(receive());
        if (self == 1) COHORT_DO(send(bytes));
        seconds.push_back(clock.now().count() / 2);
      }
      messages.emplace_back(bytes, median(std::move(seconds)));
    }
    network = fit_network(messages);
    constexpr int burst = 100;
    std::vector<double> gaps;
    for (int i = 0; i < repetitions; ++i) {
      const RealClock clock;
      for (int k = 0; k < burst; ++k) {
        if (self == 0) {
          COHORT_DO(send(small));
        } else {
          COHORT_DO(receive());
        }
      }
      if (self == 1) COHORT_DO(send(small));
      if (self == 0) COHORT_DO(receive());
      gaps.push_back((clock.now().count() - 2 * messages.front().second) / (burst - 1));
    }
    network.gap = std::max(0.0, median(std::move(gaps)));
  }
  // The others wait here.
  COHORT_DO(exchange.all_to_all(std::vector<Frame>(transport.size()), Deadline::after(patience)));
  return network;
}

cohort::Result<Scenario> load(const ScalingArgs& args, const std::vector<std::string>& sets) {
  auto all = args.sets;
  all.insert(all.end(), sets.begin(), sets.end());
  COHORT_TRY(LoadedScenario loaded, load_scenario(args.file, all, shipped_catalogue()));
  Scenario scenario = std::move(loaded.cases.front());
  // Rounds alone and evaluated rounds are told apart, so both must occur; nothing else may end it.
  scenario.schedule.stop = {};
  scenario.schedule.stop.rounds = args.rounds;
  scenario.schedule.before_slurm_limit = false;
  scenario.evaluation.every = std::max<std::uint64_t>(2, args.rounds / 10);
  scenario.evaluation.at_start = false;
  scenario.site.threads = args.threads;
  scenario.site.checkpoint = {1e9, std::nullopt, 1};
  return scenario;
}

// Rank 0 has the measurement.
cohort::Result<Job> measure(const Scenario& scenario, Transport& transport, Exchange& exchange) {
  Job job;
  job.ranks = transport.size();
  job.sharing = transport.sharing();
  job.cores = cores();
  if (job.ranks > 1) {
    COHORT_TRY(job.network, measure_network(transport, exchange));
  }
  ThreadPool pool(scenario.site.threads);
  const auto run = [&](std::uint64_t rounds, Listener& listener) -> cohort::Result<SessionResult> {
    Scenario some = scenario;
    some.schedule.stop.rounds = rounds;
    COHORT_TRY(const auto prepared, Prepared::make(some, transport.self().value, job.ranks));
    SessionInput input;
    input.prepared = prepared.get();
    input.transport = &transport;
    input.exchange = &exchange;
    input.pool = &pool;
    input.observer = &listener;
    return run_session(std::move(input));
  };
  const std::uint64_t rounds = scenario.schedule.stop.rounds;
  Listener warm_up, listener;
  COHORT_TRY(const SessionResult warm, run(std::max<std::uint64_t>(3, rounds / 10), warm_up));
  static_cast<void>(warm);
  COHORT_TRY(const SessionResult done, run(rounds, listener));
  if (done.code != Code::done) {
    return Error{done.code,
                 fmt::format("the run ended after {} rounds: {}", done.rounds, done.why)};
  }

  std::vector<double> mine = listener.phases;
  if (transport.self() != Rank(0)) {
    done.phases.for_each([&](const char*, double seconds) { mine.push_back(seconds); });
  }
  Frame frame;
  Bytes& bytes = frame.parts.emplace_back(mine.size() * sizeof(double));
  std::copy(mine.begin(), mine.end(), bytes.as_mutable<double>().begin());
  std::vector<Frame> frames{frame};
  if (job.ranks > 1) {
    COHORT_TRY(frames, exchange.gather_to(Rank(0), std::move(frame), Deadline::after(patience)));
  }
  for (const Frame& f : frames) {
    const auto values = f.parts.at(0).as<double>();
    auto& of_rank = job.phases.emplace_back(values.begin(), values.end());
    for (double& seconds : of_rank) seconds /= static_cast<double>(rounds);
  }
  if (transport.self() != Rank(0)) return job;
  job.round = quantiles(listener.seconds_a_round);
  job.evaluation = median(listener.evaluations);
  job.imbalance = median(listener.imbalance);
  job.compute = listener.compute;
  job.aggregate = listener.aggregate;
  job.gradient_rows = listener.gradient_rows;
  job.down_bytes = listener.down_bytes;
  return job;
}

cohort::Result<std::vector<Result>> measure_this_job(const ScalingArgs& args) {
  COHORT_TRY(const auto mpi, MpiEnvironment::start());
  COHORT_TRY(const auto transport, mpi->transport());
  const auto measured = [&]() -> cohort::Result<Job> {
    COHORT_TRY(const Scenario scenario, load(args, {}));
    Exchange exchange(*transport);
    return measure(scenario, *transport, exchange);
  }();
  if (!measured) {
    abort_job(measured.error().message, static_cast<int>(measured.error().code));
  }
  if (transport->self() == Rank(0)) std::cout << to_json(*measured).dump() << std::endl;
  return std::vector<Result>{};
}

// --- All jobs, and what they say. --------------------------------------------------------------

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

cohort::Result<Job> start_job(const ScalingArgs& args, const std::vector<std::string>& sets,
                              std::uint32_t ranks) {
  std::string command =
      fmt::format("{} -n {} {} bench scaling {} --rounds {} --threads {}", args.launcher, ranks,
                  quoted(std::filesystem::read_symlink("/proc/self/exe").string()),
                  quoted(args.file), args.rounds, args.threads);
  for (const auto* list : {&args.sets, &sets}) {
    for (const std::string& set : *list) command += " --set " + quoted(set);
  }
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return bad_environment("cannot start: " + command);
  std::string said;
  char buffer[4096];
  for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    said.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  if (status != 0) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return bad_environment(fmt::format("the job ended with status {}: {}", code, command));
  }
  const std::size_t start = said.find('{');
  return job_of(start == std::string::npos ? said : said.substr(start));
}

// In weak mode what the file gives is for one rank.
std::vector<std::string> sets_of(const ScalingArgs& args, const Scenario& scenario,
                                 std::uint32_t ranks) {
  std::vector<std::string> sets;
  if (!args.is_weak) return sets;
  sets.push_back(fmt::format("clients.count={}", scenario.clients.count * ranks));
  const auto scale = [&](std::initializer_list<const char*> path, const std::string& name) {
    const ConfigNode* node = &scenario.given;
    for (const char* key : path) {
      node = node->is_table() ? node->find(key) : nullptr;
      if (node == nullptr) return;
    }
    const std::string value = node->to_toml();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc{} && end == value.data() + value.size()) {
      sets.push_back(fmt::format("{}={}", name, number * ranks));
    }
  };
  scale({"clients", "cohort_size"}, "clients.cohort_size");
  scale({"clients", "byzantine", "count"}, "clients.byzantine.count");
  scale({"aggregation", "f"}, "aggregation.f");
  return sets;
}

RoundShape shape_of(const Scenario& scenario, const Prepared& prepared, const Job& measured) {
  RoundShape shape;
  const auto phases = scenario.method->phases(prepared.function().layout());
  shape.asks = static_cast<double>(phases.size());
  shape.down_bytes = measured.down_bytes;
  shape.cohort = static_cast<double>(scenario.clients.cohort_size);
  const bool has_rule = !scenario.aggregation.is_linear();
  for (const Phase& phase : phases) {
    for (const BlockSpec& block : phase.up) {
      const bool is_by_rule =
          has_rule && (block.combine == Combine::rule || block.combine == Combine::follow);
      const auto d = static_cast<double>(coordinates(block.form, block.length));
      if (is_by_rule) {
        shape.coordinates += d;
      } else if (block.combine != Combine::gather) {
        shape.sum_bytes += d * sizeof(double);
      }
    }
  }
  if (!has_rule) return shape;
  const bool has_maps = !scenario.aggregation.maps.empty();
  const RuleKind kind = scenario.aggregation.rule->kind();
  shape.has_weights = scenario.aggregation.gives_weights();
  shape.has_gram = kind == RuleKind::gram || has_maps;
  shape.exchanges = (shape.has_gram ? 1 : 0) + (kind == RuleKind::tile ? 1 : 0);
  return shape;
}

using Cohorts = std::vector<std::vector<std::uint64_t>>;  // by round, ascending

// Rows of every client; none without data.
std::vector<double> rows_of_clients(const Prepared& prepared) {
  std::vector<double> rows;
  if (prepared.data() == nullptr) return rows;
  const DataStore& store = prepared.data()->store;
  for (std::uint64_t c = 0; c < store.clients(); ++c) {
    rows.push_back(static_cast<double>(store.rows_of_client(ClientId(c))));
  }
  return rows;
}

// Whether the work of a client follows its rows: where the gradients of every round took the same
// whole multiple of the cohort's rows. Else it is the same for all clients.
bool is_work_by_rows(const std::vector<double>& rows, const Job& job, const Cohorts& cohorts) {
  if (rows.empty()) return false;
  std::optional<double> multiple;
  for (std::size_t r = 0; r < job.gradient_rows.size(); ++r) {
    double of_cohort = 0;
    for (const std::uint64_t c : cohorts[std::min(r, cohorts.size() - 1)]) of_cohort += rows[c];
    const double here = job.gradient_rows[r] / of_cohort;
    if (here != std::floor(here) || here != multiple.value_or(here)) return false;
    multiple = here;
  }
  return multiple.has_value();
}

Cohorts cohorts_of(const Scenario& s) {
  Cohorts cohorts;
  for (std::uint64_t round = 1; round <= s.schedule.stop.rounds; ++round) {
    if (s.clients.cohort_size == s.clients.count) {
      cohorts.emplace_back(s.clients.count);
      std::iota(cohorts.back().begin(), cohorts.back().end(), std::uint64_t{0});
      break;  // the same in every round
    }
    cohorts.push_back(
        sample_without_replacement(Stream(s.seeds.run, Purpose::cohort_sampling, 0, round),
                                   s.clients.cohort_size, s.clients.count));
  }
  return cohorts;
}

double seconds_to_add_a_byte(double bytes) {
  const std::size_t n = std::max<std::size_t>(1, static_cast<std::size_t>(bytes) / sizeof(double));
  std::vector<double> a(n, 1.0), b(n, 1.0);
  const std::size_t times = 1 + 1000000 / n;
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    seconds.push_back(seconds_of([&] {
      for (std::size_t k = 0; k < times; ++k) kernels::add(a, b);
    }));
  }
  return median(std::move(seconds)) / static_cast<double>(times * n * sizeof(double));
}

// The model, calibrated on the job of one rank and the network of the first job with several.
class Model {
 public:
  static cohort::Result<Model> calibrate(const ScalingArgs& args, const std::vector<Job>& jobs) {
    Model m(args);
    COHORT_TRY(m.base_, load(args, {}));
    COHORT_TRY(const auto prepared, Prepared::make(m.base_, 0, 1));
    const Job& one = jobs.front();
    m.network_ = jobs[1].network;
    m.shape_ = shape_of(m.base_, *prepared, one);
    const Cohorts cohorts = cohorts_of(m.base_);
    m.rows_ = rows_of_clients(*prepared);
    if (!is_work_by_rows(m.rows_, one, cohorts)) m.rows_.clear();
    const auto work = work_by(m.rows_);
    std::vector<double> a_unit;
    for (std::size_t r = 0; r < one.compute.size(); ++r) {
      double units = 0;
      for (const std::uint64_t c : cohorts[std::min(r, cohorts.size() - 1)]) units += work(c);
      a_unit.push_back(one.compute[r] / units);
    }
    m.costs_.work = median(std::move(a_unit));
    if (m.shape_.coordinates > 0) m.costs_.aggregate = median(one.aggregate);
    const double units = loads_of(cohorts, m.base_.clients.count, 1, work).total_work;
    m.costs_.coordinate =
        std::max(0.0, one.round.median - m.costs_.work * units - m.costs_.aggregate);
    m.costs_.add_bytes = seconds_to_add_a_byte(m.shape_.sum_bytes);
    return m;
  }

  cohort::Result<Prediction> at(std::uint32_t ranks) const {
    COHORT_TRY(const Scenario s, load(*args_, sets_of(*args_, base_, ranks)));
    std::vector<double> rows = rows_;
    if (args_->is_weak && follows_rows()) {
      COHORT_TRY(const auto prepared, Prepared::make(s, 0, 1));
      rows = rows_of_clients(*prepared);
    }
    RoundShape shape = shape_;
    shape.cohort = static_cast<double>(s.clients.cohort_size);
    // The rule's arithmetic on all the rows of a larger cohort.
    RoundCosts costs = costs_;
    const double more = shape.cohort / shape_.cohort;
    costs.aggregate *= shape.has_gram ? more * more : more;
    return predict(shape, costs, network_,
                   loads_of(cohorts_of(s), s.clients.count, ranks, work_by(rows)), ranks);
  }
  const Network& network() const { return network_; }
  const RoundCosts& costs() const { return costs_; }
  std::string title() const {
    return args_->file + (base_.case_name.empty() ? "" : ", case " + base_.case_name);
  }
  bool follows_rows() const { return !rows_.empty(); }

 private:
  explicit Model(const ScalingArgs& args) : args_(&args) {}
  static std::function<double(std::uint64_t)> work_by(const std::vector<double>& rows) {
    if (rows.empty()) return [](std::uint64_t) { return 1.0; };
    return [&rows](std::uint64_t c) { return rows[c]; };
  }

  const ScalingArgs* args_;
  Scenario base_;
  RoundShape shape_;
  RoundCosts costs_;
  Network network_;
  std::vector<double> rows_;  // of every client; empty: all do the same work
};

struct Point {
  std::uint32_t ranks = 1;
  const Job* job = nullptr;  // null: not measured
  Prediction predicted;
};

double efficiency(const ScalingArgs& args, const Job& one, const Job& job) {
  const double ideal = args.is_weak ? one.round.median : one.round.median / job.ranks;
  return ideal / job.round.median;
}

std::string table(const ScalingArgs& args, const std::vector<Point>& points, const Model& model,
                  double load) {
  const Job& one = *points.front().job;
  const auto micro = [](double seconds) { return seconds * 1e6; };
  const Network& n = model.network();
  std::string out = fmt::format(
      "{} scaling of {}, {} thread{} a rank, {} rounds a job\n"
      "network   α {:.3g} us, β {:.3g} ns/byte ({:.3g} GB/s), gap {:.3g} us a message\n"
      "one rank  {:.3g} us a unit of work ({}), {:.4g} us to coordinate, {:.4g} us in the rule\n\n"
      "{:>5} {:>12} {:>25} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>11} {:>7}\n",
      args.is_weak ? "weak" : "strong", model.title(), args.threads, args.threads == 1 ? "" : "s",
      args.rounds, micro(n.latency), n.per_byte * 1e9, 1e-9 / n.per_byte, micro(n.gap),
      micro(model.costs().work), model.follows_rows() ? "a row of a client" : "a client-visit",
      micro(model.costs().coordinate), micro(model.costs().aggregate), "ranks", "round us",
      "10 to 90 %", "efficiency", "imbalance", "compute", "aggregate", "evaluate", "wait",
      "predicted us", "error");
  bool any_crowded = false;
  const auto names = phase_names();
  for (const Point& p : points) {
    if (p.job == nullptr) {
      out +=
          fmt::format("{:>5} {:>12} {:>25} {:>10} {:>9} {:>9.1f} {:>9.1f} {:>9} {:>9} {:>11.1f}\n",
                      p.ranks, "", "", "", "", micro(p.predicted.compute),
                      micro(p.predicted.aggregate), "", "", micro(p.predicted.total()));
      continue;
    }
    const Job& j = *p.job;
    const bool crowded = j.is_oversubscribed(args.threads);
    any_crowded = any_crowded || crowded;
    // The mean over ranks.
    const auto phase = [&](std::string_view name) {
      const auto at =
          static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      double sum = 0;
      for (const auto& of_rank : j.phases) sum += of_rank[at];
      return micro(sum / static_cast<double>(j.phases.size()));
    };
    out += fmt::format(
        "{:>4}{} {:>12.1f} {:>25} {:>10.2f} {:>9.2f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>11.1f} "
        "{:>+6.0f}%\n",
        p.ranks, crowded ? "*" : " ", micro(j.round.median),
        fmt::format("[{:.1f}, {:.1f}]", micro(j.round.p10), micro(j.round.p90)),
        efficiency(args, one, j), j.imbalance, phase("compute"), phase("aggregate"),
        phase("evaluate"), phase("wait"), micro(p.predicted.total()),
        (p.predicted.total() / j.round.median - 1) * 100);
  }
  out += "\nA round is one without evaluation. Phases are means over ranks and all rounds.\n";
  if (any_crowded) {
    out += fmt::format(
        "* More threads than the {} cores of the machine: this is how they share them, not how the "
        "run scales.\n",
        one.cores);
  }
  if (load > 0.5 * static_cast<double>(one.cores)) {
    out += fmt::format(
        "The machine was busy before (load {:.1f} on {} cores): ranks that wait for each other "
        "also "
        "waited for a core.\n",
        load, one.cores);
  }
  const Job& last = *std::find_if(points.rbegin(), points.rend(), [](const Point& p) {
                       return p.job != nullptr;
                     })->job;
  if (last.sharing == last.ranks) {
    out +=
        "All ranks were on one machine: α and β are of its memory, and what is predicted beyond it "
        "is too low.\n";
  }
  if (args.is_weak && model.follows_rows()) {
    out +=
        "Work follows the rows, and more clients share the same ones: work a rank is not constant. "
        "With local_steps and batch_size it is.\n";
  }
  return out;
}

std::vector<Result> records(const ScalingArgs& args, const std::vector<Point>& points) {
  std::vector<Result> results;
  const Job& one = *points.front().job;
  const auto names = phase_names();
  for (const Point& p : points) {
    Result r;
    r.bench = p.job != nullptr ? "scaling" : "scaling-predicted";
    r.args = {{"file", args.file},
              {"mode", args.is_weak ? "weak" : "strong"},
              {"ranks", std::to_string(p.ranks)},
              {"rounds", std::to_string(args.rounds)}};
    r.threads = args.threads;
    r.unit = "us/round";
    const double predicted = p.predicted.total() * 1e6;
    if (p.job == nullptr) {
      r.target = {predicted, predicted, predicted};
      results.push_back(std::move(r));
      continue;
    }
    const Job& j = *p.job;
    r.args.emplace_back("efficiency", fmt::format("{:.4g}", efficiency(args, one, j)));
    r.args.emplace_back("imbalance", fmt::format("{:.4g}", j.imbalance));
    r.args.emplace_back("oversubscribed", j.is_oversubscribed(args.threads) ? "yes" : "no");
    for (std::size_t k = 0; k < names.size(); ++k) {
      std::string of_ranks;
      for (const auto& phases : j.phases) {
        of_ranks += fmt::format("{}{:.4g}", of_ranks.empty() ? "" : " ", phases[k] * 1e6);
      }
      r.args.emplace_back(names[k] + "_us_by_rank", of_ranks);
    }
    r.target = scaled(j.round, 1e6);
    r.yardstick_name = "latency-bandwidth model";
    r.yardstick = {predicted, predicted, predicted};
    r.ratio = predicted / r.target.median;
    r.ratio_of = "predicted / measured";
    results.push_back(std::move(r));
  }
  return results;
}

cohort::Result<void> draw(const ScalingArgs& args, const std::vector<Point>& points) {
  report::CurveFigure figure;
  figure.title = "Time of a round over the number of ranks";
  figure.description = "Measured, with 10 and 90 percentiles, and predicted.";
  figure.x = {"ranks", report::Scale::log};
  figure.y = {"time of a round", report::Scale::log, "s"};
  report::Series measured{"measured", {}, {}, {}, {}}, predicted{"predicted", {}, {}};
  for (const Point& p : points) {
    predicted.x.push_back(p.ranks);
    predicted.y.push_back(p.predicted.total());
    if (p.job == nullptr) continue;
    measured.x.push_back(p.ranks);
    measured.y.push_back(p.job->round.median);
    measured.low.push_back(p.job->round.p10);
    measured.high.push_back(p.job->round.p90);
  }
  figure.series = {std::move(measured), std::move(predicted)};
  std::ofstream file(args.svg, std::ios::binary);
  file << report::to_svg(figure);
  if (!file.flush()) return bad_environment("cannot write " + args.svg);
  return {};
}

}  // namespace

cohort::Result<std::vector<Result>> scaling(const ScalingArgs& args) {
  if (detect_launch()) return measure_this_job(args);
  const std::vector<std::uint32_t>& ranks = args.ranks;
  if (ranks.size() < 2 || ranks.front() != 1 || !std::is_sorted(ranks.begin(), ranks.end()) ||
      std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end()) {
    return bad_input(
        "--ranks: expected ascending numbers from 1 on, as 1,2,4: one rank calibrates the time to "
        "compute, two the network");
  }
  COHORT_TRY(const Scenario base, load(args, {}));
  const double load_before = load_average();
  std::vector<Job> jobs;
  for (const std::uint32_t n : ranks) {
    COHORT_TRY(Job job, start_job(args, sets_of(args, base, n), n));
    if (job.ranks != n) {
      return bad_environment(fmt::format("{} -n {} started {} ranks", args.launcher, n, job.ranks));
    }
    jobs.push_back(std::move(job));
  }
  COHORT_TRY(const Model model, Model::calibrate(args, jobs));
  std::vector<Point> points;
  for (const Job& job : jobs) {
    COHORT_TRY(const Prediction predicted, model.at(job.ranks));
    points.push_back({job.ranks, &job, predicted});
  }
  for (std::uint32_t n = 1; n <= largest_prediction; n *= 2) {
    if (n <= ranks.back()) continue;
    const auto predicted = model.at(n);
    if (!predicted) {  // so many clients that the scenario is none any more
      fmt::print(stderr, "no prediction for {} ranks: {}\n", n, predicted.error().message);
      break;
    }
    points.push_back({n, nullptr, *predicted});
  }
  if (!args.svg.empty()) COHORT_DO(draw(args, points));
  if (args.as_json) return records(args, points);
  fmt::print("{}", table(args, points, model, load_before));
  return std::vector<Result>{};
}

}  // namespace cohort::bench
