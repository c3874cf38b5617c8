# Defines reel::z and reel::zstd, whose headers the library is compiled with, and REEL_LIBZ_NAME and
# REEL_LIBZSTD_NAME, by which it loads them when the first compressed table is read.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_find(reel::z LIBRARY z HEADER zlib.h MODULE zlib CALLS inflateInit2_ inflate inflateReset inflateEnd)
reel_find(reel::zstd LIBRARY zstd HEADER zstd.h MODULE libzstd CALLS ZSTD_createDStream ZSTD_decompressStream
  ZSTD_isError ZSTD_freeDStream)

foreach(packing IN ITEMS z zstd)
  string(TOUPPER ${packing} upper)
  if(TARGET reel::${packing})
    reel_name_at_run_time(REEL_LIB${upper}_NAME "${REEL_${upper}_LIBRARY}")
  endif()
endforeach()
