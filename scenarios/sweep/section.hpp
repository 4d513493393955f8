#pragma once
// [sweep] as it is written; what it means is scenarios/sweep/sweep.hpp.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/options.hpp"

namespace cohort {

/// Options by their dotted keys, each with the list of its values. Keys may be written with quotes
/// or as nested tables.
struct ValueLists {
  struct Entry {
    std::string key;
    Spot spot;
    ConfigNode::List values;
  };
  std::vector<Entry> entries;
};
template <>
struct OptionType<ValueLists> {
  static std::string name() { return "table of lists by option"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, ValueLists& out,
                   Mistakes& mistakes);
  static ConfigNode write(const ValueLists&) { return {}; }
};

/// Beside its own options it has those that are tuned.
struct TuneSection {
  ValueLists tuned;
  Spot spot;
  std::optional<std::string> by;
  std::optional<std::vector<std::uint64_t>> seeds;
  static void declare(OptionTable<TuneSection>& t);
};
template <>
struct OptionType<TuneSection> {
  static std::string name() { return "table of lists by option, with by and seeds"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, TuneSection& out,
                   Mistakes& mistakes);
  static ConfigNode write(const TuneSection&) { return {}; }
};

struct CaseSection {
  std::string name;
  Spot spot;
  ConfigNode over;  // without name and tune
  std::optional<TuneSection> tune;
};
template <>
struct OptionType<CaseSection> {
  static std::string name() { return "table with a name"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, CaseSection& out,
                   Mistakes& mistakes);
  static ConfigNode write(const CaseSection&) { return {}; }
};

struct SweepSection {
  std::optional<std::vector<CaseSection>> cases;
  std::optional<ValueLists> grid;
  std::optional<std::vector<std::uint64_t>> seeds;
  std::optional<TuneSection> tune;
  static void declare(OptionTable<SweepSection>& t);
};

}  // namespace cohort
