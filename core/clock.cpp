#include "core/clock.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/check.hpp"

namespace cohort {

std::uint64_t SimulatedClock::schedule_at(Seconds time, ClientId client) {
  COHORT_CHECK(std::isfinite(time.count()) && time.count() >= now_,
               "an event is scheduled at a finite time that has not passed");
  events_.push_back({time.count(), client, scheduled_});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
  return scheduled_++;
}

std::optional<SimulatedClock::Event> SimulatedClock::pop() {
  if (events_.empty()) return std::nullopt;
  std::pop_heap(events_.begin(), events_.end(), std::greater<>());
  const Event event = events_.back();
  events_.pop_back();
  now_ = event.time;
  return event;
}

std::optional<SimulatedClock::Event> SimulatedClock::next() const {
  if (events_.empty()) return std::nullopt;
  return events_.front();
}

void SimulatedClock::advance(Seconds time) {
  COHORT_CHECK(time.count() >= now_, "time does not go back");
  COHORT_CHECK(events_.empty() || time.count() <= events_.front().time,
               "time does not pass over an event");
  now_ = time.count();
}

}  // namespace cohort
