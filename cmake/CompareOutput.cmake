# cmake -D PROGRAM=… -D ARGS=… -D EXPECTED=… [-D EMULATOR=…] [-D ENVIRONMENT=…] [-D STATUS=…]
#   -P CompareOutput.cmake
# Fails unless the program ends with the status (0 if none is given) and its standard output is the
# expected file, byte for byte (but for Windows' ends of lines); with a status that is not 0 it must also
# say why on standard error.
# The choice of kernels, OpenBLAS's and ours, is the program's unless ENVIRONMENT (NAME=value) makes it.
if(NOT DEFINED STATUS)
  set(STATUS 0)
endif()
string(RANDOM LENGTH 12 suffix)
set(output ${PROGRAM}-${suffix}.out)
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env --unset=OPENBLAS_CORETYPE --unset=REEL_CPU ${ENVIRONMENT}
    ${EMULATOR} ${PROGRAM} ${ARGS}
  OUTPUT_FILE ${output} ERROR_VARIABLE errors RESULT_VARIABLE status)
set(lines "")
if(PROGRAM MATCHES "\\.exe$")
  set(lines --ignore-eol)
endif()
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${lines} ${output} ${EXPECTED}
  RESULT_VARIABLE differs ERROR_QUIET)
if(differs)
  execute_process(COMMAND diff ${EXPECTED} ${output})
endif()
file(REMOVE ${output})
if(differs OR NOT status STREQUAL STATUS)
  message(FATAL_ERROR "${PROGRAM} ${ARGS}: exit status ${status}, not ${STATUS}; "
    "expected output: ${EXPECTED}\n${errors}")
endif()
if(STATUS AND NOT errors)
  message(FATAL_ERROR "${PROGRAM} ${ARGS}: exit status ${status} without a word on standard error")
endif()
