#pragma once
// What the processor is asked to do the same way everywhere: the instruction set of the kernels,
// the rounding mode of a thread, the blocking of Eigen's products (DESIGN section 4).

#include <atomic>
#include <cstdint>
#include <string_view>

#include "core/result.hpp"

namespace cohort {

/// Instruction sets of the dispatched kernels. They return the same bits.
enum class Isa : std::uint8_t { avx2, avx512 };

namespace detail {
// Every machine that can run the program has AVX2 (it is compiled for x86-64-v3).
inline constinit std::atomic<Isa> active_isa{Isa::avx2};
}  // namespace detail

/// The instruction set in use: AVX2 until init_isa() or set_isa() chose.
inline Isa isa() { return detail::active_isa.load(std::memory_order_relaxed); }
/// "avx2" or "avx512".
std::string_view isa_name();
/// Whether this machine and its operating system can run it.
bool supports(Isa wanted);
/// For tests that compare the two; wanted must be supported.
void set_isa(Isa wanted);
/// COHORT_ISA=avx2|avx512 if it is set, the best supported one otherwise.
/// Errors (Code::environment): an unknown name, or a set that this machine lacks.
Result<void> init_isa();

/// Round to nearest, no flush to zero, no denormals as zero, exceptions masked. Every thread calls
/// it when it starts: libraries built with fast-math change the mode of the thread that loads them.
void set_float_environment();

/// Everything that bits depend on and a process has once: init_isa(), Eigen's cache sizes (its
/// products block by CPUID otherwise) and the float environment of the calling thread.
/// main() calls it before anything is computed.
Result<void> pin_numerics();

}  // namespace cohort
