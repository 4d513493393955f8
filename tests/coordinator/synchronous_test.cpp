#include "coordinator/synchronous.hpp"

#include <gtest/gtest.h>

namespace cohort {
namespace {

// x ← x + mean of the replies; clients remember, so that replies are settled.
struct Averaging : OneRound {
  static constexpr std::string_view name = "averaging";
  static constexpr std::string_view summary = "for this test";
  static constexpr std::string_view source = "none";
  struct Options {};
  struct ClientState {
    double sent = 0;
    template <class V>
    void fields(V&& v) {
      v("sent", sent);
    }
  };
  Options options;
  MethodNeeds needs() const { return {}; }
  std::vector<Phase> phases(const Layout& layout) const {
    return {{.name = "step", .down = {}, .up = {{.name = "u", .length = layout.shared()}}}};
  }
  Ask ask(ServerContext&, const Vec& x, NoState&) const {
    Ask ask;
    ask.common.blocks = {dense_block("x", as_span(x))};
    return ask;
  }
  Result<void> answer(ClientContext&, const Ask&, Oracle&, Reply&) const { return {}; }
  void finish(ServerContext&, Vec& x, NoState&, Combined& combined) const {
    x += combined.vec("u");
  }
};

class SynchronousTest : public testing::Test {
 protected:
  SynchronousTest() : method_(Averaging::Options{}) {
    layout_.append("w", 2, 1, SegmentKind::weight);
    plan_.method = &method_;
    plan_.layout = &layout_;
    plan_.seed = 7;
    plan_.clients = 4;
    plan_.cohort_size = 4;
    plan_.ranks = {{0, 2}, {2, 4}};
    plan_.clients_remember = true;
    plan_.stop.rounds = 3;
    plan_.evaluation.enabled = false;
    plan_.quorum = 4;
  }
  Synchronous make() { return {plan_, Vec::Zero(2)}; }

  // What a rank whose clients all send `value` in each coordinate replies.
  static ReplyMessage reply_to(const SendAsk& ask, double value) {
    ReplyMessage r;
    r.id = ask.message.ask.id;
    r.bytes_up = 32 * ask.message.clients.size();
    OrderedSum<ReplySum, AddReplies> sum(AddReplies{}, range_of(ask.to));
    for (const ClientId c : ask.message.clients) {
      r.reports.push_back({c, Answer::accepted});
      const std::vector<double> u = {value, value};
      ReplySum leaf;
      leaf.push_back(weighted_leaf(dense_block("u", u), 0.25));
      sum.add(c.value, std::move(leaf));
    }
    r.sums = std::move(sum).finish();
    return r;
  }
  static IdRange range_of(Rank rank) {
    return rank == Rank(0) ? IdRange{0, 2} : IdRange{2, IdRange{}.last};
  }
  template <class A>
  static std::vector<A> of(const std::vector<Action>& actions) {
    std::vector<A> found;
    for (const Action& a : actions) {
      if (const A* typed = std::get_if<A>(&a)) found.push_back(*typed);
    }
    return found;
  }

  Layout layout_;
  MethodOf<Averaging> method_;
  SynchronousPlan plan_;
};

TEST_F(SynchronousTest, AsksEveryRankForItsClientsOnly) {
  auto s = make();

  const auto asks = of<SendAsk>(s.start(Seconds(0)));

  ASSERT_EQ(asks.size(), 2U);
  EXPECT_EQ(asks[0].message.clients, (std::vector{ClientId(0), ClientId(1)}));
  EXPECT_EQ(asks[1].message.clients, (std::vector{ClientId(2), ClientId(3)}));
  EXPECT_LT(asks[0].message.sequence, asks[1].message.sequence);
}

TEST_F(SynchronousTest, CombinesWhenAllHaveReplied) {
  auto s = make();
  const auto asks = of<SendAsk>(s.start(Seconds(0)));

  EXPECT_TRUE(s.on_reply(Rank(1), reply_to(asks[1], 3), Seconds(1)).empty());
  const auto after = s.on_reply(Rank(0), reply_to(asks[0], 1), Seconds(1));

  EXPECT_EQ(s.x()[0], 2);  // the mean of 1, 1, 3, 3
  ASSERT_EQ(of<WriteRound>(after).size(), 1U);
  const RoundReport report = of<WriteRound>(after)[0].report;
  EXPECT_EQ(report.accepted, 4U);
  EXPECT_EQ(report.bytes_up, 128U);
  EXPECT_EQ(report.bytes_down, 4U * 32U);  // two doubles and 16 bytes a block
  EXPECT_EQ(of<SendAsk>(after).size(), 2U);
}

TEST_F(SynchronousTest, RepeatedAndLateRepliesChangeNothing) {
  auto s = make();
  const auto first = of<SendAsk>(s.start(Seconds(0)));
  const ReplyMessage old = reply_to(first[0], 1);
  EXPECT_TRUE(s.on_reply(Rank(0), old, Seconds(0)).empty());
  EXPECT_TRUE(s.on_reply(Rank(0), reply_to(first[0], 50), Seconds(0)).empty());
  const auto second = of<SendAsk>(s.on_reply(Rank(1), reply_to(first[1], 1), Seconds(0)));
  ASSERT_EQ(second.size(), 2U);

  EXPECT_TRUE(s.on_reply(Rank(0), old, Seconds(0)).empty());
  EXPECT_TRUE(s.on_reply(Rank(1), reply_to(second[1], 1), Seconds(0)).empty());
  s.on_reply(Rank(0), reply_to(second[0], 1), Seconds(0));

  EXPECT_EQ(s.x()[0], 2);
}

TEST_F(SynchronousTest, SettlesWhatItAcceptedInTheNextMessage) {
  auto s = make();
  const auto first = of<SendAsk>(s.start(Seconds(0)));
  EXPECT_TRUE(first[0].message.settled.empty());
  s.on_reply(Rank(0), reply_to(first[0], 1), Seconds(0));

  const auto second = of<SendAsk>(s.on_reply(Rank(1), reply_to(first[1], 1), Seconds(0)));

  ASSERT_EQ(second[1].message.settled.size(), 2U);
  EXPECT_EQ(second[1].message.settled[0].client, ClientId(2));
  EXPECT_EQ(second[1].message.settled[0].accepted, first[1].message.ask.id);
}

TEST_F(SynchronousTest, GoesOnWithAQuorumAndKeepsTheSettlementsOfTheSilentRank) {
  plan_.deadline = Seconds(10);
  plan_.quorum = 2;
  auto s = make();
  const auto first = of<SendAsk>(s.start(Seconds(0)));
  s.on_reply(Rank(0), reply_to(first[0], 1), Seconds(1));
  EXPECT_TRUE(s.on_time(Seconds(9)).empty());

  const auto after = s.on_time(Seconds(10));

  EXPECT_EQ(s.x()[0], 1);
  EXPECT_EQ(of<WriteRound>(after)[0].report.dropped, 2U);
  const auto second = of<SendAsk>(after);
  ASSERT_EQ(second.size(), 2U);
  // Rank 1's clients have never been accepted: whatever they hold is to be forgotten.
  ASSERT_EQ(second[1].message.settled.size(), 2U);
  EXPECT_EQ(second[1].message.settled[0].accepted, std::nullopt);
}

TEST_F(SynchronousTest, BelowQuorumAsksTheSilentAgainThreeTimesThenGivesUp) {
  plan_.deadline = Seconds(10);
  auto s = make();
  const auto first = of<SendAsk>(s.start(Seconds(0)));
  s.on_reply(Rank(0), reply_to(first[0], 1), Seconds(1));

  const auto again = of<SendAsk>(s.on_time(Seconds(10)));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].to, Rank(1));
  EXPECT_EQ(again[0].message.ask.id, first[1].message.ask.id);
  EXPECT_GT(again[0].message.sequence, first[1].message.sequence);
  EXPECT_EQ(of<SendAsk>(s.on_time(Seconds(20))).size(), 1U);
  const auto end = of<Finish>(s.on_time(Seconds(30)));

  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].code, Code::peer_lost);
  EXPECT_NE(end[0].why.find("rank 1"), std::string::npos) << end[0].why;
}

TEST_F(SynchronousTest, CountsNonFiniteRepliesAsDroppedAndStopsWhenAllAre) {
  auto s = make();
  const auto asks = of<SendAsk>(s.start(Seconds(0)));
  for (const SendAsk& ask : asks) {
    ReplyMessage r;
    r.id = ask.message.ask.id;
    for (const ClientId c : ask.message.clients) r.reports.push_back({c, Answer::non_finite});
    const auto end = of<Finish>(s.on_reply(ask.to, r, Seconds(0)));
    if (ask.to == Rank(0)) {
      EXPECT_TRUE(end.empty());
    } else {
      ASSERT_EQ(end.size(), 1U);
      EXPECT_EQ(end[0].code, Code::diverged);
    }
  }
}

TEST_F(SynchronousTest, RefusesAReplyThatDoesNotFitTheAsk) {
  auto s = make();
  const auto asks = of<SendAsk>(s.start(Seconds(0)));
  ReplyMessage wrong = reply_to(asks[0], 1);
  wrong.sums[0].value[0].coordinates = 3;

  const auto end = of<Finish>(s.on_reply(Rank(0), wrong, Seconds(0)));

  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].code, Code::peer_lost);
  EXPECT_NE(end[0].why.find("expected 2 coordinates, found 3"), std::string::npos) << end[0].why;
}

TEST_F(SynchronousTest, AStopRequestSavesSettledStateAndIsResumable) {
  auto s = make();
  const auto first = of<SendAsk>(s.start(Seconds(0)));
  s.request_stop("stopped by SIGTERM");
  s.on_reply(Rank(0), reply_to(first[0], 1), Seconds(0));

  const auto saves = of<SendSave>(s.on_reply(Rank(1), reply_to(first[1], 1), Seconds(0)));
  ASSERT_EQ(saves.size(), 2U);
  EXPECT_TRUE(saves[0].message.complete);
  EXPECT_EQ(saves[0].message.settled.size(), 2U);
  EXPECT_TRUE(s.on_saved(Rank(0), {1, "clients-1-0.bin", ""}, Seconds(0)).empty());
  const auto end = s.on_saved(Rank(1), {1, "clients-1-1.bin", ""}, Seconds(0));

  ASSERT_EQ(of<WriteCheckpoint>(end).size(), 1U);
  EXPECT_EQ(of<WriteCheckpoint>(end)[0].client_files.size(), 2U);
  EXPECT_EQ(of<Finish>(end)[0].code, Code::resumable);

  // A fresh schedule goes on from those bytes to the same model.
  const std::vector<std::byte> bytes = of<WriteCheckpoint>(end)[0].state;
  Reader reader(bytes);
  ServerCheckpoint loaded = Synchronous::blank(plan_);
  reader.take(loaded);
  ASSERT_TRUE(reader.finished());
  Synchronous resumed(plan_, loaded);
  const auto second = of<SendAsk>(resumed.start(Seconds(0)));
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].message.ask.id.round, 2U);
  EXPECT_EQ(resumed.x(), s.x());
}

TEST_F(SynchronousTest, EvaluatesTheLastRoundWhateverTheInterval) {
  plan_.evaluation.enabled = true;
  plan_.evaluation.at_start = false;
  plan_.evaluation.every = 2;
  RowStatistics two_rows, one_row;
  two_rows.rows = 2;
  two_rows.loss = 4;
  one_row.rows = 1;
  one_row.loss = 2;
  auto s = make();
  auto actions = s.start(Seconds(0));
  std::vector<std::uint64_t> evaluated;
  for (int guard = 0; guard < 20 && of<Finish>(actions).empty(); ++guard) {
    std::vector<Action> next;
    for (const SendAsk& ask : of<SendAsk>(actions)) {
      next = s.on_reply(ask.to, reply_to(ask, 1), Seconds(0));
    }
    for (const SendEvaluate& e : of<SendEvaluate>(actions)) {
      evaluated.push_back(e.message.round);
      EvaluatedMessage m;
      m.round = e.message.round;
      m.statistics["test"] = {{0, two_rows}};
      EXPECT_TRUE(s.on_evaluated(Rank(0), m, Seconds(0)).empty());
      m.statistics["test"] = {{1, one_row}};
      next = s.on_evaluated(Rank(1), m, Seconds(0));
      EXPECT_EQ(of<WriteRound>(next)[0].report.measured->at("test").at("loss"), 2.0);
    }
    actions = std::move(next);
  }

  EXPECT_EQ(of<Finish>(actions)[0].code, Code::done);
  EXPECT_EQ(evaluated, (std::vector<std::uint64_t>{2, 3}));
}

TEST(Stopping, NamesTheRuleThatEndedTheRun) {
  StopRules rules;
  rules.rounds = 10;
  rules.targets = {{"test", "accuracy", 0.9, true}, {"train", "loss", 0.1, false}};
  rules.loss_above = 5.0;
  Measured measured;
  measured["test"]["accuracy"] = 0.95;
  EXPECT_EQ(decide_stop(rules, {3, 0, 0, Seconds(0)}, &measured).why,
            "test_accuracy = 0.95 reached 0.9");
  EXPECT_EQ(decide_stop(rules, {3, 0, 0, Seconds(0)}, nullptr).verdict, Verdict::go_on);
  measured["test"]["accuracy"] = 0.5;
  measured["train"]["loss"] = 6;
  EXPECT_EQ(decide_stop(rules, {3, 0, 0, Seconds(0)}, &measured).verdict, Verdict::diverged);
  measured["train"]["loss"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(decide_stop(rules, {3, 0, 0, Seconds(0)}, &measured).verdict, Verdict::diverged);
  EXPECT_EQ(decide_stop(rules, {10, 0, 0, Seconds(0)}, nullptr).why, "rounds = 10");
  rules.wall_time = Seconds(60);
  EXPECT_EQ(decide_stop(rules, {3, 0, 0, Seconds(61)}, nullptr).verdict, Verdict::out_of_time);
}

}  // namespace
}  // namespace cohort
