# What goes into which package. In a build folder whose prefix is /usr, `cpack` makes Debian's;
# scripts/packages.sh does all of it.
#
#   libreel0.1   the shared library, named by its soname: two minor versions go side by side
#   libreel-dev  headers, libreel.a, what find_package and pkg-config read, manual pages of section 3
#   reel         the program, its manual pages and completions
#   reel-mpi     what it becomes under mpirun, where MPI was when it was built
#   libreel-mpi-dev  the library of that, its header, what find_package and pkg-config read
#   libreel-doc  the reference as HTML, the documents, the examples
#
# An install rule that names no component is libreel-dev's; cli/ says that its own are the program's.
if(NOT PROJECT_IS_TOP_LEVEL AND NOT REEL_INSTALL) # nothing of ours in a host's prefix
  return()
endif()
set(REEL_REFERENCE "" CACHE PATH "A reference that scripts/reference.sh wrote, to be installed")

set(doc ${CMAKE_INSTALL_DATAROOTDIR}/doc)
install(FILES LICENSE docs/licences.md CHANGELOG.md DESTINATION ${doc}/reel COMPONENT reel_licence)
if(REEL_REFERENCE)
  install(DIRECTORY ${REEL_REFERENCE}/man/man3 DESTINATION ${CMAKE_INSTALL_MANDIR}
    COMPONENT reel_dev)
  install(DIRECTORY ${REEL_REFERENCE}/html docs examples DESTINATION ${doc}/libreel-doc
    COMPONENT reel_doc
    PATTERN CMakeLists.txt EXCLUDE PATTERN Doxyfile EXCLUDE PATTERN reference.* EXCLUDE)
  install(FILES README.md SECURITY.md DESTINATION ${doc}/libreel-doc COMPONENT reel_doc)
endif()
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME reel)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each has its own
set(CPACK_PACKAGE_CONTACT "The Reel authors <reel@localhost>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL "")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_REEL_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/triggers)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/compress.cmake)

# What is loaded by its name, which dpkg-shlibdeps cannot see.
set(loaded libopenblas0)
if(REEL_WITH_NPZ)
  execute_process(COMMAND dpkg-query -W -f "\${Depends}" libzip-dev OUTPUT_VARIABLE zip ERROR_QUIET)
  string(REGEX MATCH "libzip[0-9][0-9a-z]*" zip "${zip}")
  if(zip)
    string(APPEND loaded ", ${zip}")
  endif()
endif()

if(REEL_WITH_PNG)
  execute_process(COMMAND dpkg-query -W -f "\${Depends}" libpng-dev OUTPUT_VARIABLE png ERROR_QUIET)
  string(REGEX MATCH "libpng[0-9][-0-9a-z]*" png "${png}")
  if(png)
    string(APPEND loaded ", ${png}")
  endif()
endif()

# reel_package(<component> <package> <section> <description> [<a field of Debian's> <its value>]...)
macro(reel_package component package section description)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${upper}_DESCRIPTION ${description})
  set(fields ${ARGN})
  while(fields)
    list(POP_FRONT fields field value)
    set(CPACK_DEBIAN_${upper}_PACKAGE_${field} ${value})
  endwhile()
  install(FILES packaging/debian/copyright docs/licences.md
    DESTINATION ${doc}/${package} COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES CHANGELOG.md RENAME changelog
    DESTINATION ${doc}/${package} COMPONENT ${component} EXCLUDE_FROM_ALL)
endmacro()

set(about "Reel is a small training framework in C11: tensors, a reverse-mode
tape, modules, losses and optimizers, with the names, the defaults and
the numbers of PyTorch.")
set(runtime libreel${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set(same "(= ${PROJECT_VERSION})")
reel_package(reel_runtime ${runtime} libs "tensors and training in C: shared library\n${about}"
  RECOMMENDS "${loaded}")
reel_package(reel_dev libreel-dev libdevel "tensors and training in C: headers, static library\n${about}"
  DEPENDS "${runtime} ${same}, libcsv-dev" SUGGESTS "libreel-doc")
if(REEL_BUILD_CLI)
  reel_package(reel_program reel science "trains models on CSV tables, predicts and evaluates\n${about}\n
The program fits lines and networks to a table without a line of C."
    RECOMMENDS "${loaded}" SUGGESTS "gnuplot-nox | gnuplot")
endif()
if(TARGET reel_mpi)
  reel_package(reel_mpi libreel-mpi-dev libdevel "tensors and training in C: by several processes\n${about}\n
This is its data parallel training over MPI: the same bits from any number of processes."
    DEPENDS "libreel-dev ${same}, libopenmpi-dev | libmpich-dev")
endif()
if(TARGET reel_mpi_cli)
  reel_package(reel_mpi_program reel-mpi science "trains models on CSV tables by several processes\n${about}\n
mpirun reel fit comes to the same model, to the byte, with any number of processes."
    DEPENDS "reel ${same}" RECOMMENDS "${loaded}, openmpi-bin | mpich")
endif()
if(REEL_REFERENCE)
  reel_package(reel_doc libreel-doc doc "tensors and training in C: reference, documents, examples\n${about}"
    ARCHITECTURE all)
endif()
include(CPack)
