# Defines reel::csv, the parser behind tables, for this build and for whoever links an installed
# libreel.a. It brings no .pc file of its own.
#
# Why libcsv: it is small (20 KB), takes a file in pieces and hands fields on as they end, knows quotes
# and their errors, lets its memory be ours, and is kept in Debian, Ubuntu, Fedora and Homebrew. Its
# licence is the LGPL; it is linked as a shared library.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
reel_find(reel::csv LIBRARY csv HEADER csv.h CALLS csv_init csv_parse csv_fini csv_free)
