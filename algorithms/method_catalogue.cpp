#include "algorithms/catalogue.hpp"
#include "algorithms/methods/amigo.hpp"
#include "algorithms/methods/baffle.hpp"
#include "algorithms/methods/bome.hpp"
#include "algorithms/methods/decomfl.hpp"
#include "algorithms/methods/diana.hpp"
#include "algorithms/methods/ditto.hpp"
#include "algorithms/methods/ef14.hpp"
#include "algorithms/methods/ef21.hpp"
#include "algorithms/methods/f2sa.hpp"
#include "algorithms/methods/f3sa.hpp"
#include "algorithms/methods/fedavg.hpp"
#include "algorithms/methods/feddyn.hpp"
#include "algorithms/methods/fedkseed.hpp"
#include "algorithms/methods/fednova.hpp"
#include "algorithms/methods/fedpd.hpp"
#include "algorithms/methods/fedper.hpp"
#include "algorithms/methods/fedprox.hpp"
#include "algorithms/methods/fedrep.hpp"
#include "algorithms/methods/fedsgd.hpp"
#include "algorithms/methods/fedsplit.hpp"
#include "algorithms/methods/fzoos.hpp"
#include "algorithms/methods/implicit_cg.hpp"
#include "algorithms/methods/marina.hpp"
#include "algorithms/methods/mime.hpp"
#include "algorithms/methods/penalty_gradient.hpp"
#include "algorithms/methods/per_fedavg.hpp"
#include "algorithms/methods/pfedme.hpp"
#include "algorithms/methods/proxskip.hpp"
#include "algorithms/methods/qfedavg.hpp"
#include "algorithms/methods/saba.hpp"
#include "algorithms/methods/scaffold.hpp"
#include "algorithms/methods/soba.hpp"
#include "algorithms/methods/stocbio.hpp"
#include "algorithms/methods/ttsa.hpp"

namespace cohort {

const Registry<Method>& methods() {
  static const Registry<Method> table = [] {
    Registry<Method> r("method");
    r.add<FedSgd, MethodOf>();
    r.add<FedAvg, MethodOf>();
    r.add<Scaffold, MethodOf>();
    r.add<FedProx, MethodOf>();
    r.add<FedNova, MethodOf>();
    r.add<FedDyn, MethodOf>();
    r.add<QFedAvg, MethodOf>();
    r.add<Mime, MethodOf>();
    r.add<FedSplit, MethodOf>();
    r.add<FedPd, MethodOf>();
    r.add<ProxSkip, MethodOf>();
    r.add<Ditto, MethodOf>();
    r.add<PFedMe, MethodOf>();
    r.add<PerFedAvg, MethodOf>();
    r.add<FedPer, MethodOf>();
    r.add<FedRep, MethodOf>();
    r.add<Ef14, MethodOf>();
    r.add<Ef21, MethodOf>();
    r.add<Diana, MethodOf>();
    r.add<Marina, MethodOf>();
    r.add<Baffle, MethodOf>();
    r.add<DeComFl, MethodOf>();
    r.add<FedKSeed, MethodOf>();
    r.add<FZooS, MethodOf>();
    r.add<F2sa, MethodOf>();
    r.add<F3sa, MethodOf>();
    r.add<PenaltyGradient, MethodOf>();
    r.add<Bome, MethodOf>();
    r.add<ImplicitCg, MethodOf>();
    r.add<StocBio, MethodOf>();
    r.add<Ttsa, MethodOf>();
    r.add<Amigo, MethodOf>();
    r.add<Soba, MethodOf>();
    r.add<Saba, MethodOf>();
    return r;
  }();
  return table;
}

}  // namespace cohort
