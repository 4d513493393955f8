#include "comm/mpi.hpp"

#include <gtest/gtest.h>

#include "comm/exchange.hpp"
#include "tests/comm/mpi/world.hpp"
#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

std::unique_ptr<Transport> connect(const MpiOptions& options = {}) {
  auto transport = world().transport(options);
  EXPECT_TRUE(transport);
  return *std::move(transport);
}
Rank right_of(const Transport& t) { return Rank((t.self().value + 1) % t.size()); }
Rank left_of(const Transport& t) { return Rank((t.self().value + t.size() - 1) % t.size()); }

void expect_pattern(const Bytes& bytes, std::size_t size, std::uint64_t seed) {
  ASSERT_EQ(bytes.size(), size);
  EXPECT_EQ(bytes, pattern(size, seed)) << size << " bytes";
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % Bytes::alignment, 0U);
}

// Two groups on 4 ranks, one otherwise; while the world stays connected, too.
TEST(Mpi, GroupsOfNeighboursTalkAmongThemselvesOnly) {
  const auto all = connect();
  MpiOptions options;
  options.ranks_per_group = all->size() == 4 ? 2 : all->size();
  const auto transport = connect(options);
  ASSERT_EQ(transport->size(), options.ranks_per_group);
  EXPECT_EQ(transport->self().value, all->self().value % options.ranks_per_group);
  EXPECT_EQ(transport->sharing(), all->sharing());  // cores are shared with the other group

  Exchange exchange(*transport), world_exchange(*all);
  const auto mine = [](Exchange& e, Rank who) {
    Frame frame;
    frame.header = pattern(8, who.value);
    return *e.gather_to(Rank(0), std::move(frame), Deadline::after(Seconds(20)));
  };
  const std::uint32_t first = all->self().value - transport->self().value;
  const auto of_group = mine(exchange, all->self());
  for (std::uint32_t r = 0; r < of_group.size(); ++r) {
    EXPECT_EQ(of_group[r].header, pattern(8, first + r));
  }
  const auto of_world = mine(world_exchange, all->self());
  for (std::uint32_t r = 0; r < of_world.size(); ++r) {
    EXPECT_EQ(of_world[r].header, pattern(8, r));
  }
}

TEST(Mpi, GroupsThatDoNotFitTheProcessesAreRefused) {
  MpiOptions options;
  options.ranks_per_group = connect()->size() + 1;
  const auto refused = world().transport(options);
  ASSERT_EQ(!refused, world().is_active());
  if (!refused) {
    EXPECT_EQ(refused.error().code, Code::bad_input);
    EXPECT_NE(refused.error().message.find("do not make groups of"), std::string::npos);
  }
}

// Sizes around what travels inside a first message and around a chunk.
const std::vector<std::size_t> sizes{0, 1, 999, 1000, 1001, 4095, 4096, 4097, 100000};

TEST(Mpi, AllRanksAreConnected) {
  const auto transport = connect();
  EXPECT_EQ(world().is_active(), detect_launch().has_value());
  EXPECT_LT(transport->self().value, transport->size());
  EXPECT_EQ(transport->sharing(), transport->size());  // the tests run on one machine
  EXPECT_EQ(transport->size(), detect_launch()->tasks);
}

TEST(Mpi, FramesOfEverySizeGoRoundTheRing) {
  const auto transport = connect();
  std::uint64_t bytes = 0;
  for (const std::size_t header : sizes) {
    for (const std::size_t part : sizes) {
      ASSERT_TRUE(
          transport->send(right_of(*transport), Tag::control,
                          {pattern(header, 1), {pattern(part, 2), Bytes(), pattern(part + 3, 3)}}));
      const auto envelope = transport->receive(patience());
      ASSERT_TRUE(envelope) << envelope.error().message;
      EXPECT_EQ(envelope->from, left_of(*transport));
      EXPECT_EQ(envelope->tag, Tag::control);
      expect_pattern(envelope->frame.header, header, 1);
      ASSERT_EQ(envelope->frame.parts.size(), 3U);
      expect_pattern(envelope->frame.parts[0], part, 2);
      EXPECT_TRUE(envelope->frame.parts[1].empty());
      expect_pattern(envelope->frame.parts[2], part + 3, 3);
      bytes += envelope->frame.size();
    }
  }
  ASSERT_TRUE(transport->flush(patience()));
  if (transport->size() > 1) {
    EXPECT_GT(transport->wire_bytes_sent(), bytes);
    EXPECT_EQ(transport->wire_bytes_sent(), transport->wire_bytes_received());
  }
}

TEST(Mpi, BlocksBeyondAChunkArriveWhole) {
  const auto transport = connect({.chunk_bytes = 1000});
  for (const std::size_t size : sizes) {
    ASSERT_TRUE(transport->send(right_of(*transport), Tag::to_worker,
                                {pattern(size, 4), {pattern(2 * size, 5), pattern(size, 6)}}));
    const auto envelope = transport->receive(Tag::to_worker, patience());
    ASSERT_TRUE(envelope) << envelope.error().message;
    expect_pattern(envelope->frame.header, size, 4);
    expect_pattern(envelope->frame.parts[0], 2 * size, 5);
    expect_pattern(envelope->frame.parts[1], size, 6);
  }
}

TEST(Mpi, OrderOfASenderAndTagIsKeptBetweenSmallAndLarge) {
  const auto transport = connect({.chunk_bytes = 1000});
  constexpr std::size_t messages = 60;
  const auto size_of = [](std::size_t n) { return n % 3 == 0 ? std::size_t{50000} : n; };
  for (std::size_t n = 0; n < messages; ++n) {
    const Tag tag = n % 2 == 0 ? Tag::to_worker : Tag::to_coordinator;
    for (std::uint32_t to = 0; to < transport->size(); ++to) {
      Frame frame = number_frame(n);
      frame.parts.push_back(pattern(size_of(n), n));
      ASSERT_TRUE(transport->send(Rank(to), tag, std::move(frame)));
    }
  }
  for (const Tag tag : {Tag::to_coordinator, Tag::to_worker}) {
    const std::size_t first = tag == Tag::to_worker ? 0 : 1;
    std::vector<std::size_t> next(transport->size(), first);
    for (std::size_t i = 0; i < messages / 2 * transport->size(); ++i) {
      const auto envelope = transport->receive(tag, patience());
      ASSERT_TRUE(envelope) << envelope.error().message;
      std::size_t& n = next[envelope->from.value];
      ASSERT_EQ(number_in(envelope->frame), n);
      expect_pattern(envelope->frame.parts[0], size_of(n), n);
      n += 2;
    }
  }
}

TEST(Mpi, PingPongEndsWhereItBegan) {
  const auto transport = connect();
  if (transport->size() < 2 || transport->self().value > 1) return;
  const Rank peer(1 - transport->self().value);
  for (std::uint64_t n = 0; n < 200; ++n) {
    if (transport->self() == Rank(0)) {
      ASSERT_TRUE(transport->send(peer, Tag::control, number_frame(n)));
    }
    const auto envelope = transport->receive(Tag::control, patience());
    ASSERT_TRUE(envelope) << envelope.error().message;
    ASSERT_EQ(number_in(envelope->frame), n);
    if (transport->self() == Rank(1)) {
      ASSERT_TRUE(transport->send(peer, Tag::control, envelope->frame));
    }
  }
}

TEST(Mpi, AllToAllOfEverySizeGivesEveryRankItsColumn) {
  const auto transport = connect();
  Exchange exchange(*transport);
  const auto seed = [](std::uint32_t from, std::uint32_t to) { return 100 * from + to; };
  for (const std::size_t size : {0U, 1U, 4095U, 4U << 20}) {
    std::vector<Frame> outgoing(transport->size());
    for (std::uint32_t to = 0; to < transport->size(); ++to) {
      outgoing[to] = {{}, {pattern(size, seed(transport->self().value, to))}};
    }
    const auto frames = exchange.all_to_all(std::move(outgoing), patience());
    ASSERT_TRUE(frames) << frames.error().message;
    for (std::uint32_t from = 0; from < transport->size(); ++from) {
      ASSERT_EQ((*frames)[from].parts.size(), 1U);
      expect_pattern((*frames)[from].parts[0], size, seed(from, transport->self().value));
    }
  }
}

TEST(Mpi, BroadcastAndGatherReachAllRanks) {
  const auto transport = connect();
  Exchange exchange(*transport);
  for (std::uint32_t root = 0; root < transport->size(); ++root) {
    const auto frame = exchange.broadcast(
        Rank(root), transport->self() == Rank(root) ? Frame{{}, {pattern(1 << 20, root)}} : Frame{},
        patience());
    ASSERT_TRUE(frame) << frame.error().message;
    expect_pattern(frame->parts[0], 1 << 20, root);
    const auto all =
        exchange.gather_to(Rank(root), number_frame(transport->self().value), patience());
    ASSERT_TRUE(all) << all.error().message;
    for (std::uint32_t r = 0; r < all->size(); ++r) EXPECT_EQ(number_in((*all)[r]), r);
  }
}

TEST(Mpi, MessagesThatNobodyTookDoNotHoldTheEndUp) {
  const auto transport = connect();
  for (std::uint32_t to = 0; to < transport->size(); ++to) {
    ASSERT_TRUE(transport->send(Rank(to), Tag::control, {{}, {pattern(1 << 20, 1)}}));
  }
}

TEST(Mpi, TwoTransportsDoNotSeeEachOther) {
  const auto a = connect(), b = connect();
  ASSERT_TRUE(a->send(right_of(*a), Tag::control, number_frame(1)));
  ASSERT_TRUE(b->send(right_of(*b), Tag::control, number_frame(2)));
  const auto at_b = b->receive(patience()), at_a = a->receive(patience());
  ASSERT_TRUE(at_a && at_b);
  EXPECT_EQ(number_in(at_a->frame), 1U);
  EXPECT_EQ(number_in(at_b->frame), 2U);
}

TEST(Mpi, SilentPeerEndsTheWait) {
  const auto transport = connect();
  const auto envelope = transport->receive(Tag::control, Deadline::after(Seconds(0.02)));
  ASSERT_FALSE(envelope);
  EXPECT_EQ(envelope.error().code, Code::peer_lost);
}

}  // namespace
}  // namespace cohort
