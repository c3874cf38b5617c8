# Defines reel::cblas, OpenBLAS with its header, which the benchmarks call. Another BLAS's cblas.h will not do.
include(${CMAKE_CURRENT_LIST_DIR}/ReelOpenBLAS.cmake)
reel_find(reel::cblas LIBRARY openblas HEADER cblas.h MODULE openblas
  PATHS ${REEL_OPENBLAS_FOLDERS} WITH ${CMAKE_THREAD_LIBS_INIT} m
  CALLS cblas_sgemm openblas_get_corename openblas_set_num_threads openblas_get_num_threads)
