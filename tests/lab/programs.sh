#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The C programs that the lab writes for the lessons' experiments, and those of settings.json: each compiles without a warning, and
# prints what the lab answers, to the byte.
#
#   tests/lab/programs.sh PROGRAM JSON_VALUE COMPILER LIBRARY INCLUDE...
set -euo pipefail
reel=$1 json_value=$2 compiler=$3 library=$4
settings=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data/lab" && pwd)/settings.json
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
"$reel" lab <<<'{"do": "lessons"}' >lessons.json

value() { "$json_value" lessons.json lessons "$@" 2>/dev/null; }

# one <name>: the program of the experiment in the file experiment.
one() {
  printf '{"do": "code", "language": "c", "experiment": %s}' "$(cat experiment)" | "$reel" lab >answer
  "$json_value" answer code >program.c
  if ! "$compiler" -std=c11 -Wall -Wextra -Werror -O1 "${@:2}" program.c "$library" -lm -ldl -lpthread -o program 2>log; then
    echo "$1 does not compile:" && head -n 5 log
    failures=$((failures + 1))
    return
  fi
  ./program >printed
  printf '{"do": "run", "experiment": %s}' "$(cat experiment)" | "$reel" lab >answer
  if "$json_value" answer prints >/dev/null; then
    "$json_value" answer prints | sed 's/^\["//; s/"\]$//; s/","/\n/g; s/\\n/\n/g' >answered
  elif ! "$json_value" answer digits | tr -d '["]' | tr ',' '\n' | awk 'NF { print "Epoch " NR ", Loss: " $0 }' >answered; then
    echo "$1 has no answer"
  fi
  diff answered printed >log || { echo "$1 prints something else:" && head -n 6 log; failures=$((failures + 1)); }
}

count=0
l=0
while name=$(value $l name); do
  s=0
  while value $l screens $s text >/dev/null; do
    e=0
    while value $l screens $s experiments $e >experiment; do
      e=$((e + 1))
      one "$name-$((s + 1))-$e" "$@"
      count=$((count + 1))
    done
    s=$((s + 1))
  done
  l=$((l + 1))
done
e=0
while "$json_value" "$settings" $e >experiment 2>/dev/null; do
  e=$((e + 1))
  one "settings-$e" "$@"
  count=$((count + 1))
done
[ "$count" -ge 70 ] && [ "$e" -ge 9 ] || { echo "only $count programs"; failures=$((failures + 1)); }
echo "$count programs, $failures failures"
[ "$failures" -eq 0 ]
