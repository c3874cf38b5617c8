# Defines REEL_LIBZIP_INCLUDE_DIR, and REEL_LIBZIP_NAME, by which the library loads libzip when the first
# .npz file is opened. Why libzip is said in src/io/archive.h.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(REEL_LIBZIP QUIET libzip)
endif()
find_path(REEL_LIBZIP_INCLUDE_DIR zip.h
  HINTS ${REEL_LIBZIP_INCLUDE_DIRS} ${REEL_LIBZIP_INCLUDEDIR})
find_library(REEL_LIBZIP_LIBRARY zip HINTS ${REEL_LIBZIP_LIBRARY_DIRS} ${REEL_LIBZIP_LIBDIR})
mark_as_advanced(REEL_LIBZIP_INCLUDE_DIR REEL_LIBZIP_LIBRARY)

if(REEL_LIBZIP_INCLUDE_DIR AND REEL_LIBZIP_LIBRARY)
  # The name with the version of its interface: the link without it is only there to compile with.
  get_filename_component(REEL_LIBZIP_NAME "${REEL_LIBZIP_LIBRARY}" REALPATH)
  if(NOT APPLE) # there it lies out of the default paths at run time too
    get_filename_component(REEL_LIBZIP_NAME "${REEL_LIBZIP_NAME}" NAME)
    string(REGEX REPLACE "^(libzip\\.so\\.[0-9]+).*" "\\1" REEL_LIBZIP_NAME "${REEL_LIBZIP_NAME}")
  endif()
endif()
