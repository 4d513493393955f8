#include "comm/inproc.hpp"

#include <gtest/gtest.h>

#include "tests/comm/ranks.hpp"

namespace cohort {
namespace {

using enum FaultRule::Action;

// The numbers under a tag that have arrived at a rank, without waiting for more.
std::vector<std::uint64_t> arrived(Transport& transport, Tag tag = Tag::control) {
  std::vector<std::uint64_t> numbers;
  for (;;) {
    auto envelope = transport.poll(tag);
    EXPECT_TRUE(envelope);
    if (!envelope || !*envelope) return numbers;
    numbers.push_back(number_in((*envelope)->frame));
  }
}
void send_numbers(Transport& from, Rank to, std::vector<std::uint64_t> numbers,
                  Tag tag = Tag::control) {
  for (const std::uint64_t n : numbers) ASSERT_TRUE(from.send(to, tag, number_frame(n)));
}
using Numbers = std::vector<std::uint64_t>;

TEST(Inproc, FrameArrivesWithoutACopy) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  for (const Rank to : {Rank(0), Rank(1)}) {
    const Frame frame{pattern(100, 1), {pattern(1000, 2)}};
    ASSERT_TRUE(a->send(to, Tag::to_worker, frame));
    const auto envelope = (to == Rank(0) ? a : b)->receive(patience());
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->from, Rank(0));
    EXPECT_EQ(envelope->tag, Tag::to_worker);
    EXPECT_EQ(envelope->frame.header.data(), frame.header.data());
    EXPECT_EQ(envelope->frame.parts[0].data(), frame.parts[0].data());
  }
  // What goes to oneself is not on the wire.
  EXPECT_EQ(a->wire_bytes_sent(), 1100U);
  EXPECT_EQ(a->wire_bytes_received(), 0U);
  EXPECT_EQ(b->wire_bytes_received(), 1100U);
  EXPECT_TRUE(a->flush(patience()));
}

TEST(Inproc, TagsHaveQueuesOfTheirOwn) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  send_numbers(*a, Rank(1), {1}, Tag::exchange);
  send_numbers(*a, Rank(1), {2}, Tag::control);
  send_numbers(*a, Rank(1), {3}, Tag::exchange);
  EXPECT_EQ(arrived(*b, Tag::control), Numbers{2});
  // Without a tag: in the order of arrival.
  send_numbers(*a, Rank(1), {4}, Tag::control);
  Numbers all;
  for (int i = 0; i < 3; ++i) {
    const auto envelope = b->receive(patience());
    ASSERT_TRUE(envelope);
    all.push_back(number_in(envelope->frame));
  }
  EXPECT_EQ(all, (Numbers{1, 3, 4}));
}

TEST(Inproc, OrderOfASenderIsKeptUnderLoad) {
  constexpr std::uint32_t ranks = 4;
  constexpr std::uint64_t messages = 2000;
  run_ranks(ranks, [&](Transport& transport) {
    for (std::uint64_t n = 0; n < messages; ++n) {
      for (std::uint32_t to = 0; to < ranks; ++to) {
        ASSERT_TRUE(transport.send(Rank(to), Tag::control, number_frame(n)));
      }
    }
    std::vector<std::uint64_t> next(ranks, 0);
    for (std::uint64_t n = 0; n < messages * ranks; ++n) {
      const auto envelope = transport.receive(Tag::control, patience());
      ASSERT_TRUE(envelope) << envelope.error().message;
      ASSERT_EQ(number_in(envelope->frame), next[envelope->from.value]++);
    }
  });
}

TEST(Inproc, WaitPastTheDeadlineSaysHowLong) {
  InprocNetwork network(2);
  const auto a = network.endpoint(Rank(0));
  const auto start = std::chrono::steady_clock::now();
  const auto envelope = a->receive(Tag::exchange, Deadline::after(Seconds(0.05)));
  const Seconds waited = std::chrono::steady_clock::now() - start;
  ASSERT_FALSE(envelope);
  EXPECT_EQ(envelope.error().code, Code::peer_lost);
  EXPECT_TRUE(envelope.error().message.starts_with("rank 0 waited 0.05"));
  EXPECT_TRUE(envelope.error().message.ends_with("under tag exchange: none came"));
  EXPECT_GE(waited.count(), 0.05);
}

TEST(Inproc, MessageThatCameBeforeTheDeadlineIsTakenAfterIt) {
  InprocNetwork network(1);
  const auto a = network.endpoint(Rank(0));
  send_numbers(*a, Rank(0), {5});
  EXPECT_TRUE(a->receive(Deadline::after(Seconds(0))));
}

TEST(Inproc, EndpointsOutliveTheNetworkObject) {
  auto network = std::make_unique<InprocNetwork>(2);
  const auto a = network->endpoint(Rank(0)), b = network->endpoint(Rank(1));
  network.reset();
  send_numbers(*a, Rank(1), {1});
  EXPECT_EQ(arrived(*b), Numbers{1});
}

// What rank 1 sees of 0 … 5 from rank 0 under a rule.
Numbers seen_under(FaultRule rule) {
  InprocNetwork network(2, {{rule}});
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  send_numbers(*a, Rank(1), {0, 1, 2, 3, 4, 5});
  return arrived(*b);
}

TEST(FaultPlan, DropsTheMessagesItNames) {
  EXPECT_EQ(seen_under({.action = drop, .first = 2}), (Numbers{0, 1, 3, 4, 5}));
  EXPECT_EQ(seen_under({.action = drop, .from = Rank(0), .first = 1, .times = 3}),
            (Numbers{0, 4, 5}));
  EXPECT_EQ(seen_under({.action = drop, .from = Rank(1)}), (Numbers{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(seen_under({.action = drop, .tag = Tag::exchange}), (Numbers{0, 1, 2, 3, 4, 5}));
}

TEST(FaultPlan, DelayedMessageIsOvertaken) {
  EXPECT_EQ(seen_under({.action = delay, .first = 1, .by = 1}), (Numbers{0, 2, 1, 3, 4, 5}));
  EXPECT_EQ(seen_under({.action = delay, .first = 0, .by = 3}), (Numbers{1, 2, 3, 0, 4, 5}));
  // Nothing follows that could release it.
  EXPECT_EQ(seen_under({.action = delay, .first = 5, .by = 1}), (Numbers{0, 1, 2, 3, 4}));
}

TEST(FaultPlan, HeldMessageArrivesAfterSoManyLooks) {
  InprocNetwork network(2, {{{.action = hold, .first = 0, .by = 3}}});
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  send_numbers(*a, Rank(1), {0});
  EXPECT_FALSE(b->poll()->has_value());
  EXPECT_FALSE(b->poll()->has_value());
  EXPECT_TRUE(b->poll()->has_value());
}

TEST(FaultPlan, DuplicateArrivesTwice) {
  EXPECT_EQ(seen_under({.action = duplicate, .first = 4}), (Numbers{0, 1, 2, 3, 4, 4, 5}));
}

TEST(FaultPlan, KilledRankIsSilentAndKnowsIt) {
  InprocNetwork network(3, {{{.action = kill, .from = Rank(0), .first = 2}}});
  const auto a = network.endpoint(Rank(0)), b = network.endpoint(Rank(1));
  send_numbers(*a, Rank(1), {0, 1});
  EXPECT_TRUE(network.is_alive(Rank(0)));
  const auto sent = a->send(Rank(1), Tag::control, number_frame(2));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::peer_lost);
  EXPECT_FALSE(network.is_alive(Rank(0)));
  EXPECT_FALSE(a->poll());
  EXPECT_FALSE(a->receive(patience()));
  EXPECT_FALSE(a->flush(patience()));
  // The others go on; what they send to it vanishes.
  EXPECT_TRUE(b->send(Rank(0), Tag::control, number_frame(0)));
  EXPECT_EQ(arrived(*b), (Numbers{0, 1}));

  network.kill(Rank(2));
  EXPECT_FALSE(network.endpoint(Rank(2))->poll());
}

}  // namespace
}  // namespace cohort
