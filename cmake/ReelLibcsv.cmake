# Defines reel::csv, the parser behind tables, for this build and for whoever links an installed
# libreel.a. It brings no .pc file of its own.
#
# Why libcsv: it is small (20 KB), takes a file in pieces and hands fields on as they end, knows quotes
# and their errors, lets its memory be ours, and is kept in Debian, Ubuntu, Fedora and Homebrew. Its
# licence is the LGPL; it is linked as a shared library.
if(TARGET reel::csv)
  return()
endif()

find_path(REEL_LIBCSV_INCLUDE_DIR csv.h)
find_library(REEL_LIBCSV_LIBRARY csv)
mark_as_advanced(REEL_LIBCSV_INCLUDE_DIR REEL_LIBCSV_LIBRARY)

if(REEL_LIBCSV_INCLUDE_DIR AND REEL_LIBCSV_LIBRARY)
  add_library(reel::csv UNKNOWN IMPORTED)
  set_target_properties(reel::csv PROPERTIES
    IMPORTED_LOCATION "${REEL_LIBCSV_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${REEL_LIBCSV_INCLUDE_DIR}")
endif()
