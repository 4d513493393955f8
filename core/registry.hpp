#pragma once
// Registry: a visible table from a name to an algorithm of one kind, its options and its source.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.hpp"

namespace cohort {

/// An algorithm of kind Base together with its effective options (with `type`).
template <class Base>
struct Made {
  std::shared_ptr<const Base> object;  // immutable; shared by every client and thread of a run
  ConfigNode options;
};

template <class Base>
class Registry {
 public:
  struct Entry {
    std::string name;
    std::string summary;  // one line
    std::string source;   // paper, as in references
    std::vector<OptionInfo> options;
    /// `node` is a table; never null unless mistakes were added.
    std::function<Made<Base>(const ConfigNode& node, const std::string& path, Mistakes&)> make;
  };

  /// `kind` names what is listed, as in "transform".
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  /// Algorithm has static constexpr name, summary and source, a nested Options (may be empty), and
  /// is made from its Options by Wrapper<Algorithm>(Options), which derives from Base.
  template <class Algorithm, template <class> class Wrapper>
  void add() {
    using Options = typename Algorithm::Options;
    Entry e{std::string(Algorithm::name),
            std::string(Algorithm::summary),
            std::string(Algorithm::source),
            option_table<Options>().infos(),
            {}};
    e.make = [](const ConfigNode& node, const std::string& path, Mistakes& mistakes) {
      const auto table = option_table<Options>();
      Options options = table.read(node, path, mistakes, {"type"});
      Made<Base> made;
      made.options = config_table();
      made.options.set("type", config_value(std::string(Algorithm::name)));
      const ConfigNode effective = table.write(options);
      for (const auto& [key, value] : effective.table()) made.options.set(key, value);
      made.object = std::make_shared<const Wrapper<Algorithm>>(std::move(options));
      return made;
    };
    entries_.push_back(std::move(e));
  }

  const std::string& kind() const { return kind_; }
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const Entry& e : entries_) out.push_back(e.name);
    return out;
  }
  const Entry* find(std::string_view name) const {
    for (const Entry& e : entries_) {
      if (e.name == name) return &e;
    }
    return nullptr;
  }

  /// From a text s (= { type = s }) or a table with `type`; null with a mistake otherwise.
  Made<Base> make(const ConfigNode& node, const std::string& path, Mistakes& mistakes) const {
    ConfigNode table = node;
    if (node.is_text()) {
      table = config_table();
      table.spot = node.spot;
      table.set("type", node);
    }
    const ConfigNode* type = table.find("type");
    if (type == nullptr || !type->is_text()) {
      options_detail::expected(node, path, "the name of a " + kind_ + " or a table with type",
                               mistakes);
      return {};
    }
    const Entry* entry = find(type->text());
    if (entry == nullptr) {
      mistakes.add(type->spot, unknown_name_message(kind_, type->text(), path, names()));
      return {};
    }
    return entry->make(table, path, mistakes);
  }

 private:
  std::string kind_;
  std::vector<Entry> entries_;
};

}  // namespace cohort
