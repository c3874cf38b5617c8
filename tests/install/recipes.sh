#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The recipes of packaging/, as far as they can be checked without their registries: Conan's makes
# three packages, which its stranger uses; vcpkg's and Homebrew's are parsed. Takes python3, with
# its venv and a package index, and ruby.
#
#   tests/install/recipes.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work" packaging/conan/test_package/build' EXIT

python3 -m json.tool packaging/vcpkg/reel/vcpkg.json >/dev/null
version=$(python3 -c 'import json; print(json.load(open("packaging/vcpkg/reel/vcpkg.json"))["version"])')
# vcpkg's functions do nothing here, but what the recipe hands to them has to be there.
{
  for name in check_features cmake_configure cmake_install cmake_config_fixup fixup_pkgconfig; do
    echo "function(vcpkg_$name)
      endfunction()"
  done
  echo "function(vcpkg_install_copyright list)
      foreach(file IN LISTS ARGN)
        if(NOT EXISTS \${file})
          message(FATAL_ERROR \"there is no \${file}\")
        endif()
      endforeach()
    endfunction()
    set(CURRENT_PORT_DIR $PWD/packaging/vcpkg/reel)
    set(CURRENT_PACKAGES_DIR $work/vcpkg)
    set(VCPKG_LIBRARY_LINKAGE static)
    include($PWD/packaging/vcpkg/reel/portfile.cmake)"
} >"$work/vcpkg.cmake"
cmake -P "$work/vcpkg.cmake"
echo "vcpkg: version $version, JSON and CMake are read"
ruby -c packaging/homebrew/reel.rb

python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install 'conan>=2,<3'
export CONAN_HOME=$work/conan
conan=$work/venv/bin/conan
"$conan" profile detect >/dev/null 2>&1
for options in shared=False shared=True with_io=False; do
  "$conan" create packaging/conan --no-remote -o "reel/*:$options" >"$work/log" 2>&1 ||
    { tail -n 40 "$work/log"; echo "conan: $options failed"; exit 1; }
  grep "^reel $version: loss" "$work/log" || { echo "recipes: not version $version"; exit 1; }
  echo "conan: $options"
done
