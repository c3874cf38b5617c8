# cmake -D PROGRAM=bench [-D "MORE=fit;csv"] -P CheckBench.cmake
# Fails unless each workload runs (bench compares the losses), each line of --json is an
# object with the members that others read, and what bench does not know is refused with status 2.
cmake_minimum_required(VERSION 3.21)

function(run status)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE errors
    RESULT_VARIABLE result)
  if(NOT result STREQUAL status)
    message(FATAL_ERROR "bench ${ARGN}: exit status ${result}, not ${status}:\n${output}\n${errors}")
  endif()
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

# check_member(<line> <member> <type>...): fails unless its JSON type is one of those.
function(check_member line member)
  string(JSON type ERROR_VARIABLE wrong TYPE "${line}" ${member})
  if(wrong OR NOT type IN_LIST ARGN)
    message(FATAL_ERROR "bench --json: ${member} is no ${ARGN} in ${line}\n${wrong}")
  endif()
endfunction()

run(0 W1 W1p W2 W3 W4 W4h W5 W6 W7 W8 W9 elementwise ${MORE} --seconds 0 --threads 2 --json)
if(NOT errors MATCHES "OpenBLAS core: [A-Z]")
  message(FATAL_ERROR "bench did not name OpenBLAS's core: ${errors}")
endif()
string(REGEX REPLACE "\n$" "" lines "${output}")
string(REPLACE "\n" ";" lines "${lines}")
set(seen)
foreach(line IN LISTS lines)
  foreach(member workload config unit)
    check_member("${line}" ${member} STRING)
  endforeach()
  foreach(member threads reel)
    check_member("${line}" ${member} NUMBER)
  endforeach()
  foreach(member limit libtorch ratio_limit ratio_libtorch bar)
    check_member("${line}" ${member} NUMBER NULL)
  endforeach()
  check_member("${line}" met BOOLEAN NULL)
  string(JSON workload GET "${line}" workload)
  string(JSON config GET "${line}" config)
  string(JSON threads GET "${line}" threads)
  list(APPEND seen "${workload} ${config} ${threads}")
endforeach()
foreach(wanted "W1 eager 1" "W1p whole process 1" "W1p peak memory 1" "W2 eager, sgd 1"
    "W2 replayed, sgd 1" "W2 eager, adam 1" "W2 replayed, adam 1" "W3 eager 2" "W3 replayed 2"
    "W4 eager 2" "W4 replayed 2" "W4h eager 2" "W4h replayed 2" "W5 eager 2" "W5 replayed 2"
    "W1 replayed 1" "W6 eager, scalar 1" "W6 eager, 16 1" "W6 replayed, scalar 1" "W6 replayed, 16 1"
    "W7 eager 2" "W7 replayed 2" "W8 eager 2" "W8 replayed 2" "W9 eager 1" "W9 replayed 1"
    "elementwise eager, relu 1")
  if(NOT wanted IN_LIST seen)
    message(FATAL_ERROR "bench has no line for ${wanted}; it has ${seen}")
  endif()
endforeach()

foreach(workload IN LISTS MORE)
  if(NOT seen MATCHES "${workload} ")
    message(FATAL_ERROR "bench has no line for ${workload}; it has ${seen}")
  endif()
endforeach()

run(0 W1 W6 --seconds 0 --markdown)
if(NOT output MATCHES "^\\| workload [^\n]*\n\\|---[^\n]*\n\\| W1: eager \\| 1 \\| [0-9.]+ us \\|")
  message(FATAL_ERROR "bench --markdown: no table: ${output}")
endif()
run(0 W1 --seconds 0 --levels)
if(NOT output MATCHES "\\| W1: eager \\| 1 \\| 1 \\| [0-9.]+ \\| [0-9.]+ \\|")
  message(FATAL_ERROR "bench --levels: no table: ${output}")
endif()

# Beside an earlier run: one that nothing can leave, one that was impossibly quick, one that is none.
set(baseline ${CMAKE_CURRENT_BINARY_DIR}/bench-baseline.json)
function(check_baseline low high status word)
  file(WRITE ${baseline} "{\"workload\": \"W1p\", \"config\": \"whole process\", \"threads\": 1, "
    "\"reel\": ${low}, \"reel_low\": ${low}, \"reel_high\": ${high}, \"limit\": null}\n")
  run(${status} W1p --seconds 0 --baseline ${baseline})
  if(NOT errors MATCHES "${word}")
    message(FATAL_ERROR "bench --baseline: not a word of ${word}: ${errors}")
  endif()
endfunction()
check_baseline(1e-9 1e9 0 "0 slower, 0 quicker, 1 within")
check_baseline(1e-9 1e-9 1 "SLOWER: W1p: whole process, 1 thread: .*1 slower")
check_baseline(1e9 1e9 0 "quicker: W1p: .*0 slower, 1 quicker")
file(WRITE ${baseline} "nothing\n")
run(2 W1p --seconds 0 --baseline ${baseline})
file(REMOVE ${baseline})
run(0 W1 W2 --count)
if(NOT output MATCHES "^W1: eager\t100\nW1: replayed\t100\nW2: eager, sgd\t100\n")
  message(FATAL_ERROR "bench --count: ${output}")
endif()

run(0 --help)
foreach(wrong W0 --fast "--threads;0" "--threads" "--seconds;x" "--levels;W1p" "--count;W1p" "--baseline"
    "--baseline;nowhere.json")
  run(2 ${wrong})
  if(NOT errors MATCHES "bench: .*see bench --help")
    message(FATAL_ERROR "bench ${wrong}: no word about it: ${errors}")
  endif()
endforeach()
