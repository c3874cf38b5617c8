#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes of texts that the library and the program carry C files with their lines: of the page of
# reel explain src/explain/page.c, of its worksheet and the lessons src/lab/worksheet.c and
# src/lab/lessons_text.c. For who has changed one;
# scripts/layout.sh says if that was forgotten.
#
#   scripts/page.sh [FOLDER]     # src, if none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-src}

# lines <text> <header> <name> <C file>: a line that is a mark, like @TAPE@, is a string of its own; the others are
# together, up to the 4095 bytes that a string of C has at least, without the scripts' comments and indentation.
lines() {
  mkdir -p "$(dirname "$folder/$4")"
  {
    printf '%s\n' '/* SPDX-License-Identifier: MIT */' \
      "/* ${1##*/}, made by scripts/page.sh. */" '/* clang-format off */' \
      "#include \"$2\"" '' '#include <stddef.h>' '' "const char *const $3[] = {"
    sed -E 's/^ +//; /^\/\/ /d; s/\\/\\\\/g; s/"/\\"/g; s/[?][?]/?\\?/g; s/.*/    "&/' "src/$1" | LC_ALL=C awk '
      { mark = /^    "@[A-Z]+@$/; size += length - 4 }
      NR > 1 && (mark || marked || size > 4000) { print line "\","; line = ""; size = length - 4 }
      NR > 1 && line != "" { print line "\\n\"" }
      { line = $0; marked = mark }
      END { print line "\"," }'
    printf '%s\n' '    NULL};'
  } >"$folder/$4"
}
lines explain/page.html names.h reeli_page explain/page.c
lines lab/worksheet.html page.h lab_worksheet lab/worksheet.c
lines lab/lessons.json lessons.h lab_lessons lab/lessons_text.c
