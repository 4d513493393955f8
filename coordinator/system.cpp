#include "coordinator/system.hpp"

#include <algorithm>
#include <cmath>

#include "core/kernels.hpp"
#include "core/random.hpp"

namespace cohort {

namespace {

// Sub-streams of a client's Purpose::system. Part of every result.
enum Part : std::uint64_t { compute_part, uplink_part, downlink_part, latency_part };

double value_of(const ClientQuantity& q, std::uint64_t seed, ClientId client, AskId ask,
                Part part) {
  switch (q.type) {
    case ClientQuantity::Type::constant:
      break;
    case ClientQuantity::Type::trace:
      return q.values[client.value];
    case ClientQuantity::Type::lognormal: {
      const std::uint64_t round = q.per == ClientQuantity::Per::round ? ask.round : 0;
      const Stream stream = Stream(seed, Purpose::system, client.value, round).sub(part);
      return q.median * kernels::exp(q.sigma * stream.normal_at(0));
    }
  }
  return q.median;
}

}  // namespace

double SystemModel::seconds(ClientId client, AskId ask, std::uint64_t bytes_down,
                            std::uint64_t bytes_up, std::uint64_t rows) const {
  const auto part = [&](const ClientQuantity& q, Part p) {
    return value_of(q, seed, client, ask, p);
  };
  double t = 2 * part(latency, latency_part);
  if (downlink) t += static_cast<double>(bytes_down) / part(*downlink, downlink_part);
  t += part(compute, compute_part) * (is_per_sample ? static_cast<double>(rows) : 1.0);
  if (uplink) t += static_cast<double>(bytes_up) / part(*uplink, uplink_part);
  return t;
}

bool SystemModel::drops(ClientId client, AskId ask, std::uint32_t attempt) const {
  if (dropout == 0) return false;
  return Stream(seed, Purpose::dropout, client.value, ask.round)
             .sub(ask.index)
             .uniform_at(attempt) < dropout;
}

bool Presence::is_there(ClientId client, double time, Round round, std::uint64_t draw) {
  const Availability& a = model_->availability;
  if (a.type == Availability::Type::share) {
    return Stream(model_->seed, Purpose::availability, client.value, round.value).uniform_at(draw) <
           a.share;
  }
  return at(client, time).is_up;
}

std::optional<Presence::There> Presence::who_is_there(std::uint64_t clients, double time,
                                                      Round round) {
  There there{time, {}};
  constexpr std::uint64_t most_draws = 1000;
  for (std::uint64_t draw = 0; draw < most_draws; ++draw) {
    double next = never;
    for (std::uint64_t c = 0; c < clients; ++c) {
      const ClientId client(c);
      if (is_there(client, there.time, round, draw)) {
        there.clients.push_back(client);
      } else if (there.clients.empty()) {
        next = std::min(next, from(client, there.time));
      }
    }
    if (!there.clients.empty()) return there;
    if (next == never) return std::nullopt;
    there.time = next;
  }
  return std::nullopt;
}

double Presence::until(ClientId client, double time) {
  const Stretch s = at(client, time);
  return s.is_up ? s.end : time;
}

double Presence::from(ClientId client, double time) {
  const Stretch s = at(client, time);
  return s.is_up ? time : s.end;
}

Presence::Stretch Presence::at(ClientId client, double time) {
  switch (model_->availability.type) {
    case Availability::Type::markov:
      return markov(client, time);
    case Availability::Type::trace:
      return listed(client, time);
    default:
      return {0, never, true};
  }
}

// Number 0 of the client's stream decides the state at time 0, number j > 0 the j-th duration,
// −mean · log(uniform): durations have no memory, so the first is like the others.
const Presence::Stretch& Presence::markov(ClientId client, double time) {
  const Availability& a = model_->availability;
  if (client.value >= cursors_.size()) cursors_.resize(client.value + 1);
  Cursor& c = cursors_[client.value];
  if (time < c.stretch.begin) c = {};
  const Stream stream(model_->seed, Purpose::availability, client.value);
  const auto draw = [&] {
    const double mean = c.stretch.is_up ? a.up : a.down;
    c.stretch.end = c.stretch.begin - mean * kernels::log(stream.uniform_at(c.next++));
  };
  if (c.next == 0) {
    c.stretch.is_up = stream.uniform_at(c.next++) < a.up / (a.up + a.down);
    draw();
  }
  while (c.stretch.end <= time) {
    c.stretch = {c.stretch.end, 0, !c.stretch.is_up};
    draw();
  }
  return c.stretch;
}

Presence::Stretch Presence::listed(ClientId client, double time) const {
  const Availability& a = model_->availability;
  const auto& intervals = a.intervals[client.value];
  if (intervals.empty()) return {0, never, false};
  const double base = a.period > 0 ? std::floor(time / a.period) * a.period : 0;
  const double t = time - base;
  const auto next = std::upper_bound(
      intervals.begin(), intervals.end(), t,
      [](double value, const std::pair<double, double>& i) { return value < i.second; });
  if (next == intervals.end()) {
    // Away until the next period.
    return {base, a.period > 0 ? base + a.period + intervals.front().first : never, false};
  }
  if (t < next->first) return {base, base + next->first, false};
  // An interval that reaches the end of a period goes on with one from its beginning.
  double end = base + next->second;
  const bool wraps = a.period > 0 && next->second >= a.period && intervals.front().first <= 0;
  if (wraps) {
    end = intervals.size() == 1 && next->first <= 0 ? never
                                                    : base + a.period + intervals.front().second;
  }
  return {base + next->first, end, true};
}

}  // namespace cohort
