#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes the API reference, as HTML and as manual pages of section 3, to build/reference. Installs
# Doxygen where it is missing. Whatever Doxygen warns of (a name without a text, a reference to what
# is not there) is an error.
#
#   scripts/reference.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/dependencies.sh docs

REEL_VERSION=$(sed -n 's/^#define REEL_VERSION_[MP].* //p' include/reel/config.h | paste -sd. -)
export REEL_VERSION
rm -rf build/reference
mkdir -p build/reference
doxygen docs/Doxyfile

# Doxygen makes a page for each name that there is, a member's ("lr") too, and calls a header's like
# the header ("io.h"): among a system's manual pages, only those that say whose they are may stay.
cd build/reference/man/man3
for page in *.h.3; do
  mv "$page" "reel_$page"
done
find . -name '*.3' ! -name 'reel_*' ! -name 'REEL_*' -delete
sed -E -i.doxygen 's|^\.so man3/([a-z0-9_]+\.h\.3)$|.so man3/reel_\1|
  s/^(\.TH "[^"]*" 3) "[^"]*" ".*/\1 "" "Reel '"$REEL_VERSION"'" "Reel"/
  /^\.SH "Author"/,$d' ./*.3
rm ./*.doxygen
cd ../../html
echo "build/reference: $(ls -- *.html | wc -l) pages of HTML, $(ls ../man/man3 | wc -l) of section 3"
