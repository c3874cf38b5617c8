# How the build looks for a library; so do scripts/dependencies.sh and whoever links an installed libreel.a.
include(CheckCSourceCompiles)

# reel_links(<variable> CALLS <function>... [HEADER <name>] [FOLDER <path>] [WITH <library>...]): whether a
# program that includes the header and calls the functions compiles and links. It is asked once for each
# folder and libraries.
function(reel_links variable)
  cmake_parse_arguments(arg "" "HEADER;FOLDER" "CALLS;WITH" ${ARGN})
  set(asked "TRUE;${arg_FOLDER};${arg_WITH}")
  if("${${variable}}" STREQUAL asked)
    return()
  endif()
  set(source "#include <${arg_HEADER}>\n")
  if(NOT arg_HEADER)
    string(REGEX REPLACE "([^;]+)" "void \\1(void)" source "${arg_CALLS};")
  endif()
  list(TRANSFORM arg_CALLS REPLACE "(.+)" "(void (*)(void))\\1" OUTPUT_VARIABLE calls)
  list(JOIN calls ", " calls)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_INCLUDES ${arg_FOLDER})
  set(CMAKE_REQUIRED_LIBRARIES ${arg_WITH})
  unset(reel_links CACHE)
  check_c_source_compiles("${source}
    int main(int argc, char **argv)
    {
      void (*volatile calls[])(void) = {${calls}};
      return argv[0] && calls[argc - 1] == 0;
    }" reel_links)
  if(NOT reel_links)
    set(asked FALSE)
  endif()
  unset(reel_links CACHE)
  set(${variable} "${asked}" CACHE INTERNAL "")
endfunction()

# reel_find(<target> LIBRARY <name>... CALLS <function>... [HEADER <name>] [MODULE <name>]
#   [PATHS <folder>...] [WITH <library>...])
# Defines the imported target, where reel_links says yes to what was found. pkg-config's module only hints at
# folders, PATHS are looked through last, WITH is linked as well. So a header without its library, a library
# of another machine or another kind, or one that its .pc file has outlived, is not found.
function(reel_find target)
  cmake_parse_arguments(arg "" "HEADER;MODULE" "LIBRARY;CALLS;PATHS;WITH" ${ARGN})
  if(TARGET ${target})
    return()
  endif()
  string(REGEX REPLACE ".*:" "REEL_" name "${target}")
  string(TOUPPER "${name}" name)
  set(library ${name}_LIBRARY)
  set(folder ${name}_INCLUDE_DIR)
  foreach(path IN ITEMS ${library} ${folder})
    if(${path} AND NOT EXISTS "${${path}}") # any more
      unset(${path} CACHE)
    endif()
  endforeach()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND AND arg_MODULE)
    pkg_check_modules(${name}_PC QUIET ${arg_MODULE})
  endif()
  find_library(${library} NAMES ${arg_LIBRARY} PATHS ${arg_PATHS} PATH_SUFFIXES lib
    HINTS ${${name}_PC_LIBRARY_DIRS} ${${name}_PC_LIBDIR})
  if(arg_HEADER)
    find_path(${folder} ${arg_HEADER} PATHS ${arg_PATHS} PATH_SUFFIXES include openblas
      HINTS ${${name}_PC_INCLUDE_DIRS} ${${name}_PC_INCLUDEDIR})
  endif()
  mark_as_advanced(${library} ${folder})
  if(NOT ${library} OR (arg_HEADER AND NOT ${folder}))
    return()
  endif()
  set(links TRUE)
  if(CMAKE_C_COMPILER_LOADED) # a project in C++ alone cannot ask
    reel_links(${name}_LINKS HEADER ${arg_HEADER} FOLDER "${${folder}}" CALLS ${arg_CALLS}
      WITH "${${library}}" ${arg_WITH})
    set(links ${${name}_LINKS})
  endif()
  if(links)
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${${library}}"
      INTERFACE_INCLUDE_DIRECTORIES "${${folder}}" INTERFACE_LINK_LIBRARIES "${arg_WITH}")
  endif()
endfunction()

# reel_name_at_run_time(<variable> <library> [<name>]): what a program loads the library by; if no name is given
# by the one with the version of its interface, for the link without it is only there to compile with. The name
# alone, if it lies where the loader looks; otherwise with its folder.
function(reel_name_at_run_time variable library)
  get_filename_component(folder "${library}" DIRECTORY)
  get_filename_component(real "${library}" REALPATH)
  get_filename_component(name "${real}" NAME)
  string(REGEX REPLACE "^(.+\\.so\\.[0-9]+).*" "\\1" name "${name}")
  if(ARGC GREATER 2)
    set(name "${ARGV2}")
  endif()
  set(${variable} "${name}" PARENT_SCOPE)
  foreach(known IN LISTS CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
    if(EXISTS "${known}/${name}")
      return()
    endif()
  endforeach()
  if(EXISTS "${folder}/${name}")
    set(${variable} "${folder}/${name}" PARENT_SCOPE)
  elseif(NOT real MATCHES "\\.a$" AND EXISTS "${real}")
    set(${variable} "${real}" PARENT_SCOPE)
  endif()
endfunction()
