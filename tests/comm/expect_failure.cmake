# cmake -DCOMMAND="program;argument…" -DSTATUS=3 -DMESSAGE=regex -DSECONDS=10 -P expect_failure.cmake
# Fails unless the command ends within the time, with the exit status, and says so on stderr.
string(TIMESTAMP begin %s)
execute_process(COMMAND ${COMMAND} RESULT_VARIABLE status ERROR_VARIABLE text TIMEOUT 50)
string(TIMESTAMP end %s)
math(EXPR took "${end} - ${begin}")
if(NOT status STREQUAL STATUS)
  message(FATAL_ERROR "exit status ${status}, expected ${STATUS}:\n${text}")
elseif(NOT text MATCHES "${MESSAGE}")
  message(FATAL_ERROR "stderr does not match `${MESSAGE}`:\n${text}")
elseif(took GREATER_EQUAL SECONDS)
  message(FATAL_ERROR "took ${took} s, expected less than ${SECONDS}")
endif()
