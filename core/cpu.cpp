#include "core/cpu.hpp"

#include <fmt/format.h>
#include <immintrin.h>

#include <Eigen/Core>
#include <cstdlib>

namespace cohort {
namespace {

constexpr std::string_view name_of(Isa isa) { return isa == Isa::avx512 ? "avx512" : "avx2"; }

}  // namespace

std::string_view isa_name() { return name_of(isa()); }

bool supports(Isa wanted) {
  if (wanted == Isa::avx2) return true;
  // The features of Highway's AVX3 target; the builtin also asks the operating system (XGETBV).
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

void set_isa(Isa wanted) {
  COHORT_CHECK(supports(wanted), fmt::format("{} on a machine that lacks it", name_of(wanted)));
  detail::active_isa.store(wanted, std::memory_order_relaxed);
}

Result<void> init_isa() {
  const char* variable = std::getenv("COHORT_ISA");
  if (variable == nullptr || *variable == '\0') {
    set_isa(supports(Isa::avx512) ? Isa::avx512 : Isa::avx2);
    return {};
  }
  for (const Isa wanted : {Isa::avx2, Isa::avx512}) {
    if (name_of(wanted) != variable) continue;
    if (!supports(wanted)) {
      return bad_environment(fmt::format(
          "COHORT_ISA={}: this machine lacks it; unset COHORT_ISA or set it to avx2", variable));
    }
    set_isa(wanted);
    return {};
  }
  return bad_environment(fmt::format("COHORT_ISA={}: unknown; expected avx2 or avx512", variable));
}

void set_float_environment() {
  constexpr unsigned all_exceptions_masked_round_to_nearest = 0x1F80;
  _mm_setcsr(all_exceptions_masked_round_to_nearest);
}

Result<void> pin_numerics() {
  set_float_environment();
  constexpr std::ptrdiff_t kibi = 1024;
  Eigen::setCpuCacheSizes(32 * kibi, 512 * kibi, 8 * kibi * kibi);
  return init_isa();
}

}  // namespace cohort
