# cohort_library(folder [folder it stands on …]): a static library of every .cpp of a room.
function(cohort_library folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    set(sources ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  endif()
  add_library(cohort_${folder} STATIC ${sources})
  set_target_properties(cohort_${folder} PROPERTIES EXPORT_NAME ${folder})
  target_include_directories(cohort_${folder} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/cohort>)
  target_link_libraries(cohort_${folder} PRIVATE $<BUILD_INTERFACE:cohort_flags>
                        PUBLIC cohort_arithmetic Eigen3::Eigen Threads::Threads)
  foreach(base ${ARGN})
    target_link_libraries(cohort_${folder} PUBLIC cohort_${base})
  endforeach()
  if(folder STREQUAL core)
    target_precompile_headers(cohort_core PRIVATE ${PROJECT_SOURCE_DIR}/cmake/pch.hpp)
    target_link_libraries(cohort_core PRIVATE PkgConfig::HWY PkgConfig::XXHASH fmt::fmt)
    cohort_build_info(cohort_core)
  else()
    target_precompile_headers(cohort_${folder} REUSE_FROM cohort_core)
    target_link_libraries(cohort_${folder} PRIVATE fmt::fmt)
  endif()
  if(folder STREQUAL problems)
    target_link_libraries(cohort_problems PRIVATE ZLIB::ZLIB PkgConfig::XXHASH
                          nlohmann_json::nlohmann_json)
    target_compile_definitions(cohort_problems PRIVATE
      COHORT_SHIPPED_DATA_DIR="${PROJECT_SOURCE_DIR}/problems/data/shipped")
  elseif(folder STREQUAL comm)
    target_link_libraries(cohort_comm PRIVATE MPI::MPI_CXX PkgConfig::XXHASH)
  elseif(folder STREQUAL scenarios)
    target_link_libraries(cohort_scenarios PRIVATE nlohmann_json::nlohmann_json CLI11::CLI11
                          ZLIB::ZLIB)
    cohort_embed_references(cohort_scenarios)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/scenarios/reproduce.cpp PROPERTIES
      COMPILE_DEFINITIONS COHORT_SHIPPED_SCENARIOS_DIR="${PROJECT_SOURCE_DIR}/scenarios")
  elseif(folder STREQUAL bench)
    target_link_libraries(cohort_bench PRIVATE nlohmann_json::nlohmann_json CLI11::CLI11)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/bench/external.cpp PROPERTIES
      COMPILE_DEFINITIONS COHORT_PYTHON_DIR="${PROJECT_SOURCE_DIR}/python")
  endif()
endfunction()

# docs/references.bib as a text of the program.
function(cohort_embed_references target)
  set(input ${PROJECT_SOURCE_DIR}/docs/references.bib)
  set(output ${PROJECT_BINARY_DIR}/generated/references.cpp)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${input})
  file(READ ${input} REFERENCES)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/references.cpp.in ${output} @ONLY)
  target_sources(${target} PRIVATE ${output})
endfunction()

# core/build_info.hpp: looked up at every build, written (and compiled) only when it changed.
function(cohort_build_info target)
  set(output ${PROJECT_BINARY_DIR}/generated/build_info.cpp)
  set(compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE}")
  if(COHORT_SANITIZE)
    string(APPEND compiler " -fsanitize=${COHORT_SANITIZE}")
  endif()
  add_custom_target(cohort_commit
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${output}
            -DVERSION=${PROJECT_VERSION} -DCOMPILER=${compiler}
            -P ${PROJECT_SOURCE_DIR}/cmake/build_info.cmake
    BYPRODUCTS ${output} VERBATIM COMMENT "Looking up the commit")
  target_sources(${target} PRIVATE ${output})
  set_source_files_properties(${output} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  add_dependencies(${target} cohort_commit)
endfunction()

# The executable `cohort`.
function(cohort_program)
  file(GLOB main CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/main.cpp)
  if(main)
    add_executable(cohort ${main})
    target_link_libraries(cohort PRIVATE cohort_flags cohort_bench cohort_scenarios)
    set_target_properties(cohort PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  endif()
endfunction()

# Target header_check (not part of a normal build): every header compiles alone, and twice; but for
# *-inl.hpp, which Highway includes once for each instruction set.
function(cohort_header_check)
  set(sources)
  foreach(folder core problems algorithms comm worker coordinator scenarios bench)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
         ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
    list(FILTER headers EXCLUDE REGEX "-inl\\.hpp$")
    foreach(header ${headers})
      set(source ${PROJECT_BINARY_DIR}/header_check/${header}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n" @ONLY)
      list(APPEND sources ${source})
    endforeach()
  endforeach()
  if(sources)
    add_library(header_check OBJECT EXCLUDE_FROM_ALL ${sources})
    target_compile_options(header_check PRIVATE -fsyntax-only)
    target_link_libraries(header_check PRIVATE cohort_flags cohort_bench MPI::MPI_CXX fmt::fmt
                          nlohmann_json::nlohmann_json CLI11::CLI11)
  endif()
endfunction()
