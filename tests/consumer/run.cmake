# Installs the build into a folder of its own, then builds and runs the consumer against that.
set(stage ${BUILD}/consumer/stage)
set(work ${BUILD}/consumer/build)
file(REMOVE_RECURSE ${stage} ${work})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${stage})
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${work} -G Ninja -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${stage})
run(${CMAKE_COMMAND} --build ${work})
# Data that ship are found beside the installed library.
run(${CMAKE_COMMAND} -E env --unset=COHORT_DATA_DIR ${work}/consumer run ${SOURCE}/scenario.toml
    --out ${work}/result)
run(${stage}/bin/cohort run ${stage}/share/cohort/scenarios/quickstart.toml --out ${work}/quickstart)
