#pragma once
// FedSGD: one gradient of every client a round; with sgd at the server, gradient descent.
//   client i   u_i = −∇f_i(x)                      on all its rows
//   server     x ← x + η Σ_S p_i u_i / Σ_S p_i     by its optimizer, η its learning rate
// -----------------------------------------------------------------------------------------------
// x, u_i [d] model and update; p_i client weights, S the cohort. The update points downhill, as
// those of all methods do, so that rules, attacks and transforms mean the same for each.
// Source: McMahan et al., Communication-efficient learning of deep networks from decentralized
//   data, AISTATS 2017, algorithm 1 with E = 1, B = ∞.
// Cost a round: 1 ask; 1 vector down, 1 up; no client state; 1 gradient of all rows a client.

#include "algorithms/method.hpp"

namespace cohort {

struct FedSgd : OneUpdate {
  static constexpr std::string_view name = "fedsgd";
  static constexpr std::string_view summary = "one full gradient of every client a round";
  static constexpr std::string_view source = "McMahan et al., AISTATS 2017";
  struct Options {};
  Options options;

  MethodNeeds needs() const { return {.oracle = {Query::gradient}, .uses_server = true}; }
  Result<void> answer(ClientContext&, const Ask& ask, Oracle& oracle, Reply& reply) const {
    if (oracle.rows() == 0) return {};
    auto u = reply.values("update");
    oracle.gradient(as_vec(ask.common.at("x").doubles()), u);
    u = -u;
    return {};
  }
};

}  // namespace cohort
