# Defines reel::openblas, and REEL_OPENBLAS_NAME, by which the library loads it. pkg-config only
# hints: the search itself is CMake's, so that a copy without openblas.pc is found as well.

if(APPLE) # Homebrew keeps OpenBLAS out of the default paths.
  list(APPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/openblas /usr/local/opt/openblas)
endif()
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(REEL_OPENBLAS QUIET openblas)
endif()
find_path(REEL_OPENBLAS_INCLUDE_DIR cblas.h
  HINTS ${REEL_OPENBLAS_INCLUDE_DIRS} ${REEL_OPENBLAS_INCLUDEDIR} PATH_SUFFIXES openblas)
find_library(REEL_OPENBLAS_LIBRARY openblas
  HINTS ${REEL_OPENBLAS_LIBRARY_DIRS} ${REEL_OPENBLAS_LIBDIR})
mark_as_advanced(REEL_OPENBLAS_INCLUDE_DIR REEL_OPENBLAS_LIBRARY)

if(REEL_OPENBLAS_INCLUDE_DIR AND REEL_OPENBLAS_LIBRARY)
  add_library(reel::openblas UNKNOWN IMPORTED)
  set_target_properties(reel::openblas PROPERTIES
    IMPORTED_LOCATION "${REEL_OPENBLAS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${REEL_OPENBLAS_INCLUDE_DIR}")
  set(REEL_OPENBLAS_NAME libopenblas.so.0)
  if(APPLE) # out of the default paths at run time too
    set(REEL_OPENBLAS_NAME "${REEL_OPENBLAS_LIBRARY}")
  endif()
endif()
