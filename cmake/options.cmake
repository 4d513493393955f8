option(COHORT_WERROR "Warnings are errors" OFF)
set(COHORT_SANITIZE "" CACHE STRING "address,undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A precompiled header is allowed in the cache when its defines are part of the key.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
endif()

# One binary for every x86-64-v3 machine; no fused or reordered arithmetic unless it is written.
add_library(cohort_flags INTERFACE)
target_compile_options(cohort_flags INTERFACE
  -march=x86-64-v3 -ffp-contract=off -fno-fast-math
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual $<$<CXX_COMPILER_ID:GNU>:-Wnull-dereference> $<$<BOOL:${COHORT_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-fpch-instantiate-templates>)
target_compile_definitions(cohort_flags INTERFACE
  EIGEN_DONT_PARALLELIZE HWY_SHARED_DEFINE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
if(COHORT_SANITIZE)
  target_compile_options(cohort_flags INTERFACE -fsanitize=${COHORT_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g1)
  target_link_options(cohort_flags INTERFACE -fsanitize=${COHORT_SANITIZE})
endif()
