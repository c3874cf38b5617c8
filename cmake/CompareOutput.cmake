# cmake -D PROGRAM=… -D ARGS=… -D EXPECTED=… -D ENVIRONMENT=… -P CompareOutput.cmake
# Fails unless the program succeeds and its standard output is the expected file, byte for byte.
# The choice of kernels, OpenBLAS's and ours, is the program's unless ENVIRONMENT (NAME=value) makes it.
string(RANDOM LENGTH 12 suffix)
set(output ${PROGRAM}-${suffix}.out)
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env --unset=OPENBLAS_CORETYPE --unset=REEL_CPU ${ENVIRONMENT}
    ${PROGRAM} ${ARGS}
  OUTPUT_FILE ${output} RESULT_VARIABLE status)
execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${output} ${EXPECTED}
  RESULT_VARIABLE differs ERROR_QUIET)
if(differs)
  execute_process(COMMAND diff ${EXPECTED} ${output})
endif()
file(REMOVE ${output})
if(differs OR NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ${ARGS}: exit status ${status}; expected output: ${EXPECTED}")
endif()
