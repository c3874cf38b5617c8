# Defines reel::png, whose header the library is compiled with, and REEL_LIBPNG_NAME, by which it loads libpng
# when the first .png file is read or written.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_find(reel::png LIBRARY png16 png HEADER png.h MODULE libpng
  CALLS png_image_begin_read_from_memory png_image_finish_read png_image_write_to_memory)

if(TARGET reel::png)
  reel_name_at_run_time(REEL_LIBPNG_NAME "${REEL_PNG_LIBRARY}")
endif()
