#include "scenarios/system_section.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/file.hpp"
#include "core/hash.hpp"
#include "problems/data/builtin.hpp"

namespace cohort {

std::vector<std::pair<std::string, ClientQuantity::Type>> option_names(ClientQuantity::Type) {
  return {{"constant", ClientQuantity::Type::constant},
          {"lognormal", ClientQuantity::Type::lognormal},
          {"trace", ClientQuantity::Type::trace}};
}
std::vector<std::pair<std::string, ClientQuantity::Per>> option_names(ClientQuantity::Per) {
  return {{"client", ClientQuantity::Per::client}, {"round", ClientQuantity::Per::round}};
}

bool OptionType<AvailabilityChoice>::read(const ConfigNode& node, const std::string& path,
                                          const Bounds&, AvailabilityChoice& out,
                                          Mistakes& mistakes) {
  double share = 1;
  if (!node.is_table() &&
      !OptionType<double>::read(node, path, Bounds{0, 1, true, false}, share, mistakes)) {
    return false;
  }
  out.node = node;
  return true;
}

void SystemSection::declare(OptionTable<SystemSection>& t) {
  t.add("compute", &SystemSection::compute,
        "of a client: \"2 ms/sample\" for every row that its oracle visits, or \"3 s\" for an "
        "answer; no time");
  t.add("uplink", &SystemSection::uplink, "\"5 Mbit/s\" or \"1 MB/s\"; unlimited");
  t.add("downlink", &SystemSection::downlink, "\"5 Mbit/s\" or \"1 MB/s\"; unlimited");
  t.add("latency", &SystemSection::latency, "of each way, \"50 ms\"; none");
  t.add("availability", &SystemSection::availability,
        "probability of being there in a round; or mean times up and down; or a file of intervals; "
        "always");
  t.add("dropout", &SystemSection::dropout, zero_to_below_one,
        "probability that a client is asked and never replies");
}

void QuantityTable::declare(OptionTable<QuantityTable>& t) {
  t.add("type", &QuantityTable::type,
        "constant; lognormal: median · e^(sigma · normal); trace: of each client, from a file");
  t.add("median", &QuantityTable::median, "with its unit; of a constant the value (required)");
  t.add("sigma", &QuantityTable::sigma, positive, "lognormal: of the logarithm (required)");
  t.add("per", &QuantityTable::per,
        "lognormal: drawn once for a client, or anew in every round; client");
  t.add("file", &QuantityTable::file, "trace: CSV lines client,value (required)", Scope::site);
  t.add("unit", &QuantityTable::unit, "trace: of the values, as \"ms/sample\" (required)");
  t.add("checksum", &QuantityTable::checksum, "trace: XXH3-128 of the file, if it must be that");
}

void AvailabilityTable::declare(OptionTable<AvailabilityTable>& t) {
  t.add("up", &AvailabilityTable::up, "mean time there, exponential, as \"10 min\"");
  t.add("down", &AvailabilityTable::down, "mean time away, exponential");
  t.add("file", &AvailabilityTable::file, "CSV lines client,from,to in seconds", Scope::site);
  t.add("period", &AvailabilityTable::period, "after which the file begins anew; never");
  t.add("checksum", &AvailabilityTable::checksum, "XXH3-128 of the file, if it must be that");
}

namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit time_units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3},  {"s", 1},
                               {"min", 60},  {"h", 3600},  {"day", 86400}};
constexpr Unit rate_units[] = {{"bit/s", 1.0 / 8},  {"kbit/s", 1e3 / 8}, {"Mbit/s", 1e6 / 8},
                               {"Gbit/s", 1e9 / 8}, {"B/s", 1},          {"kB/s", 1e3},
                               {"MB/s", 1e6},       {"GB/s", 1e9}};

std::string names_of(std::span<const Unit> units) {
  std::string all;
  for (const Unit& u : units) all += (all.empty() ? "" : ", ") + std::string(u.name);
  return all;
}

// Of one number in `unit`; nothing if there is no such unit.
std::optional<Amount> unit_amount(std::string_view unit, Dimension dimension, std::string& why) {
  constexpr std::string_view a_sample = "/sample", an_answer = "/answer";
  Amount amount{0, false};
  std::span<const Unit> units = time_units;
  std::string suffix;
  std::string_view base = unit;
  if (dimension == Dimension::rate) units = rate_units;
  if (dimension == Dimension::compute) {
    suffix = ", each with /sample, or alone for an answer";
    amount.is_per_sample = base.ends_with(a_sample);
    if (amount.is_per_sample) base.remove_suffix(a_sample.size());
    if (base.ends_with(an_answer)) base.remove_suffix(an_answer.size());
  }
  for (const Unit& u : units) {
    if (u.name != base) continue;
    amount.value = u.factor;
    return amount;
  }
  why = fmt::format("expected a unit of {}{}, found '{}'", names_of(units), suffix, unit);
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool read_number(std::string_view text, double& value) {
  text = trimmed(text);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
         std::isfinite(value);
}

}  // namespace

std::optional<Amount> parse_amount(const std::string& text, Dimension dimension, std::string& why) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc()) {
    why = fmt::format("expected a number and a unit, found '{}'", text);
    return std::nullopt;
  }
  const auto rest = static_cast<std::size_t>(parsed.ptr - text.data());
  auto amount = unit_amount(trimmed(std::string_view(text).substr(rest)), dimension, why);
  if (!amount) return std::nullopt;
  amount->value *= number;
  const bool may_be_zero = dimension != Dimension::rate;
  if (!std::isfinite(amount->value) || amount->value < 0 || (amount->value == 0 && !may_be_zero)) {
    why = fmt::format("expected a {} amount, found '{}'", may_be_zero ? "non-negative" : "positive",
                      text);
    return std::nullopt;
  }
  return amount;
}

namespace {

class SystemReader {
 public:
  SystemReader(std::uint64_t clients, const std::filesystem::path& base, Mistakes& mistakes)
      : clients_(clients), base_(base), mistakes_(mistakes) {}

  std::optional<SystemChoice> read(const ConfigNode& node, std::uint64_t seed) {
    const std::size_t before = mistakes_.messages().size();
    SystemSection section = option_table<SystemSection>().read(node, "system", mistakes_);
    SystemModel& model = choice_.model;
    model.seed = seed;
    model.dropout = section.dropout;
    if (section.compute) {
      model.compute = quantity("compute", section.compute->node, Dimension::compute);
    }
    if (section.uplink) {
      model.uplink = quantity("uplink", section.uplink->node, Dimension::rate);
    }
    if (section.downlink) {
      model.downlink = quantity("downlink", section.downlink->node, Dimension::rate);
    }
    if (section.latency) {
      model.latency = quantity("latency", section.latency->node, Dimension::duration);
    }
    if (section.availability) availability(section.availability->node);
    choice_.effective = option_table<SystemSection>().write(section);
    if (mistakes_.messages().size() != before) return std::nullopt;
    return std::move(choice_);
  }

 private:
  template <class... Args>
  void mistake(const ConfigNode& node, const std::string& path, fmt::format_string<Args...> format,
               Args&&... args) {
    mistakes_.add(node.spot, fmt::format("system.{}: {}", path,
                                         fmt::format(format, std::forward<Args>(args)...)));
  }

  std::optional<Amount> amount(const ConfigNode& at, const std::string& path,
                               const std::string& text, Dimension dimension) {
    std::string why;
    auto found = parse_amount(text, dimension, why);
    if (!found) mistake(at, path, "{}", why);
    return found;
  }

  // `node` becomes what it effectively is.
  ClientQuantity quantity(const std::string& name, ConfigNode& node, Dimension dimension) {
    QuantityTable table;
    if (node.is_text()) {
      table.median = node.text();
    } else {
      const std::size_t before = mistakes_.messages().size();
      table = option_table<QuantityTable>().read(node, "system." + name, mistakes_);
      if (mistakes_.messages().size() != before) return {};
    }
    using Type = ClientQuantity::Type;
    ClientQuantity q;
    q.type = table.type;
    if ((table.sigma || table.per) && q.type != Type::lognormal) {
      mistake(node, name, "sigma and per are options of type = \"lognormal\"");
    }
    if ((table.file || table.unit || table.checksum) && q.type != Type::trace) {
      mistake(node, name, "file, unit and checksum are options of type = \"trace\"");
    }
    std::optional<Amount> base;
    if (q.type == Type::trace) {
      if (!table.file || !table.unit || table.median) {
        mistake(node, name, "a trace has file and unit, and no median");
        return {};
      }
      std::string why;
      base = unit_amount(*table.unit, dimension, why);
      if (!base) {
        mistake(node, name + ".unit", "{}", why);
        return {};
      }
      const double least = dimension == Dimension::rate ? std::numeric_limits<double>::min() : 0;
      q.values = listed_values(node, name, *table.file, table.checksum, base->value, least);
    } else {
      if (!table.median) {
        mistake(node, name, "expected median, {}",
                q.type == Type::constant ? "the value" : "the middle of its values");
        return {};
      }
      base = amount(node, name, *table.median, dimension);
      if (!base) return {};
      q.median = base->value;
    }
    if (q.type == Type::lognormal) {
      if (!table.sigma) mistake(node, name, "expected sigma, the deviation of the logarithm");
      q.sigma = table.sigma.value_or(0);
      q.per = *(table.per = table.per.value_or(q.per));
    }
    if (dimension == Dimension::compute) choice_.model.is_per_sample = base->is_per_sample;
    node = option_table<QuantityTable>().write(table);
    return q;
  }

  void availability(ConfigNode& node) {
    Availability& a = choice_.model.availability;
    if (!node.is_table()) {
      a.type = Availability::Type::share;
      OptionType<double>::read(node, "system.availability", any_value, a.share, mistakes_);
      if (a.share == 1) a.type = Availability::Type::always;
      return;
    }
    const std::size_t before = mistakes_.messages().size();
    AvailabilityTable table =
        option_table<AvailabilityTable>().read(node, "system.availability", mistakes_);
    if (mistakes_.messages().size() != before) return;
    const bool is_markov = table.up && table.down && !table.file && !table.period;
    const bool is_trace = table.file && !table.up && !table.down;
    if (!is_markov && !is_trace) {
      mistake(node, "availability", "expected up and down, or file (and period)");
      return;
    }
    if (is_markov) {
      a.type = Availability::Type::markov;
      const auto up = amount(node, "availability.up", *table.up, Dimension::duration);
      const auto down = amount(node, "availability.down", *table.down, Dimension::duration);
      if (!up || !down) return;
      if (up->value == 0 || down->value == 0) {
        mistake(node, "availability", "expected mean times above 0");
      }
      a.up = up->value;
      a.down = down->value;
    } else {
      a.type = Availability::Type::trace;
      if (table.period) {
        const auto period = amount(node, "availability.period", *table.period, Dimension::duration);
        if (!period) return;
        if (period->value == 0) mistake(node, "availability.period", "expected a time above 0");
        a.period = period->value;
      }
      listed_intervals(node, *table.file, table.checksum);
    }
    node = option_table<AvailabilityTable>().write(table);
  }

  // Calls line(number, values) for every line of `columns` numbers, the first a client. False if
  // mistakes were added.
  template <class Line>
  bool each_line(const ConfigNode& node, const std::string& name, const std::string& file,
                 std::optional<std::string>& checksum, std::size_t columns, Line line) {
    const auto found = find_data_file(file, base_);
    if (!found) {
      mistake(node, name + ".file", "{}", found.error().message);
      return false;
    }
    const auto bytes = read_file(*found);
    if (!bytes) {
      mistake(node, name + ".file", "{}", bytes.error().message);
      return false;
    }
    const std::string sum = hash_bytes(*bytes).hex();
    if (checksum && *checksum != sum) {
      mistake(node, name + ".checksum", "expected {}, found {}: {} is not what it was", *checksum,
              sum, found->string());
      return false;
    }
    checksum = sum;
    choice_.files.emplace_back(name, *found);
    std::string_view rest(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view text = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (text.empty() || text.front() == '#') continue;
      std::vector<double> values;
      bool is_sound = true;
      while (is_sound && values.size() < columns) {
        const std::size_t comma = std::min(text.find(','), text.size());
        is_sound = read_number(text.substr(0, comma), values.emplace_back());
        text.remove_prefix(std::min(comma + 1, text.size()));
      }
      const bool is_header = number == 1 && !is_sound && values.size() == 1;
      if (is_header) continue;
      is_sound = is_sound && text.empty() && values[0] >= 0 && values[0] == std::floor(values[0]) &&
                 values[0] < static_cast<double>(clients_);
      if (!is_sound) {
        mistake(node, name + ".file", "{}:{}: expected {} numbers, the first a client below {}",
                found->string(), number, columns, clients_);
        return false;
      }
      if (const std::string wrong = line(values); !wrong.empty()) {
        mistake(node, name + ".file", "{}:{}: {}", found->string(), number, wrong);
        return false;
      }
    }
    return true;
  }

  std::vector<double> listed_values(const ConfigNode& node, const std::string& name,
                                    const std::string& file, std::optional<std::string>& checksum,
                                    double unit, double least) {
    constexpr double none = -1;
    std::vector<double> values(clients_, none);
    const bool is_read = each_line(node, name, file, checksum, 2, [&](const auto& line) {
      double& value = values[static_cast<std::size_t>(line[0])];
      if (value != none) return fmt::format("client {} has two values", line[0]);
      value = line[1] * unit;
      return value >= least ? std::string() : fmt::format("found {}, which is too small", line[1]);
    });
    if (!is_read) return {};
    const auto missing = std::find(values.begin(), values.end(), none);
    if (missing != values.end()) {
      mistake(node, name + ".file", "expected a value for each of {} clients, found none for {}",
              clients_, missing - values.begin());
    }
    return values;
  }

  void listed_intervals(const ConfigNode& node, const std::string& file,
                        std::optional<std::string>& checksum) {
    Availability& a = choice_.model.availability;
    a.intervals.assign(clients_, {});
    const double end = a.period > 0 ? a.period : Presence::never;
    each_line(node, "availability", file, checksum, 3, [&](const auto& line) -> std::string {
      auto& intervals = a.intervals[static_cast<std::size_t>(line[0])];
      const double after = intervals.empty() ? 0 : intervals.back().second;
      if (line[1] < after || line[1] >= line[2] || line[2] > end) {
        return fmt::format(
            "expected times that ascend, client by client, from {} to at most {}, "
            "found {} to {}",
            after, end, line[1], line[2]);
      }
      if (!intervals.empty() && line[1] == after) {
        intervals.back().second = line[2];
      } else {
        intervals.emplace_back(line[1], line[2]);
      }
      return {};
    });
  }

  std::uint64_t clients_;
  const std::filesystem::path& base_;
  Mistakes& mistakes_;
  SystemChoice choice_;
};

}  // namespace

std::optional<SystemChoice> read_system(const ConfigNode& section, std::uint64_t clients,
                                        std::uint64_t seed, const std::filesystem::path& base,
                                        Mistakes& mistakes) {
  return SystemReader(clients, base, mistakes).read(section, seed);
}

}  // namespace cohort
