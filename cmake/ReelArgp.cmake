# Defines reel::argp, which reads the command line of the program reel. glibc has it; elsewhere (macOS, Alpine)
# it is a library of its own, argp-standalone.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_links(REEL_ARGP_IN_LIBC HEADER argp.h CALLS argp_parse)
if(REEL_ARGP_IN_LIBC)
  add_library(reel::argp INTERFACE IMPORTED)
else()
  reel_find(reel::argp LIBRARY argp HEADER argp.h CALLS argp_parse)
endif()
