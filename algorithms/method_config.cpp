#include "algorithms/method_config.hpp"

#include <fmt/format.h>

#include "algorithms/down.hpp"
#include "algorithms/optimizers/sgd.hpp"

namespace cohort {
namespace {

enum class LocalState : std::uint8_t { reset, keep };
std::vector<std::pair<std::string, LocalState>> option_names(LocalState) {
  return {{"reset", LocalState::reset}, {"keep", LocalState::keep}};
}

struct LocalOptions {
  LocalState state = LocalState::reset;
  static void declare(OptionTable<LocalOptions>& t) {
    t.add("state", &LocalOptions::state,
          "whether transforms and optimizer start anew each round; the estimator never does");
  }
};

ConfigNode sgd_with(double rate) {
  ConfigNode node = config_table();
  node.set("type", config_value(std::string(Sgd::name)));
  node.set("learning_rate", config_value(rate));
  return node;
}

/// A table that names no type, or that of `fallback`, has what it lacks from there.
ConfigNode merged(const ConfigNode* node, const ConfigNode& fallback) {
  if (node == nullptr) return fallback;
  const std::string& fallback_type = fallback.find("type")->text();
  ConfigNode table = *node;
  if (node->is_text()) {
    if (node->text() != fallback_type) return *node;
    table.value = ConfigNode::Table{{"type", *node}};
  }
  if (!table.is_table()) return *node;
  const ConfigNode* type = table.find("type");
  if (type != nullptr && !(type->is_text() && type->text() == fallback_type)) return *node;
  for (const auto& [key, value] : fallback.table()) {
    if (table.find(key) == nullptr) table.set(key, value);
  }
  return table;
}

const ConfigNode* find(const ConfigNode* node, std::string_view key) {
  return node == nullptr ? nullptr : node->find(key);
}

std::shared_ptr<const Optimizer> make_optimizer(const ConfigNode* node, const std::string& path,
                                                double default_rate, const Stages& stages,
                                                Mistakes& mistakes, ConfigNode& effective) {
  auto made = stages.optimizers->make(merged(find(node, "optimizer"), sgd_with(default_rate)),
                                      path + ".optimizer", mistakes);
  effective.set("optimizer", std::move(made.options));
  return made.object;
}

Chain make_transforms(const ConfigNode* node, const std::string& path, const Stages& stages,
                      Mistakes& mistakes, ConfigNode& effective) {
  ConfigNode list;
  Chain chain = make_chain(find(node, "transforms"), path + ".transforms", stages, mistakes, list);
  effective.set("transforms", std::move(list));
  return chain;
}

void refuse_other_keys(const ConfigNode* node, const std::string& path,
                       const std::vector<std::string>& known, Mistakes& mistakes) {
  if (node != nullptr) options_detail::refuse_unknown(*node, path, known, mistakes);
}

}  // namespace

Chain make_chain(const ConfigNode* list, const std::string& path, const Stages& stages,
                 Mistakes& mistakes, ConfigNode& effective) {
  Chain chain;
  ConfigNode::List options;
  if (list != nullptr && !list->is_list()) {
    options_detail::expected(*list, path, "a list of transforms", mistakes);
  } else if (list != nullptr) {
    for (std::size_t i = 0; i < list->list().size(); ++i) {
      auto made =
          stages.transforms->make(list->list()[i], fmt::format("{}[{}]", path, i), mistakes);
      chain.transforms.push_back(std::move(made.object));
      options.push_back(std::move(made.options));
    }
  }
  effective = config_value(std::move(options));
  return chain;
}

LocalPipeline make_local_pipeline(const ConfigNode* node, const std::string& path,
                                  const Stages& stages, Mistakes& mistakes, ConfigNode& effective) {
  LocalPipeline pipeline;
  effective = config_table();
  const ConfigNode* estimator = find(node, "estimator");
  auto made = stages.estimators->make(
      estimator != nullptr ? *estimator : config_value(std::string("minibatch")),
      path + ".estimator", mistakes);
  pipeline.estimator = std::move(made.object);
  effective.set("estimator", std::move(made.options));
  pipeline.chain = make_transforms(node, path, stages, mistakes, effective);
  pipeline.optimizer = make_optimizer(node, path, 0.1, stages, mistakes, effective);

  const auto table = option_table<LocalOptions>();
  const LocalOptions options = table.read(node != nullptr ? *node : config_table(), path, mistakes,
                                          {"estimator", "transforms", "optimizer"});
  pipeline.keeps_state = options.state == LocalState::keep;
  const ConfigNode written = table.write(options);
  for (const auto& [key, value] : written.table()) effective.set(key, value);
  return pipeline;
}

Chain make_update_chain(const ConfigNode* node, const std::string& path, const Stages& stages,
                        Mistakes& mistakes, ConfigNode& effective,
                        std::shared_ptr<const Compressor>& compressor) {
  effective = config_table();
  refuse_other_keys(node, path, {"transforms", "compressor"}, mistakes);
  Chain chain = make_transforms(node, path, stages, mistakes, effective);
  if (const ConfigNode* given = find(node, "compressor")) {
    auto made = stages.compressors->make(*given, path + ".compressor", mistakes);
    compressor = std::move(made.object);
    effective.set("compressor", std::move(made.options));
  }
  return chain;
}

namespace {

std::shared_ptr<const Compressor> make_down(const ConfigNode& node, const std::string& path,
                                            const Method& method, const Stages& stages,
                                            Mistakes& mistakes, ConfigNode& effective) {
  effective = config_table();
  refuse_other_keys(&node, path, {"compressor"}, mistakes);
  const ConfigNode* given = node.find("compressor");
  if (given == nullptr) {
    mistakes.add(node.spot, fmt::format("{}: expected compressor, of the model", path));
    return nullptr;
  }
  if (const std::string why = why_not_down(method); !why.empty()) {
    mistakes.add(node.spot, fmt::format("{}: {} {}; expected a method of one exchange that sends "
                                        "the model alone, as fedavg or ef21",
                                        path, method.name(), why));
    return nullptr;
  }
  auto made = stages.compressors->make(*given, path + ".compressor", mistakes);
  effective.set("compressor", std::move(made.options));
  return made.object;
}

}  // namespace

ServerPipeline make_server_pipeline(const ConfigNode* node, const std::string& path,
                                    double default_rate, const Stages& stages, Mistakes& mistakes,
                                    ConfigNode& effective) {
  ServerPipeline pipeline;
  effective = config_table();
  refuse_other_keys(node, path, {"transforms", "optimizer"}, mistakes);
  pipeline.chain = make_transforms(node, path, stages, mistakes, effective);
  pipeline.optimizer = make_optimizer(node, path, default_rate, stages, mistakes, effective);
  if (pipeline.optimizer != nullptr && pipeline.optimizer->needs_value()) {
    mistakes.add(node->find("optimizer")->spot,
                 fmt::format("{}.optimizer: {} reads the value of a batch, which only local steps "
                             "have; expected another optimizer",
                             path, pipeline.optimizer->name()));
  }
  return pipeline;
}

ServerlessTable without_server(const ConfigNode& node, const std::string& path,
                               std::string_view protocol, Mistakes& mistakes) {
  ServerlessTable out{node, config_table()};
  if (out.own.is_table()) {
    if (const ConfigNode* given = out.own.find("local")) out.local = *given;
    std::erase_if(out.own.table(), [](const auto& entry) { return entry.first == "local"; });
    for (const char* other : {"update", "down", "server"}) {
      const ConfigNode* given = out.own.find(other);
      if (given == nullptr) continue;
      mistakes.add(given->spot, fmt::format("{}.{}: {} has no server and no update that is sent to "
                                            "one; expected local only",
                                            path, other, protocol));
      std::erase_if(out.own.table(), [&](const auto& entry) { return entry.first == other; });
    }
  }
  // A round has one step or a few: momentum that starts anew each round would be none.
  if (out.local.is_table() && out.local.find("state") == nullptr) {
    out.local.set("state", config_value(std::string("keep")));
  }
  return out;
}

MethodSetup make_method(const ConfigNode& node, const std::string& path,
                        const Registry<Method>& methods, const Stages& stages, Mistakes& mistakes) {
  MethodSetup setup;
  ConfigNode own = node;
  if (own.is_table()) {
    std::erase_if(own.table(), [](const auto& entry) {
      return entry.first == "local" || entry.first == "update" || entry.first == "down" ||
             entry.first == "server";
    });
  }
  const std::size_t before = mistakes.messages().size();
  auto made = methods.make(own, path, mistakes);
  if (made.object == nullptr) return setup;
  const bool is_sound = mistakes.messages().size() == before;
  const MethodNeeds needs = made.object->needs();
  setup.effective = std::move(made.options);

  const auto used = [&](std::string_view key, bool is_used) {
    const ConfigNode* given = node.find(key);
    if (given == nullptr || is_used) return given;
    mistakes.add(given->spot, fmt::format("{}.{}: the method {} does not use it", path, key,
                                          made.object->name()));
    return static_cast<const ConfigNode*>(nullptr);
  };
  const ConfigNode* local = used("local", needs.uses_local);
  const ConfigNode* server = used("server", needs.uses_server);
  ConfigNode effective;
  if (needs.uses_local) {
    ConfigNode stated = local != nullptr ? *local : config_table();
    if (stated.is_table() && stated.find("estimator") == nullptr) {
      stated.set("estimator", config_value(std::string(needs.estimator)));
    }
    setup.local = make_local_pipeline(&stated, path + ".local", stages, mistakes, effective);
    setup.effective.set("local", std::move(effective));
  }
  setup.update = make_update_chain(node.find("update"), path + ".update", stages, mistakes,
                                   effective, setup.compressor);
  setup.effective.set("update", std::move(effective));
  if (const ConfigNode* down = node.find("down")) {
    setup.down = make_down(*down, path + ".down", *made.object, stages, mistakes, effective);
    setup.effective.set("down", std::move(effective));
  }
  if (needs.uses_server) {
    setup.server = make_server_pipeline(server, path + ".server", needs.uses_local ? 1.0 : 0.1,
                                        stages, mistakes, effective);
    setup.effective.set("server", std::move(effective));
  }
  if (is_sound && mistakes.messages().size() == before) {
    made.object->validate(setup.local, own, path, mistakes);
  }
  if (is_sound) setup.method = made.object->with(setup.compressor);
  if (is_sound && setup.down) setup.method = with_down(std::move(setup.method), setup.down);
  return setup;
}

}  // namespace cohort
