#pragma once
// The gossip methods that ship, and the table [method] of a decentralized scenario.

#include "algorithms/decentralized.hpp"
#include "algorithms/method_config.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<GossipMethod>& gossip_methods();

struct GossipMethodSetup : ServerlessSetup<GossipMethod> {
  std::shared_ptr<const Compressor> compressor;  // null: none
};

/// [method] with its own options, `local`, whose state is kept from round to round unless it says
/// otherwise, and the compressor of `update` if the method takes one. See method_config.hpp.
GossipMethodSetup make_gossip_method(const ConfigNode& node, const std::string& path,
                                     const Registry<GossipMethod>&, const Stages&, Mistakes&);

}  // namespace cohort
