#include "worker/gossip.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "algorithms/aggregation_catalogue.hpp"
#include "algorithms/gossip_catalogue.hpp"
#include "algorithms/graph_catalogue.hpp"
#include "comm/codec.hpp"
#include "problems/objectives/quadratic.hpp"
#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

constexpr std::uint64_t nodes = 11;

MixingMatrix weights(const std::string& graph, const std::string& mixing, std::uint64_t round = 0) {
  Mistakes mistakes;
  const auto topology = graphs().make(config_value(graph), "graph", mistakes).object;
  const auto weigh = mixings().make(config_value(mixing), "mixing", mistakes).object;
  return *weigh->matrix(*topology->graph({nodes, 1, round}));
}

GossipSetup setup_of(const GossipSetup& base, std::uint32_t rank, std::uint32_t ranks) {
  GossipSetup setup = base;
  setup.ranks.clear();
  for (std::uint32_t r = 0; r < ranks; ++r) setup.ranks.push_back(rank_range(nodes, r, ranks));
  setup.subtrees = rank_subtrees(nodes, rank, ranks);
  return setup;
}

std::shared_ptr<const Optimizer> optimizer_of_rate(double rate) {
  ConfigNode node = config_table();
  node.set("type", config_value(std::string("sgd")));
  node.set("learning_rate", config_value(rate));
  Mistakes mistakes;
  return optimizers().make(node, "optimizer", mistakes).object;
}

struct Outcome {
  Hash128 hash;
  std::uint64_t bytes = 0;
  std::uint64_t messages_crossed = 0;
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.hash == b.hash && a.bytes == b.bytes;
  }
};

class GossipWorkerTest : public testing::Test {
 protected:
  GossipWorkerTest() : quadratic_({.dimension = 70, .spectrum_spread = 0.5}, 3, nodes) {}

  GossipSetup setup(const std::string& method) {
    Mistakes mistakes;
    ConfigNode node = config_table();
    node.set("type", config_value(method));
    if (method == "clipped_gossip") node.set("radius", config_value(1.0));
    if (method == "choco_sgd") {
      ConfigNode compressor = config_table();
      compressor.set("type", config_value(std::string("top_k")));
      compressor.set("kept", config_value(std::int64_t{7}));
      ConfigNode update = config_table();
      update.set("compressor", std::move(compressor));
      node.set("update", std::move(update));
      node.set("consensus_rate", config_value(0.1));
    }
    const auto made = make_gossip_method(node, "method", gossip_methods(), Stages{}, mistakes);
    EXPECT_THAT(mistakes.messages(), testing::IsEmpty());
    method_ = made.method;
    GossipSetup setup;
    setup.method = method_.get();
    setup.function = &quadratic_;
    setup.local = made.local;
    setup.compressor = made.compressor;
    setup.seed = 5;
    setup.client_weight = [](ClientId) { return 1.0 / nodes; };
    setup.silence_limit = Seconds(30);
    return setup;
  }

  /// Rounds (first, last] from the start, or from `files`; where they are left is saved to
  /// `folder`.
  Outcome run(const GossipSetup& base, const MixingMatrix& w, std::uint32_t ranks,
              std::size_t threads, std::uint64_t first = 0, std::uint64_t last = 6,
              const std::vector<std::filesystem::path>& files = {},
              const std::filesystem::path& folder = {}) {
    std::vector<RoundPart> parts(ranks);
    std::vector<std::uint64_t> bytes(ranks);
    std::vector<std::uint64_t> crossed(ranks);
    run_ranks(ranks, [&](Transport& transport) {
      const std::uint32_t rank = transport.self().value;
      ThreadPool pool(threads);
      GossipWorker worker(setup_of(base, rank, ranks), quadratic_.start(), pool, transport);
      if (!files.empty()) {
        ASSERT_TRUE(worker.load(files));
      }
      const MixingPlan plan(w, setup_of(base, rank, ranks).ranks, rank);
      for (std::uint64_t t = first + 1; t <= last; ++t) {
        auto part = worker.round(t, plan);
        ASSERT_TRUE(part) << part.error().message;
        bytes[rank] += part->bytes;
        parts[rank] = *std::move(part);
      }
      if (!folder.empty()) {
        ASSERT_TRUE(worker.save(folder, last));
      }
      ASSERT_TRUE(transport.flush(patience()));
      crossed[rank] = transport.wire_bytes_sent();
    });
    Outcome out;
    const auto join = [](Hash128& left, Hash128&& right) {
      left = hash_fields(std::pair(left, right));
    };
    OrderedSum<Hash128, decltype(join)> hash(join);
    for (std::uint32_t r = 0; r < ranks; ++r) {
      for (auto& [id, value] : parts[r].hashes) hash.add(id, std::move(value));
      out.bytes += bytes[r];
      out.messages_crossed += crossed[r];
    }
    out.hash = *std::move(hash).total();
    return out;
  }

  Quadratic quadratic_;
  std::shared_ptr<const GossipMethod> method_;
};

TEST_F(GossipWorkerTest, EveryMethodGivesTheSameBitsOnAnyNumberOfRanksAndThreads) {
  for (const std::string& name : gossip_methods().names()) {
    const GossipSetup base = setup(name);
    const MixingMatrix w =
        name == "push_sum" ? weights("exponential", "push") : weights("ring", "metropolis");
    const Outcome whole = run(base, w, 1, 1);
    EXPECT_EQ(run(base, w, 1, 3), whole) << name;
    for (const std::uint32_t ranks : {2U, 4U}) EXPECT_EQ(run(base, w, ranks, 1), whole) << name;
  }
}

std::shared_ptr<const Attack> attack(const std::string& name) {
  Mistakes mistakes;
  return attacks().make(config_value(name), "attack", mistakes).object;
}

TEST_F(GossipWorkerTest, WhoLiesTellsOthersSomethingElseAndIsMeasuredNowhere) {
  GossipSetup base = setup("d_psgd");
  base.local.optimizer = optimizer_of_rate(0.0);
  base.byzantine = {{ClientId(4)}, 2, attack("sign_flip"), nullptr};
  const MixingMatrix w = weights("ring", "metropolis");
  run_ranks(1, [&](Transport& transport) {
    ThreadPool pool(1);
    const Vec x = Vec::Ones(70);
    GossipWorker worker(setup_of(base, 0, 1), x, pool, transport);
    const MixingPlan plan(w, setup_of(base, 0, 1).ranks, 0);
    ASSERT_TRUE(worker.round(1, plan));
    EXPECT_EQ(worker.model(NodeId(5)), x) << "honest before round 2";
    ASSERT_TRUE(worker.round(2, plan));
    EXPECT_NEAR(worker.model(NodeId(5))[0], 1.0 / 3, 1e-15);  // (−1 + 1 + 1)/3
    EXPECT_EQ(worker.model(NodeId(1)), x);
    const auto sums = worker.sum();
    double weight = 0;
    for (const auto& part : sums) weight += part.value.front().weight;
    EXPECT_EQ(weight, 10.0);
    EXPECT_EQ(worker.spread(x).front().value.most, worker.spread(x).front().value.sum / 2);
  });
}

TEST_F(GossipWorkerTest, AttacksGiveTheSameBitsOnAnyNumberOfRanksAndAfterAResume) {
  const auto folder = std::filesystem::temp_directory_path() / "cohort-gossip-attack-test";
  std::filesystem::create_directories(folder);
  const MixingMatrix w = weights("ring", "metropolis");
  for (const char* name : {"gaussian", "replay"}) {
    GossipSetup base = setup("clipped_gossip");
    base.byzantine = {{ClientId(2), ClientId(7)}, 2, attack(name), nullptr};
    const Outcome whole = run(base, w, 1, 1, 0, 9);
    GossipSetup honest = base;
    honest.byzantine = {};
    EXPECT_NE(whole.hash, run(honest, w, 1, 1, 0, 9).hash) << name;
    EXPECT_EQ(run(base, w, 4, 1, 0, 9), whole) << name;
    run(base, w, 2, 1, 0, 5, {}, folder);
    EXPECT_EQ(run(base, w, 4, 1, 5, 9, {folder / "nodes-5-0.bin", folder / "nodes-5-1.bin"}).hash,
              whole.hash)
        << name;
  }
  std::filesystem::remove_all(folder);
}

TEST_F(GossipWorkerTest, GoesOnFromFilesOfOtherRanksToTheSameBits) {
  const auto folder = std::filesystem::temp_directory_path() / "cohort-gossip-worker-test";
  std::filesystem::create_directories(folder);
  const GossipSetup base = setup("gradient_tracking");
  const MixingMatrix w = weights("ring", "metropolis");
  run(base, w, 2, 1, 0, 3, {}, folder);
  const std::vector<std::filesystem::path> files = {folder / "nodes-3-0.bin",
                                                    folder / "nodes-3-1.bin"};
  EXPECT_EQ(run(base, w, 4, 1, 3, 6, files).hash, run(base, w, 1, 1).hash);

  // A file that is missing is no state to go on from.
  run_ranks(1, [&](Transport& transport) {
    ThreadPool pool(1);
    GossipWorker worker(setup_of(base, 0, 1), quadratic_.start(), pool, transport);
    const auto loaded = worker.load({files[0]});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().message, testing::HasSubstr("no state of node"));
  });
  std::filesystem::remove_all(folder);
}

TEST_F(GossipWorkerTest, BytesAreThoseOfEveryEdgeAndOnlyCutEdgesTravel) {
  const GossipSetup base = setup("d_psgd");
  const MixingMatrix w = weights("ring", "metropolis");
  const Outcome alone = run(base, w, 1, 1, 0, 1);
  EXPECT_EQ(alone.bytes, 2 * nodes * (70 * 8 + 16));
  EXPECT_EQ(alone.messages_crossed, 0U);
  // Two ranks cut a ring twice: a node each way over both cuts, four of the 22 directed edges.
  const Outcome cut = run(base, w, 2, 1, 0, 1);
  EXPECT_GT(cut.messages_crossed, 4 * 70 * 8U);
  EXPECT_LT(cut.messages_crossed, 5 * 70 * 8U);
  EXPECT_NEAR(cut_share(w, setup_of(base, 0, 2).ranks), 4.0 / 22, 1e-15);
}

TEST_F(GossipWorkerTest, WhatIsCompressedIsCountedAndTravelsAsItWasEncoded) {
  const GossipSetup base = setup("choco_sgd");
  const MixingMatrix w = weights("ring", "metropolis");
  const std::uint64_t encoded = coded_sparse_bytes(70, 7, Element::f64) + 16;
  EXPECT_LT(encoded, 70 * 8 / 5U);
  EXPECT_EQ(run(base, w, 1, 1, 0, 3).bytes, 3 * 2 * nodes * encoded);
  const Outcome cut = run(base, w, 2, 1, 0, 3);
  EXPECT_EQ(cut.bytes, 3 * 2 * nodes * encoded);
  EXPECT_GT(cut.messages_crossed, 3 * 4 * encoded);
  EXPECT_LT(cut.messages_crossed, 3 * 4 * (encoded + 200));  // headers of messages and blocks
}

TEST_F(GossipWorkerTest, RefusesWhatNoCompressorOfTheRunMakes) {
  // Halves of what is declared dense f64, and a sparse block where nothing is compressed.
  const std::vector<double> x(70, 1.0);
  const std::vector<std::uint32_t> indices = {3};
  const std::vector<double> value = {1.0};
  for (const Block& lie :
       {dense_block("x", x, Element::bf16), coded_sparse_block("x", 70, indices, value)}) {
    const GossipSetup base = setup("d_psgd");
    const MixingMatrix w = weights("ring", "metropolis");
    run_ranks(2, [&](Transport& transport) {
      if (transport.self() == Rank(1)) {
        const MixingPlan plan(w, setup_of(base, 1, 2).ranks, 1);
        GossipMessage message{1, 0, plan.outgoing(0), {}};
        message.shared.assign(message.nodes.size(), Payload{{lie}});
        ASSERT_TRUE(transport.send(Rank(0), Tag::to_worker, encode(message)));
        ASSERT_TRUE(transport.flush(patience()));
        return;
      }
      ThreadPool pool(1);
      GossipWorker worker(setup_of(base, 0, 2), quadratic_.start(), pool, transport);
      const auto part = worker.round(1, MixingPlan(w, setup_of(base, 0, 2).ranks, 0));
      ASSERT_FALSE(part);
      EXPECT_THAT(part.error().message, testing::HasSubstr("does not declare"));
    });
  }
}

TEST_F(GossipWorkerTest, ANodeThatManyHearFromTravelsOnceToEachProcess) {
  // Node 0 of a star is heard by all: one copy to each of three other ranks.
  const MixingMatrix w = weights("star", "metropolis");
  const std::vector<IdRange> ranks = setup_of(setup("d_psgd"), 0, 4).ranks;
  const MixingPlan hub(w, ranks, 0), leaf(w, ranks, 3);
  for (std::uint32_t r = 1; r < 4; ++r)
    EXPECT_THAT(hub.outgoing(r), testing::ElementsAre(NodeId(0)));
  EXPECT_EQ(hub.listeners(0), nodes - 1);
  EXPECT_EQ(leaf.ghosts(), 1U);
  EXPECT_THAT(leaf.incoming(0), testing::ElementsAre(NodeId(0)));
  EXPECT_TRUE(leaf.incoming(1).empty());
}

TEST_F(GossipWorkerTest, ANeighbourThatIsSilentIsNamedAfterTheLimit) {
  GossipSetup base = setup("d_psgd");
  base.silence_limit = Seconds(0.05);
  const MixingMatrix w = weights("ring", "metropolis");
  run_ranks(2, [&](Transport& transport) {
    if (transport.self() == Rank(1)) return;
    ThreadPool pool(1);
    GossipWorker worker(setup_of(base, 0, 2), quadratic_.start(), pool, transport);
    const auto part = worker.round(1, MixingPlan(w, setup_of(base, 0, 2).ranks, 0));
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, Code::peer_lost);
    EXPECT_THAT(part.error().message, testing::HasSubstr("nodes of rank 1"));
  });
}

TEST_F(GossipWorkerTest, WhatDoesNotFitIsRefusedWithItsSender) {
  const GossipSetup base = setup("d_psgd");
  const MixingMatrix w = weights("ring", "metropolis");
  run_ranks(2, [&](Transport& transport) {
    if (transport.self() == Rank(1)) {
      const std::vector<double> x(3);
      GossipMessage lie{1, 0, {NodeId(10)}, {Payload{{dense_block("x", x)}}}};
      ASSERT_TRUE(transport.send(Rank(0), Tag::to_worker, encode(lie)));
      ASSERT_TRUE(transport.flush(patience()));
      return;
    }
    ThreadPool pool(1);
    GossipWorker worker(setup_of(base, 0, 2), quadratic_.start(), pool, transport);
    const auto part = worker.round(1, MixingPlan(w, setup_of(base, 0, 2).ranks, 0));
    ASSERT_FALSE(part);
    EXPECT_THAT(part.error().message, testing::HasSubstr("rank 1"));
  });
}

TEST_F(GossipWorkerTest, AModelThatIsNotFiniteIsNamed) {
  const GossipSetup base = setup("d_psgd");
  run_ranks(1, [&](Transport& transport) {
    ThreadPool pool(1);
    Vec x = quadratic_.start();
    x[3] = std::numeric_limits<double>::infinity();
    GossipWorker worker(setup_of(base, 0, 1), x, pool, transport);
    EXPECT_EQ(worker.status(0).non_finite, NodeId(0));
  });
}

}  // namespace
}  // namespace cohort
