#pragma once
// First include of a file of dispatched kernels, before <hwy/foreach_target.h>. Such a file is
// compiled once for AVX2 and once for AVX-512; what it holds between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE is Highway code in an anonymous namespace and nothing else: an inline
// function of the standard library that was compiled there for AVX-512 could be the copy that the
// linker keeps for everybody.

#include "core/cpu.hpp"

// x86-64-v3 does not promise PCLMUL and AES, and Highway would fall back to SSSE3 for want of them.
#define HWY_DISABLE_PCLMUL_AES
#include <hwy/detect_targets.h>
#if HWY_TARGETS != (HWY_AVX2 | HWY_AVX3)
#error "the kernels are compiled for x86-64-v3 (AVX2), with AVX-512 as the one other form"
#endif

/// The form of a function of namespace HWY_NAMESPACE that is in use. Under HWY_ONCE only.
#define COHORT_DISPATCH(function) \
  (::cohort::isa() == ::cohort::Isa::avx512 ? &N_AVX3::function : &N_AVX2::function)
