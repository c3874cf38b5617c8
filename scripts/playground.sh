#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the playground: the library and src/lab compiled to WebAssembly by Emscripten, and one page that
# holds them, the page's own script and its style. It asks for nothing else, so it works from a file
# server and from the file system alike. Installs Emscripten where it is missing, on Debian and its like.
#
#   scripts/playground.sh [FOLDER]     # build/playground, if none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/debian.sh
folder=${1:-build/playground}
build=build/wasm
install_for emcc emscripten
install_for cmake cmake
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs} # where Debian has Emscripten's acorn
mkdir -p "$build"
toolchain=$(dirname "$(realpath "$(command -v emcc)")")/cmake/Modules/Platform/Emscripten.cmake

cmake -S . -B "$build" -D CMAKE_TOOLCHAIN_FILE="$toolchain" -D CMAKE_BUILD_TYPE=MinSizeRel -D BUILD_SHARED_LIBS=OFF \
  -D REEL_WITH_IO=OFF -D REEL_WITH_BLAS=OFF -D REEL_BUILD_CLI=OFF -D REEL_BUILD_TESTS=OFF \
  -D REEL_BUILD_EXAMPLES=OFF -D REEL_INSTALL=OFF >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
cmake --build "$build" --target reel_lab --parallel "$(getconf _NPROCESSORS_ONLN)" >>"$build.log" 2>&1 ||
  { tail -n 40 "$build.log"; exit 1; }

# The page hands over the WebAssembly itself: what Emscripten would put into its own file it would fetch.
mkdir -p "$folder"
linked=yes
for file in "$build/libreel_lab.a" "$build/libreel.a" scripts/playground.sh; do
  [ "$build/lab.wasm" -nt "$file" ] || linked=
done
[ -n "$linked" ] || emcc -Os -o "$build/lab.js" "$build/libreel_lab.a" "$build/libreel.a" -sMODULARIZE=1 \
  -sEXPORT_NAME=ReelLab -sEXPORTED_FUNCTIONS=_lab_answer,_malloc,_free -sALLOW_MEMORY_GROWTH=1 \
  -sEXPORTED_RUNTIME_METHODS=UTF8ToString,stringToUTF8,lengthBytesUTF8 -sENVIRONMENT=web,node \
  -sFILESYSTEM=0 -sDYNAMIC_EXECUTION=0

# A line @NAME@ of the page stands for a file.
base64 <"$build/lab.wasm" | tr -d '\n' >"$build/lab.base64"
awk -v style=playground/style.css -v app=playground/app.js -v lab="$build/lab.js" -v wasm="$build/lab.base64" '
  function put(file,   line) { while ((getline line < file) > 0) print line; close(file) }
  $0 == "@STYLE@" { put(style); next }
  $0 == "@LAB@" { put(lab); next }
  $0 == "@WASM@" { put(wasm); next }
  $0 == "@APP@" { put(app); next }
  { print }' playground/index.html >"$folder/index.html"
size=$(wc -c <"$folder/index.html")
echo "$folder/index.html: $size bytes, $(gzip -9c "$folder/index.html" | wc -c) compressed"
[ "$size" -lt 1000000 ] || { echo "that is a megabyte"; exit 1; }
