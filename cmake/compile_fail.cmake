# Run by the tests compile_fail.*, see cohort_compile_fail_tests().
function(compile macro status_variable message_variable)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -march=x86-64-v3 -fsyntax-only -Wall -Wextra -Werror -I${ROOT}
            -isystem ${EIGEN} -D${macro} ${SOURCE}
    RESULT_VARIABLE status OUTPUT_VARIABLE message ERROR_VARIABLE message)
  set(${status_variable} ${status} PARENT_SCOPE)
  set(${message_variable} "${message}" PARENT_SCOPE)
endfunction()

compile(CONTROL status message)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: the control case does not compile:\n${message}")
endif()

file(STRINGS ${SOURCE} lines REGEX "^// must fail [A-Z_0-9]+: .")
if(NOT lines)
  message(FATAL_ERROR "${SOURCE}: no line `// must fail NAME: message`")
endif()
foreach(line IN LISTS lines)
  string(REGEX MATCH "^// must fail ([A-Z_0-9]+): (.*)$" _ "${line}")
  set(macro ${CMAKE_MATCH_1})
  set(expected "${CMAKE_MATCH_2}")
  compile(${macro} status message)
  string(FIND "${message}" "${expected}" found)
  if(status EQUAL 0)
    message(SEND_ERROR "${SOURCE}: case ${macro} compiles")
  elseif(found EQUAL -1)
    message(SEND_ERROR "${SOURCE}: case ${macro} fails without saying `${expected}`:\n${message}")
  endif()
endforeach()
