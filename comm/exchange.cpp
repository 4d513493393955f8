#include "comm/exchange.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cstring>

namespace cohort {

namespace {

std::string_view kind_name(std::uint64_t kind) {
  constexpr std::string_view names[] = {"?", "all_to_all", "gather", "broadcast"};
  return names[kind < std::size(names) ? kind : 0];
}

}  // namespace

Result<void> Exchange::send(Rank to, std::uint64_t number, Kind kind, Frame frame) {
  const Label label{number, kind};
  Bytes& last = frame.parts.emplace_back(sizeof label);
  std::memcpy(last.mutable_data(), &label, sizeof label);
  return transport_->send(to, Tag::exchange, std::move(frame));
}

Result<void> Exchange::accept(Envelope envelope) {
  const std::uint32_t from = envelope.from.value;
  Frame& frame = envelope.frame;
  Label label;
  if (frame.parts.empty() || frame.parts.back().size() != sizeof label) {
    return bad_input(fmt::format("rank {}: a frame without the label of an exchange", from));
  }
  std::memcpy(&label, frame.parts.back().data(), sizeof label);
  frame.parts.pop_back();
  const auto unexpected = [&] {
    return bad_input(fmt::format("rank {}: its frame of exchange {} came twice, or is for another",
                                 from, label.number));
  };
  // What this rank has begun and is not waiting for needs nothing more.
  if (label.number < next_ && !inbox_.contains(label.number)) return unexpected();
  Arrivals& arrivals = inbox_[label.number];
  arrivals.resize(transport_->size());
  if (arrivals[from]) return unexpected();
  arrivals[from] = Arrived{label.kind, std::move(frame)};
  return {};
}

Result<std::vector<Frame>> Exchange::collect(std::uint64_t number, Kind kind,
                                             const std::vector<Rank>& from, Deadline deadline) {
  const auto describe = [&](Kind k) {
    return fmt::format("{} (exchange {})", kind_name(static_cast<std::uint64_t>(k)), number);
  };
  Arrivals& arrivals = inbox_[number];
  arrivals.resize(transport_->size());
  for (Backoff backoff;; backoff.pause()) {
    for (;;) {
      COHORT_TRY(auto envelope, transport_->poll(Tag::exchange));
      if (!envelope) break;
      COHORT_DO(accept(*std::move(envelope)));
    }
    std::vector<std::uint32_t> missing;
    for (const Rank r : from) {
      if (!arrivals[r.value]) missing.push_back(r.value);
    }
    for (std::uint32_t r = 0; r < arrivals.size(); ++r) {
      if (arrivals[r] && arrivals[r]->kind != kind) {
        return bad_input(fmt::format("rank {} is in {}, rank {} in {}", r,
                                     describe(arrivals[r]->kind), transport_->self().value,
                                     describe(kind)));
      }
    }
    if (missing.empty()) break;
    if (deadline.passed()) {
      return peer_lost(fmt::format("rank {} waited {:.3g} s in {} for rank{} {}",
                                   transport_->self().value, deadline.waited().count(),
                                   describe(kind), missing.size() > 1 ? "s" : "",
                                   fmt::join(missing, ", ")));
    }
  }
  std::vector<Frame> frames;
  for (const Rank r : from) frames.push_back(std::move(arrivals[r.value]->frame));
  inbox_.erase(number);
  return frames;
}

std::vector<Rank> Exchange::everyone() const {
  std::vector<Rank> ranks;
  for (std::uint32_t r = 0; r < transport_->size(); ++r) ranks.emplace_back(r);
  return ranks;
}

Result<Exchange::Number> Exchange::start(std::vector<Frame> outgoing) {
  const std::uint32_t size = transport_->size();
  COHORT_CHECK(outgoing.size() == size, "one frame for each rank");
  const Number number(next_++);
  inbox_[number.value].resize(size);
  // Each rank begins with its right neighbour, so that they do not all send to the same one.
  for (std::uint32_t i = 0; i < size; ++i) {
    const Rank to((transport_->self().value + i) % size);
    COHORT_DO(send(to, number.value, Kind::all_to_all, std::move(outgoing[to.value])));
  }
  return number;
}

Result<std::vector<Frame>> Exchange::finish(Number number, Deadline deadline) {
  COHORT_CHECK(inbox_.contains(number.value) && number.value < next_,
               "the exchange was started and not finished");
  return collect(number.value, Kind::all_to_all, everyone(), deadline);
}

Result<std::vector<Frame>> Exchange::all_to_all(std::vector<Frame> outgoing, Deadline deadline) {
  COHORT_TRY(const Number number, start(std::move(outgoing)));
  return finish(number, deadline);
}

Result<std::vector<Frame>> Exchange::gather_to(Rank root, Frame frame, Deadline deadline) {
  const std::uint64_t number = next_++;
  if (transport_->self() == root) inbox_[number].resize(transport_->size());
  COHORT_DO(send(root, number, Kind::gather, std::move(frame)));
  if (transport_->self() != root) return std::vector<Frame>{};
  return collect(number, Kind::gather, everyone(), deadline);
}

Result<Frame> Exchange::broadcast(Rank root, Frame frame, Deadline deadline) {
  const std::uint64_t number = next_++;
  const std::uint32_t size = transport_->size();
  const auto rank_at = [&](std::uint32_t place) { return Rank((root.value + place) % size); };
  // Place in the tree: the root is 0, the parent of a place lacks its lowest bit.
  const std::uint32_t place = (transport_->self().value + size - root.value) % size;
  std::uint32_t bit = 1;
  while (bit < size && (place & bit) == 0) bit <<= 1;
  if (place != 0) {
    COHORT_TRY(auto frames, collect(number, Kind::broadcast, {rank_at(place - bit)}, deadline));
    frame = std::move(frames.front());
  }
  // The farthest child first: it has the most ranks behind it.
  for (bit >>= 1; bit > 0; bit >>= 1) {
    if (place + bit < size) COHORT_DO(send(rank_at(place + bit), number, Kind::broadcast, frame));
  }
  return frame;
}

}  // namespace cohort
