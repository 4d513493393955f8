// What a worker makes of a compressor: what is accounted, summed and committed is what was encoded.
#include <gtest/gtest.h>

#include "algorithms/methods/ef21.hpp"
#include "tests/algorithms/drive.hpp"
#include "worker/worker.hpp"

namespace cohort {
namespace {

using drive::table;

constexpr std::uint64_t clients = 4, seed = 9;
constexpr Index d = 40;

struct Hosted {
  explicit Hosted(const ConfigNode& method) {
    Mistakes mistakes;
    setup = make_method(method, "method", methods(), Stages{}, mistakes);
    EXPECT_TRUE(mistakes.empty());
    WorkerSetup w;
    w.method = setup.method.get();
    w.function = &function;
    w.local = setup.local;
    w.update = setup.update;
    w.compressor = setup.compressor;
    w.seed = seed;
    w.clients = clients;
    w.client_weight = [](ClientId) { return 1.0 / clients; };
    w.held = {0, clients};
    worker.emplace(std::move(w), pool, nullptr);
  }
  ReplyMessage ask(std::uint64_t round, const std::vector<Settlement>& settled = {}) {
    AskMessage message;
    message.sequence = round;
    message.ask.id = {round, 0};
    message.ask.common.blocks = {dense_block("x", as_span(x))};
    for (std::uint64_t i = 0; i < clients; ++i) message.clients.emplace_back(i);
    message.settled = settled;
    const auto frame = worker->handle(encode(message));
    EXPECT_TRUE(frame && *frame);
    return *decode<ReplyMessage>(**frame, "worker");
  }
  ReplyMessage ask(const Ask& ask) {
    AskMessage message;
    message.sequence = ask.id.round;
    message.ask = ask;
    for (std::uint64_t i = 0; i < clients; ++i) message.clients.emplace_back(i);
    const auto frame = worker->handle(encode(message));
    EXPECT_TRUE(frame && *frame);
    return *decode<ReplyMessage>(**frame, "worker");
  }
  static Vec sum(const ReplyMessage& reply) {
    Vec total = Vec::Zero(d);
    for (const auto& subtree : reply.sums) total += subtree.value.at(0).to_vec();
    return total;
  }
  /// What client i sends of v, its block being the first of the Ask.
  Vec sent(std::uint64_t i, std::uint64_t round, const Vec& v) const {
    Block block = dense_block("v", as_span(v));
    setup.compressor->compress(Stream(seed, Purpose::compressor, i, round).sub(0).sub(0), block);
    return block.to_vec();
  }
  Vec gradient(std::uint64_t i) const {
    const auto& c = function.clients()[i];
    return c.a * (x - c.centre());
  }

  drive::Quadratics function{drive::different_clients(clients, d, 3)};
  MethodSetup setup;
  ThreadPool pool{1};
  std::optional<Worker> worker;
  Vec x = Vec::Ones(d);
};

ConfigNode method(const char* type, ConfigNode compressor) {
  return table({{"type", type}, {"update", table({{"compressor", std::move(compressor)}})}});
}

TEST(Compression, WhatIsAccountedAndSummedIsWhatWasEncoded) {
  for (const char* name : {"top_k", "rand_k", "qsgd", "natural", "sign", "bf16", "identity"}) {
    Hosted host(method("fedsgd", drive::Value(name)));
    for (const std::uint64_t round : {1U, 2U}) {  // the second reuses the storage of the first
      const ReplyMessage reply = host.ask(round);
      EXPECT_EQ(reply.bytes_up, clients * (16 + host.setup.compressor->bytes(d))) << name;
      Vec expected = Vec::Zero(d);
      for (std::uint64_t i = 0; i < clients; ++i) {
        expected += host.sent(i, round, -host.gradient(i)) / clients;
      }
      // The gradient itself is summed in another order here.
      EXPECT_LT((Hosted::sum(reply) - expected).norm(), 1e-12 * expected.norm()) << name;
    }
  }
}

TEST(Compression, AClientCommitsWhatItSentOnceItIsAccepted) {
  Hosted host(method("ef21", table({{"type", "top_k"}, {"kept", 5}})));
  host.ask(1);
  const AskId first{1, 0};
  host.ask(2, {{ClientId(0), first}, {ClientId(1), std::nullopt}});
  const auto estimate = [&](std::uint64_t i) {
    return host.worker->clients().committed(ClientId(i)).method.as<Ef21::ClientState>().g;
  };
  const Vec sent = host.sent(0, 1, host.gradient(0));
  EXPECT_EQ((sent.array() != 0).count(), 5);
  EXPECT_LT((estimate(0) - sent).norm(), 1e-12 * sent.norm());
  EXPECT_EQ(estimate(1), Vec::Zero(d)) << "its reply was lost";
}

// w ← w + C(x − w), and gradients are those at w.
TEST(Compression, ClientsAnswerAtTheModelThatWentDownCompressed) {
  constexpr Index kept = 4;
  const ConfigNode compressor = table({{"type", "top_k"}, {"kept", static_cast<int>(kept)}});
  Hosted host(table({{"type", "fedsgd"}, {"down", table({{"compressor", compressor}})}}));
  ServerContext server;
  server.seed = seed;
  server.clients = clients;
  server.layout = &host.function.layout();
  State state = host.setup.method->server_state(host.function.layout());
  Vec x = Vec::LinSpaced(d, 1, 2), known;
  for (std::uint64_t round = 1; round <= 4; ++round) {
    server.round = Round(round);
    Ask ask = std::get<Ask>(*host.setup.method->next(server, x, state, {}));
    ask.id = {round, 0};
    const Vec sent = ask.common.blocks.front().to_vec();
    if (round == 1) {
      known = x;
    } else {
      EXPECT_EQ((sent.array() != 0).count(), kept);
      for (Index j = 0; j < d; ++j) {
        if (sent[j] == 0) continue;
        EXPECT_EQ(sent[j], x[j] - known[j]);
        known[j] += sent[j];
      }
      EXPECT_NE(known, x);
    }
    Vec expected = Vec::Zero(d);
    for (const auto& c : host.function.clients()) {
      expected -= c.a * (known - c.centre()) / static_cast<double>(clients);
    }
    EXPECT_TRUE(Hosted::sum(host.ask(ask)).isApprox(expected, 1e-13)) << round;
    x[static_cast<Index>(round)] += 3;
    x.tail(20).array() += 0.1 * static_cast<double>(round);
  }
}

}  // namespace
}  // namespace cohort
