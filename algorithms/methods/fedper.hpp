#pragma once
// FedPer: a body that clients share below heads that are their own.
//   client i   (y_i, h_i) ← (x, h_i), K steps of its local pipeline on both at once
//              u_i = y_i − x; h_i stays
//   server     x ← x + η_g Σ_S p_i u_i / Σ_S p_i     by its optimizer or a rule
// -----------------------------------------------------------------------------------------------
// x, y_i, u_i [shared] body, local body and update; h_i [owned] the head of client i, which starts
// as the model does; owned = the layers of the head; p_i client weights, S the cohort.
// Source: Arivazhagan, Aggarwal, Singh, Choudhary, Federated learning with personalization layers,
//   2019, algorithms 1 and 2; there every client takes part in every round. The first layers as
//   `owned` are the split of Liang et al., LG-FedAvg, 2020: local bodies below a shared head.
// With nothing owned it is FedAvg, bit for bit.
// Cost a round: 1 ask; the body down and up; FedAvg's gradients; client state the head.

#include "algorithms/local.hpp"
#include "algorithms/owned_part.hpp"

namespace cohort {

struct FedPer : OwningUpdate {
  static constexpr std::string_view name = "fedper";
  static constexpr std::string_view summary = "a shared body, and a head of every client's own";
  static constexpr std::string_view source = "Arivazhagan et al., 2019";
  struct Options : LocalWork, OwnedLayers {
    static void declare(OptionTable<Options>& t) {
      LocalWork::declare(t);
      OwnedLayers::declare(t);
    }
  };
  Options options;

  MethodNeeds needs() const {
    return {.uses_local = true, .uses_server = true, .owned = options.owned};
  }
  void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const {
    cohort::validate(options, given, path, mistakes);
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle, Reply& reply) const {
    const auto x = as_vec(ask.common.at("x").doubles());
    Vec& w = start(client, x, oracle);
    run_local(client, options, oracle, w);
    finish_client(client, x, w, reply);
    return {};
  }
};

}  // namespace cohort
