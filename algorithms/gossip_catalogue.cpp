#include "algorithms/gossip_catalogue.hpp"

#include <fmt/format.h>

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
    return r;
  }();
  return table;
}

GossipMethodSetup make_gossip_method(const ConfigNode& node, const std::string& path,
                                     const Registry<GossipMethod>& methods, const Stages& stages,
                                     Mistakes& mistakes) {
  GossipMethodSetup setup;
  ConfigNode own = node;
  ConfigNode local = config_table();
  if (own.is_table()) {
    if (const ConfigNode* given = own.find("local")) local = *given;
    std::erase_if(own.table(), [](const auto& entry) { return entry.first == "local"; });
    for (const char* other : {"update", "server"}) {
      const ConfigNode* given = own.find(other);
      if (given == nullptr) continue;
      mistakes.add(given->spot, fmt::format("{}.{}: gossip has no server and no update that is "
                                            "sent to one; expected local only",
                                            path, other));
      std::erase_if(own.table(), [&](const auto& entry) { return entry.first == other; });
    }
  }
  const std::size_t before = mistakes.messages().size();
  auto made = methods.make(own, path, mistakes);
  if (made.object == nullptr) return setup;
  setup.effective = std::move(made.options);
  // A round has one step or a few: momentum that starts anew each round would be none.
  if (local.is_table() && local.find("state") == nullptr) {
    local.set("state", config_value(std::string("keep")));
  }
  ConfigNode effective;
  setup.local = make_local_pipeline(&local, path + ".local", stages, mistakes, effective);
  setup.effective.set("local", std::move(effective));
  if (mistakes.messages().size() != before) return setup;
  made.object->validate(setup.local, own, path, mistakes);
  setup.method = std::move(made.object);
  return setup;
}

}  // namespace cohort
