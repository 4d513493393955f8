# Writes the source of core/build_info.hpp. Run at every build by target cohort_commit.
set(commit unknown)
find_program(GIT git)
if(GIT)
  execute_process(
    COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE described RESULT_VARIABLE status ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(status EQUAL 0)
    set(commit ${described})
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
// Written by cmake/build_info.cmake.
#include "core/build_info.hpp"

namespace cohort {

std::string_view version() { return "@VERSION@"; }
std::string_view commit() { return "@commit@"; }
std::string_view compiler() { return "@COMPILER@"; }

}  // namespace cohort
]])
