# reel_mpi, training by several processes: a library of its own, which sees the public headers alone and which
# nothing else links. Defines reel::reel_mpi where there is MPI; it needs the files of REEL_WITH_IO, in which rows lie
# that memory does not hold.
if(NOT REEL_WITH_IO AND REEL_WITH_MPI AND NOT REEL_WITH_MPI STREQUAL AUTO)
  message(FATAL_ERROR "REEL_WITH_MPI=ON needs REEL_WITH_IO=ON: training by several processes reads rows from files.")
endif()
if(NOT REEL_WITH_IO OR NOT REEL_WITH_MPI OR (REEL_WITH_MPI STREQUAL AUTO AND NOT PROJECT_IS_TOP_LEVEL) OR CMAKE_CROSSCOMPILING)
  message(STATUS "MPI: without")
  return()
endif()
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND)
  if(NOT REEL_WITH_MPI STREQUAL AUTO)
    message(FATAL_ERROR "MPI was not found. Run scripts/dependencies.sh tests, install libopenmpi-dev and "
      "openmpi-bin (Debian, Ubuntu) or openmpi-devel (Fedora), run brew install open-mpi (macOS), or configure "
      "with -D REEL_WITH_MPI=OFF.")
  endif()
  message(STATUS "MPI: not found, so there is no reel_mpi")
  return()
endif()
message(STATUS "MPI: ${MPI_C_LIBRARIES}")

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/mpi/*.c)
add_library(reel_mpi_objects OBJECT ${sources})
target_include_directories(reel_mpi_objects PRIVATE ${PROJECT_SOURCE_DIR}/include/mpi ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_BINARY_DIR}/include)
target_link_libraries(reel_mpi_objects PRIVATE MPI::MPI_C reel_compile)
target_compile_options(reel_mpi_objects PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:-O3>) # sums in vectors

add_library(reel_mpi STATIC $<TARGET_OBJECTS:reel_mpi_objects>)
add_library(reel::reel_mpi ALIAS reel_mpi)
target_include_directories(reel_mpi INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/mpi>)
target_link_libraries(reel_mpi PUBLIC reel MPI::MPI_C)

# find_package(reel COMPONENTS mpi), and pkg-config's reel-mpi, which requires what the MPI at hand calls itself.
if(REEL_INSTALL)
  set(REEL_MPI_PC_REQUIRES "")
  set(REEL_MPI_PC_LIBS "")
  find_package(PkgConfig QUIET)
  foreach(module ompi-c mpich mpi-c)
    if(PkgConfig_FOUND AND NOT REEL_MPI_PC_REQUIRES)
      pkg_check_modules(REEL_MPI_PC QUIET ${module})
      if(REEL_MPI_PC_FOUND)
        set(REEL_MPI_PC_REQUIRES ", ${module}")
      endif()
    endif()
  endforeach()
  if(NOT REEL_MPI_PC_REQUIRES)
    list(JOIN MPI_C_LIBRARIES " " REEL_MPI_PC_LIBS)
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/reel-mpi.pc.in reel-mpi.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/reel-mpi.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT reel_mpi)
  install(FILES include/mpi/reel/mpi.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reel COMPONENT reel_mpi)
  install(TARGETS reel_mpi EXPORT reelMpiTargets COMPONENT reel_mpi)
  install(EXPORT reelMpiTargets NAMESPACE reel:: DESTINATION ${config_dir} COMPONENT reel_mpi)
endif()
