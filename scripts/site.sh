#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the site: documents, course, API reference and playground as one static folder, which works from the file
# system and from any server. A link that leads nowhere is an error. Installs cmark-gfm, Doxygen and Emscripten
# where they are missing, on Debian and its like.
#
#   scripts/site.sh [FOLDER]     # build/site, if none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/debian.sh
folder=${1:-build/site}
install_for cmark-gfm cmark-gfm
scripts/reference.sh
rm -rf "$folder"
mkdir -p "$folder"
scripts/playground.sh "$folder/playground"
cp -R build/reference/html "$folder/reference"
cp docs/site.css "$folder/style.css"

# The way from a file of the site to its root: "../../" of docs/course/README.md.
up() { sed 's|[^/]*$||; s|[^/]*/|../|g' <<<"$1"; }

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

# page <file> <title>: a page of the site with what comes on standard input in it.
page() {
  local root
  root=$(up "$1")
  mkdir -p "$(dirname "$folder/$1")"
  {
    printf '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
    printf '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>%s</title>\n' "$(escape <<<"$2")"
    printf '<link rel="icon" href="data:,">\n<link rel="stylesheet" href="%sstyle.css">\n<nav aria-label="Site">' "$root"
    printf '<a href="%sindex.html">Reel</a> <a href="%sdocs/course/README.html">Course</a> ' "$root" "$root"
    printf '<a href="%splayground/index.html">Playground</a> <a href="%sreference/index.html">API reference</a> ' "$root" "$root"
    printf '<a href="%sdocs/reel-fit.html">reel fit</a> <a href="%sdocs/architecture.html">Architecture</a></nav>\n<main>\n' "$root" "$root"
    cat
    printf '</main>\n'
  } >"$folder/$1"
}

# Headings get the names that links call them by; links to documents, sources and folders lead to their pages.
finish() {
  awk '{
    while (match($0, /<h[1-6]>[^\n]*<\/h[1-6]>/)) {
      text = substr($0, RSTART + 4, RLENGTH - 9); name = tolower(text)
      gsub(/<[^>]*>|&[a-z]+;/, "", name); gsub(/[^a-z0-9 _-]/, "", name); gsub(/ /, "-", name)
      $0 = substr($0, 1, RSTART + 2) " id=\"" name "\">" text substr($0, RSTART + RLENGTH - 5)
    }
    print }' |
    sed -E 's/href="([^":#]+)\.md(#[^"]*)?"/href="\1.html\2"/g; s/href="([^":#]+\.(c|h|cpp|def|sh|json|txt|py))"/href="\1.html"/g
      s/href="([^":#.]*[^":#./])"/href="\1.html"/g; s/href="((\.\.\/)*[a-z]+)\/"/href="\1.html"/g' |
    sed -E 's/href="((\.\.\/)*)LICENSE"/href="\1LICENSE.html"/g'
}

documents=$(ls ./*.md docs/*.md docs/course/*.md docs/course/*/*.md | sed 's|^\./||')
for document in $documents; do
  cmark-gfm --unsafe -e table -e autolink "$document" | finish |
    page "${document%.md}.html" "$(sed -n 's/^# *//p' "$document" | head -n 1)"
done
cp "$folder/README.html" "$folder/index.html"

# A file or a folder of the sources that a page leads to is a page, too.
source_page() {
  if [ -d "$1" ]; then
    { printf '<h1>%s</h1>\n<ul>\n' "$1"; for file in "$1"/*.c "$1"/*.cpp; do [ -f "$file" ] &&
      printf '<li><a href="%s.html">%s</a>\n' "$file" "${file##*/}" | sed "s|href=\"$1/|href=\"${1##*/}/|"; done; printf '</ul>\n'; } |
      page "$1.html" "$1"
  else
    { printf '<h1>%s</h1>\n<pre tabindex="0">' "$1"; escape <"$1"; printf '</pre>\n'; } | page "$1.html" "$1"
  fi
}

# links <page>: where its links lead, from the root; without those that leave the site.
links() {
  local here=${1%/*}
  [ "$here" != "$1" ] || here=.
  { grep -oE '(href|src)="[^"#]+' "$folder/$1" || true; } | sed -E 's/^(href|src)="//' | grep -vE '^(https?|mailto|data):' | sort -u |
    while IFS= read -r link; do (cd "$folder" && realpath -m --relative-to=. "$here/$link"); done
}

wrong=0
for round in 1 2 3; do
  for file in $(cd "$folder" && find . -name '*.html' -not -path './reference/*' -not -path './playground/*' | sed 's|^\./||'); do
    while IFS= read -r to; do
      [ ! -e "$folder/$to" ] || continue
      if [ -e "${to%.html}" ]; then
        source_page "${to%.html}"
      elif [ "$round" -eq 3 ]; then
        echo "$file: $to is nowhere"
        wrong=$((wrong + 1))
      fi
    done < <(links "$file")
  done
done
echo "$folder: $(find "$folder" -name '*.html' | wc -l) pages, $(du -sk "$folder" | cut -f 1) KB; begin with index.html"
[ "$wrong" -eq 0 ]
