#include "scenarios/report/records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/outputs.hpp"
#include "scenarios/report/lines.hpp"
#include "scenarios/toml.hpp"

namespace cohort::report {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr const char* scenario_file = "scenario.toml";
constexpr const char* summary_file = "summary.json";
constexpr const char* sweep_file = "sweep.csv";
constexpr const char* tuning_folder = "tuning";
constexpr int deepest_folder = 32;

// ---- Lines of JSON

/// Calls number(key, "", value) for the numbers of an object and number(key, inner, value) for
/// those of the objects in it; null is NaN. Whatever else there is, is passed over.
template <class Number>
class Numbers final : public nlohmann::json_sax<Json> {
 public:
  explicit Numbers(Number number) : number_(std::move(number)) {}
  bool parse(std::string_view line) {
    depth_ = 0;
    other_ = 0;
    is_object_ = false;
    return Json::sax_parse(line.begin(), line.end(), this) && is_object_;
  }

  bool null() override { return found(nan); }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t v) override { return found(static_cast<double>(v)); }
  bool number_unsigned(number_unsigned_t v) override { return found(static_cast<double>(v)); }
  bool number_float(number_float_t v, const string_t&) override { return found(v); }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    if (other_ > 0) return true;
    if (depth_ == 1) key_ = name;
    if (depth_ == 2) inner_ = name;
    return true;
  }
  bool start_object(std::size_t) override {
    if (other_ > 0 || depth_ == 2) {
      ++other_;
    } else {
      ++depth_;
      is_object_ = true;
    }
    return true;
  }
  bool end_object() override { return --(other_ > 0 ? other_ : depth_), true; }
  bool start_array(std::size_t) override { return ++other_, true; }
  bool end_array() override { return --other_, true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool found(double value) {
    if (other_ > 0) return true;
    if (depth_ == 1) number_(std::string_view(key_), std::string_view(), value);
    if (depth_ == 2) number_(std::string_view(key_), std::string_view(inner_), value);
    return true;
  }
  Number number_;
  std::string key_, inner_;
  int depth_ = 0;
  int other_ = 0;  // how deep in arrays and objects that are passed over
  bool is_object_ = false;
};

/// Calls begin(), the numbers of the line, and end() for every line; end() returns what is wrong
/// with the line, or nothing.
template <class Begin, class Number, class End>
Result<void> for_each_line(const fs::path& path, Begin begin, Number number, End end) {
  LineReader lines(path);
  if (!lines.is_open()) return {};  // killed before it was made
  Numbers<Number> numbers(std::move(number));
  for (std::string_view line;;) {
    COHORT_TRY(const bool is_there, lines.next(line));
    if (!is_there) return {};
    begin();
    if (!numbers.parse(line)) {
      if (!lines.is_ended()) return {};
      return lines.error("expected a JSON object with a round");
    }
    if (const std::string wrong = end(); !wrong.empty()) return lines.error(wrong);
  }
}

std::string wrong_round(double round, const std::vector<double>& before) {
  if (!(round >= 0)) return "expected a JSON object with a round";
  if (before.empty() || round > before.back()) return "";
  return fmt::format("expected a round after {}, found {}", before.back(), round);
}

Result<History> read_metrics(const fs::path& path) {
  History h;
  double round = nan, sim_seconds = nan, data_passes = 0, bytes = 0, bytes_up = 0, queries = 0,
         byzantine = 0, f = 0;
  bool is_simulated = false;
  std::string name;
  const auto begin = [&] { round = sim_seconds = nan; };
  const auto number = [&](std::string_view key, std::string_view inner, double value) {
    if (key == "oracle_calls") {
      queries += value;
    } else if (!inner.empty()) {
      name.assign(key).append("_").append(inner);
    } else if (key == "round") {
      round = value;
    } else if (key == "bytes_up" || key == "bytes_down") {
      bytes += value;
      if (key == "bytes_up") bytes_up += value;
    } else if (key == "data_passes") {
      data_passes = value;
    } else if (key == "sim_seconds") {
      sim_seconds = value;
      is_simulated = true;
    } else if (key == "byzantine_in_cohort") {
      byzantine = value;
    } else if (key == "f") {
      f = value;
    } else if (key != "cohort" && key != "accepted" && key != "dropped") {
      name = key;
    }
    if (name.empty()) return;
    auto found = h.measured.find(name);
    if (found == h.measured.end()) found = h.measured.try_emplace(name).first;
    auto& [at, values] = found->second;
    if (at.empty() || at.back() != h.round.size()) {
      at.push_back(h.round.size());
      values.emplace_back();
    }
    values.back() = std::isfinite(value) ? value : nan;
    name.clear();
  };
  const auto end = [&]() -> std::string {
    if (std::string wrong = wrong_round(round, h.round); !wrong.empty()) return wrong;
    for (const double sum : {bytes, queries, data_passes}) {
      if (!std::isfinite(sum)) return "expected bytes, oracle calls and data passes";
    }
    const double before = h.sim_seconds.empty() ? 0 : h.sim_seconds.back();
    if (std::isnan(sim_seconds)) sim_seconds = before;
    if (sim_seconds < before) {
      return fmt::format("expected sim_seconds of at least {}, found {}", before, sim_seconds);
    }
    h.round.push_back(round);
    h.bytes.push_back(bytes);
    h.bytes_up.push_back(bytes_up);
    h.queries.push_back(queries);
    h.data_passes.push_back(data_passes);
    h.sim_seconds.push_back(sim_seconds);
    h.byzantine.push_back(byzantine);
    h.f.push_back(f);
    return "";
  };
  COHORT_DO(for_each_line(path, begin, number, end));
  // What a torn line told before it broke off.
  for (auto& [metric, measured] : h.measured) {
    while (!measured.at.empty() && measured.at.back() >= h.round.size()) {
      measured.at.pop_back();
      measured.values.pop_back();
    }
  }
  std::erase_if(h.measured, [](const auto& entry) { return entry.second.at.empty(); });
  if (!is_simulated) h.sim_seconds.clear();
  return h;
}

Result<void> read_timing(const fs::path& path, History& h) {
  std::vector<double> rounds, seconds;
  double round = nan, elapsed = nan, imbalance = nan, imbalances = 0;
  const auto begin = [&] { round = elapsed = imbalance = nan; };
  const auto add_phase = [&](std::string_view phase, double spent) {
    auto at = std::find_if(h.phases.begin(), h.phases.end(),
                           [&](const auto& known) { return known.first == phase; });
    if (at == h.phases.end()) at = h.phases.emplace(at, phase, 0.0);
    at->second += spent;
  };
  const auto number = [&](std::string_view key, std::string_view inner, double value) {
    if (key == "phases" && !inner.empty()) add_phase(inner, value);
    if (!inner.empty()) return;
    if (key == "round") round = value;
    if (key == "seconds") elapsed = value;
    if (key == "imbalance") imbalance = value;
  };
  const auto end = [&]() -> std::string {
    if (std::string wrong = wrong_round(round, rounds); !wrong.empty()) return wrong;
    if (!(elapsed >= (seconds.empty() ? 0 : seconds.back()))) {
      return "expected seconds that do not decrease";
    }
    rounds.push_back(round);
    seconds.push_back(elapsed);
    imbalances += std::isnan(imbalance) ? 1 : imbalance;
    return "";
  };
  COHORT_DO(for_each_line(path, begin, number, end));
  if (!rounds.empty()) h.imbalance = imbalances / static_cast<double>(rounds.size());
  std::size_t next = 0;
  for (const double wanted : h.round) {
    while (next < rounds.size() && rounds[next] <= wanted) ++next;
    h.wall_seconds.push_back(next == 0 ? 0 : seconds[next - 1]);
  }
  return {};
}

// ---- What a run was

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

/// As a person would say it: krum, clip(norm=1.0)+momentum, none.
std::string shown(const ConfigNode& node) {
  if (node.is_text()) return node.text();
  std::vector<std::string> parts;
  if (node.is_list()) {
    for (const ConfigNode& element : node.list()) parts.push_back(shown(element));
    return parts.empty() ? "none" : join(parts, "+");
  }
  if (!node.is_table()) return node.to_toml();
  std::string type;
  for (const auto& [key, value] : node.table()) {
    if (key == "type") {
      type = shown(value);
    } else {
      parts.push_back(fmt::format("{}={}", key, shown(value)));
    }
  }
  return parts.empty() ? type : fmt::format("{}({})", type, join(parts, ", "));
}

void flatten(const ConfigNode& node, const std::string& path, std::vector<Option>& out) {
  if (!node.is_table()) {
    out.push_back({path, node.to_toml(), shown(node)});
    return;
  }
  for (const auto& [key, value] : node.table()) {
    flatten(value, path.empty() ? key : fmt::format("{}.{}", path, key), out);
  }
}

/// What may differ between the runs of a series, or says where it ran.
bool is_of_one_run(std::string_view option) {
  return option == "name" || option == "case" || option == "run.seed" || option == "data.seed" ||
         option == "model.seed" || option == "problem.seed" || option == "data.base";
}

Result<void> read_options(Run& run) {
  const fs::path path = run.directory / scenario_file;
  COHORT_TRY(const std::string text, read_scenario_text(path));
  COHORT_TRY(const ConfigNode root, parse_toml(text, path.string()));
  flatten(root, "", run.options);
  const auto seed = [&](std::string_view name, std::uint64_t otherwise) -> Result<std::uint64_t> {
    const Option* option = run.option(name);
    if (option == nullptr) return otherwise;
    std::uint64_t number = 0;
    const char* end = option->value.data() + option->value.size();
    if (std::from_chars(option->value.data(), end, number).ptr == end) return number;
    return bad_input(
        fmt::format("{}: expected {} to be a seed, found {}", path.string(), name, option->value));
  };
  COHORT_TRY(run.seeds[0], seed("run.seed", 1));
  COHORT_TRY(run.seeds[1], seed("data.seed", run.seeds[0]));
  COHORT_TRY(run.seeds[2], seed("model.seed", run.seeds[0]));
  if (const ConfigNode* text_of = root.find("name"); text_of != nullptr && text_of->is_text()) {
    run.name = text_of->text();
  }
  std::erase_if(run.options, [](const Option& option) { return is_of_one_run(option.path); });
  return {};
}

Status status_of(std::string_view text) {
  if (text == "finished") return Status::finished;
  if (text == "diverged") return Status::diverged;
  if (text == "failed") return Status::failed;
  return Status::unfinished;
}

Result<Run> read_run(const fs::path& directory, std::string place, bool with_wall_seconds) {
  Run run;
  run.directory = directory;
  run.place = std::move(place);
  run.status = Status::unfinished;
  COHORT_DO(read_options(run));
  COHORT_TRY(run.history, read_metrics(directory / "metrics.jsonl"));
  if (with_wall_seconds) COHORT_DO(read_timing(directory / "timing.jsonl", run.history));
  std::error_code error;
  if (!fs::exists(directory / summary_file, error)) return run;
  COHORT_TRY(const Summary summary, read_summary(directory));
  run.case_name = summary.case_name;
  run.status = status_of(summary.status);
  run.reason = summary.stop_reason;
  run.scenario_hash = summary.scenario_hash;
  run.commit = summary.commit;
  for (const auto& file : summary.data) {
    run.data.push_back(fs::path(file.path).filename().string() + " " + file.checksum);
  }
  return run;
}

// ---- Where runs are

/// "run-10" after "run-9": digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t m = i, n = j;
      while (m < a.size() && is_digit(a[m])) ++m;
      while (n < b.size() && is_digit(b[n])) ++n;
      if (m - i != n - j) return m - i < n - j;
      const int order = a.substr(i, m - i).compare(b.substr(j, n - j));
      if (order != 0) return order < 0;
      i = m;
      j = n;
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
    ++i;
    ++j;
  }
  if ((i < a.size()) != (j < b.size())) return j < b.size();
  return a < b;
}

struct Found {
  std::vector<fs::path> runs;  // below the root, in natural order
  std::vector<fs::path> tuning;
};

void find_runs(const fs::path& root, const fs::path& below, bool is_tuning, int depth,
               Found& found) {
  std::error_code error;
  const fs::path here = root / below;
  if (fs::exists(here / scenario_file, error) && !fs::exists(here / sweep_file, error)) {
    (is_tuning ? found.tuning : found.runs).push_back(below);
    return;
  }
  if (depth == deepest_folder) return;
  std::vector<std::string> folders;
  for (fs::directory_iterator it(here, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    if (name.front() != '.' && it->symlink_status(error).type() == fs::file_type::directory) {
      folders.push_back(std::move(name));
    }
  }
  std::sort(folders.begin(), folders.end(), natural_less);
  for (const std::string& name : folders) {
    find_runs(root, below / name, is_tuning || name == tuning_folder, depth + 1, found);
  }
}

/// A row of sweep.csv.
struct Point {
  fs::path directory;  // below the root
  std::string case_name;
  std::string status;
  std::string reason;
  SeedKey seeds{};
  std::vector<Option> grid;
};

Result<std::vector<Point>> read_sweep(const fs::path& path) {
  std::vector<Point> points;
  LineReader lines(path);
  if (!lines.is_open()) return points;
  std::vector<std::string> header, cells;
  std::string record;  // lines, as long as a quote is open
  for (std::string_view line;;) {
    COHORT_TRY(const bool is_there, lines.next(line));
    if (!is_there && record.empty()) return points;
    if (!is_there || record.size() > LineReader::longest_line) {
      return lines.error("expected a closing quote");
    }
    record += line;
    if (record.empty()) continue;
    const auto is_whole = split_csv(record, cells);
    if (!is_whole) return lines.error(is_whole.error().message);
    record += '\n';
    if (!*is_whole) continue;
    record.clear();
    if (header.empty()) {
      header = cells;
      for (const char* name : {"case", "seed", "status", "directory"}) {
        if (std::find(header.begin(), header.end(), name) == header.end()) {
          return lines.error(fmt::format("expected a column '{}'", name));
        }
      }
      continue;
    }
    if (cells.size() != header.size()) {
      return lines.error(fmt::format("expected {} cells, found {}", header.size(), cells.size()));
    }
    Point point;
    bool is_grid = false;  // the columns between the case and the seed
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (header[i] == "seed") {
        is_grid = false;
        std::uint64_t seed = 0;
        const char* end = cells[i].data() + cells[i].size();
        if (std::from_chars(cells[i].data(), end, seed).ptr != end) {
          return lines.error(fmt::format("expected a seed, found '{}'", cells[i]));
        }
        point.seeds = {seed, seed, seed};
      } else if (is_grid) {
        point.grid.push_back({header[i], cells[i], cells[i]});
      } else if (header[i] == "case") {
        point.case_name = cells[i];
        is_grid = true;
      } else if (header[i] == "status") {
        point.status = cells[i];
      } else if (header[i] == "reason" || header[i] == "stop_reason") {
        point.reason = cells[i];
      } else if (header[i] == "directory") {
        point.directory = fs::path(cells[i]).lexically_normal();
      }
    }
    points.push_back(std::move(point));
  }
}

class Collector {
 public:
  Collector(bool with_wall_seconds, bool is_one_root)
      : with_wall_seconds_(with_wall_seconds), is_one_root_(is_one_root) {}

  Result<void> add(const fs::path& given) {
    std::error_code error;
    const fs::path root = fs::canonical(given, error);
    if (error) return bad_input(fmt::format("{}: {}", given.string(), error.message()));
    Found found;
    find_runs(root, "", false, 0, found);
    COHORT_TRY(const std::vector<Point> points, read_sweep(root / sweep_file));
    if (found.runs.empty() && found.tuning.empty() && points.empty()) {
      return bad_input(fmt::format(
          "{}: expected a run or a sweep, found no scenario.toml in it or in its folders",
          given.string()));
    }
    for (const Point& point : points) {
      const auto at = std::find(found.runs.begin(), found.runs.end(), point.directory);
      if (at == found.runs.end()) {
        out_.runs.push_back(without_scenario(point));
        continue;
      }
      COHORT_DO(read(root, *at, &point, out_.runs));
      found.runs.erase(at);
    }
    for (const fs::path& below : found.runs) COHORT_DO(read(root, below, nullptr, out_.runs));
    for (const fs::path& below : found.tuning) COHORT_DO(read(root, below, nullptr, out_.tuning));
    return {};
  }
  Runs finish() && { return std::move(out_); }

 private:
  std::string place(const fs::path& root, const fs::path& below) const {
    std::string inside = below.generic_string();
    if (is_one_root_ && !inside.empty()) return inside;
    const std::string name = root.filename().string();
    return inside.empty() ? name : name + "/" + inside;
  }

  Result<void> read(const fs::path& root, const fs::path& below, const Point* point,
                    std::vector<Run>& runs) {
    const fs::path directory = below.empty() ? root : root / below;
    if (!read_.insert(directory.string()).second) return {};
    COHORT_TRY(Run run, read_run(directory, place(root, below), with_wall_seconds_));
    if (point != nullptr) {
      run.case_name = point->case_name;
      run.grid = point->grid;
      if (run.status == Status::unfinished && point->status == "failed") {
        run.status = Status::failed;
        run.reason = point->reason;
      }
    }
    runs.push_back(std::move(run));
    return {};
  }

  static Run without_scenario(const Point& point) {
    Run run;
    run.place = point.directory.generic_string();
    run.case_name = point.case_name;
    run.status = point.status == "failed" ? Status::failed : Status::missing;
    run.reason = point.reason;
    run.seeds = point.seeds;
    run.grid = point.grid;
    return run;
  }

  bool with_wall_seconds_;
  bool is_one_root_;
  std::set<std::string> read_;
  Runs out_;
};

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::finished:
      return "finished";
    case Status::diverged:
      return "diverged";
    case Status::unfinished:
      return "unfinished";
    case Status::failed:
      return "failed";
    case Status::missing:
      break;
  }
  return "not begun";
}

const Option* Run::option(std::string_view path) const {
  for (const Option& option : options) {
    if (option.path == path) return &option;
  }
  return nullptr;
}

Result<Runs> read_runs(const std::vector<fs::path>& paths, bool with_wall_seconds) {
  Collector collector(with_wall_seconds, paths.size() == 1);
  for (const fs::path& path : paths) COHORT_DO(collector.add(path));
  return std::move(collector).finish();
}

Result<ClientTable> read_clients(const Run& run,
                                 const std::function<bool(std::string_view)>& is_wanted) {
  ClientTable table;
  LineReader lines(run.directory / "clients.csv");
  if (run.directory.empty() || !lines.is_open()) return table;
  constexpr std::size_t absent = std::numeric_limits<std::size_t>::max();
  std::vector<std::string> cells;
  std::vector<std::size_t> wanted;  // cells of table.columns
  std::size_t client = absent, byzantine = absent, width = 0;
  for (std::string_view line;;) {
    COHORT_TRY(const bool is_there, lines.next(line));
    if (!is_there) return table;
    const auto is_whole = split_csv(line, cells);
    if (!is_whole) return lines.error(is_whole.error().message);
    if (!*is_whole) return lines.error("expected a closing quote");
    if (width == 0) {
      width = cells.size();
      for (std::size_t i = 0; i < width; ++i) {
        if (cells[i] == "client") client = i;
        if (cells[i] == "byzantine") byzantine = i;
        if (!is_wanted(cells[i])) continue;
        wanted.push_back(i);
        table.names.push_back(cells[i]);
      }
      table.columns.resize(wanted.size());
      if (client == absent || byzantine == absent) {
        return lines.error("expected columns 'client' and 'byzantine'");
      }
      continue;
    }
    if (cells.size() != width) {
      return lines.error(fmt::format("expected {} cells, found {}", width, cells.size()));
    }
    std::uint64_t id = 0;
    const std::string& name = cells[client];
    if (name.empty() || std::from_chars(name.data(), name.data() + name.size(), id).ptr !=
                            name.data() + name.size()) {
      return lines.error(fmt::format("expected the number of a client, found '{}'", name));
    }
    const std::string& liar = cells[byzantine];
    if (liar != "0" && liar != "1" && liar != "false" && liar != "true") {
      return lines.error(fmt::format("expected byzantine to be 0 or 1, found '{}'", liar));
    }
    if (liar == "1" || liar == "true") continue;
    table.client.push_back(id);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const std::string& cell = cells[wanted[k]];
      double value = nan;
      if (!cell.empty() && std::from_chars(cell.data(), cell.data() + cell.size(), value).ptr !=
                               cell.data() + cell.size()) {
        return lines.error(
            fmt::format("expected {} to be a number, found '{}'", table.names[k], cell));
      }
      table.columns[k].push_back(std::isfinite(value) ? value : nan);
    }
  }
}

}  // namespace cohort::report
