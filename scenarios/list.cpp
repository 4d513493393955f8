#include "scenarios/list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "problems/data/graph_file.hpp"
#include "scenarios/sections.hpp"

namespace cohort {

namespace {

struct Item {
  std::string name;
  std::string summary;
  std::string source;
  std::vector<OptionInfo> options;
  std::vector<std::string> notes = {};
};

struct Kind {
  std::string name;
  std::string where;  // the option that names one
  std::vector<Item> items;
};

template <class Base>
Kind kind_of(std::string name, std::string where, const Registry<Base>& registry) {
  Kind kind{std::move(name), std::move(where), {}};
  for (const auto& entry : registry.entries()) {
    kind.items.push_back({entry.name, entry.summary, entry.source, entry.options});
  }
  return kind;
}

/// What each rule tolerates, guarantees and costs; of this many updates, or of some numbers.
Kind rules_kind(const Registry<Rule>& registry, std::optional<std::size_t> updates) {
  Kind kind = kind_of("rule", "aggregation.rule", registry);
  for (Item& item : kind.items) {
    Mistakes none;
    const auto rule = registry.make(config_value(item.name), "", none).object;
    const auto most = [&rule](std::size_t n) { return rule->tolerated(n); };
    const char* needs = rule->needs_f() ? "; needs f" : "";
    item.notes.push_back(
        updates ? fmt::format("tolerates {} of {} updates{}", most(*updates), *updates, needs)
                : fmt::format("tolerates {} of 10, {} of 20, {} of 50 updates{}", most(10),
                              most(20), most(50), needs));
    const std::size_t n = updates.value_or(20),
                      f = updates ? most(n) : std::min(std::size_t{4}, most(n));
    if (const auto kappa = rule->kappa(n, f)) {
      item.notes.push_back(fmt::format("kappa {:.3g} at f = {} of {}; no rule is below {:.3g}",
                                       *kappa, f, n, kappa_ratio(n, f)));
    } else {
      item.notes.emplace_back("kappa: none is known");
    }
    if (!rule->cost().empty()) item.notes.push_back(fmt::format("cost: {}", rule->cost()));
  }
  return kind;
}

/// Constants and encoded size of each with its defaults.
Kind compressors_kind(const Registry<Compressor>& registry) {
  constexpr std::uint64_t d = 10000;
  Kind kind = kind_of("compressor", "method.update.compressor", registry);
  for (Item& item : kind.items) {
    Mistakes none;
    const auto compressor = registry.make(config_value(item.name), "", none).object;
    const auto omega = compressor->omega(d), delta = compressor->delta(d);
    item.notes.push_back(fmt::format("{}; {} bytes; with its defaults at d = {}",
                                     omega   ? fmt::format("unbiased, omega = {:.3g}", *omega)
                                     : delta ? fmt::format("contractive, delta = {:.6g}", *delta)
                                             : "neither constant",
                                     compressor->bytes(d), d));
  }
  return kind;
}

/// Topologies, and the graphs that ship.
Kind graphs_kind(const Registry<Topology>& registry) {
  Kind kind = kind_of("graph", "graph.type, cohort graph", registry);
  for (const BuiltinGraph& g : builtin_graphs()) {
    kind.items.push_back({std::string(g.name),
                          fmt::format("{}: {} nodes, {} edges", g.what, g.nodes, g.edges),
                          std::string(g.source),
                          {}});
  }
  return kind;
}

std::vector<Kind> all_kinds(const Catalogue& c, std::optional<std::size_t> updates) {
  std::vector<Kind> kinds = {
      kind_of("method", "method.type", *c.methods),
      kind_of("model", "model.type", *c.models),
      kind_of("problem", "problem.type", *c.problems),
      kind_of("estimator", "method.local.estimator", *c.estimators),
      kind_of("transform", "method.{local, update, server}.transforms", *c.transforms),
      kind_of("optimizer", "method.{local, server}.optimizer", *c.optimizers),
      compressors_kind(*c.compressors),
      rules_kind(*c.rules, updates),
      kind_of("pre_aggregator", "aggregation.pre_aggregators", *c.row_maps),
      kind_of("attack", "clients.byzantine.attack", *c.attacks),
      kind_of("gossip_method", "method.type of schedule.type = \"gossip\"", *c.gossip_methods),
      graphs_kind(*c.graphs),
      kind_of("mixing", "graph.mixing", *c.mixings),
      kind_of("walk", "walk.type, cohort walk --kernel", *c.walks),
      kind_of("token_method", "method.type of schedule.type = \"random_walk\"", *c.token_methods),
  };
  Kind data{"data", "data.name", {}};
  for (const auto& entry : builtin_data()) {
    data.items.push_back(
        {std::string(entry.name),
         fmt::format("{} rows, {} features, {}", entry.rows, entry.features,
                     entry.classes > 0 ? fmt::format("{} classes", entry.classes) : "values"),
         std::string(entry.origin),
         {}});
  }
  kinds.push_back(std::move(data));
  Kind sections{"section", "a scenario file", {}};
  for (auto& section : section_infos()) {
    sections.items.push_back({section.name, section.help, "", std::move(section.options)});
  }
  kinds.push_back(std::move(sections));
  return kinds;
}

std::string type_and_range(const OptionInfo& option) {
  return option.range.empty() ? option.type : option.type + " " + option.range;
}

std::string as_text(const Kind& kind, bool with_options) {
  std::size_t width = 0;
  for (const Item& item : kind.items) width = std::max(width, item.name.size());
  std::string out = fmt::format("{}  ({})\n", kind.name, kind.where);
  for (const Item& item : kind.items) {
    out += fmt::format("  {:<{}}  {}\n", item.name, width, item.summary);
    if (!with_options) continue;
    if (!item.source.empty()) out += fmt::format("      {}\n", item.source);
    for (const std::string& note : item.notes) out += fmt::format("      {}\n", note);
    for (const OptionInfo& option : item.options) {
      out += fmt::format("      {} ({}){}{}: {}\n", option.name, type_and_range(option),
                         option.fallback.empty() ? "" : " = ", option.fallback, option.help);
    }
  }
  return out;
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string as_markdown(const Kind& kind) {
  std::string out = fmt::format("## {}\n\nNamed by `{}`.\n", kind.name, kind.where);
  for (const Item& item : kind.items) {
    out += fmt::format("\n### {}\n\n{}\n", item.name, item.summary);
    if (!item.source.empty()) out += fmt::format("\nSource: {}\n", item.source);
    for (const std::string& note : item.notes) out += fmt::format("\n- {}", note);
    if (!item.notes.empty()) out += "\n";
    if (item.options.empty()) continue;
    out += "\n| option | type | default | meaning |\n|---|---|---|---|\n";
    for (const OptionInfo& option : item.options) {
      out += fmt::format("| `{}` | {} | {} | {} |\n", option.name, cell(type_and_range(option)),
                         option.fallback.empty() ? "" : "`" + cell(option.fallback) + "`",
                         cell(option.help));
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> list_kinds() {
  return {"method",     "model", "problem",        "estimator", "transform",     "optimizer",
          "compressor", "rule",  "pre_aggregator", "attack",    "gossip_method", "graph",
          "mixing",     "walk",  "token_method",   "data",      "section"};
}

Result<std::string> list(const Catalogue& catalogue, const std::string& asked, bool is_markdown,
                         std::optional<std::size_t> updates) {
  const std::string kind = asked == "aggregator" || asked == "aggregators" ? "rule" : asked;
  if (updates && kind != "rule" && kind != "rules") {
    return bad_input("cohort list: --updates is for rules");
  }
  std::string out;
  for (const Kind& k : all_kinds(catalogue, updates)) {
    if (!kind.empty() && kind != k.name && kind != k.name + "s") continue;
    if (!out.empty()) out += "\n";
    out += is_markdown ? as_markdown(k) : as_text(k, !kind.empty());
  }
  if (out.empty()) {
    return bad_input(unknown_name_message("kind", kind, "cohort list", list_kinds()));
  }
  if (kind.empty() && !is_markdown) out += "\ncohort list KIND shows the options of each.\n";
  return out;
}

}  // namespace cohort
