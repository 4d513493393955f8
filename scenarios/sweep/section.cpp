#include "scenarios/sweep/section.hpp"

#include <fmt/format.h>

#include "scenarios/read_scenario.hpp"

namespace cohort {

namespace {

/// Of tuning runs, beside the folders of the cases.
constexpr std::string_view reserved_name = "tuning";

bool read_lists(const ConfigNode& node, const std::string& path, const std::string& prefix,
                ValueLists& out, Mistakes& mistakes) {
  bool ok = true;
  for (const auto& [key, value] : node.table()) {
    const std::string option = prefix + key;
    if (value.is_table()) {
      ok &= read_lists(value, path, option + ".", out, mistakes);
    } else if (!value.is_list() || value.list().empty()) {
      options_detail::expected(value, fmt::format("{}.\"{}\"", path, option),
                               "a list of the values that it takes", mistakes);
      ok = false;
    } else {
      out.entries.push_back({option, value.spot, value.list()});
    }
  }
  return ok;
}

}  // namespace

bool OptionType<ValueLists>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                                  ValueLists& out, Mistakes& mistakes) {
  if (!node.is_table()) {
    options_detail::expected(node, path, "a table of options, each with a list of values",
                             mistakes);
    return false;
  }
  return read_lists(node, path, "", out, mistakes);
}

bool OptionType<TuneSection>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                                   TuneSection& out, Mistakes& mistakes) {
  if (!node.is_table()) {
    options_detail::expected(node, path, "a " + name(), mistakes);
    return false;
  }
  const std::size_t before = mistakes.messages().size();
  const auto own = option_table<TuneSection>();
  ConfigNode options = config_table(), lists = config_table();
  for (const auto& [key, value] : node.table()) {
    const auto names = own.names();
    const bool is_own = std::find(names.begin(), names.end(), key) != names.end();
    (is_own ? options : lists).set(key, value);
  }
  out = own.read(options, path, mistakes);
  out.spot = node.spot;
  OptionType<ValueLists>::read(lists, path, any_value, out.tuned, mistakes);
  return mistakes.messages().size() == before;
}

bool OptionType<CaseSection>::read(const ConfigNode& node, const std::string& path, const Bounds&,
                                   CaseSection& out, Mistakes& mistakes) {
  const ConfigNode* name = node.find("name");
  if (name == nullptr || !name->is_text() || !is_file_name(name->text())) {
    mistakes.add(name != nullptr ? name->spot : node.spot,
                 "sweep.cases: expected a table with a name of letters, digits, '_', '-' and '.', "
                 "since it names a folder");
    return false;
  }
  if (name->text() == reserved_name) {
    mistakes.add(name->spot, "sweep.cases: 'tuning' is the folder of the tuning runs");
    return false;
  }
  if (const ConfigNode* nested = node.find("sweep")) {
    mistakes.add(nested->spot, "sweep.cases: a case has no sweep of its own");
    return false;
  }
  out.name = name->text();
  out.spot = name->spot;
  out.over = without(node, {"name", "tune"});
  const ConfigNode* tune = node.find("tune");
  return tune == nullptr || OptionType<std::optional<TuneSection>>::read(
                                *tune, path + ".tune", any_value, out.tune, mistakes);
}

void TuneSection::declare(OptionTable<TuneSection>& t) {
  t.add("by", &TuneSection::by,
        "what chooses: a metric that is evaluated on train or validation, <set>_<metric> "
        "(required)");
  t.add("seeds", &TuneSection::seeds, "run.seed of the tuning runs (required)");
}

void SweepSection::declare(OptionTable<SweepSection>& t) {
  t.add("cases", &SweepSection::cases,
        "runs that are compared: a name, what each replaces, and a tune of its own if need be");
  t.add("grid", &SweepSection::grid, "every combination of these values");
  t.add("seeds", &SweepSection::seeds, "run.seed in turn");
  t.add("tune", &SweepSection::tune,
        "values of which each case and grid value takes the best, by runs of their own");
}

}  // namespace cohort
