#include "comm/inproc.hpp"

#include <fmt/core.h>

#include <atomic>
#include <mutex>

namespace cohort {

namespace {

struct Held {
  Envelope envelope;
  std::uint64_t messages = 0;  // of the same pair and tag that still overtake it
  std::uint64_t looks = 0;     // of the receiver that still pass
};

struct Inbox {
  std::mutex mutex;
  std::vector<Envelope> ready;
  std::vector<Held> held;
  std::atomic<bool> has_news = false;  // ready or held holds something
  std::atomic<bool> alive = true;
};

}  // namespace

struct InprocNetwork::State {
  State(std::uint32_t ranks, FaultPlan faults)
      : plan(std::move(faults)), matches(plan.rules.size(), 0), inboxes(ranks) {}

  // The rule that takes the next message, and one more message counted by every rule that matches.
  const FaultRule* apply_plan(Rank from, Rank to, Tag tag) {
    if (plan.rules.empty()) return nullptr;
    const std::scoped_lock lock(plan_mutex);
    const FaultRule* taken = nullptr;
    for (std::size_t i = 0; i < plan.rules.size(); ++i) {
      const FaultRule& rule = plan.rules[i];
      if (rule.from.value_or(from) != from || rule.to.value_or(to) != to ||
          rule.tag.value_or(tag) != tag) {
        continue;
      }
      const std::uint64_t n = matches[i]++;
      if (taken == nullptr && n >= rule.first && n - rule.first < rule.times) taken = &rule;
    }
    return taken;
  }

  FaultPlan plan;
  std::mutex plan_mutex;
  std::vector<std::uint64_t> matches;
  std::vector<Inbox> inboxes;
};

namespace {

class Endpoint final : public Transport {
 public:
  Endpoint(Rank self, std::shared_ptr<InprocNetwork::State> state)
      : Transport(self, static_cast<std::uint32_t>(state->inboxes.size())),
        state_(std::move(state)) {}

  std::size_t sharing() const override { return size(); }
  std::string describe() const override {
    return fmt::format("inproc, rank {} of {}", self().value, size());
  }

 private:
  Result<void> transmit(Rank to, Tag tag, Frame frame) override {
    using enum FaultRule::Action;
    const FaultRule* rule = state_->apply_plan(self(), to, tag);
    if (rule != nullptr && rule->action == kill) own_inbox().alive = false;
    if (!check_alive()) return *failure();
    count_sent(frame.size());
    Inbox& inbox = state_->inboxes[to.value];
    if (!inbox.alive || (rule != nullptr && rule->action == drop)) return {};

    const std::scoped_lock lock(inbox.mutex);
    Envelope envelope{self(), tag, std::move(frame)};
    if (rule != nullptr && rule->action == delay) {
      inbox.held.push_back({std::move(envelope), rule->by, 0});
    } else if (rule != nullptr && rule->action == hold) {
      inbox.held.push_back({std::move(envelope), 0, rule->by});
    } else {
      if (rule != nullptr && rule->action == duplicate) inbox.ready.push_back(envelope);
      inbox.ready.push_back(std::move(envelope));
      if (!inbox.held.empty()) release_overtaken(inbox, tag);
    }
    inbox.has_news = true;
    return {};
  }

  // Called with the lock of an inbox into which this rank has just put a message.
  void release_overtaken(Inbox& inbox, Tag tag) {
    for (Held& held : inbox.held) {
      if (held.messages == 0 || held.envelope.from != self() || held.envelope.tag != tag) continue;
      if (--held.messages == 0) inbox.ready.push_back(std::move(held.envelope));
    }
    erase_released(inbox);
  }
  static void erase_released(Inbox& inbox) {
    std::erase_if(inbox.held, [](const Held& h) { return h.messages == 0 && h.looks == 0; });
  }

  void advance() override {
    if (!check_alive()) return;
    Inbox& inbox = own_inbox();
    if (!inbox.has_news.load(std::memory_order_acquire)) return;
    {
      const std::scoped_lock lock(inbox.mutex);
      for (Held& held : inbox.held) {
        if (held.looks > 0 && --held.looks == 0) inbox.ready.push_back(std::move(held.envelope));
      }
      erase_released(inbox);
      taken_.swap(inbox.ready);
      inbox.has_news = !inbox.held.empty();
    }
    for (Envelope& envelope : taken_) {
      count_received(envelope.frame.size());
      arrived(std::move(envelope));
    }
    taken_.clear();
  }

  Inbox& own_inbox() { return state_->inboxes[self().value]; }
  bool check_alive() {
    if (own_inbox().alive) return true;
    fail(peer_lost(fmt::format("rank {} was killed", self().value)));
    return false;
  }

  std::shared_ptr<InprocNetwork::State> state_;  // shared with the network and the other endpoints
  std::vector<Envelope> taken_;                  // kept for its capacity
};

}  // namespace

InprocNetwork::InprocNetwork(std::uint32_t ranks, FaultPlan plan)
    : state_(std::make_shared<State>(ranks, std::move(plan))) {
  COHORT_CHECK(ranks >= 1, "a network has at least one rank");
  for (const FaultRule& rule : state_->plan.rules) {
    COHORT_CHECK(rule.by >= 1, "a message is delayed by at least one");
  }
}

std::unique_ptr<Transport> InprocNetwork::endpoint(Rank rank) {
  COHORT_CHECK(rank.value < state_->inboxes.size(), "the endpoint is a rank of the network");
  return std::make_unique<Endpoint>(rank, state_);
}

void InprocNetwork::kill(Rank rank) { state_->inboxes[rank.value].alive = false; }
bool InprocNetwork::is_alive(Rank rank) const { return state_->inboxes[rank.value].alive; }

}  // namespace cohort
