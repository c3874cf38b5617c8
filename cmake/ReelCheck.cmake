# Defines reel::check, the tests' library, by its .pc file, which alone knows what it needs.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(CHECK QUIET IMPORTED_TARGET check)
endif()
if(TARGET PkgConfig::CHECK)
  reel_links(REEL_CHECK_LINKS HEADER check.h FOLDER "${CHECK_INCLUDE_DIRS}" WITH PkgConfig::CHECK
    CALLS suite_create srunner_run_all)
  if(REEL_CHECK_LINKS AND NOT TARGET reel::check)
    add_library(reel::check INTERFACE IMPORTED)
    target_link_libraries(reel::check INTERFACE PkgConfig::CHECK)
  endif()
endif()
