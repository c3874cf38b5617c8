# Defines reel::openblas, and REEL_OPENBLAS_NAME, by which the library loads it where it is not linked.
# It is found where its own `make install`, Homebrew and conda put it, too. The library needs no header of it.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
find_package(Threads QUIET)
set(REEL_OPENBLAS_FOLDERS /opt/OpenBLAS /opt/homebrew/opt/openblas /usr/local/opt/openblas
  /home/linuxbrew/.linuxbrew/opt/openblas $ENV{CONDA_PREFIX})
reel_find(reel::openblas LIBRARY openblas libopenblas.so.0 MODULE openblas
  PATHS ${REEL_OPENBLAS_FOLDERS} WITH ${CMAKE_THREAD_LIBS_INIT} m
  CALLS cblas_sgemm cblas_dgemm openblas_get_config openblas_set_num_threads)

set(REEL_OPENBLAS_NAME libopenblas.so.0)
if(APPLE)
  set(REEL_OPENBLAS_NAME libopenblas.0.dylib)
endif()
if(TARGET reel::openblas)
  reel_name_at_run_time(REEL_OPENBLAS_NAME "${REEL_OPENBLAS_LIBRARY}" ${REEL_OPENBLAS_NAME})
endif()
