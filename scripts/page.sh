#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes of src/explain/page.html the text that the library writes, as C: src/explain/page.c. For who
# has changed the page; scripts/layout.sh says if that was forgotten.
#
#   scripts/page.sh [FILE]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
{
  printf '%s\n' '/* SPDX-License-Identifier: MIT */' \
    '/* page.html, line by line, made by scripts/page.sh. */' '/* clang-format off */' \
    '#include "names.h"' '' '#include <stddef.h>' '' 'const char *const reeli_page[] = {'
  sed -E 's/\\/\\\\/g; s/"/\\"/g; s/[?][?]/?\\?/g; s/.*/    "&",/' src/explain/page.html
  printf '%s\n' '    NULL};'
} >"${1:-src/explain/page.c}"
