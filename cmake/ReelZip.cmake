# Defines reel::zip, whose header the library is compiled with, and REEL_LIBZIP_NAME, by which it loads libzip
# when the first .npz file is opened. Why libzip is said in src/io/archive.h.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_find(reel::zip LIBRARY zip HEADER zip.h MODULE libzip
  CALLS zip_open_from_source zip_file_set_dostime zip_source_seek_compute_offset)

if(TARGET reel::zip)
  reel_name_at_run_time(REEL_LIBZIP_NAME "${REEL_ZIP_LIBRARY}")
endif()
