# Installs the build into a folder of its own, then builds the example of a project of one's own
# against that, and runs what it adds.
set(stage ${BUILD}/consumer/stage)
set(work ${BUILD}/consumer/build)
file(REMOVE_RECURSE ${stage} ${work})

# run([STATUS n] [SAYS text …] COMMAND …): ends with status n, 0 unless given, and says every text.
function(run)
  cmake_parse_arguments(arg "" "STATUS" "SAYS;COMMAND" ${ARGN})
  if(NOT DEFINED arg_STATUS)
    set(arg_STATUS 0)
  endif()
  execute_process(COMMAND ${arg_COMMAND} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE errors)
  list(JOIN arg_COMMAND " " command)
  if(NOT status EQUAL arg_STATUS)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}${errors}")
  endif()
  foreach(text ${arg_SAYS})
    string(FIND "${output}${errors}" "${text}" found)
    if(found EQUAL -1)
      message(FATAL_ERROR "${command}\ndoes not say '${text}':\n${output}${errors}")
    endif()
  endforeach()
endfunction()

run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${stage})
run(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${work} -G Ninja -DCMAKE_BUILD_TYPE=Release
            -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${stage})
run(COMMAND ${CMAKE_COMMAND} --build ${work})
# Data that ship are found beside the installed library.
set(own ${CMAKE_COMMAND} -E env --unset=COHORT_DATA_DIR ${work}/own)
run(COMMAND ${own} run ${SOURCE}/scenario.toml --out ${work}/method)
run(COMMAND ${own} run ${SOURCE}/valley.toml --out ${work}/problem)
run(SAYS sign_average "averages the signs" learning_rate COMMAND ${own} list method)
run(SAYS valley steepness COMMAND ${own} list problem)
run(SAYS sign_average "learning_rate = 0.01" COMMAND ${own} run ${SOURCE}/scenario.toml --explain)
run(STATUS 2 SAYS "did you mean 'sign_average'"
    COMMAND ${own} run ${SOURCE}/scenario.toml --set method.type=sign_averge)
run(COMMAND ${stage}/bin/cohort run ${stage}/share/cohort/scenarios/quickstart.toml
            --out ${work}/quickstart)
