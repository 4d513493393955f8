#include "scenarios/outputs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/file.hpp"

namespace cohort {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* metrics_file = "metrics.jsonl";
constexpr const char* timing_file = "timing.jsonl";
constexpr const char* rounds_file = "rounds.csv";
constexpr const char* events_file = "events.jsonl";
constexpr const char* journal_file = "journal.jsonl";
constexpr const char* trace_file = "trace.jsonl";
constexpr const char* summary_file = "summary.json";
constexpr const char* clients_file = "clients.csv";

/// Null if it was not measured.
const double* find(const Measured& measured, std::string_view set, std::string_view metric) {
  const auto of_set = measured.find(std::string(set));
  if (of_set == measured.end()) return nullptr;
  const auto value = of_set->second.find(std::string(metric));
  return value == of_set->second.end() ? nullptr : &value->second;
}

/// Everything that any evaluation measures, in the usual order.
const RunLogs::Columns& all_names() {
  static const RunLogs::Columns names = [] {
    Evaluation everything;
    everything.per_client = true;
    for (const auto& [name, target] : possible_targets()) {
      everything.on.push_back(target.set);
      everything.metrics.push_back(target.metric);
    }
    return measured_names(everything);
  }();
  return names;
}

/// Calls visit(set, metric, value), in the usual order; the set of a metric of the model is "".
template <class Visit>
void for_each(const Measured& measured, Visit&& visit) {
  for (const auto& [set, metric] : all_names()) {
    if (const double* value = find(measured, set, metric)) {
      visit(std::string_view(set), std::string_view(metric), *value);
    }
  }
}

std::string flat_name(std::string_view set, std::string_view metric) {
  return fmt::format("{}{}{}", set, set.empty() ? "" : "_", metric);
}

std::string shortest(double x, std::string_view if_not_finite) {
  if (!std::isfinite(x)) return std::string(if_not_finite);
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x).ptr;
  return {buffer.data(), end};
}

/// One object on one line. Ours, because nlohmann's doubles are not always the shortest.
class JsonLine {
 public:
  void open(std::string_view key) {
    separate(key);
    text_ += '{';
    is_first_ = true;
  }
  void close() {
    text_ += '}';
    is_first_ = false;
  }
  void add(std::string_view key, std::uint64_t value) {
    separate(key);
    text_ += std::to_string(value);
  }
  void add(std::string_view key, double value) {
    separate(key);
    text_ += shortest(value, "null");
  }
  void add(std::string_view key, std::string_view value) {
    separate(key);
    text_ += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string line() && { return std::move(text_) + "}\n"; }

 private:
  void separate(std::string_view key) {
    if (!std::exchange(is_first_, false)) text_ += ',';
    text_ += fmt::format("\"{}\":", key);
  }
  std::string text_ = "{";
  bool is_first_ = true;
};

void add(JsonLine& json, const Measured& measured) {
  std::string_view open;
  for_each(measured, [&](std::string_view set, std::string_view metric, double value) {
    if (set != open) {
      if (!open.empty()) json.close();
      if (!set.empty()) json.open(set);
      open = set;
    }
    json.add(metric, value);
  });
  if (!open.empty()) json.close();
}

std::string json_line(const RoundRecord& r) {
  JsonLine json;
  json.add("round", r.round);
  json.add("state_hash", r.state_hash);
  json.add("cohort", r.cohort);
  json.add("accepted", r.accepted);
  json.add("dropped", r.dropped);
  json.add("byzantine_in_cohort", r.byzantine_in_cohort);
  json.add("f", r.f);
  json.add("bytes_up", r.bytes_up);
  json.add("bytes_down", r.bytes_down);
  json.open("oracle_calls");
  for (std::size_t i = 0; i < query_kinds; ++i) {
    if (r.oracle.calls[i] > 0) json.add(to_string(static_cast<Query>(i)), r.oracle.calls[i]);
  }
  json.close();
  json.add("data_passes", r.data_passes);
  if (r.sim_seconds) json.add("sim_seconds", *r.sim_seconds);
  if (r.staleness) {
    json.open("staleness");
    json.add("mean", r.staleness->mean);
    json.add("max", r.staleness->max);
    json.close();
  }
  if (r.measured) add(json, *r.measured);
  return std::move(json).line();
}

std::string csv_header(const RunLogs::Columns& columns) {
  std::string line =
      "round,cohort,accepted,dropped,byzantine_in_cohort,f,bytes_up,bytes_down,"
      "oracle_calls,data_passes";
  for (const auto& [set, metric] : columns) line += "," + flat_name(set, metric);
  return line + "\n";
}

std::string csv_line(const RoundRecord& r, const RunLogs::Columns& columns) {
  std::uint64_t calls = 0;
  for (const std::uint64_t n : r.oracle.calls) calls += n;
  std::string line = fmt::format("{},{},{},{},{},{},{},{},{},{}", r.round, r.cohort, r.accepted,
                                 r.dropped, r.byzantine_in_cohort, r.f, r.bytes_up, r.bytes_down,
                                 calls, shortest(r.data_passes, "nan"));
  for (const auto& [set, metric] : columns) {
    const double* value = r.measured ? find(*r.measured, set, metric) : nullptr;
    line += ',';
    if (value != nullptr) line += shortest(*value, "nan");
  }
  return line + "\n";
}

Error failed(std::string_view what, const std::filesystem::path& path) {
  return bad_environment(
      fmt::format("{} {}: {}; what was written before the last checkpoint is safe: once there is "
                  "room, the same command with --resume goes on from it",
                  what, path.string(), std::strerror(errno)));
}

Json to_json(const Measured& measured) {
  Json json = Json::object();
  for_each(measured, [&](std::string_view set, std::string_view metric, double value) {
    Json& of = set.empty() ? json : json[std::string(set)];
    of[std::string(metric)] = value;
  });
  return json;
}

}  // namespace

Result<AppendLog> AppendLog::open(const std::filesystem::path& path) {
  AppendLog log;
  log.path_ = path;
  log.descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log.descriptor_ < 0) return failed("cannot open", path);
  struct stat info {};
  if (::fstat(log.descriptor_, &info) != 0) return failed("cannot open", path);
  log.size_ = static_cast<std::uint64_t>(info.st_size);
  return log;
}

AppendLog::~AppendLog() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AppendLog::swap(AppendLog& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
}

Result<void> AppendLog::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot write to", path_);
    size_ += static_cast<std::uint64_t>(n);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> AppendLog::truncate(std::uint64_t size) {
  if (size > size_) {
    return bad_environment(
        fmt::format("{}: expected at least the {} bytes that it had at the "
                    "checkpoint, found {}",
                    path_.string(), size, size_));
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failed("cannot cut", path_);
  size_ = size;
  return {};
}

Result<RunLogs> RunLogs::open(const std::filesystem::path& directory, Columns columns) {
  std::vector<std::pair<std::string, AppendLog>> logs;
  for (const char* name :
       {metrics_file, timing_file, rounds_file, events_file, journal_file, trace_file}) {
    COHORT_TRY(AppendLog log, AppendLog::open(directory / name));
    logs.emplace_back(name, std::move(log));
  }
  return RunLogs(std::move(logs), std::move(columns));
}

AppendLog& RunLogs::log(std::string_view name) {
  for (auto& [known, log] : logs_) {
    if (known == name) return log;
  }
  check_failed("a log of the run", name);
}

Result<void> RunLogs::write(const RoundRecord& record) {
  COHORT_DO(log(metrics_file).append(json_line(record)));
  AppendLog& rounds = log(rounds_file);
  if (rounds.size() == 0) COHORT_DO(rounds.append(csv_header(columns_)));
  return rounds.append(csv_line(record, columns_));
}

Result<void> RunLogs::write(const TimingRecord& record) {
  JsonLine json;
  json.add("round", record.round);
  json.add("seconds", record.timing.elapsed.count());
  json.add("wire_bytes", record.wire_bytes);
  json.open("phases");
  record.timing.phases.for_each([&](const char* phase, double seconds) {
    if (seconds > 0) json.add(phase, seconds);
  });
  json.close();
  json.add("imbalance", record.timing.imbalance);
  return log(timing_file).append(std::move(json).line());
}

Result<void> RunLogs::write(const TraceRecord& record) {
  std::string line =
      fmt::format("{{\"round\":{},\"ask\":{},\"clients\":{{", record.round, record.ask);
  for (const ReplyTrace& reply : record.replies) {
    line += fmt::format("{}\"{}\":{{", line.back() == '{' ? "" : ",", reply.client.value);
    for (const auto& [block, hash] : reply.blocks) {
      line += fmt::format("{}\"{}\":\"{}\"", line.back() == '{' ? "" : ",", block, hash.hex());
    }
    line += '}';
  }
  return log(trace_file).append(line + "}}\n");
}

Result<void> RunLogs::write(const JournalRecord& record) {
  std::vector<std::uint64_t> late;
  for (const ClientId c : record.late) late.push_back(c.value);
  return log(journal_file)
      .append(fmt::format("{{\"round\":{},\"ask\":{},\"late\":[{}]}}\n", record.ask.round,
                          record.ask.index, fmt::join(late, ",")));
}

Result<std::optional<Journal>> read_journal(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / journal_file;
  std::ifstream in(path);
  Journal journal;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    const Json json = Json::parse(line, nullptr, false);
    const bool is_record = json.is_object() && json.contains("round") && json.contains("ask") &&
                           json.contains("late") && json["round"].is_number_unsigned() &&
                           json["ask"].is_number_unsigned() && json["late"].is_array();
    std::vector<ClientId> late;
    bool are_clients = is_record;
    for (std::size_t i = 0; are_clients && i < json["late"].size(); ++i) {
      const Json& id = json["late"][i];
      are_clients = id.is_number_unsigned();
      if (are_clients) late.emplace_back(id.get<std::uint64_t>());
    }
    if (!are_clients || !std::is_sorted(late.begin(), late.end())) {
      return bad_input(
          fmt::format("{}:{}: expected round, ask, and the clients that were late, "
                      "ascending, found {}",
                      path.string(), number, line));
    }
    journal[{json["round"].get<std::uint64_t>(), json["ask"].get<std::uint32_t>()}] =
        std::move(late);
  }
  if (journal.empty()) return std::optional<Journal>();
  return std::optional(std::move(journal));
}

Result<void> RunLogs::write(const EventRecord& record) {
  JsonLine json;
  json.add("round", record.round);
  json.add("event", std::string_view(record.event));
  json.add("message", std::string_view(record.message));
  return log(events_file).append(std::move(json).line());
}

std::map<std::string, std::uint64_t> RunLogs::offsets() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, log] : logs_) out[name] = log.size();
  return out;
}

Result<void> RunLogs::truncate_to(const std::map<std::string, std::uint64_t>& offsets) {
  for (auto& [name, log] : logs_) {
    const auto found = offsets.find(name);
    COHORT_DO(log.truncate(found == offsets.end() ? 0 : found->second));
  }
  return {};
}

Result<void> write_clients(const std::filesystem::path& directory, const ClientTable& table,
                           std::span<const ClientId> byzantine, std::span<const double> classes) {
  std::string text = "client,byzantine,rows";
  for (const double label : classes) text += ",rows_label_" + shortest(label, "nan");
  for (const std::string& column : table.columns) text += "," + column;
  text += '\n';
  const std::size_t labels = classes.size(), width = table.columns.size();
  for (std::size_t c = 0; c < table.rows.size(); ++c) {
    const bool lies = std::binary_search(byzantine.begin(), byzantine.end(), ClientId(c));
    text += fmt::format("{},{},{}", c, lies ? 1 : 0, table.rows[c]);
    for (std::size_t k = c * labels; k < (c + 1) * labels; ++k) {
      text += fmt::format(",{}", table.labels[k]);
    }
    for (std::size_t k = c * width; k < (c + 1) * width; ++k) {
      text += "," + shortest(table.values[k], "");
    }
    text += '\n';
  }
  return write_durably(directory / clients_file, std::as_bytes(std::span(text)));
}

Result<void> write_summary(const std::filesystem::path& directory, const Summary& s) {
  Json json;
  json["name"] = s.name;
  if (!s.case_name.empty()) json["case"] = s.case_name;
  json["status"] = s.status;
  json["stop_reason"] = s.stop_reason;
  json["rounds"] = s.rounds;
  json["model_hash"] = s.model_hash;
  json["scenario_hash"] = s.scenario_hash;
  json["commit"] = s.commit;
  json["compiler"] = s.compiler;
  json["isa"] = s.isa;
  json["fingerprint"] = s.fingerprint;
  json["data"] = Json::array();
  for (const auto& file : s.data) {
    json["data"].push_back(Json{{"path", file.path}, {"checksum", file.checksum}});
  }
  json["seeds"] = {{"data", s.seeds.data}, {"model", s.seeds.model}, {"run", s.seeds.run}};
  json["ranks"] = s.ranks;
  json["threads"] = s.threads;
  json["seconds"] = s.elapsed.count();
  json["final"] = to_json(s.final);
  json["best"] = Json::object();
  for_each(s.best, [&](std::string_view set, std::string_view metric, double value) {
    Json entry = {{"value", value}};
    if (const auto of = s.best_round.find(std::string(set)); of != s.best_round.end()) {
      if (const auto at = of->second.find(std::string(metric)); at != of->second.end()) {
        entry["round"] = at->second;
      }
    }
    Json& of = set.empty() ? json["best"] : json["best"][std::string(set)];
    of[std::string(metric)] = std::move(entry);
  });
  if (!s.model_best.empty()) json["model_best"] = s.model_best;
  if (s.claim) {
    json["reference"] = {{"paper", s.claim->paper},   {"metric", s.claim->flat_name()},
                         {"value", s.claim->value},   {"tolerance", s.claim->tolerance},
                         {"source", s.claim->source}, {"differs", s.claim->differs}};
    const double* here = find(s.final, s.claim->set, s.claim->metric);
    json["reference"]["here"] = here == nullptr ? Json() : Json(*here);
  }
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return write_durably(directory / summary_file, std::as_bytes(std::span(text)));
}

Result<Summary> read_summary(const std::filesystem::path& directory) {
  const auto path = directory / summary_file;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return bad_input(
        fmt::format("{}: there is no such file; is it a run that ended?", path.string()));
  }
  COHORT_TRY(const auto bytes, read_file(path));
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  const Json json = Json::parse(text, text + bytes.size(), nullptr, false);
  if (!json.is_object()) return bad_input(fmt::format("{}: expected a JSON object", path.string()));
  Summary s;
  try {
    s.name = json.at("name");
    s.case_name = json.value("case", "");
    s.status = json.at("status");
    s.stop_reason = json.at("stop_reason");
    s.rounds = json.at("rounds");
    s.model_hash = json.at("model_hash");
    s.scenario_hash = json.at("scenario_hash");
    s.commit = json.value("commit", "");
    for (const Json& file : json.value("data", Json::array())) {
      s.data.push_back({file.at("path"), file.at("checksum")});
    }
    s.seeds = {json.at("seeds").at("data"), json.at("seeds").at("model"),
               json.at("seeds").at("run")};
    for (const auto& [key, value] : json.at("final").items()) {
      if (value.is_object()) {
        for (const auto& [metric, number] : value.items()) {
          s.final[key][metric] = number.is_null() ? std::nan("") : number.get<double>();
        }
      } else {
        s.final[""][key] = value.is_null() ? std::nan("") : value.get<double>();
      }
    }
    const auto read_best = [&](const std::string& set, const std::string& metric,
                               const Json& entry) {
      const Json& value = entry.at("value");
      s.best[set][metric] = value.is_null() ? std::nan("") : value.get<double>();
      if (entry.contains("round")) s.best_round[set][metric] = entry.at("round");
    };
    const Json best = json.value("best", Json::object());
    for (const auto& [key, value] : best.items()) {
      if (value.contains("value")) {
        read_best("", key, value);
        continue;
      }
      for (const auto& [metric, entry] : value.items()) read_best(key, metric, entry);
    }
  } catch (const Json::exception& e) {
    return bad_input(fmt::format("{}: {}", path.string(), e.what()));
  }
  return s;
}

std::vector<std::pair<std::string, double>> flattened(const Measured& measured) {
  std::vector<std::pair<std::string, double>> flat;
  for_each(measured, [&](std::string_view set, std::string_view metric, double value) {
    flat.emplace_back(flat_name(set, metric), value);
  });
  return flat;
}

std::string to_text(const Measured& measured) {
  std::string text;
  for_each(measured, [&](std::string_view set, std::string_view metric, double value) {
    text += fmt::format("{}{}{}{} {:.4g}", text.empty() ? "" : ", ", set, set.empty() ? "" : " ",
                        metric, value);
  });
  return text;
}

}  // namespace cohort
