# Defines reel::jansson, a JSON library that the tests compare ours with.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_find(reel::jansson LIBRARY jansson HEADER jansson.h MODULE jansson
  CALLS json_loadb json_dumps json_object_get)
