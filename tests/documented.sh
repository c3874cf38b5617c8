#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public name has a text of its own: each function, macro, type, member and value of the public
# headers has a comment before it, or behind it (/**< … */); and a name that a text refers to, in
# backticks, is one that there is. Other headers than the project's are for trying this script.
#
#   tests/documented.sh [header]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- include/reel/*.h

names=$(grep -owE '(reel|REEL)_[A-Za-z0-9_]+' <(sed -E 's/`[^`]*`//g; s/^ *\*.*//; s/\/\*.*//' "$@") | sort -u)

names=$names awk '
  function need(what) { if (!said) { print FILENAME ":" FNR ": no text for " what; failures++ } }
  function name_of(line) { # what stands before the parameters, the values or the end
    sub(/^typedef (struct|enum) /, "", line)
    sub(/^.*\(\*/, "", line) # or in them: (*name)
    sub(/[[({;,=)].*/, "", line)
    sub(/ *$/, "", line)
    sub(/^.*[ *]/, "", line)
    return line
  }
  BEGIN { split(ENVIRON["names"], list, "\n"); for (i in list) known[list[i]] = 1 }
  FNR == 1 { said = open = body = declaring = 0; pending = "" }

  /^\/\*\* (Shape|Gradient|Owner|Fails|Source):/ {
    print FILENAME ":" FNR ": a text begins with what its name is or does"
    failures++
  }
  { # the names that comments refer to
    text = $0
    while (match(text, /`(reel|REEL)_[A-Za-z0-9_]+/)) {
      name = substr(text, RSTART + 1, RLENGTH - 1)
      if (!(name in known)) { print FILENAME ":" FNR ": there is no " name; failures++ }
      text = substr(text, RSTART + RLENGTH)
    }
  }

  open { if (/\*\//) { open = 0; said = doc } ; next } # inside a comment of several lines
  pending != "" {
    said = /^ *\/\*\*</
    need(pending)
    pending = ""; said = 0
    if (/^ *\/\*\*</) { open = !/\*\//; doc = 0; next }
  }
  /^ *\/\*/ { doc = /^ *\/\*\*/; if (/\*\//) said = doc; else open = 1; next }
  /^ *$/ { said = 0; next }
  /^#(if|else|endif)/ { next }
  declaring { declaring = !/[;{]/; next } # a declaration goes on

  /^#define REEL/ && !/_H$/ && !/REEL_API/ {
    split($2, part, "(")
    if (!(part[1] in defined)) need(part[1])
    defined[part[1]] = 1; said = 0
  }
  /^(REEL_API|static inline|typedef|enum)/ {
    need(name_of($0))
    said = 0
    body = /^(typedef (struct|enum).*|enum) *\{$/ ? (/enum/ ? "enum" : "struct") : 0
    if (/enum.*\{.*\}/) need("the values on this line")
    declaring = !body && !/[;{]/
    next
  }
  body && /^\}/ { body = 0; said = 0; next }
  body && (body == "enum" || /;/) && !/^ *\*/ {
    if (/\/\*\*</) { if (!/\*\//) { open = 1; doc = 0 } }
    else if (!said) pending = name_of($0)
    said = 0
    next
  }
  { if (!body) said = 0 }
  END { exit failures != 0 }
' "$@" || { echo "documented: not every public name has its text"; exit 1; }
echo "documented: every public name has its text"
