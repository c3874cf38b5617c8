# SPDX-License-Identifier: MIT
# To be sourced by scripts that build: where, and with what.

has() { command -v "$1" >/dev/null; }

# CMake takes make where nobody says otherwise, even where there is none.
if [ -z "${CMAKE_GENERATOR-}" ] && ! has make && ! has gmake && has ninja; then
  export CMAKE_GENERATOR=Ninja
fi
has_build_tool() {
  case ${CMAKE_GENERATOR-} in
  Ninja*) has ninja || has ninja-build ;;
  *Makefiles | '') has make || has gmake ;;
  esac
}

case ${REEL_BUILD_DIR-} in
'' | /*) ;;
*) REEL_BUILD_DIR=$OLDPWD/$REEL_BUILD_DIR ;; # where the caller was
esac

can_write() { mkdir -p "$1" 2>/dev/null && [ -w "$1" ]; }

# build_folder <preset>: prints where that is built. In REEL_BUILD_DIR if there is one; else in build, or where the
# sources cannot be written to in a folder of theirs in the user's cache.
build_folder() {
  local name cache
  name=reel-$(pwd -P | cksum | tr ' ' -)
  cache=${XDG_CACHE_HOME:-${HOME-}/.cache}/$name
  can_write "$cache" || cache=${TMPDIR:-/tmp}/$name-$(id -u)
  if [ -n "${REEL_BUILD_DIR-}" ]; then
    echo "$REEL_BUILD_DIR/$1"
  elif can_write "build/$1"; then
    echo "build/$1"
  elif can_write "$cache" && [ -O "$cache" ]; then
    echo "The sources cannot be written to: building in $cache (REEL_BUILD_DIR says where else)" >&2
    echo "$cache/$1"
  else
    echo "There is no folder to build in: set REEL_BUILD_DIR" >&2
    return 1
  fi
}

# What a folder is configured with, which CMake asks once and would not notice again.
asked_for() {
  echo "${CC-} ${CXX-} ${CFLAGS-} ${CXXFLAGS-} ${LDFLAGS-} ${CMAKE_GENERATOR-} ${CMAKE_TOOLCHAIN_FILE-}"
}

# is_configured <folder>: whether it was, for what is asked for now.
is_configured() {
  [ -e "$1/Makefile" ] || [ -e "$1/build.ninja" ] || return 1
  ! [ -e "$1/asked-for" ] || [ "$(cat "$1/asked-for")" = "$(asked_for)" ]
}

# configure <preset> <folder> [argument of cmake]...: from scratch, if it was for something else.
configure() {
  local preset=$1 folder=$2
  shift 2
  is_configured "$folder" || rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
  mkdir -p "$folder"
  asked_for >"$folder/asked-for"
  cmake --preset "$preset" -B "$folder" "$@"
}
