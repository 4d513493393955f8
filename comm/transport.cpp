#include "comm/transport.hpp"

#include <fmt/core.h>

#include <thread>

namespace cohort {

std::string_view to_string(Tag tag) {
  switch (tag) {
    case Tag::to_worker:
      return "to_worker";
    case Tag::to_coordinator:
      return "to_coordinator";
    case Tag::exchange:
      return "exchange";
    case Tag::control:
      return "control";
  }
  return "?";
}

void Backoff::pause() {
  using namespace std::chrono_literals;
  // Reading the clock costs as much as a look.
  if (++looks_ % 16 != 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (!start_) start_ = now;
  const auto waited = now - *start_;
  if (waited > 1ms) {
    std::this_thread::sleep_for(100us);
  } else if (waited > 20us) {
    std::this_thread::yield();
  }
}

Result<void> Transport::send(Rank to, Tag tag, Frame frame) {
  if (failure_) return *failure_;
  COHORT_CHECK(to.value < size_, "the receiver is a rank of the run");
  if (to == self_) {
    arrived({self_, tag, std::move(frame)});
    return {};
  }
  return transmit(to, tag, std::move(frame));
}

void Transport::arrived(Envelope envelope) {
  auto& queue = queues_[static_cast<std::size_t>(envelope.tag)];
  queue.push_back({arrivals_++, std::move(envelope)});
}

std::optional<Envelope> Transport::take(std::optional<Tag> tag) {
  std::deque<Arrival>* first = nullptr;
  for (std::size_t i = 0; i < tag_count; ++i) {
    auto& queue = queues_[i];
    if (queue.empty() || (tag && static_cast<std::size_t>(*tag) != i)) continue;
    if (first == nullptr || queue.front().number < first->front().number) first = &queue;
  }
  if (first == nullptr) return std::nullopt;
  std::optional<Envelope> envelope = std::move(first->front().envelope);
  first->pop_front();
  return envelope;
}

Result<std::optional<Envelope>> Transport::poll_queues(std::optional<Tag> tag) {
  progress();
  auto envelope = take(tag);
  if (!envelope && failure_) return *failure_;
  return envelope;
}

Result<std::optional<Envelope>> Transport::poll() { return poll_queues(std::nullopt); }
Result<std::optional<Envelope>> Transport::poll(Tag tag) { return poll_queues(tag); }

Result<Envelope> Transport::wait(std::optional<Tag> tag, Deadline deadline) {
  for (Backoff backoff;; backoff.pause()) {
    COHORT_TRY(auto envelope, poll_queues(tag));
    if (envelope) return *std::move(envelope);
    if (deadline.passed()) {
      return peer_lost(fmt::format("rank {} waited {:.3g} s for a message{}{}: none came",
                                   self_.value, deadline.waited().count(), tag ? " under tag " : "",
                                   tag ? to_string(*tag) : ""));
    }
  }
}

Result<Envelope> Transport::receive(Deadline deadline) { return wait(std::nullopt, deadline); }
Result<Envelope> Transport::receive(Tag tag, Deadline deadline) { return wait(tag, deadline); }

Result<void> Transport::flush(Deadline deadline) {
  for (Backoff backoff;; backoff.pause()) {
    progress();
    if (failure_) return *failure_;
    const std::string waiting_for = unsent();
    if (waiting_for.empty()) return {};
    if (deadline.passed()) {
      return peer_lost(fmt::format("rank {} waited {:.3g} s for {} to take what was sent",
                                   self_.value, deadline.waited().count(), waiting_for));
    }
  }
}

}  // namespace cohort
