#pragma once
// The token methods that ship, and the table [method] of a scenario whose tokens walk.

#include "algorithms/method_config.hpp"
#include "algorithms/token.hpp"
#include "core/registry.hpp"

namespace cohort {

const Registry<TokenMethod>& token_methods();

using TokenMethodSetup = ServerlessSetup<TokenMethod>;

/// [method] with its own options and `local`, whose state is kept from visit to visit unless it
/// says otherwise. See method_config.hpp.
TokenMethodSetup make_token_method(const ConfigNode& node, const std::string& path,
                                   const Registry<TokenMethod>&, const Stages&, Mistakes&);

}  // namespace cohort
