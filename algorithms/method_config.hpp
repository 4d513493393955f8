#pragma once
// The table [method] of a scenario → a method and its pipelines:
//
//   [method]
//   type = "fedavg"                  and the method's own options
//   local  = { estimator = "minibatch", transforms = [], optimizer = "sgd", state = "reset" }
//   update = { transforms = [], compressor = … }      no compressor unless one is named
//   down   = { compressor = … }                       of the model that goes down; the same
//   server = { transforms = [], optimizer = "sgd" }
//
// A table for an optimizer that names no type, or the default one, is merged over the default: sgd
// with rate 0.1 in local, with rate 1 in server, or 0.1 there if the method has no local steps and
// the server's is the only rate. local and server are refused where the method does not use them.

#include <string>

#include "algorithms/catalogue.hpp"

namespace cohort {

/// The registries that pipelines are made from; they outlive the call.
struct Stages {
  const Registry<Estimator>* estimators = &cohort::estimators();
  const Registry<Transform>* transforms = &cohort::transforms();
  const Registry<Optimizer>* optimizers = &cohort::optimizers();
  const Registry<Compressor>* compressors = &cohort::compressors();
};

// Each reads `node`, a table (or the list of transforms), null where the scenario has none; `path`
// names it in messages. Into `effective` go all options with their values; reading that gives the
// same. After a mistake the result is not to be used.

Chain make_chain(const ConfigNode* list, const std::string& path, const Stages&, Mistakes&,
                 ConfigNode& effective);
LocalPipeline make_local_pipeline(const ConfigNode* node, const std::string& path, const Stages&,
                                  Mistakes&, ConfigNode& effective);
Chain make_update_chain(const ConfigNode* node, const std::string& path, const Stages&, Mistakes&,
                        ConfigNode& effective, std::shared_ptr<const Compressor>& compressor);
/// `default_rate` is that of sgd.
ServerPipeline make_server_pipeline(const ConfigNode* node, const std::string& path,
                                    double default_rate, const Stages&, Mistakes&,
                                    ConfigNode& effective);

struct MethodSetup {
  std::shared_ptr<const Method> method;  // null after a mistake in its own options
  LocalPipeline local;                   // no estimator if the method has no local steps
  Chain update;
  std::shared_ptr<const Compressor> compressor;  // of updates; null: none
  std::shared_ptr<const Compressor> down;        // of the model; null: none
  ServerPipeline server;                         // no optimizer if the method has no server step
  ConfigNode effective;
};

/// [method] of a protocol without a server: its own options and `local`.
template <class M>
struct ServerlessSetup {
  std::shared_ptr<const M> method;  // null after a mistake
  LocalPipeline local;
  ConfigNode effective;
};
struct ServerlessTable {
  ConfigNode own;
  ConfigNode local;  // keeps its state unless it says otherwise
};
/// Refuses what is sent to a server. `protocol` names it in messages, as in "gossip".
ServerlessTable without_server(const ConfigNode& node, const std::string& path,
                               std::string_view protocol, Mistakes&);
template <class M>
ServerlessSetup<M> make_without_server(const ConfigNode& node, const std::string& path,
                                       std::string_view protocol, const Registry<M>& methods,
                                       const Stages& stages, Mistakes& mistakes) {
  ServerlessSetup<M> setup;
  const ServerlessTable table = without_server(node, path, protocol, mistakes);
  const std::size_t before = mistakes.messages().size();
  auto made = methods.make(table.own, path, mistakes);
  if (made.object == nullptr) return setup;
  setup.effective = std::move(made.options);
  ConfigNode effective;
  setup.local = make_local_pipeline(&table.local, path + ".local", stages, mistakes, effective);
  setup.effective.set("local", std::move(effective));
  if (mistakes.messages().size() != before) return setup;
  made.object->validate(setup.local, table.own, path, mistakes);
  setup.method = std::move(made.object);
  return setup;
}

/// All of [method]; also checks what the method itself refuses.
MethodSetup make_method(const ConfigNode& node, const std::string& path, const Registry<Method>&,
                        const Stages&, Mistakes&);

}  // namespace cohort
