#pragma once
// Options are declared once, beside the algorithm that has them:
//
//   struct Options {
//     double norm = 1.0;
//     static void declare(OptionTable<Options>& t) {
//       t.add("norm", &Options::norm, positive, "largest l2 norm that passes unchanged");
//     }
//   };
//
// Loader, --explain, `cohort list` and the generated reference all read that one declaration.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/config.hpp"

namespace cohort {

/// Who may set an option: everything that decides the result is `scenario`; commands, paths and
/// addresses belong to the `site` and are refused when they arrive from a peer.
enum class Scope : std::uint8_t { scenario, site };

struct Bounds {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_open = false;
  bool max_open = false;

  bool admits(double x) const {
    return (min_open ? x > min : x >= min) && (max_open ? x < max : x <= max);
  }
  std::string to_string() const;
};
inline constexpr Bounds any_value{};
inline constexpr Bounds positive{0, std::numeric_limits<double>::infinity(), true, false};
inline constexpr Bounds non_negative{0, std::numeric_limits<double>::infinity(), false, false};
inline constexpr Bounds probability{0, 1, false, false};
inline constexpr Bounds zero_to_below_one{0, 1, false, true};
constexpr Bounds at_least(double least) { return {least}; }

/// What `cohort list` and the reference say of an option.
struct OptionInfo {
  std::string name;
  std::string type;
  std::string range;
  std::string fallback;  // default, as TOML
  std::string help;
  Scope scope = Scope::scenario;
};

/// How a type is read from a scenario and written back. Specialised for what an option may be; a
/// type of one's own specialises it beside its definition.
///   static std::string name();
///   static bool read(const ConfigNode&, const std::string& path, const Bounds&, T&, Mistakes&);
///   static ConfigNode write(const T&);
template <class T>
struct OptionType;

namespace options_detail {
/// "path: expected …, found …"
void expected(const ConfigNode& node, const std::string& path, const std::string& what,
              Mistakes& mistakes);
bool read_real(const ConfigNode&, const std::string& path, const Bounds&, double&, Mistakes&);
bool read_integer(const ConfigNode&, const std::string& path, const Bounds&, std::int64_t&,
                  Mistakes&);
/// Names every key of `node` that is not in `known`.
void refuse_unknown(const ConfigNode& node, const std::string& path,
                    const std::vector<std::string>& known, Mistakes& mistakes);
}  // namespace options_detail

template <>
struct OptionType<bool> {
  static std::string name() { return "truth value"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, bool& out,
                   Mistakes& mistakes) {
    if (const bool* v = std::get_if<bool>(&node.value)) {
      out = *v;
      return true;
    }
    options_detail::expected(node, path, "true or false", mistakes);
    return false;
  }
  static ConfigNode write(bool v) { return config_value(v); }
};

template <>
struct OptionType<double> {
  static std::string name() { return "number"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds,
                   double& out, Mistakes& mistakes) {
    return options_detail::read_real(node, path, bounds, out, mistakes);
  }
  static ConfigNode write(double v) { return config_value(v); }
};

template <class T>
requires std::is_integral_v<T>
struct OptionType<T> {
  static std::string name() { return "whole number"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds, T& out,
                   Mistakes& mistakes) {
    Bounds b = bounds;
    if (std::is_unsigned_v<T> && b.min < 0) b = non_negative;
    std::int64_t wide = 0;
    if (!options_detail::read_integer(node, path, b, wide, mistakes)) return false;
    out = static_cast<T>(wide);
    return true;
  }
  static ConfigNode write(T v) { return config_value(static_cast<std::int64_t>(v)); }
};

template <>
struct OptionType<std::string> {
  static std::string name() { return "text"; }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, std::string& out,
                   Mistakes& mistakes) {
    if (node.is_text()) {
      out = node.text();
      return true;
    }
    options_detail::expected(node, path, "a text", mistakes);
    return false;
  }
  static ConfigNode write(const std::string& v) { return config_value(v); }
};

/// An enumeration lists its names: `std::vector<std::pair<std::string, E>> option_names(E)`, found
/// by argument-dependent lookup.
template <class T>
requires std::is_enum_v<T>
struct OptionType<T> {
  static std::string name() {
    std::string all;
    for (const auto& [text, value] : option_names(T{})) {
      all += (all.empty() ? "\"" : " | \"") + text + "\"";
    }
    return all;
  }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds&, T& out,
                   Mistakes& mistakes) {
    if (node.is_text()) {
      for (const auto& [text, value] : option_names(T{})) {
        if (text == node.text()) {
          out = value;
          return true;
        }
      }
    }
    options_detail::expected(node, path, name(), mistakes);
    return false;
  }
  static ConfigNode write(T v) {
    for (const auto& [text, value] : option_names(T{})) {
      if (value == v) return config_value(text);
    }
    return {};
  }
};

template <class T>
struct OptionType<std::optional<T>> {
  static std::string name() { return OptionType<T>::name(); }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds,
                   std::optional<T>& out, Mistakes& mistakes) {
    return OptionType<T>::read(node, path, bounds, out.emplace(), mistakes);
  }
  /// Nothing is written for an option that is not set.
  static ConfigNode write(const std::optional<T>& v) {
    return v ? OptionType<T>::write(*v) : ConfigNode{};
  }
};

template <class T>
struct OptionType<std::vector<T>> {
  static std::string name() { return "list of " + OptionType<T>::name(); }
  static bool read(const ConfigNode& node, const std::string& path, const Bounds& bounds,
                   std::vector<T>& out, Mistakes& mistakes) {
    if (!node.is_list()) {
      options_detail::expected(node, path, "a " + name(), mistakes);
      return false;
    }
    out.clear();
    bool ok = true;
    for (std::size_t i = 0; i < node.list().size(); ++i) {
      T element{};
      ok &= OptionType<T>::read(node.list()[i], path + "[" + std::to_string(i) + "]", bounds,
                                element, mistakes);
      out.push_back(std::move(element));
    }
    return ok;
  }
  static ConfigNode write(const std::vector<T>& v) {
    ConfigNode::List list;
    for (const T& element : v) list.push_back(OptionType<T>::write(element));
    return config_value(std::move(list));
  }
};

/// The declared options of a struct O, whose in-class initialisers are the defaults.
template <class O>
class OptionTable {
 public:
  /// B is O, or a base of O whose options O has too.
  template <class T, class B>
  requires std::is_base_of_v<B, O> OptionTable& add(std::string name, T B::*member, Bounds bounds,
                                                    std::string help,
                                                    Scope scope = Scope::scenario) {
    Entry e;
    const ConfigNode fallback = OptionType<T>::write(O{}.*member);
    e.info = {name,
              OptionType<T>::name(),
              bounds.to_string(),
              fallback.is_none() ? "" : fallback.to_toml(),
              std::move(help),
              scope};
    e.read = [member, bounds](const ConfigNode& node, const std::string& path, O& out,
                              Mistakes& mistakes) {
      return OptionType<T>::read(node, path, bounds, out.*member, mistakes);
    };
    e.write = [member](const O& options) { return OptionType<T>::write(options.*member); };
    entries_.push_back(std::move(e));
    return *this;
  }
  template <class T, class B>
  requires std::is_base_of_v<B, O> OptionTable& add(std::string name, T B::*member,
                                                    std::string help,
                                                    Scope scope = Scope::scenario) {
    return add(std::move(name), member, any_value, std::move(help), scope);
  }

  /// An option that is the entry of a map with its name, absent unless it is given.
  template <class T, class B>
  requires std::is_base_of_v<B, O> OptionTable& add_entry(std::string name,
                                                          std::map<std::string, T> B::*member,
                                                          Bounds bounds, std::string help) {
    Entry e;
    e.info = {name, OptionType<T>::name(), bounds.to_string(),
              "",   std::move(help),       Scope::scenario};
    e.read = [member, bounds, name](const ConfigNode& node, const std::string& path, O& out,
                                    Mistakes& mistakes) {
      return OptionType<T>::read(node, path, bounds, (out.*member)[name], mistakes);
    };
    e.write = [member, name](const O& options) {
      const auto found = (options.*member).find(name);
      return found == (options.*member).end() ? ConfigNode{} : OptionType<T>::write(found->second);
    };
    entries_.push_back(std::move(e));
    return *this;
  }

  std::vector<OptionInfo> infos() const {
    std::vector<OptionInfo> out;
    for (const Entry& e : entries_) out.push_back(e.info);
    return out;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Entry& e : entries_) out.push_back(e.info.name);
    return out;
  }

  /// Reads every declared option that `table` has; names every key that is neither declared nor
  /// in `also_known`. `path` is for messages, as in "method.local.optimizer".
  O read(const ConfigNode& table, const std::string& path, Mistakes& mistakes,
         const std::vector<std::string>& also_known = {}) const {
    O options{};
    auto known = names();
    known.insert(known.end(), also_known.begin(), also_known.end());
    options_detail::refuse_unknown(table, path, known, mistakes);
    for (const Entry& e : entries_) {
      if (const ConfigNode* node = table.find(e.info.name)) {
        e.read(*node, path.empty() ? e.info.name : path + "." + e.info.name, options, mistakes);
      }
    }
    return options;
  }
  /// The effective options, defaults filled in; options of the site left out unless asked for.
  ConfigNode write(const O& options, bool with_site = false) const {
    ConfigNode node = config_table();
    for (const Entry& e : entries_) {
      if (e.info.scope == Scope::site && !with_site) continue;
      ConfigNode v = e.write(options);
      if (!v.is_none()) node.set(e.info.name, std::move(v));
    }
    return node;
  }

 private:
  struct Entry {
    OptionInfo info;
    std::function<bool(const ConfigNode&, const std::string&, O&, Mistakes&)> read;
    std::function<ConfigNode(const O&)> write;
  };
  std::vector<Entry> entries_;
};

/// The table of O, made from its declaration.
template <class O>
OptionTable<O> option_table() {
  OptionTable<O> table;
  if constexpr (requires { O::declare(table); }) O::declare(table);
  return table;
}

}  // namespace cohort
