#pragma once
// A schedule and workers without data: client c answers ½ (c + 1 − x) + round/64 + index/512 in
// each coordinate. Replies wait and are delivered in an order that a seed decides.

#include <gtest/gtest.h>

#include <deque>

#include "coordinator/schedule.hpp"
#include "core/random.hpp"

namespace cohort {

// x ← x + mean of the replies.
struct Averaging : OneRound {
  static constexpr std::string_view name = "averaging";
  static constexpr std::string_view summary = "for these tests";
  static constexpr std::string_view source = "none";
  struct Options {};
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

class World {
 public:
  /// `rows` that a client's reply visits, by client; ranges of the ranks.
  World(std::vector<std::uint64_t> rows, std::vector<IdRange> ranks)
      : rows_(std::move(rows)), ranks_(std::move(ranks)) {}

  /// Fills in what every plan of these tests has.
  template <class Plan>
  Plan plan() {
    Plan p;
    p.method = &method_;
    p.layout = &layout();
    p.seed = 7;
    p.clients = rows_.size();
    p.cohort_size = rows_.size();
    p.ranks = ranks_;
    p.evaluation.enabled = false;
    return p;
  }

  struct Outcome {
    std::vector<RoundReport> rounds;
    std::optional<Finish> end;
    std::vector<std::byte> checkpoint;  // the last one
  };
  /// To its end, or until `stop_after` replies have been delivered and a stop was asked for.
  Outcome run(Schedule& schedule, std::uint64_t order,
              std::optional<std::uint64_t> stop_after = {}) {
    outcome_ = {};
    waiting_.clear();
    held_.clear();
    Stream chance(order, Purpose::test);
    take(schedule.start(Seconds(0)));
    for (std::uint64_t n = 0; !outcome_.end && n < 1000000; ++n) {
      if (stop_after && n == *stop_after) schedule.request_stop("enough");
      if (waiting_.empty()) {
        ADD_FAILURE() << "the schedule waits for nothing";
        break;
      }
      const auto i = static_cast<std::ptrdiff_t>(order == 0 ? 0 : chance.below(waiting_.size()));
      auto [rank, message] = std::move(waiting_[static_cast<std::size_t>(i)]);
      waiting_.erase(waiting_.begin() + i);
      take(std::visit([&](auto& m) { return deliver(schedule, rank, std::move(m)); }, message));
    }
    return std::move(outcome_);
  }

  std::uint64_t answered() const { return answered_; }

 private:
  using Message = std::variant<ReplyMessage, CollectedMessage>;

  Layout& layout() {
    if (layout_.shared() == 0) layout_.append("w", 2, 1, SegmentKind::weight);
    return layout_;
  }
  static std::vector<Action> deliver(Schedule& s, Rank rank, ReplyMessage m) {
    return s.on_reply(rank, std::move(m), Seconds(0));
  }
  static std::vector<Action> deliver(Schedule& s, Rank rank, CollectedMessage m) {
    return s.on_collected(rank, std::move(m), Seconds(0));
  }

  void take(std::vector<Action> actions) {
    for (Action& action : actions) {
      if (auto* ask = std::get_if<SendAsk>(&action)) {
        waiting_.emplace_back(ask->to, answer(*ask));
      } else if (auto* collect = std::get_if<SendCollect>(&action)) {
        waiting_.emplace_back(collect->to, sum(*collect));
      } else if (auto* round = std::get_if<WriteRound>(&action)) {
        outcome_.rounds.push_back(round->report);
      } else if (auto* checkpoint = std::get_if<WriteCheckpoint>(&action)) {
        outcome_.checkpoint = checkpoint->state;
      } else if (auto* end = std::get_if<Finish>(&action)) {
        outcome_.end = *end;
      }
    }
  }
  IdRange subtrees(Rank rank) const {
    IdRange range = ranks_[rank.value];
    if (rank.value + 1 == ranks_.size()) range.last = IdRange{}.last;
    return range;
  }
  ReplyMessage answer(const SendAsk& ask) {
    const AskMessage& m = ask.message;
    ReplyMessage r;
    r.id = m.ask.id;
    OrderedSum<ReplySum, AddReplies> sum(AddReplies{}, subtrees(ask.to));
    for (const ClientId c : m.clients) {
      ++answered_;
      const auto x = m.ask.common.at("x").doubles();
      std::vector<double> u;
      for (const double xi : x) {
        u.push_back(0.5 * (static_cast<double>(c.value) + 1 - xi) +
                    static_cast<double>(r.id.round) / 64 + static_cast<double>(r.id.index) / 512);
      }
      ReplySum leaf;
      leaf.push_back(weighted_leaf(dense_block("u", u), 1.0 / static_cast<double>(rows_.size())));
      r.reports.push_back({c, Answer::accepted});
      ReplyCost cost;
      cost.bytes_up = 32;
      cost.counts.add(Query::gradient, rows_[c.value]);
      if (m.detail != ReplyDetail::sums) r.costs.push_back(cost);
      r.bytes_up += cost.bytes_up;
      r.counts += cost.counts;
      if (m.detail == ReplyDetail::apart) {
        held_[{c, r.id}] = std::move(leaf);
      } else {
        sum.add(c.value, std::move(leaf));
      }
    }
    r.sums = std::move(sum).finish();
    return r;
  }
  CollectedMessage sum(const SendCollect& collect) {
    CollectedMessage m;
    m.sequence = collect.message.sequence;
    std::map<ClientId, ReplySum> leaves;
    for (const HeldReply& h : collect.message.counted) {
      auto node = held_.extract({h.client, h.id});
      EXPECT_FALSE(node.empty()) << "client " << h.client.value << " is not held";
      if (node.empty()) continue;
      for (double& v : node.mapped()[0].values.as_mutable<double>()) v *= h.factor;
      const auto [at, is_first] = leaves.try_emplace(h.client, std::move(node.mapped()));
      if (!is_first) AddReplies{}(at->second, std::move(node.mapped()));
    }
    for (const HeldReply& h : collect.message.forgotten) {
      EXPECT_EQ(held_.erase({h.client, h.id}), 1U);
    }
    OrderedSum<ReplySum, AddReplies> total(AddReplies{}, subtrees(collect.to));
    for (auto& [client, leaf] : leaves) total.add(client.value, std::move(leaf));
    m.sums = std::move(total).finish();
    return m;
  }

  std::vector<std::uint64_t> rows_;
  std::vector<IdRange> ranks_;
  Layout layout_;
  MethodOf<Averaging> method_{Averaging::Options{}};
  std::deque<std::pair<Rank, Message>> waiting_;
  std::map<std::pair<ClientId, AskId>, ReplySum> held_;
  Outcome outcome_;
  std::uint64_t answered_ = 0;
};

/// A second a row.
inline SystemModel second_a_row() {
  SystemModel m;
  m.compute.median = 1;
  m.seed = 7;
  return m;
}

}  // namespace cohort
