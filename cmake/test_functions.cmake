# The precompiled header of all test executables, compiled once.
add_library(cohort_test_base OBJECT ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
target_link_libraries(cohort_test_base PUBLIC cohort_flags Eigen3::Eigen Threads::Threads fmt::fmt
                      GTest::gmock)
set_target_properties(cohort_test_base PROPERTIES COHORT_IS_TEST ON)
target_include_directories(cohort_test_base PUBLIC ${PROJECT_SOURCE_DIR})
target_compile_definitions(cohort_test_base PUBLIC COHORT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
# Tests are compiled more often than they are run: -O1 takes half the time of -O3. GCC's flow
# warnings misread gtest's macros and, at -O1, empty structs.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(cohort_test_base PUBLIC -O1 $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
target_precompile_headers(cohort_test_base PRIVATE ${PROJECT_SOURCE_DIR}/tests/pch.hpp)

function(cohort_test_executable name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES COHORT_IS_TEST ON)
  target_link_libraries(${name} PRIVATE cohort_test_base)
  target_precompile_headers(${name} REUSE_FROM cohort_test_base)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)  # tests count on it for GoogleTest
    target_compile_options(${name} PRIVATE "SHELL:-include ${PROJECT_SOURCE_DIR}/tests/pch.hpp")
  endif()
endfunction()

# cohort_tests(folder): executable <folder>_tests of tests/<folder>/**/*_test.cpp, on the room of that
# name, if there is one, and what it stands on. Label unit.
function(cohort_tests folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  list(FILTER sources EXCLUDE REGEX "/tests/${folder}/(mpi|fault)/")
  if(NOT sources)
    return()
  endif()
  cohort_test_executable(${folder}_tests ${sources})
  target_link_libraries(${folder}_tests PRIVATE GTest::gtest_main)
  if(TARGET cohort_${folder})
    target_link_libraries(${folder}_tests PRIVATE cohort_${folder})
  endif()
  gtest_discover_tests(${folder}_tests DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# cohort_mpi_test(name RANKS 1 2 4 FOLDER folder [LINK targets…] [ARGS arguments…] [LABELS labels…])
# executable <name> of tests/<folder>/*.cpp, which brings its own main(), run by mpirun on each number
# of ranks: tests name.1, name.2, name.4. Label mpi.
function(cohort_mpi_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "RANKS;LINK;ARGS;LABELS")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${arg_FOLDER}/*.cpp)
  if(NOT sources)
    return()
  endif()
  cohort_test_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  cohort_add_mpi_runs(${name} RANKS ${arg_RANKS} LABELS ${arg_LABELS}
                      COMMAND $<TARGET_FILE:${name}> ${arg_ARGS})
endfunction()

# cohort_add_mpi_runs(name RANKS 1 2 4 COMMAND command…): the tests alone, for a program that exists.
function(cohort_add_mpi_runs name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "RANKS;COMMAND;LABELS")
  foreach(ranks ${arg_RANKS})
    add_test(NAME ${name}.${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} ${COHORT_MPIEXEC_FLAGS}
                     ${arg_COMMAND})
    set_tests_properties(${name}.${ranks} PROPERTIES
      LABELS "mpi;${arg_LABELS}" TIMEOUT 60 PROCESSORS ${ranks}
      ENVIRONMENT "${COHORT_MPI_ENVIRONMENT}")
  endforeach()
endfunction()

# More ranks than cores, as root, in a container: what a machine of two cores needs. MPICH takes
# neither the flags nor the variables.
execute_process(COMMAND ${MPIEXEC_EXECUTABLE} --version OUTPUT_VARIABLE mpiexec_version ERROR_QUIET)
set(COHORT_MPIEXEC_FLAGS)
set(COHORT_MPI_ENVIRONMENT)
if(mpiexec_version MATCHES "Open MPI|OpenRTE")
  set(COHORT_MPIEXEC_FLAGS --oversubscribe --bind-to none)
  set(COHORT_MPI_ENVIRONMENT
      OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
      OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
      OMPI_MCA_btl_vader_single_copy_mechanism=none)
endif()

# tests/compile_fail/*.cpp: each must compile as it is, and must not with any one of the macros that
# it names in lines `// must fail NAME: part of the compiler's message`. Label unit.
function(cohort_compile_fail_tests)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/compile_fail/*.cpp)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_test(NAME compile_fail.${name}
             COMMAND ${CMAKE_COMMAND} -DCOMPILER=${CMAKE_CXX_COMPILER} -DSOURCE=${source}
                     -DROOT=${PROJECT_SOURCE_DIR} -DEIGEN=${EIGEN3_INCLUDE_DIRS}
                     -P ${PROJECT_SOURCE_DIR}/cmake/compile_fail.cmake)
    set_tests_properties(compile_fail.${name} PROPERTIES LABELS unit TIMEOUT 60)
  endforeach()
endfunction()

# examples/own_project finds, links and runs what `cmake --install` gives. Its linker
# would need the sanitizers' flags, which are not installed.
function(cohort_consumer_test)
  if(COHORT_SANITIZE)
    return()
  endif()
  add_test(NAME consumer.InstalledPackageBuildsAndRuns
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DCOMPILER=${CMAKE_CXX_COMPILER}
                   -DSOURCE=${PROJECT_SOURCE_DIR}/examples/own_project
                   -P ${PROJECT_SOURCE_DIR}/tests/consumer/run.cmake)
  set_tests_properties(consumer.InstalledPackageBuildsAndRuns PROPERTIES LABELS unit TIMEOUT 120)
  add_test(NAME consumer.NewProjectsBuildAndPass
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DCOMPILER=${CMAKE_CXX_COMPILER}
                   -P ${PROJECT_SOURCE_DIR}/tests/consumer/new.cmake)
  set_tests_properties(consumer.NewProjectsBuildAndPass PROPERTIES LABELS slow TIMEOUT 600)
endfunction()
