#pragma once
// What methods with a shared body and personal heads have in common: the model of client i is
// w_i = (x, h_i), of which x [shared] travels and h_i [owned] never leaves it.

#include <string>
#include <vector>

#include "algorithms/method.hpp"

namespace cohort {

/// Which layers clients own; a method's Options derive from it, and its needs() pass it on.
struct OwnedLayers {
  std::vector<std::string> owned = {"last"};
  template <class O>
  static void declare(OptionTable<O>& t) {
    t.add("owned", &O::owned,
          "segments or layers of the model that each client keeps to itself; \"last\" is the last "
          "layer");
  }
};

struct OwnedPart {
  Vec x;  // h_i [owned]; empty before the client takes part
  template <class V>
  void fields(V&& v) {
    v("owned", x);
  }
};
struct OwningClient {
  OwnedPart owned;
  template <class V>
  void fields(V&& v) {
    owned.fields(v);
  }
};

/// w [shared + owned] ← (x, h_i), with the start of h_i before the client takes part.
inline void whole_model(const OwningClient& client, VecView x, const Oracle& rows, VecRef w) {
  w.head(x.size()) = x;
  if (client.owned.x.size() > 0) {
    w.tail(client.owned.x.size()) = client.owned.x;
  } else {
    w.tail(w.size() - x.size()) = rows.owned_start();
  }
}

/// Base of a method that averages bodies.
struct OwningUpdate : OneUpdate {
  using ClientState = OwningClient;

  /// (x, h_i) in the buffer of slot 0.
  static Vec& start(const ClientContext& client, VecView x, const Oracle& rows) {
    Vec& w = client.buffer(0);
    w.resize(x.size() + static_cast<Index>(rows.owned()));
    whole_model(client.state<ClientState>(), x, rows, w);
    return w;
  }
  /// Sends how far the body went, and keeps the head.
  static void finish_client(const ClientContext& client, VecView x, const Vec& w, Reply& reply) {
    reply.values("update") = w.head(x.size()) - x;
    client.next_state<ClientState>().owned.x = w.tail(w.size() - x.size());
  }
  void personal(const ClientState& client, VecView x, Oracle& rows, VecRef w) const {
    whole_model(client, x, rows, w);
  }
};

}  // namespace cohort
