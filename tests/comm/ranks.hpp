#pragma once
// Ranks as threads over an in-memory network.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "comm/inproc.hpp"

namespace cohort {

/// Runs body(transport) on every rank, each on a thread of its own.
inline void run_ranks(InprocNetwork& network, std::uint32_t ranks,
                      const std::function<void(Transport&)>& body) {
  std::vector<std::jthread> threads;
  for (std::uint32_t r = 0; r < ranks; ++r) {
    threads.emplace_back([&network, &body, r] { body(*network.endpoint(Rank(r))); });
  }
}
inline void run_ranks(std::uint32_t ranks, const std::function<void(Transport&)>& body) {
  InprocNetwork network(ranks);
  run_ranks(network, ranks, body);
}

/// A frame that holds one number, and the number that a frame holds.
inline Frame number_frame(std::uint64_t n) {
  Frame frame{Bytes(sizeof n), {}};
  std::memcpy(frame.header.mutable_data(), &n, sizeof n);
  return frame;
}
inline std::uint64_t number_in(const Frame& frame) {
  std::uint64_t n = 0;
  EXPECT_EQ(frame.header.size(), sizeof n);
  if (frame.header.size() == sizeof n) std::memcpy(&n, frame.header.data(), sizeof n);
  return n;
}

/// Bytes whose every value follows from `seed`.
inline Bytes pattern(std::size_t size, std::uint64_t seed) {
  Bytes bytes(size);
  std::byte* data = bytes.mutable_data();
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = static_cast<std::byte>((i * 2654435761U + seed * 40503U) >> 8);
  }
  return bytes;
}

/// Long enough that only a fault runs into it.
inline Deadline patience() { return Deadline::after(Seconds(30)); }

}  // namespace cohort
