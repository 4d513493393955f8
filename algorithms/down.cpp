#include "algorithms/down.hpp"

#include <algorithm>
#include <utility>

namespace cohort {

namespace {

constexpr std::string_view whole = "x", difference = "difference";

struct ServerState {
  Vec known;  // w [d]; empty before the first round
  State method;
  template <class V>
  void fields(V&& v) {
    v("known", known);
    v("method", method);
  }
};
struct Replica {
  Vec known;             // w [d]; empty before the first round
  std::uint64_t round;   // of the last Ask that it has seen
  std::uint64_t missed;  // the round that was expected where one did not come; 0: none
  template <class V>
  void fields(V&& v) {
    v("known", known);
    v("round", round);
    v("missed", missed);
  }
};

class DownCompressed final : public Method {
 public:
  DownCompressed(std::shared_ptr<const Method> method, std::shared_ptr<const Compressor> compressor)
      : method_(std::move(method)), compressor_(std::move(compressor)) {}

  Result<Next> next(ServerContext& server, Vec& x, State& state,
                    Combined&& combined) const override {
    auto& own = state.as<ServerState>();
    COHORT_TRY(Next next, method_->next(server, x, own.method, std::move(combined)));
    Ask* ask = std::get_if<Ask>(&next);
    if (ask == nullptr) return next;
    Block& block = ask->common.blocks.front();
    const auto model = as_vec(block.doubles());
    if (own.known.size() == 0) {
      own.known = model;
      return next;
    }
    const Vec missing = model - own.known;
    Block sent = dense_block(std::string(difference), as_span(missing));
    // Clients draw from the streams of their ids, which are below `clients`.
    compressor_->compress(
        Stream(server.seed, Purpose::compressor, server.clients, server.round.value), sent);
    sent.add_to(1.0, as_mutable_span(own.known));
    block = std::move(sent);
    return next;
  }
  void observe(State& state, const Ask& ask) const override {
    auto& replica = state.as<Replica>();
    const Block& block = ask.common.blocks.front();
    if (block.name == whole) {
      replica.known = block.to_vec();
    } else if (ask.id.round != replica.round + 1 || replica.missed > 0) {
      replica.missed = replica.missed > 0 ? replica.missed : replica.round + 1;
    } else {
      block.add_to(1.0, as_mutable_span(replica.known));
    }
    replica.round = ask.id.round;
  }
  Result<void> hear(const State& state, Ask& ask) const override {
    const auto& replica = state.as<Replica>();
    if (replica.missed > 0) {
      return peer_lost("method.down: the model of round " + std::to_string(replica.missed) +
                       " did not arrive here, and later ones are told as differences to it");
    }
    ask.common.blocks.front() = dense_block(std::string(whole), as_span(replica.known));
    return {};
  }
  std::uint64_t bytes_down(const Ask& ask, std::optional<AskId> last) const override {
    const Block& block = ask.common.blocks.front();
    if (block.name == whole) return ask.common.encoded_size();
    const std::uint64_t model = 16 + block.length * sizeof(double);
    const std::uint64_t missed = last ? ask.id.round - last->round : model;
    return std::min(missed * block.encoded_size(), model);
  }
  std::vector<Phase> phases(const Layout& layout) const override {
    std::vector<Phase> phases = method_->phases(layout);
    for (Phase& phase : phases) {
      phase.down.front().name = difference;
      phase.down.front().is_compressed = true;
    }
    return phases;
  }
  State server_state(const Layout& layout) const override {
    return State(ServerState{{}, method_->server_state(layout)});
  }
  State replica(const Layout&) const override { return State(Replica{{}, 0, 0}); }
  std::shared_ptr<const Method> with(std::shared_ptr<const Compressor> up) const override {
    return std::make_shared<DownCompressed>(method_->with(std::move(up)), compressor_);
  }
  double invariant_gap(const State& server, const std::vector<MirrorView>& clients) const override {
    return method_->invariant_gap(server.as<ServerState>().method, clients);
  }

  // As the method says.
  std::string_view name() const override { return method_->name(); }
  MethodNeeds needs() const override { return method_->needs(); }
  void validate(const LocalPipeline& local, const ConfigNode& given, const std::string& path,
                Mistakes& mistakes) const override {
    method_->validate(local, given, path, mistakes);
  }
  bool has_one_exchange() const override { return true; }
  State client_state(const Layout& layout) const override { return method_->client_state(layout); }
  Result<void> answer(ClientContext& client, const Ask& ask, Oracle& oracle,
                      Reply& reply) const override {
    return method_->answer(client, ask, oracle, reply);
  }
  bool commits_sent() const override { return method_->commits_sent(); }
  void commit(State& state, const Payload& sent) const override { method_->commit(state, sent); }
  bool has_personal_models() const override { return method_->has_personal_models(); }
  void personal(const State& client, VecView x, Oracle& rows, VecRef out) const override {
    method_->personal(client, x, rows, out);
  }
  const Vec* owned(const State& client) const override { return method_->owned(client); }

 private:
  std::shared_ptr<const Method> method_;  // of all runs that were set up alike
  std::shared_ptr<const Compressor> compressor_;
};

}  // namespace

std::string why_not_down(const Method& method) {
  Layout layout;
  layout.append("x", 1, 1, SegmentKind::weight);
  if (!method.has_one_exchange()) return "exchanges more than once a round";
  if (!method.replica(layout).empty()) return "has its own way to tell clients what they missed";
  for (const Phase& phase : method.phases(layout)) {
    if (phase.down.size() != 1 || phase.down.front().name != whole) {
      return "sends more down than the model";
    }
  }
  return {};
}

std::shared_ptr<const Method> with_down(std::shared_ptr<const Method> method,
                                        std::shared_ptr<const Compressor> compressor) {
  return std::make_shared<DownCompressed>(std::move(method), std::move(compressor));
}

}  // namespace cohort
