# What the compiler has to be told on some machines. Sets REEL_MACHINE, the options of every file of ours.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
set(REEL_MACHINE -D_FILE_OFFSET_BITS=64) # files of 2 GB and more on 32 bits
if(APPLE)
  list(APPEND REEL_MACHINE -D_DARWIN_C_SOURCE) # _POSIX_C_SOURCE alone hides what POSIX lacks
elseif(MINGW)
  # C's printf; and isnan of a double is an expression there that also has floats.
  list(APPEND REEL_MACHINE -D__USE_MINGW_ANSI_STDIO=1 -Wno-float-conversion)
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    # GCC moves vectors as if Windows aligned the stack for them (GCC's bug 54412); its assembler knows better.
    check_c_compiler_flag(-Wa,-muse-unaligned-vector-move REEL_UNALIGNED_MOVES)
    if(REEL_UNALIGNED_MOVES)
      list(APPEND REEL_MACHINE -Wa,-muse-unaligned-vector-move)
    else()
      set(REEL_X86 OFF) # no kernels for AVX
    endif()
  endif()
endif()

# Floats that are computed as something wider and rounded again give other digits. SSE2 does not, nor does
# s390x unless C11 makes the compiler believe so. What nothing helps is refused.
function(reel_rounds_once variable)
  list(JOIN ARGN " " CMAKE_REQUIRED_FLAGS)
  set(CMAKE_REQUIRED_INCLUDES ${PROJECT_SOURCE_DIR}/src/base)
  set(CMAKE_REQUIRED_QUIET ON)
  check_c_source_compiles("#include <arithmetic.h>\nint main(void) { return 0; }" ${variable})
endfunction()
reel_rounds_once(REEL_ROUNDS_ONCE -std=c11)
if(NOT REEL_ROUNDS_ONCE)
  if(NOT CMAKE_C_FLAGS MATCHES "-mno-sse")
    reel_rounds_once(REEL_ROUNDS_ONCE_BY_SSE2 -std=c11 -msse2 -mfpmath=sse)
  endif()
  reel_rounds_once(REEL_ROUNDS_ONCE_WITHOUT_EXCESS -std=c11 -fexcess-precision=fast)
  if(REEL_ROUNDS_ONCE_BY_SSE2)
    list(APPEND REEL_MACHINE -msse2 -mfpmath=sse)
  elseif(REEL_ROUNDS_ONCE_WITHOUT_EXCESS)
    list(APPEND REEL_MACHINE -fexcess-precision=fast)
  else()
    message(FATAL_ERROR "This compiler, with the flags '${CMAKE_C_FLAGS}', does not round every operation of "
      "floats once, as it is written (-ffast-math, or x87 instead of SSE2): the digits would be wrong. "
      "src/base/arithmetic.h says what it must not do.")
  endif()
endif()
