#include "comm/exchange.hpp"

#include <gtest/gtest.h>

#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

using enum FaultRule::Action;

// What rank `from` sends to rank `to` in step `step`.
std::uint64_t value(std::uint64_t step, std::uint32_t from, std::uint32_t to) {
  return 1000000 * step + 1000 * from + to;
}
std::vector<Frame> frames_of(std::uint64_t step, Exchange& exchange) {
  std::vector<Frame> frames;
  for (std::uint32_t to = 0; to < exchange.size(); ++to) {
    frames.push_back(number_frame(value(step, exchange.self().value, to)));
  }
  return frames;
}
void expect_frames_of(std::uint64_t step, Exchange& exchange,
                      const Result<std::vector<Frame>>& frames) {
  ASSERT_TRUE(frames) << frames.error().message;
  ASSERT_EQ(frames->size(), exchange.size());
  for (std::uint32_t from = 0; from < exchange.size(); ++from) {
    EXPECT_EQ(number_in((*frames)[from]), value(step, from, exchange.self().value));
    EXPECT_TRUE((*frames)[from].parts.empty());
  }
}

class ExchangeOfRanks : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Exchange, ExchangeOfRanks, testing::Range(1U, 9U));

TEST_P(ExchangeOfRanks, AllToAllGivesEveryRankItsColumn) {
  run_ranks(GetParam(), [](Transport& transport) {
    Exchange exchange(transport);
    for (std::uint64_t step = 0; step < 20; ++step) {
      expect_frames_of(step, exchange, exchange.all_to_all(frames_of(step, exchange), patience()));
    }
  });
}

TEST_P(ExchangeOfRanks, OpenExchangesDoNotMix) {
  run_ranks(GetParam(), [](Transport& transport) {
    Exchange exchange(transport);
    auto open = exchange.start(frames_of(0, exchange));
    for (std::uint64_t step = 0; step < 20; ++step) {
      auto next = exchange.start(frames_of(step + 1, exchange));
      ASSERT_TRUE(open && next);
      expect_frames_of(step, exchange, exchange.finish(*open, patience()));
      open = std::move(next);
    }
    expect_frames_of(20, exchange, exchange.finish(*open, patience()));
  });
}

TEST_P(ExchangeOfRanks, GatherBringsAllToTheRoot) {
  run_ranks(GetParam(), [](Transport& transport) {
    Exchange exchange(transport);
    for (std::uint32_t root = 0; root < exchange.size(); ++root) {
      const auto all =
          exchange.gather_to(Rank(root), number_frame(exchange.self().value + 100), patience());
      ASSERT_TRUE(all) << all.error().message;
      ASSERT_EQ(all->size(), exchange.self() == Rank(root) ? exchange.size() : 0);
      for (std::uint32_t r = 0; r < all->size(); ++r) EXPECT_EQ(number_in((*all)[r]), r + 100);
    }
  });
}

TEST_P(ExchangeOfRanks, BroadcastReachesEveryRankFromEveryRoot) {
  run_ranks(GetParam(), [](Transport& transport) {
    Exchange exchange(transport);
    for (std::uint32_t root = 0; root < exchange.size(); ++root) {
      const bool is_root = exchange.self() == Rank(root);
      const auto frame =
          exchange.broadcast(Rank(root), is_root ? number_frame(root + 7) : Frame{}, patience());
      ASSERT_TRUE(frame) << frame.error().message;
      EXPECT_EQ(number_in(*frame), root + 7);
    }
  });
}

TEST_P(ExchangeOfRanks, OtherMessagesMeanwhileAreKept) {
  run_ranks(GetParam(), [](Transport& transport) {
    Exchange exchange(transport);
    const Rank next((transport.self().value + 1) % transport.size());
    ASSERT_TRUE(transport.send(next, Tag::to_worker, number_frame(11)));
    expect_frames_of(1, exchange, exchange.all_to_all(frames_of(1, exchange), patience()));
    const auto kept = transport.receive(patience());
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->tag, Tag::to_worker);
    EXPECT_EQ(number_in(kept->frame), 11U);
  });
}

TEST(Exchange, BlocksArriveWithoutACopy) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  Exchange at_a(*a), at_b(*b);
  std::vector<Frame> outgoing(2, Frame{pattern(10, 1), {pattern(1000, 2)}});
  const std::byte* block = outgoing[0].parts[0].data();
  const auto open_a = at_a.start(outgoing), open_b = at_b.start(outgoing);
  const auto frames = at_b.finish(*open_b, patience());
  ASSERT_TRUE(frames);
  for (const Frame& frame : *frames) {
    ASSERT_EQ(frame.parts.size(), 1U);
    EXPECT_EQ(frame.parts[0].data(), block);
  }
}

TEST(Exchange, LateRanksAreNamed) {
  InprocNetwork network(4);
  const auto a = network.endpoint(Rank(0)), c = network.endpoint(Rank(2));
  Exchange at_a(*a), at_c(*c);
  ASSERT_TRUE(at_c.start(frames_of(0, at_c)));
  const auto frames = at_a.all_to_all(frames_of(0, at_a), Deadline::after(Seconds(0.02)));
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code, Code::peer_lost);
  EXPECT_TRUE(frames.error().message.starts_with("rank 0 waited 0.02")) << frames.error().message;
  EXPECT_TRUE(frames.error().message.ends_with("in all_to_all (exchange 0) for ranks 1, 3"))
      << frames.error().message;
}

TEST(Exchange, RanksInDifferentExchangesFindOut) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  Exchange at_a(*a), at_b(*b);
  ASSERT_TRUE(at_b.gather_to(Rank(0), {}, patience()));
  const auto frames = at_a.all_to_all(frames_of(0, at_a), patience());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().message,
            "rank 1 is in gather (exchange 0), rank 0 in all_to_all (exchange 0)");
}

// Rank 0's exchanges 0 and 1 with rank 1, from which `rule` takes a message.
Result<std::vector<Frame>> two_exchanges_under(FaultRule rule) {
  rule.from = Rank(1);
  InprocNetwork network(2, {{rule}});
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  Exchange at_a(*a), at_b(*b);
  EXPECT_TRUE(at_b.start(frames_of(0, at_b)));
  EXPECT_TRUE(at_b.start(frames_of(1, at_b)));
  const Deadline deadline = Deadline::after(Seconds(0.02));
  COHORT_DO(at_a.all_to_all(frames_of(0, at_a), deadline).and_then([](auto&&) {
    return Result<void>();
  }));
  return at_a.all_to_all(frames_of(1, at_a), deadline);
}

TEST(Exchange, FaultsOfTheWireEndInAnErrorOrNotAtAll) {
  EXPECT_TRUE(two_exchanges_under({.action = drop, .first = 5}));
  // Out of order: the numbers tell.
  EXPECT_TRUE(two_exchanges_under({.action = delay, .first = 0}));
  EXPECT_TRUE(two_exchanges_under({.action = hold, .first = 1, .by = 5}));
  EXPECT_EQ(two_exchanges_under({.action = drop, .first = 1}).error().code, Code::peer_lost);
  EXPECT_EQ(two_exchanges_under({.action = duplicate, .first = 0}).error().message,
            "rank 1: its frame of exchange 0 came twice, or is for another");
}

TEST(Exchange, FrameWithoutLabelIsRefused) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  Exchange at_a(*a);
  ASSERT_TRUE(b->send(Rank(0), Tag::exchange, number_frame(1)));
  EXPECT_EQ(at_a.all_to_all(frames_of(0, at_a), patience()).error().message,
            "rank 1: a frame without the label of an exchange");
}

TEST(Exchange, DeadRankIsNamedByTheOthers) {
  constexpr std::uint32_t ranks = 3;
  InprocNetwork network(ranks, {{{.action = kill, .from = Rank(2), .first = 3}}});
  run_ranks(network, ranks, [](Transport& transport) {
    Exchange exchange(transport);
    const auto run = [&]() -> Result<void> {
      for (std::uint64_t step = 0; step < 5; ++step) {
        COHORT_TRY(const auto frames,
                   exchange.all_to_all(frames_of(step, exchange), Deadline::after(Seconds(0.2))));
      }
      return {};
    };
    const auto ended = run();
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Code::peer_lost);
    EXPECT_TRUE(ended.error().message.find("rank 2") != std::string::npos ||
                ended.error().message.find("ranks 1, 2") != std::string::npos)
        << ended.error().message;
  });
}

}  // namespace
}  // namespace cohort
