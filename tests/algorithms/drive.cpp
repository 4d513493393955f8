#include "tests/algorithms/drive.hpp"

#include <Eigen/LU>
#include <algorithm>

#include "core/ordered_sum.hpp"

namespace cohort::drive {

Value::Value(ConfigNode node) : ConfigNode(std::move(node)) {}
Value::Value(const char* text) : ConfigNode(config_value(std::string(text))) {}
Value::Value(const std::string& text) : ConfigNode(config_value(text)) {}
Value::Value(double number) : ConfigNode(config_value(number)) {}
Value::Value(int number) : ConfigNode(config_value(static_cast<std::int64_t>(number))) {}

ConfigNode table(std::initializer_list<std::pair<const char*, Value>> entries) {
  ConfigNode node = config_table();
  for (const auto& [key, value] : entries) node.set(key, value);
  return node;
}
ConfigNode list(std::initializer_list<Value> entries) {
  ConfigNode::List nodes;
  for (const Value& v : entries) nodes.push_back(v);
  return config_value(std::move(nodes));
}
ConfigNode placed(ConfigNode node) {
  node.spot = {"test.toml", 7, 3};
  return node;
}

Vec QuadraticClient::centre() const { return b.rowwise().mean(); }

Quadratics::Quadratics(std::vector<QuadraticClient> clients) : clients_(std::move(clients)) {
  layout_.append("w", static_cast<std::size_t>(clients_.front().b.rows()), 1, SegmentKind::weight);
}
std::uint64_t Quadratics::rows(RowSource, ClientId client) const {
  return static_cast<std::uint64_t>(clients_[client.value].b.cols());
}
void Quadratics::record(const Sample& s) const {
  if (seen == nullptr) return;
  auto& rows = seen->emplace_back(s.client.value, std::vector<std::uint64_t>()).second;
  for (std::uint64_t j = 0; j < s.rows(); ++j) rows.push_back(s.row(j));
}
double Quadratics::value(Context, const Sample& s, VecView w) const {
  record(s);
  return value_of(s, w);
}
double Quadratics::value_of(const Sample& s, VecView w) const {
  const QuadraticClient& c = clients_[s.client.value];
  double sum = 0;
  for (std::uint64_t j = 0; j < s.rows(); ++j) {
    const Vec r = w - c.b.col(static_cast<Index>(s.row(j)));
    sum += 0.5 * r.dot(c.a * r);
  }
  return sum / static_cast<double>(s.rows());
}
double Quadratics::gradient(Context, const Sample& s, VecView w, std::span<const double>,
                            VecRef g) const {
  const QuadraticClient& c = clients_[s.client.value];
  Vec centre = Vec::Zero(w.size());
  for (std::uint64_t j = 0; j < s.rows(); ++j) centre += c.b.col(static_cast<Index>(s.row(j)));
  g = c.a * (w - centre / static_cast<double>(s.rows()));
  record(s);
  return value_of(s, w);
}
double Quadratics::jvp(Context context, const Sample& s, VecView w, VecView v) const {
  Vec g(w.size());
  gradient(context, s, w, {}, g);
  return g.dot(v);
}
void Quadratics::hvp(Context, const Sample& s, VecView, VecView v, VecRef out) const {
  out = clients_[s.client.value].a * v;
}

std::vector<QuadraticClient> different_clients(std::size_t n, Index d, Index rows,
                                               std::uint64_t seed) {
  std::vector<QuadraticClient> clients;
  for (std::size_t i = 0; i < n; ++i) {
    const Stream stream(seed, Purpose::test, i);
    QuadraticClient c{Mat::Identity(d, d), Mat(d, rows)};
    Vec v(d);
    stream.fill_normal(as_mutable_span(v));
    c.a += 2.0 / v.squaredNorm() * v * v.transpose();
    stream.sub(1).fill_normal({c.b.data(), static_cast<std::size_t>(c.b.size())});
    c.b.array() += static_cast<double>(i);
    clients.push_back(std::move(c));
  }
  return clients;
}

std::vector<double> equal_weights(std::size_t n) {
  return std::vector<double>(n, 1.0 / static_cast<double>(n));
}

Mat solve(const Mat& a, const Mat& b) { return a.partialPivLu().solve(b); }

Run::Run(const ConfigNode& method, const Function& function, std::vector<double> weights,
         std::uint64_t seed)
    : function_(&function), weights_(std::move(weights)), seed_(seed) {
  Mistakes mistakes;
  setup_ = make_method(method, "method", methods(), Stages{}, mistakes);
  COHORT_CHECK(mistakes.empty(), mistakes.result().error().message);
  x = function.start();
  server_ = setup_.method->server_state(function.layout());
  server_pipeline_.start(setup_.server, d());
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    Client c{setup_.method->client_state(function.layout()), {}};
    c.pipeline.start(setup_.local, setup_.update, function.layout());
    clients_.push_back(std::move(c));
  }
  replica_ = setup_.method->replica(function.layout());
}

void Run::round(std::vector<std::uint64_t> cohort, const std::vector<std::uint64_t>& dropped) {
  if (cohort.empty()) {
    for (std::uint64_t i = 0; i < weights_.size(); ++i) cohort.push_back(i);
  }
  ++round_;
  ServerContext server;
  server.round = Round(round_);
  server.seed = seed_;
  server.clients = weights_.size();
  server.layout = &function_->layout();
  server.pipeline = &setup_.server;
  server.pipeline_state = &server_pipeline_;
  Combined combined;
  std::vector<ClientId> heard;  // at the Ask before
  for (std::uint32_t index = 0;; ++index) {
    Next next = *setup_.method->next(server, x, server_, std::move(combined));
    if (std::holds_alternative<Done>(next)) return;
    Ask ask = std::get<Ask>(std::move(next));
    ask.id = {round_, index};
    if (ask.who == Who::accepted) {
      cohort.clear();
      for (const ClientId c : heard) cohort.push_back(c.value);
    }
    combined = collect(ask, cohort, dropped);
    heard = combined.accepted;
  }
}
void Run::rounds(int count) {
  for (int i = 0; i < count; ++i) round();
}

Reply Run::answer(const Ask& ask, std::uint64_t client) {
  return answer(ask, client, State(clients_[client].method), clients_[client].pipeline).first;
}
Ask Run::next_ask() {
  State server = server_;
  ServerPipelineState pipeline = server_pipeline_;
  ServerContext context;
  context.round = Round(round_ + 1);
  context.seed = seed_;
  context.clients = weights_.size();
  context.layout = &function_->layout();
  context.pipeline = &setup_.server;
  context.pipeline_state = &pipeline;
  Vec model = x;
  Ask ask = std::get<Ask>(*setup_.method->next(context, model, server, {}));
  ask.id = {round_ + 1, 0};
  return ask;
}

double Run::invariant_gap() const {
  std::vector<MirrorView> mirrors;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    mirrors.push_back({weights_[i], &clients_[i].method});
  }
  return setup_.method->invariant_gap(server_, mirrors);
}
std::pair<Reply, State> Run::answer(const Ask& sent, std::uint64_t id, const State& committed,
                                    ClientPipelineState pipeline) {
  State next;
  Ask ask = sent;
  COHORT_CHECK(static_cast<bool>(setup_.method->hear(replica_, ask)), "no Ask is lost");
  ClientContext context;
  context.client = ClientId(id);
  context.round = Round(ask.id.round);
  context.ask_index = ask.id.index;
  context.seed = seed_;
  context.weight = weights_[id];
  context.clients = weights_.size();
  context.layout = &function_->layout();
  context.local = &setup_.local;
  context.pipeline_state = &pipeline;
  context.committed = &committed;
  context.next = &next;
  context.replica = &replica_;
  context.buffers = &buffers_;
  const auto personal = ask.personal.find(ClientId(id));
  context.personal = personal == ask.personal.end() ? nullptr : &personal->second;
  Oracle oracle(*function_, ClientId(id), {pool_, scratch_}, counts_);
  const Phase phase = setup_.method->phases(function_->layout())[ask.phase];
  Reply reply;
  reply.start(phase);
  const auto answered = setup_.method->answer(context, ask, oracle, reply);
  COHORT_CHECK(static_cast<bool>(answered), "the method answers");
  for (const BlockSpec& spec : phase.up) {
    if (!spec.is_update) continue;
    const StepInfo info{context.round, 0, context.stream(Purpose::method), context.layout};
    setup_.update.run_on_update(info, pipeline.update, as_vec(ask.common.at("x").doubles()),
                                reply.values(spec.name));
  }
  for (std::size_t i = 0; i < phase.up.size(); ++i) {
    if (!setup_.compressor || !phase.up[i].takes_compressor()) continue;
    setup_.compressor->compress(context.stream(Purpose::compressor).sub(i),
                                reply.payload().blocks[i]);
  }
  pipeline_ = std::move(pipeline);
  return {std::move(reply), std::move(next)};
}

namespace {
struct Weighted {
  Vec value;
  double weight = 0;
};
}  // namespace

Combined Run::collect(const Ask& ask, const std::vector<std::uint64_t>& cohort,
                      const std::vector<std::uint64_t>& dropped) {
  const Phase phase = setup_.method->phases(function_->layout())[ask.phase];
  const auto add = [](Weighted& left, Weighted&& right) {
    left.value += right.value;
    left.weight += right.weight;
  };
  std::vector<OrderedSum<Weighted, decltype(add)>> sums(phase.up.size(),
                                                        OrderedSum<Weighted, decltype(add)>(add));
  Combined combined;
  combined.phase = ask.phase;
  if (!replica_.empty()) setup_.method->observe(replica_, ask);
  bytes_down_ += cohort.size() * setup_.method->bytes_down(ask, accepted_);
  accepted_ = ask.id;
  for (const std::uint64_t id : cohort) {
    Client& client = clients_[id];
    auto [reply, next] = answer(ask, id, client.method, client.pipeline);
    if (std::find(dropped.begin(), dropped.end(), id) != dropped.end()) continue;
    if (!next.empty()) client.method = std::move(next);
    if (setup_.method->commits_sent()) setup_.method->commit(client.method, reply.payload());
    for (const Block& block : reply.payload().blocks) bytes_up_ += block.encoded_size();
    client.pipeline = std::move(pipeline_);
    combined.accepted.emplace_back(id);
    const double weight = reply.weight().value_or(weights_[id]);
    for (std::size_t k = 0; k < phase.up.size(); ++k) {
      if (phase.up[k].combine == Combine::gather) {
        combined.gathered[ClientId(id)].blocks.push_back(reply.payload().blocks[k]);
      } else {
        sums[k].add(id, {weight * reply.payload().blocks[k].to_vec(), weight});
      }
    }
  }
  for (std::size_t k = 0; k < phase.up.size(); ++k) {
    std::optional<Weighted> total = std::move(sums[k]).total();
    if (!total) continue;
    if (phase.up[k].combine != Combine::sum) total->value /= total->weight;
    combined.values.push_back({phase.up[k].name, std::move(total->value), total->weight});
  }
  return combined;
}

}  // namespace cohort::drive
