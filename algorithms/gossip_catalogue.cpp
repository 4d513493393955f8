#include "algorithms/gossip_catalogue.hpp"

#include <fmt/format.h>

#include "algorithms/gossip/choco_sgd.hpp"
#include "algorithms/gossip/clipped_gossip.hpp"
#include "algorithms/gossip/d2.hpp"
#include "algorithms/gossip/d_psgd.hpp"
#include "algorithms/gossip/epidemic_learning.hpp"
#include "algorithms/gossip/extra.hpp"
#include "algorithms/gossip/gradient_tracking.hpp"
#include "algorithms/gossip/push_sum.hpp"

namespace cohort {

const Registry<GossipMethod>& gossip_methods() {
  static const Registry<GossipMethod> table = [] {
    Registry<GossipMethod> r("gossip method");
    r.add<DPsgd, GossipOf>();
    r.add<GradientTracking, GossipOf>();
    r.add<Extra, GossipOf>();
    r.add<D2, GossipOf>();
    r.add<PushSum, GossipOf>();
    r.add<EpidemicLearning, GossipOf>();
    r.add<ClippedGossip, GossipOf>();
    r.add<ChocoSgd, GossipOf>();
    return r;
  }();
  return table;
}

namespace {

// Transforms are of what goes to a server; a compressor may act on what neighbours are told.
void read_update(const ConfigNode* given, const std::string& path, const Stages& stages,
                 Mistakes& mistakes, GossipMethodSetup& setup) {
  if (!setup.method->needs().compression) {
    if (given == nullptr) return;
    mistakes.add(given->spot,
                 fmt::format("{}: {} shares whole models, of which no update is sent to a server "
                             "and none is compressed; choco_sgd takes a compressor",
                             path, setup.method->name()));
    return;
  }
  ConfigNode effective;
  const Chain chain = make_update_chain(given, path, stages, mistakes, effective, setup.compressor);
  if (!chain.transforms.empty()) {
    mistakes.add(given->spot, fmt::format("{}.transforms: are of updates to a server, which gossip "
                                          "has not; expected compressor only",
                                          path));
  }
  setup.effective.set("update", std::move(effective));
}

}  // namespace

GossipMethodSetup make_gossip_method(const ConfigNode& node, const std::string& path,
                                     const Registry<GossipMethod>& methods, const Stages& stages,
                                     Mistakes& mistakes) {
  ConfigNode rest = node;
  std::optional<ConfigNode> update;
  if (const ConfigNode* given = node.find("update")) {
    update = *given;
    std::erase_if(rest.table(), [](const auto& entry) { return entry.first == "update"; });
  }
  GossipMethodSetup setup{make_without_server(rest, path, "gossip", methods, stages, mistakes),
                          nullptr};
  if (setup.method == nullptr) return setup;
  read_update(update ? &*update : nullptr, path + ".update", stages, mistakes, setup);
  return setup;
}

}  // namespace cohort
