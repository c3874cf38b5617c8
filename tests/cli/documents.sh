#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs each command of a document's console blocks, in the order of the document and beside the tables of
# examples/data: it must print what the document says it prints. Numbers may be 3 % off, because the last
# digits of a training can differ from machine to machine. Lines of progress are not compared.
#
#   tests/cli/documents.sh <program> <document> [update]     # writes into it what is printed, instead
set -euo pipefail
program=$1
action=${3:-check}
document=$(cd "$(dirname "$2")" && pwd)/${2##*/}
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$program" "$work/bin/reel"
cp "$source_dir"/examples/data/*.csv "$work"
cd "$work"

number='-?[0-9][0-9,]*(\.[0-9]+)?(e[-+]?[0-9]+)?'
shape() { sed -E "/^epoch /d; s/ +\$//; s/$number/#/g; s/ +/ /g" "$1"; }
numbers() { sed '/^epoch /d' "$1" | { grep -oE -- "$number" || true; } | tr -d ,; }
close_enough() {
  paste <(numbers wanted) <(numbers got) | awk '
    function abs(x) { return x < 0 ? -x : x }
    abs($1 - $2) > 0.03 * abs($1) + 1e-9 { print "not " $1 " but " $2; bad = 1 }
    END { exit bad }'
}

# check <command>: what it prints is in the file `wanted`.
check() {
  local status=0
  PATH=$work/bin:$PATH bash -c "$1" >got 2>&1 </dev/null || status=$?
  if ! diff <(shape wanted) <(shape got) >difference || ! close_enough >>difference; then
    printf '%s: $ %s\nexit status %s\n' "$document" "$1" "$status"
    cat difference
    printf -- '-- it printed:\n'
    cat got
    exit 1
  fi
}

# Puts what the command printed into the new document.
update() {
  PATH=$work/bin:$PATH bash -c "$1" 2>&1 </dev/null | sed '/^epoch /d' >>new || true
}

commands=0
command=""
inside=0
while IFS= read -r line; do
  case $inside$line in
  '1$ '* | '1```') # what came before is over
    [ -z "$command" ] || "$action" "$command"
    command=""
    : >wanted
    ;;
  esac
  case $inside$line in
  '0```console') inside=1 ;;
  '1$ '*)
    command=${line#'$ '}
    commands=$((commands + 1))
    ;;
  '1```') inside=0 ;;
  1*)
    echo "$line" >>wanted
    continue
    ;;
  esac
  echo "$line" >>new
done <"$document"
[ "$commands" -ge 5 ] || { echo "$document: found only $commands commands"; exit 1; }
if [ "$action" = update ]; then
  cat new >"$document"
else
  echo "$document: $commands commands do what it says"
fi
