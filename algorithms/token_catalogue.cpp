#include "algorithms/token_catalogue.hpp"

#include "algorithms/tokens/clipped_token.hpp"
#include "algorithms/tokens/markov_chain_gd.hpp"
#include "algorithms/tokens/random_walk_sgd.hpp"
#include "algorithms/tokens/walkman.hpp"

namespace cohort {

const Registry<TokenMethod>& token_methods() {
  static const Registry<TokenMethod> table = [] {
    Registry<TokenMethod> r("token method");
    r.add<RandomWalkSgd, TokenOf>();
    r.add<MarkovChainGd, TokenOf>();
    r.add<Walkman, TokenOf>();
    r.add<ClippedToken, TokenOf>();
    return r;
  }();
  return table;
}

TokenMethodSetup make_token_method(const ConfigNode& node, const std::string& path,
                                   const Registry<TokenMethod>& methods, const Stages& stages,
                                   Mistakes& mistakes) {
  return make_without_server(node, path, "a walk", methods, stages, mistakes);
}

}  // namespace cohort
