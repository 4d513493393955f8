#pragma once
// The method protocol. A method is a struct with two halves side by side, read like the algorithm
// box of its paper:
//
//   server half   next(ServerContext&, Vec& x, ServerState&, Combined&&) → Result<Next>
//   client half   answer(ClientContext&, const Ask&, Oracle&, Reply&) → Result<void>
//
// x [d] is the shared model; a round is the Asks until Done. A method with one exchange a round
// derives from OneRound and gives `ask(server, x, state) → Ask` and
// `finish(server, x, state, combined)` instead of `next`.
//
// Client state is tentative: `answer` reads the committed state and writes a next one, which is
// committed when the coordinator tells that the reply was accepted and forgotten otherwise. A
// method whose state moves by what it sent gives `commit(ClientState&, const Payload& sent)`, so
// that the state is a function of what arrived, rounding and compression included; it moves the
// next state if `answer` wrote one, else the committed one.
//
// A method whose clients have models of their own gives `personal(const ClientState&, x, Oracle& of
// all training rows, out)`, by which they are evaluated.

#include <concepts>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "algorithms/compressor.hpp"
#include "algorithms/pipeline.hpp"
#include "core/ask.hpp"
#include "core/config.hpp"
#include "core/oracle.hpp"
#include "core/result.hpp"
#include "core/state.hpp"

namespace cohort {

/// What the server half sees of the run.
class ServerContext {
 public:
  Round round{};
  std::uint64_t seed = 0;
  std::uint64_t clients = 0;
  const Layout* layout = nullptr;
  const ServerPipeline* pipeline = nullptr;
  ServerPipelineState* pipeline_state = nullptr;

  Stream stream(Purpose purpose) const { return {seed, purpose, 0, round.value}; }

  /// x ← the server optimizer's step for the surrogate gradient −update. SGD with learning rate 1
  /// gives x + update. `update` is used up.
  void step(Vec& x, Vec& update) const;
};

/// A client's reply: the blocks that the phase declares.
class Reply {
 public:
  /// Storage is taken from `spare`, if given, as long as there is any.
  void start(const Phase& phase, std::vector<Bytes>* spare = nullptr);

  /// The values of a dense, packed or scalars block, zero until written. In f64; elements are
  /// rounded to what the phase declares when the reply leaves.
  Eigen::Map<Vec> values(std::string_view block);
  /// A sparse or seed block; its name is the block's.
  void set(Block block);
  /// Replaces p_i as the weight of this reply.
  void set_weight(double w) { weight_ = w; }

  const std::optional<double>& weight() const { return weight_; }
  Payload& payload() { return payload_; }
  const Payload& payload() const { return payload_; }

 private:
  Payload payload_;
  std::optional<double> weight_;
};

/// What a thread keeps between the clients that it answers for, so that nothing allocates after the
/// first.
struct ClientBuffers {
  std::deque<Vec> vectors;  // of the method, by slot; stay where they are when one is added
  // Of the local loop:
  Vec gradient;
  std::vector<std::uint32_t> order;  // the rows of an epoch
  std::vector<State> transforms;     // and optimizer: of a pipeline that starts anew each round
  State optimizer;
};

/// What the client half sees of the run, of its client, and of its state.
class ClientContext {
 public:
  ClientId client{};
  Round round{};
  std::uint32_t ask_index = 0;
  std::uint64_t seed = 0;
  double weight = 0;  // p_i
  std::uint64_t clients = 0;
  const Layout* layout = nullptr;
  const LocalPipeline* local = nullptr;
  ClientPipelineState* pipeline_state = nullptr;  // tentative
  const State* committed = nullptr;
  State* next = nullptr;
  const State* replica = nullptr;
  const Payload* personal = nullptr;  // what the Ask has for this client alone
  ClientBuffers* buffers = nullptr;   // of this thread

  /// This client's own draws in this Ask; the same when it is asked again.
  Stream stream(Purpose purpose) const {
    return Stream(seed, purpose, client.value, round.value).sub(ask_index);
  }
  template <class T>
  const T& state() const {
    return committed->as<T>();
  }
  /// The state that is committed if the reply is accepted; starts as a copy of state().
  template <class T>
  T& next_state() const {
    if (next->empty()) *next = *committed;
    return next->as<T>();
  }
  /// What every client of this process knows.
  template <class T>
  const T& known() const {
    return replica->as<T>();
  }
  /// A vector that keeps its size and contents between calls on this thread.
  Vec& buffer(std::size_t slot) const {
    if (slot >= buffers->vectors.size()) buffers->vectors.resize(slot + 1);
    return buffers->vectors[slot];
  }
};

/// What a method's theory asks of the compressor of [method.update].
enum class Compression : std::uint8_t { any, unbiased, contractive };

/// What a method asks of the scenario.
struct MethodNeeds {
  Capabilities oracle{};            // besides what the local estimator needs
  bool uses_local = false;          // [method.local]
  bool uses_server = false;         // [method.server]
  bool has_mirrored_state = false;  // server and clients hold parts of one quantity
  bool allows_rule_with_mirror = false;
  Compression compression = Compression::any;
  std::string_view estimator = "minibatch";  // of a [method.local] that names none
  std::vector<std::string> owned{};  // layers that clients own (problems/owned_segments.hpp)
};

/// p_i and the state of every client that has one, for an invariant.
struct MirrorView {
  double weight = 0;
  const State* state = nullptr;
};

class Method {
 public:
  virtual ~Method() = default;
  virtual std::string_view name() const = 0;
  virtual MethodNeeds needs() const = 0;
  /// Adds a mistake for each combination of options and local pipeline that the method cannot take.
  /// `given` is the table of its options, for spots, `path` its name.
  virtual void validate(const LocalPipeline&, const ConfigNode& given, const std::string& path,
                        Mistakes&) const = 0;
  virtual std::vector<Phase> phases(const Layout&) const = 0;
  /// Whether a round is one Ask, whatever comes back.
  virtual bool has_one_exchange() const = 0;
  virtual State server_state(const Layout&) const = 0;
  virtual State client_state(const Layout&) const = 0;
  /// Empty if processes need not know anything beyond the Ask.
  virtual State replica(const Layout&) const = 0;
  virtual Result<Next> next(ServerContext&, Vec& x, State&, Combined&&) const = 0;
  virtual Result<void> answer(ClientContext&, const Ask&, Oracle&, Reply&) const = 0;
  /// This method with a compressor whose constants it may read; null: none.
  virtual std::shared_ptr<const Method> with(std::shared_ptr<const Compressor>) const = 0;
  /// True if an accepted reply moves the state by commit(), after the tentative state, if there is
  /// one, replaced it.
  virtual bool commits_sent() const = 0;
  virtual void commit(State&, const Payload& sent) const = 0;
  /// A process sees an Ask: the replica moves before anybody answers.
  virtual void observe(State& replica, const Ask&) const = 0;
  /// What was sent → what clients are asked, by what the process knows. Errors: it missed an Ask.
  virtual Result<void> hear(const State& replica, Ask&) const = 0;
  /// Protocol bytes that one client receives with this Ask when its last accepted one was `last`.
  virtual std::uint64_t bytes_down(const Ask&, std::optional<AskId> last) const = 0;
  /// Largest violation of the mirrored invariant, relative to its terms; 0 without one.
  virtual double invariant_gap(const State& server, const std::vector<MirrorView>&) const = 0;
  /// Whether clients have models of their own, and then out [d + owned] ← that of a client with
  /// this committed state when the shared model is x; `rows` are those that it trains on.
  virtual bool has_personal_models() const = 0;
  virtual void personal(const State& client, VecView x, Oracle& rows, VecRef out) const = 0;
  /// The coordinates that a client owns (core/oracle.hpp), as this committed state has them; null
  /// if the method knows none, empty before the client takes part.
  virtual const Vec* owned(const State& client) const = 0;
};

/// Base of a method with one exchange a round.
struct OneRound {};

/// Base of one in which the model goes down and an update of it comes up, which the scenario's rule
/// combines and the server's optimizer takes.
struct OneUpdate : OneRound {
  std::vector<Phase> phases(const Layout& layout) const {
    const std::uint64_t d = layout.shared();
    return {{.name = "update",
             .down = {{.name = "x", .length = d}},
             .up = {{.name = "update", .length = d, .combine = Combine::rule, .is_update = true}}}};
  }
  Ask ask(ServerContext&, const Vec& x, NoState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  void finish(ServerContext& server, Vec& x, NoState&, Combined& combined) const {
    server.step(x, combined.vec("update"));
  }
};

/// ‖v − Σ p_i v_i‖∞ relative to the largest term, of a vector that clients hold parts of.
template <class ClientState, class Part>
double mirror_gap(const Vec& v, const std::vector<std::pair<double, const ClientState*>>& clients,
                  Part part) {
  Vec gap = -v;
  double largest = kernels::max_abs(as_span(v));
  for (const auto& [weight, client] : clients) {
    kernels::axpy(weight, as_span(part(*client)), as_mutable_span(gap));
    largest = std::max(largest, weight * kernels::max_abs(as_span(part(*client))));
  }
  return largest == 0 ? 0 : kernels::max_abs(as_span(gap)) / largest;
}

template <class M>
concept MethodHalves = requires(const M& m, const Layout& layout, ClientContext& client,
                                const Ask& ask, Oracle& oracle, Reply& reply) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::summary } -> std::convertible_to<std::string_view>;
  { M::source } -> std::convertible_to<std::string_view>;
  typename M::Options;
  { m.needs() } -> std::same_as<MethodNeeds>;
  { m.phases(layout) } -> std::same_as<std::vector<Phase>>;
  { m.answer(client, ask, oracle, reply) } -> std::same_as<Result<void>>;
};

namespace method_detail {
template <class M>
concept has_commit = requires(const M& m, typename M::ClientState& client, const Payload& sent) {
  m.commit(client, sent);
};
template <class M>
concept has_invariant =
    requires(const M& m, const typename M::ServerState& server,
             const std::vector<std::pair<double, const typename M::ClientState*>>& clients) {
  m.invariant_gap(server, clients);
};
template <class M>
auto client_state() {
  if constexpr (requires { typename M::ClientState; }) {
    return typename M::ClientState{};
  } else {
    return NoState{};
  }
}
/// What a client of M keeps.
template <class M>
using ClientStateOf = decltype(client_state<M>());
template <class M>
concept has_personal = requires(const M& m, const ClientStateOf<M>& client, VecView x, Oracle& rows,
                                VecRef out) {
  m.personal(client, x, rows, out);
};
template <class T>
State start(const Layout& layout) {
  if constexpr (requires { T::start(layout); }) {
    return State(T::start(layout));
  } else {
    return State(T{});
  }
}
}  // namespace method_detail

/// Gives a method struct the virtual calls of the seam. What a method does not have (validate, a
/// state, a replica, commit, an invariant) need not be written. One that reads the constants of the
/// compressor has `std::shared_ptr<const Compressor> compressor` behind its options.
template <class M>
class MethodOf final : public Method {
  static_assert(MethodHalves<M>,
                "a method has name, summary, source, Options, needs(), phases(layout) and "
                "answer(client, ask, oracle, reply)");

 public:
  explicit MethodOf(typename M::Options options) : m_(make(std::move(options))) {}
  std::string_view name() const override { return M::name; }
  std::shared_ptr<const Method> with(std::shared_ptr<const Compressor> compressor) const override {
    auto copy = std::make_shared<MethodOf>(*this);
    if constexpr (requires { copy->m_.compressor; }) copy->m_.compressor = std::move(compressor);
    return copy;
  }
  MethodNeeds needs() const override { return m_.needs(); }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const override {
    if constexpr (requires { m_.validate(local, given, path, mistakes); }) {
      m_.validate(local, given, path, mistakes);
    }
  }
  std::vector<Phase> phases(const Layout& layout) const override { return m_.phases(layout); }
  bool has_one_exchange() const override { return std::derived_from<M, OneRound>; }
  State server_state(const Layout& layout) const override {
    if constexpr (requires { typename M::ServerState; }) {
      return method_detail::start<typename M::ServerState>(layout);
    } else {
      return State(NoState{});
    }
  }
  State client_state(const Layout& layout) const override {
    if constexpr (requires { typename M::ClientState; }) {
      return method_detail::start<typename M::ClientState>(layout);
    } else {
      return State(NoState{});
    }
  }
  State replica(const Layout& layout) const override {
    if constexpr (requires { typename M::Replica; }) {
      return method_detail::start<typename M::Replica>(layout);
    } else {
      return {};
    }
  }
  Result<Next> next(ServerContext& server, Vec& x, State& state,
                    Combined&& combined) const override {
    if constexpr (std::derived_from<M, OneRound>) {
      Next next = Done{};
      if (combined.starts_round()) {
        next = m_.ask(server, x, server_state_of(state));
      } else {
        m_.finish(server, x, server_state_of(state), combined);
      }
      return next;
    } else {
      return m_.next(server, x, server_state_of(state), std::move(combined));
    }
  }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle,
                      Reply& reply) const override {
    return m_.answer(client, ask, oracle, reply);
  }
  bool commits_sent() const override { return method_detail::has_commit<M>; }
  void commit(State& state, const Payload& sent) const override {
    if constexpr (method_detail::has_commit<M>)
      m_.commit(state.as<typename M::ClientState>(), sent);
  }
  void observe(State& replica, const Ask& ask) const override {
    if constexpr (requires { typename M::Replica; }) {
      m_.observe(replica.as<typename M::Replica>(), ask);
    }
  }
  Result<void> hear(const State&, Ask&) const override { return {}; }
  std::uint64_t bytes_down(const Ask& ask, std::optional<AskId> last) const override {
    if constexpr (requires { m_.bytes_down(ask, last); }) {
      return m_.bytes_down(ask, last);
    } else {
      return ask.common.encoded_size();
    }
  }
  double invariant_gap(const State& server, const std::vector<MirrorView>& clients) const override {
    if constexpr (method_detail::has_invariant<M>) {
      std::vector<std::pair<double, const typename M::ClientState*>> typed;
      for (const MirrorView& c : clients) {
        typed.emplace_back(c.weight, &c.state->template as<typename M::ClientState>());
      }
      return m_.invariant_gap(server.as<typename M::ServerState>(), typed);
    } else {
      return 0;
    }
  }
  bool has_personal_models() const override { return method_detail::has_personal<M>; }
  void personal(const State& client, VecView x, Oracle& rows, VecRef out) const override {
    if constexpr (method_detail::has_personal<M>) {
      m_.personal(client.as<method_detail::ClientStateOf<M>>(), x, rows, out);
    } else {
      check_failed("method has personal models", M::name);
    }
  }
  const Vec* owned(const State& client) const override {
    if constexpr (requires(const method_detail::ClientStateOf<M>& s) { s.owned.x; }) {
      return &client.as<method_detail::ClientStateOf<M>>().owned.x;
    } else {
      return nullptr;
    }
  }

 private:
  static M make(typename M::Options options) {
    if constexpr (std::derived_from<M, OneRound>) {
      return M{{}, std::move(options)};
    } else {
      return M{std::move(options)};
    }
  }
  static auto& server_state_of(State& state) {
    if constexpr (requires { typename M::ServerState; }) {
      return state.as<typename M::ServerState>();
    } else {
      return state.as<NoState>();
    }
  }
  M m_;
};

}  // namespace cohort
