#pragma once
// The gossip methods that ship, and the table [method] of a decentralized scenario.

#include "algorithms/decentralized.hpp"
#include "algorithms/method_config.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<GossipMethod>& gossip_methods();

struct GossipMethodSetup {
  std::shared_ptr<const GossipMethod> method;  // null after a mistake
  LocalPipeline local;
  ConfigNode effective;
};

/// [method] with its own options and `local`, whose state is kept from round to round unless it
/// says otherwise. See method_config.hpp.
GossipMethodSetup make_gossip_method(const ConfigNode& node, const std::string& path,
                                     const Registry<GossipMethod>&, const Stages&, Mistakes&);

}  // namespace cohort
