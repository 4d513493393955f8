#include "worker/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "algorithms/graph_catalogue.hpp"
#include "algorithms/token_catalogue.hpp"
#include "algorithms/walk_sampling.hpp"
#include "comm/codec.hpp"
#include "problems/objectives/quadratic.hpp"
#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

constexpr std::uint64_t nodes = 11;
constexpr std::uint64_t hops = 40;

struct Outcome {
  Hash128 hash;
  std::uint64_t bytes = 0;
  OracleCounts counts;
  std::uint64_t crossed = 0;  // bytes
  friend bool operator==(const Outcome& a, const Outcome& b) {
    return a.hash == b.hash && a.bytes == b.bytes && a.counts == b.counts;
  }
};

class TokenWorkerTest : public testing::Test {
 protected:
  TokenWorkerTest() : quadratic_({.dimension = 70, .spectrum_spread = 0.5}, 3, nodes) {}

  TokenSetup setup(const std::string& method, std::uint64_t tokens, const std::string& kernel) {
    Mistakes mistakes;
    ConfigNode node = config_table();
    node.set("type", config_value(method));
    if (method == "clipped_token") node.set("radius", config_value(1.0));
    const auto made = make_token_method(node, "method", token_methods(), Stages{}, mistakes);
    const auto walk = walks().make(config_value(kernel), "walk", mistakes).object;
    const auto ring = graphs().make(config_value(std::string("ring")), "graph", mistakes).object;
    EXPECT_THAT(mistakes.messages(), testing::IsEmpty());
    method_ = made.method;
    TokenSetup setup;
    setup.method = method_.get();
    setup.function = &quadratic_;
    setup.local = made.local;
    setup.seed = 5;
    setup.client_weight = [](ClientId) { return 1.0 / nodes; };
    setup.graph = std::make_shared<const Graph>(*ring->graph({nodes, 1, 0}));
    setup.walk = *walk->on(*setup.graph, {});
    setup.visit_shares = std::vector<double>(nodes, 1.0 / nodes);
    setup.tokens = tokens;
    setup.hops = hops;
    setup.silence_limit = Seconds(30);
    return setup;
  }
  static TokenSetup placed(const TokenSetup& base, std::uint32_t rank, std::uint32_t ranks) {
    TokenSetup setup = base;
    for (std::uint32_t r = 0; r < ranks; ++r) setup.ranks.push_back(rank_range(nodes, r, ranks));
    setup.subtrees = rank_subtrees(nodes, rank, ranks);
    return setup;
  }

  /// Rounds (first, last] from the start, or from `files`; where they are left is saved to
  /// `folder`.
  Outcome run(const TokenSetup& base, std::uint32_t ranks, std::size_t threads,
              std::uint64_t first = 0, std::uint64_t last = 4,
              const std::vector<std::filesystem::path>& files = {},
              const std::filesystem::path& folder = {}) {
    std::vector<RoundPart> parts(ranks);
    std::vector<std::uint64_t> bytes(ranks), crossed(ranks);
    std::vector<OracleCounts> counts(ranks);
    run_ranks(ranks, [&](Transport& transport) {
      const std::uint32_t rank = transport.self().value;
      ThreadPool pool(threads);
      TokenWorker worker(placed(base, rank, ranks), quadratic_.start(), pool, transport);
      if (!files.empty()) {
        ASSERT_TRUE(worker.load(files));
      }
      for (std::uint64_t t = first + 1; t <= last; ++t) {
        auto part = worker.round(t);
        ASSERT_TRUE(part) << part.error().message;
        bytes[rank] += part->bytes;
        counts[rank] += part->counts;
        parts[rank] = *std::move(part);
      }
      if (!folder.empty()) {
        ASSERT_TRUE(worker.save(folder, last));
      }
      ASSERT_TRUE(transport.flush(patience()));
      crossed[rank] = transport.wire_bytes_sent();
    });
    Outcome out;
    OrderedSum<Hash128, JoinHashes> of_nodes(JoinHashes{}), of_tokens(JoinHashes{});
    std::vector<Subtree<Hash128>> tokens;
    for (std::uint32_t r = 0; r < ranks; ++r) {
      for (auto& [id, value] : parts[r].hashes) of_nodes.add(id, std::move(value));
      tokens.insert(tokens.end(), parts[r].tokens.begin(), parts[r].tokens.end());
      out.bytes += bytes[r];
      out.counts += counts[r];
      out.crossed += crossed[r];
    }
    std::sort(tokens.begin(), tokens.end(), [](auto& a, auto& b) { return a.id < b.id; });
    for (auto& [id, value] : tokens) of_tokens.add(id, std::move(value));
    out.hash = hash_fields(
        std::pair(*std::move(of_nodes).total(), std::move(of_tokens).total().value_or(Hash128{})));
    return out;
  }

  Quadratic quadratic_;
  std::shared_ptr<const TokenMethod> method_;
};

TEST_F(TokenWorkerTest, EveryMethodGivesTheSameBitsOnAnyNumberOfRanksAndThreads) {
  for (const std::string& name : token_methods().names()) {
    for (const std::uint64_t tokens : {1U, 7U}) {
      const TokenSetup base = setup(name, tokens, "srrw");
      const Outcome whole = run(base, 1, 1);
      EXPECT_EQ(run(base, 1, 3), whole) << name << tokens;
      for (const std::uint32_t ranks : {2U, 4U}) {
        EXPECT_EQ(run(base, ranks, 1), whole) << name << tokens << " on " << ranks;
      }
    }
  }
}

TEST_F(TokenWorkerTest, EveryKernelGivesTheSameBitsAndRoundsAreOnlyForTheLog) {
  for (const std::string& kernel : walks().names()) {
    TokenSetup base = setup("random_walk_sgd", 3, kernel);
    const Outcome whole = run(base, 1, 1);
    EXPECT_EQ(run(base, 3, 1), whole) << kernel;
    base.hops = 4 * hops;
    EXPECT_EQ(run(base, 2, 1, 0, 1), whole) << kernel;
  }
}

TEST_F(TokenWorkerTest, GoesOnFromFilesOfOtherRanksToTheSameBits) {
  const auto folder = std::filesystem::temp_directory_path() / "cohort-token-worker-test";
  std::filesystem::create_directories(folder);
  for (const std::string kernel : {"srrw", "hdt", "non_backtracking"}) {
    const TokenSetup base = setup("walkman", 3, kernel);
    run(base, 2, 1, 0, 2, {}, folder);
    const std::vector<std::filesystem::path> files = {folder / "nodes-2-0.bin",
                                                      folder / "nodes-2-1.bin"};
    EXPECT_EQ(run(base, 4, 1, 2, 4, files).hash, run(base, 1, 1).hash) << kernel;

    run_ranks(1, [&](Transport& transport) {
      ThreadPool pool(1);
      TokenWorker worker(placed(base, 0, 1), quadratic_.start(), pool, transport);
      const auto loaded = worker.load({});
      ASSERT_FALSE(loaded);
      EXPECT_THAT(loaded.error().message, testing::HasSubstr("no token 0"));
    });
  }
  std::filesystem::remove_all(folder);
}

TEST_F(TokenWorkerTest, BytesAreThoseOfEveryHopAndOnlyHopsBetweenProcessesTravel) {
  // A simple walk never stays.
  const TokenSetup base = setup("random_walk_sgd", 2, "simple");
  const Outcome alone = run(base, 1, 1, 0, 1);
  EXPECT_EQ(alone.bytes, 2 * hops * (70 * 8 + 16));
  EXPECT_EQ(alone.crossed, 0U);
  std::uint64_t cut = 0;
  const IdRange held = rank_range(nodes, 0, 2);
  for (std::uint64_t m = 0; m < 2; ++m) {
    WalkState walk = base.walk->start(walk_start(base.seed, m, nodes));
    for (std::uint64_t h = 0; h < hops; ++h) {
      const bool was_here = walk.node < held.last;
      base.walk->hop(walk, Stream(base.seed, Purpose::walk, m, h));
      cut += was_here != (walk.node < held.last);
    }
  }
  ASSERT_GT(cut, 0U);
  const Outcome two = run(base, 2, 1, 0, 1);
  EXPECT_GE(two.crossed, cut * 70 * 8);
  EXPECT_LT(two.crossed, cut * (70 * 8 + 200));
}

TEST_F(TokenWorkerTest, AProcessThatKeepsATokenIsNamedAfterTheLimit) {
  TokenSetup base = setup("random_walk_sgd", 7, "simple");
  base.silence_limit = Seconds(0.05);
  run_ranks(2, [&](Transport& transport) {
    if (transport.self() == Rank(1)) return;
    ThreadPool pool(1);
    TokenWorker worker(placed(base, 0, 2), quadratic_.start(), pool, transport);
    const auto part = worker.round(1);
    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, Code::peer_lost);
    EXPECT_THAT(part.error().message, testing::HasSubstr("from rank 1"));
  });
}

TEST_F(TokenWorkerTest, WhatDoesNotFitIsRefusedWithItsSender) {
  const TokenSetup base = setup("random_walk_sgd", 7, "simple");
  // The first token that rank 0 waits for.
  std::vector<WalkState> walks;
  for (std::uint64_t m = 0; m < 7; ++m) {
    walks.push_back(base.walk->start(walk_start(base.seed, m, nodes)));
  }
  const std::uint64_t last = rank_range(nodes, 0, 2).last;
  std::uint64_t token = 7, hop = 0;
  while (token == 7 && ++hop <= hops) {
    for (std::uint64_t m = 7; m-- > 0;) {
      const bool was_there = walks[m].node >= last;
      base.walk->hop(walks[m], Stream(base.seed, Purpose::walk, m, hop - 1));
      if (was_there && walks[m].node < last) token = m;
    }
  }
  ASSERT_LT(token, 7U);
  const Bytes model(70 * 8), short_model(8);
  for (const auto& [message, why] :
       {std::pair(TokenMessage{9, hop, model, {}}, std::string("expected one below 7")),
        {TokenMessage{token, 0, model, {}}, "on hop " + std::to_string(hop) + " or later"},
        {TokenMessage{token, hop + 1, model, {}}, "where it walks"},
        {TokenMessage{token, hop, short_model, {}}, "expected 560 bytes of model, found 8"}}) {
    run_ranks(2, [&, lie = message, reason = why](Transport& transport) {
      if (transport.self() == Rank(1)) {
        ASSERT_TRUE(transport.send(Rank(0), Tag::to_worker, encode(lie)));
        ASSERT_TRUE(transport.flush(patience()));
        return;
      }
      ThreadPool pool(1);
      TokenWorker worker(placed(base, 0, 2), quadratic_.start(), pool, transport);
      const auto part = worker.round(1);
      ASSERT_FALSE(part);
      EXPECT_THAT(part.error().message,
                  testing::AllOf(testing::HasSubstr("rank 1"), testing::HasSubstr(reason)));
    });
  }
}

}  // namespace
}  // namespace cohort
