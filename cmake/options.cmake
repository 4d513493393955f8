option(COHORT_WERROR "Warnings are errors" OFF)
set(COHORT_SANITIZE "" CACHE STRING "address,undefined or thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A precompiled header may be cached when its defines are part of the key; paths below the source
  # tree are relative in the key, so that build folders share what they compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

# What a program that uses the library must share with it: one binary for every x86-64-v3 machine
# (Eigen's alignment follows from it), no fused or reordered arithmetic unless it is written.
add_library(cohort_arithmetic INTERFACE)
target_compile_options(cohort_arithmetic INTERFACE
  -march=x86-64-v3 -ffp-contract=off -fno-fast-math)
target_compile_definitions(cohort_arithmetic INTERFACE EIGEN_DONT_PARALLELIZE HWY_SHARED_DEFINE)

# What only our own sources are compiled with.
add_library(cohort_flags INTERFACE)
target_link_libraries(cohort_flags INTERFACE cohort_arithmetic)
target_compile_options(cohort_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<BOOL:$<TARGET_PROPERTY:COHORT_IS_TEST>>>>:-Wnull-dereference> $<$<BOOL:${COHORT_WERROR}>:-Werror>
  # GCC 12 sees overflows in std::string's operator+ that are not there (GCC bugs 105329, 105651);
  # clang and the address sanitizer look for the real ones.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds>
  # Without these ccache cannot look into a precompiled header.
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
  "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")
target_compile_definitions(cohort_flags INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
if(COHORT_SANITIZE)
  target_compile_options(cohort_flags INTERFACE
    -fsanitize=${COHORT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # Their checks make GCC 12 doubt what <regex> initialises.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(cohort_flags INTERFACE -fsanitize=${COHORT_SANITIZE})
endif()
