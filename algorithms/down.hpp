#pragma once
// [method.down]: the model goes down compressed, and what compression left out goes with the next.
//   server     c = C(x − w),  w ← w + c          before it asks; the first time w ← x goes whole
//   everybody  w ← w + c
//   client i   answers as the method says, at w instead of x
// -----------------------------------------------------------------------------------------------
// x [d] the model of the server, w [d] what clients know of it, C a contractive compressor. The
// error x − w is not added up but measured anew each time, so it vanishes where x comes to rest,
// and fixed points are those of the method.
// Source: Gruntkowska, Tyurin, Richtárik, EF21-P and friends: improved theoretical communication
//   complexity for distributed optimization with bidirectional compression, ICML 2023, algorithm 1
//   and its combinations with gradients and DIANA; others are taken along.
// For methods of one exchange that send the model alone. Each process keeps w for its clients. A
// client that was not asked for some rounds is charged for the c that it has missed, up to a whole
// model. Cost: 1 vector at the server, 1 a process.

#include <memory>
#include <string>

#include "algorithms/method.hpp"

namespace cohort {

inline constexpr std::string_view down_source = "Gruntkowska, Tyurin, Richtárik, ICML 2023";

/// Empty, or why the method cannot send its model compressed.
std::string why_not_down(const Method& method);

/// The method with C for what goes down; its Asks have the block "difference" instead of "x".
std::shared_ptr<const Method> with_down(std::shared_ptr<const Method> method,
                                        std::shared_ptr<const Compressor> compressor);

}  // namespace cohort
