#include "scenarios/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "scenarios/overrides.hpp"
#include "scenarios/read_scenario.hpp"
#include "scenarios/sections.hpp"
#include "scenarios/sweep/section.hpp"

namespace cohort {

namespace {

constexpr std::size_t most_runs = 100'000;
constexpr std::size_t longest_name = 60;

std::string last_key(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// Letters, digits, '.', '-', '+' and '_' of a value as TOML writes it.
std::string plain_text(const ConfigNode& value) {
  std::string out;
  for (const char c : value.is_text() ? value.text() : value.to_toml()) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string_view(".-+_").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

/// The text of the value where that tells all apart and is short, else its number.
void name_values(Axis& axis, const std::string& key) {
  std::set<std::string> seen;
  for (const ConfigNode& value : axis.values) seen.insert(plain_text(value));
  const bool is_clear =
      seen.size() == axis.values.size() && std::all_of(seen.begin(), seen.end(), [](const auto& t) {
        return !t.empty() && t.size() <= longest_name;
      });
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    axis.names.push_back(fmt::format(
        "{}={}", key, is_clear ? plain_text(axis.values[i]) : fmt::format("value{}", i + 1)));
  }
}

/// Everything about [sweep] that does not depend on what a run makes of it.
class SweepReader {
 public:
  SweepReader(const ConfigNode& root, const std::vector<std::string>& sets, Mistakes& mistakes)
      : base_(without(root, {"sweep"})), sets_(sets), mistakes_(mistakes) {}

  void read(const ConfigNode& node, Sweep& sweep) {
    const auto section = option_table<SweepSection>().read(node, "sweep", mistakes_);
    if (section.grid) sweep.grid = grid_of(*section.grid, "sweep.grid");
    if (section.seeds) {
      sweep.seeds_spot = node.find("seeds")->spot;
      sweep.seeds = checked_seeds(*section.seeds, sweep.seeds_spot, "sweep.seeds");
      refuse_set("run.seed", "sweep.seeds");
    }
    if (section.tune) {
      tune_ = &*section.tune;
      if (tune_->tuned.entries.empty()) {
        mistakes_.add(tune_->spot, "sweep.tune: expected an option with a list of values");
      }
    }
    for (const CaseSection& one : section.cases.value_or(std::vector<CaseSection>{})) {
      if (!one.name.empty()) add_case(one, sweep);
    }
    if (!section.cases) add_case({}, sweep);
    if (section.cases && section.cases->empty()) {
      mistakes_.add(node.find("cases")->spot, "sweep.cases: expected at least one case");
    }
    check_size(node, sweep);
  }

 private:
  void add_case(const CaseSection& section, Sweep& sweep) {
    if (std::any_of(sweep.cases.begin(), sweep.cases.end(),
                    [&](const SweepCase& other) { return other.name == section.name; })) {
      mistakes_.add(section.spot, fmt::format("sweep.cases: '{}' is already a case", section.name));
      return;
    }
    SweepCase& one = sweep.cases.emplace_back();
    one.name = section.name;
    one.own = section.over.is_none() ? config_table() : section.over;
    one.given = merged_case(base_, one.own);
    // What the command line says wins over the case, too. It went through the base before, so what
    // is wrong with it was told.
    for (const std::string& set : sets_) {
      if (!is_within(path_of(set), "sweep")) static_cast<void>(apply_set(one.given, set));
    }
    if (const ConfigNode* run = one.own.find("run");
        run != nullptr && run->find("out") != nullptr) {
      mistakes_.add(run->find("out")->spot, "sweep.cases: a case has no folder of its own choice");
    }
    refuse_given(one, sweep.grid, "sweep.grid");
    one.tuning = tuning_of(section);
    if (!one.tuning) return;
    refuse_given(one, one.tuning->candidates, "sweep.tune");
    for (const Axis& axis : one.tuning->candidates.axes) refuse_overlap(axis, sweep.grid);
  }

  /// A case's own tune replaces the options of the sweep's; what it leaves out it takes over.
  std::optional<Tuning> tuning_of(const CaseSection& section) {
    const TuneSection* tune = section.tune ? &*section.tune : tune_;
    if (tune == nullptr || tune->tuned.entries.empty()) return std::nullopt;
    const std::string path = section.tune ? "sweep.cases.tune" : "sweep.tune";
    Tuning tuning;
    tuning.spot = tune->spot;
    tuning.candidates = grid_of(tune->tuned, path);
    const auto by = tune->by || tune_ == nullptr ? tune->by : tune_->by;
    const auto seeds = tune->seeds || tune_ == nullptr ? tune->seeds : tune_->seeds;
    if (!seeds) {
      mistakes_.add(tune->spot, path + ": expected seeds, those of the tuning runs");
    } else {
      tuning.seeds = checked_seeds(*seeds, tune->spot, path + ".seeds");
    }
    if (!by) {
      mistakes_.add(tune->spot, path + ": expected by, the metric that chooses");
    } else {
      read_metric(*by, *tune, path + ".by", tuning);
    }
    return tuning;
  }

  /// Splits "<set>_<metric>"; gradient_norm and distance belong to no set.
  void read_metric(const std::string& by, const TuneSection& tune, const std::string& path,
                   Tuning& tuning) {
    std::vector<std::string> names;
    for (const auto& [name, target] : possible_targets()) {
      names.push_back(name);
      if (name != by) continue;
      tuning.by = by;
      tuning.set = target.set_name();
      tuning.metric = to_string(target.metric);
      tuning.is_higher_better = info_of(target.metric).higher_is_better;
    }
    if (by.starts_with("test_") || by.starts_with("client_test_")) {
      mistakes_.add(tune.spot, fmt::format("{}: expected a metric of train or validation, found "
                                           "'{}': what is chosen on test rows says nothing about "
                                           "new ones, so their values are only reported",
                                           path, by));
    } else if (tuning.by.empty()) {
      std::erase_if(names, [](const std::string& name) {
        return name.starts_with("test_") || name.starts_with("client_test_");
      });
      mistakes_.add(tune.spot, unknown_name_message("metric", by, path, names));
    }
  }

  Grid grid_of(const ValueLists& lists, const std::string& path) {
    Grid grid;
    for (const auto& entry : lists.entries) {
      Axis axis{entry.key, entry.values, {}};
      if (is_within(entry.key, "run") || is_within(entry.key, "sweep") || entry.key == "name") {
        mistakes_.add(
            entry.spot,
            fmt::format("{}: expected an option that decides a result, found {}; run.seed is "
                        "varied by sweep.seeds",
                        path, entry.key));
        continue;
      }
      std::set<std::string> seen;
      for (const ConfigNode& value : axis.values) {
        if (seen.insert(value.to_toml()).second) continue;
        mistakes_.add(value.spot,
                      fmt::format("{}: {} has {} twice", path, axis.key, value.to_toml()));
      }
      refuse_overlap(axis, grid);
      refuse_set(axis.key, path);
      grid.axes.push_back(std::move(axis));
    }
    for (Axis& axis : grid.axes) {
      const auto ends_alike = std::count_if(grid.axes.begin(), grid.axes.end(), [&](const auto& a) {
        return last_key(a.key) == last_key(axis.key);
      });
      name_values(axis, ends_alike == 1 ? last_key(axis.key) : axis.key);
    }
    return grid;
  }

  void refuse_overlap(const Axis& axis, const Grid& grid) {
    for (const Axis& other : grid.axes) {
      if (!is_within(axis.key, other.key) && !is_within(other.key, axis.key)) continue;
      mistakes_.add(axis.values.front().spot,
                    fmt::format("sweep: {} and {} would be varied twice", axis.key, other.key));
    }
  }

  void refuse_set(const std::string& key, const std::string& path) {
    for (const std::string& set : sets_) {
      if (!is_within(path_of(set), key)) continue;
      const std::string message =
          fmt::format("--set {}: {} is varied by {}; set that instead", set, key, path);
      // The sweep's tune is read for every case.
      const auto& known = mistakes_.messages();
      if (std::find(known.begin(), known.end(), message) == known.end()) {
        mistakes_.add({}, message);
      }
    }
  }

  void refuse_given(const SweepCase& one, const Grid& grid, std::string_view path) {
    for (const Axis& axis : grid.axes) {
      const ConfigNode* node = &one.own;
      std::string_view rest = axis.key;
      while (node != nullptr && node->is_table() && !rest.empty()) {
        const auto dot = std::min(rest.find('.'), rest.size());
        node = node->find(rest.substr(0, dot));
        rest.remove_prefix(std::min(dot + 1, rest.size()));
      }
      if (node == nullptr || !rest.empty()) continue;
      mistakes_.add(node->spot, fmt::format("sweep.cases: case {} gives {}, which {} varies",
                                            one.name, axis.key, path));
    }
  }

  std::vector<std::uint64_t> checked_seeds(const std::vector<std::uint64_t>& seeds,
                                           const Spot& spot, const std::string& path) {
    if (seeds.empty()) mistakes_.add(spot, path + ": expected at least one seed");
    const std::set<std::uint64_t> different(seeds.begin(), seeds.end());
    if (different.size() != seeds.size()) mistakes_.add(spot, path + ": has a seed twice");
    return seeds;
  }

  void check_size(const ConfigNode& node, Sweep& sweep) {
    double runs = static_cast<double>(std::max<std::size_t>(1, sweep.seeds.size())) *
                  static_cast<double>(sweep.cases.size());
    double tuning = 0;
    for (const SweepCase& one : sweep.cases) {
      if (!one.tuning) continue;
      double of_case = static_cast<double>(one.tuning->seeds.size());
      for (const Axis& axis : one.tuning->candidates.axes) {
        of_case *= static_cast<double>(axis.values.size());
      }
      tuning += of_case;
    }
    runs += tuning;
    for (const Axis& axis : sweep.grid.axes) runs *= static_cast<double>(axis.values.size());
    if (runs > static_cast<double>(most_runs)) {
      mistakes_.add(node.spot,
                    fmt::format("sweep: expected at most {} runs, found {:.0f}", most_runs, runs));
      sweep.grid = {};  // too many to look at each
      for (SweepCase& one : sweep.cases) one.tuning.reset();
    }
  }

  ConfigNode base_;
  const std::vector<std::string>& sets_;
  Mistakes& mistakes_;
  const TuneSection* tune_ = nullptr;
};

std::string counted(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace

std::size_t Grid::size() const {
  std::size_t n = 1;
  for (const Axis& axis : axes) n *= axis.values.size();
  return n;
}

std::vector<std::size_t> Grid::at(std::size_t i) const {
  std::vector<std::size_t> index(axes.size());
  for (std::size_t a = axes.size(); a-- > 0;) {
    index[a] = i % axes[a].values.size();
    i /= axes[a].values.size();
  }
  return index;
}

std::string Grid::name(std::size_t i, std::string_view separator) const {
  std::string out;
  const auto index = at(i);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (a > 0) out += separator;
    out += axes[a].names[index[a]];
  }
  return out;
}

void Grid::assign_to(ConfigNode& root, std::size_t i, Mistakes& mistakes) const {
  const auto index = at(i);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const ConfigNode& value = axes[a].values[index[a]];
    if (const auto assigned = assign(root, axes[a].key, value); !assigned) {
      mistakes.add(value.spot, fmt::format("{}: {}", axes[a].key, assigned.error().message));
    }
  }
}

SweepRun Sweep::point(std::uint64_t number) const {
  const std::size_t per_variant = std::max<std::size_t>(1, seeds.size());
  SweepRun run;
  run.number = number;
  run.variant = (number - 1) / per_variant;
  if (!seeds.empty()) run.seed = seeds[(number - 1) % per_variant];
  return run;
}

std::uint64_t Sweep::seed_of(const SweepRun& run) const {
  if (run.seed) return *run.seed;
  Mistakes told_before;
  const ConfigNode* section = case_of(run.variant).given.find("run");
  return section == nullptr ? RunSection{}.seed
                            : option_table<RunSection>().read(*section, "run", told_before).seed;
}

std::vector<SweepRun> Sweep::tuning_runs(std::size_t variant) const {
  std::vector<SweepRun> runs;
  const auto& tuning = case_of(variant).tuning;
  if (!tuning) return runs;
  for (std::size_t c = 0; c < tuning->candidates.size(); ++c) {
    for (const std::uint64_t seed : tuning->seeds)
      runs.push_back({0, variant, c, seed, runs.size()});
  }
  return runs;
}

Scenario Sweep::read(const SweepRun& run, Mistakes& mistakes) const {
  const SweepCase& one = case_of(run.variant);
  ConfigNode given = one.given;
  grid.assign_to(given, run.variant % grid.size(), mistakes);
  if (run.candidate) one.tuning->candidates.assign_to(given, *run.candidate, mistakes);
  if (run.seed) {
    ConfigNode seed = config_value(static_cast<std::int64_t>(*run.seed));
    seed.spot = seeds_spot;
    if (const auto assigned = assign(given, "run.seed", std::move(seed)); !assigned) {
      mistakes.add(seeds_spot, "run.seed: " + assigned.error().message);
    }
  }
  Scenario scenario = read_scenario(given, file, catalogue, mistakes);
  scenario.case_name = one.name;
  scenario.given = std::move(given);
  scenario.given_by_case = one.own;
  return scenario;
}

Result<Scenario> Sweep::scenario(const SweepRun& run) const {
  Mistakes mistakes;
  Scenario scenario = read(run, mistakes);
  COHORT_DO(mistakes.result());
  return scenario;
}

std::filesystem::path Sweep::folder(const SweepRun& run) const {
  const SweepCase& one = case_of(run.variant);
  std::filesystem::path path;
  if (run.is_tuning()) path /= "tuning";
  if (!one.name.empty()) path /= one.name;
  if (!grid.axes.empty()) path /= grid.name(run.variant % grid.size());
  if (run.is_tuning()) path /= one.tuning->candidates.name(*run.candidate);
  return path;
}

bool Sweep::has_seeds(const SweepRun& run) const {
  return run.is_tuning() || !seeds.empty() || folder(run).empty();
}

std::string Sweep::variant_title(std::size_t variant) const {
  std::string out = case_of(variant).name;
  const std::string values = grid.name(variant % grid.size(), ", ");
  if (!out.empty() && !values.empty()) out += ", ";
  out += values;
  return out.empty() ? name : out;
}

std::string Sweep::title(const SweepRun& run) const {
  std::string out = variant_title(run.variant);
  if (run.is_tuning())
    out += ", " + case_of(run.variant).tuning->candidates.name(*run.candidate, ", ");
  if (run.seed) out += fmt::format(", seed {}", *run.seed);
  return out;
}

std::string Sweep::shape() const {
  std::string factors;
  const auto add = [&](const std::string& factor) {
    factors += (factors.empty() ? ": " : " × ") + factor;
  };
  if (!cases.front().name.empty()) add(counted(cases.size(), "case"));
  for (const Axis& axis : grid.axes) {
    add(fmt::format("{} of {}", counted(axis.values.size(), "value"), axis.key));
  }
  if (!seeds.empty()) add(counted(seeds.size(), "seed"));
  std::size_t tuning = 0;
  for (std::size_t v = 0; v < variants(); ++v) tuning += tuning_runs(v).size();
  return counted(points(), "point") + factors +
         (tuning == 0 ? "" : "; " + counted(tuning, "tuning run"));
}

Sweep read_sweep(const ConfigNode& root, const std::filesystem::path& file,
                 const std::vector<std::string>& sets, const Catalogue& catalogue,
                 Mistakes& mistakes) {
  Sweep sweep;
  sweep.file = file;
  sweep.catalogue = catalogue;
  const ConfigNode* node = root.find("sweep");
  if (!node->is_table()) {
    options_detail::expected(*node, "sweep", "a table", mistakes);
    return sweep;
  }
  SweepReader(root, sets, mistakes).read(*node, sweep);
  return sweep;
}

}  // namespace cohort
