# What `cohort new` writes configures, builds and passes its test against an installed package.
set(stage ${BUILD}/new/stage)
set(work ${BUILD}/new/work)
file(REMOVE_RECURSE ${stage} ${work})
file(MAKE_DIRECTORY ${work})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE errors)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${status}:\n${output}${errors}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${stage})
foreach(kind method optimizer aggregator)
  set(project ${work}/${kind})
  run(${stage}/bin/cohort new ${kind} my_${kind} --out ${project})
  run(${CMAKE_COMMAND} -S ${project} -B ${project}/build -G Ninja
      -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${stage})
  run(${CMAKE_COMMAND} --build ${project}/build)
  run(${CMAKE_CTEST_COMMAND} --test-dir ${project}/build --output-on-failure --no-tests=error)
endforeach()
