#pragma once
// [system]: the times and the presence of simulated clients (coordinator/system.hpp), as they are
// written.
//
//   compute = "2 ms/sample"                                     the same for all
//   uplink = { type = "lognormal", median = "5 Mbit/s", sigma = 1 }
//   compute = { type = "trace", file = "speeds.csv", unit = "ms/sample" }      lines client,value
//   availability = 0.9
//   availability = { up = "10 min", down = "5 min" }
//   availability = { file = "presence.csv", period = "1 day" }  lines client,from,to in seconds

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/system.hpp"
#include "core/options.hpp"

namespace cohort {

/// What the text of a quantity may be.
enum class Dimension : std::uint8_t { compute, rate, duration };

/// "2 ms/sample" → 0.002. Numbers are of the base unit: seconds a sample, bytes a second, seconds.
struct Amount {
  double value = 0;
  bool is_per_sample = true;  // of Dimension::compute
};
/// Empty, and why, if it is none.
std::optional<Amount> parse_amount(const std::string& text, Dimension dimension, std::string& why);

/// A quantity that every client has: a text, or a table.
template <Dimension dimension>
struct Quantity {
  ConfigNode node;  // as given
};
template <Dimension dimension>
struct OptionType<Quantity<dimension>> {
  static std::string name() {
    return dimension == Dimension::rate       ? "text as \"5 Mbit/s\" | table"
           : dimension == Dimension::duration ? "text as \"50 ms\" | table"
                                              : "text as \"2 ms/sample\" | table";
  }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&,
                   Quantity<dimension>& out, Mistakes& mistakes) {
    if (!node.is_text() && !node.is_table()) {
      options_detail::expected(node, path, "a " + name(), mistakes);
      return false;
    }
    out.node = node;
    return true;
  }
  static ConfigNode write(const Quantity<dimension>& q) { return q.node; }
};

struct AvailabilityChoice {
  ConfigNode node;
};
template <>
struct OptionType<AvailabilityChoice> {
  static std::string name() { return "number | table of up and down, or of file"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&,
                   AvailabilityChoice& out, Mistakes& mistakes);
  static ConfigNode write(const AvailabilityChoice& a) { return a.node; }
};

struct SystemSection {
  std::optional<Quantity<Dimension::compute>> compute;
  std::optional<Quantity<Dimension::rate>> uplink, downlink;
  std::optional<Quantity<Dimension::duration>> latency;
  std::optional<AvailabilityChoice> availability;
  double dropout = 0;
  static void declare(OptionTable<SystemSection>& t);
};

/// The options of a quantity's table.
struct QuantityTable {
  ClientQuantity::Type type = ClientQuantity::Type::constant;
  std::optional<std::string> median;
  std::optional<double> sigma;
  std::optional<ClientQuantity::Per> per;
  std::optional<std::string> file;
  std::optional<std::string> unit;
  std::optional<std::string> checksum;
  static void declare(OptionTable<QuantityTable>& t);
};
std::vector<std::pair<std::string, ClientQuantity::Type>> option_names(ClientQuantity::Type);
std::vector<std::pair<std::string, ClientQuantity::Per>> option_names(ClientQuantity::Per);

/// The options of the table of an availability.
struct AvailabilityTable {
  std::optional<std::string> up;
  std::optional<std::string> down;
  std::optional<std::string> file;
  std::optional<std::string> period;
  std::optional<std::string> checksum;
  static void declare(OptionTable<AvailabilityTable>& t);
};

struct SystemChoice {
  SystemModel model;
  ConfigNode effective;  // without files, whose checksums are there
  /// Options of the effective section that name a file ("compute"), and where it is.
  std::vector<std::pair<std::string, std::filesystem::path>> files;
};
/// Relative paths begin at `base`. Nothing if mistakes were added.
std::optional<SystemChoice> read_system(const ConfigNode& section, std::uint64_t clients,
                                        std::uint64_t seed, const std::filesystem::path& base,
                                        Mistakes& mistakes);

}  // namespace cohort
