# Defines reel::jansson, the JSON library behind safetensors files, for this build and for whoever
# links an installed libreel.a.
#
# Why Jansson: it holds 64-bit integers exactly (offsets into a file are such), refuses duplicate
# keys, bytes that are not UTF-8 and numbers that do not fit, bounds its recursion, and hands a failed
# allocation back as an error, in reading and in writing. It is kept in Debian, Ubuntu, Fedora and
# Homebrew. cJSON keeps numbers as doubles and checks neither UTF-8 nor duplicates; yyjson is as good
# but Debian 12 and Ubuntu 22.04 do not have it.
if(TARGET reel::jansson)
  return()
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(REEL_JANSSON QUIET jansson)
endif()
find_path(REEL_JANSSON_INCLUDE_DIR jansson.h
  HINTS ${REEL_JANSSON_INCLUDE_DIRS} ${REEL_JANSSON_INCLUDEDIR})
find_library(REEL_JANSSON_LIBRARY jansson HINTS ${REEL_JANSSON_LIBRARY_DIRS} ${REEL_JANSSON_LIBDIR})
mark_as_advanced(REEL_JANSSON_INCLUDE_DIR REEL_JANSSON_LIBRARY)

if(REEL_JANSSON_INCLUDE_DIR AND REEL_JANSSON_LIBRARY)
  add_library(reel::jansson UNKNOWN IMPORTED)
  set_target_properties(reel::jansson PROPERTIES
    IMPORTED_LOCATION "${REEL_JANSSON_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${REEL_JANSSON_INCLUDE_DIR}")
endif()
