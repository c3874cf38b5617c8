#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public function of the headers is among the calls of the program given, or is left out with a reason.
#
#   tests/fuzz/api.sh build/release/bin/fuzz_api [header]...
set -euo pipefail
program=$1
shift
[ $# -gt 0 ] || set -- "$(dirname "${BASH_SOURCE[0]}")"/../../include/reel/*.h

listed=$("$program" --list)
public=$(sed -E 's/\/\*.*\*\///' "$@" | tr '\n' ' ' | grep -oE 'REEL_API [^;{]*' |
  grep -oE 'reel_[A-Za-z0-9_]+ *\(' | tr -d ' (' | sort -u)
if missing=$(comm -23 <(echo "$public") <(sed 's/:.*//' <<<"$listed" | sort -u)) && [ -n "$missing" ]; then
  echo "neither called nor left out for a reason:" $missing
  exit 1
fi
if grep -E ': left out: *$' <<<"$listed"; then
  echo "what is left out needs a reason"
  exit 1
fi
echo "$(wc -l <<<"$public") public functions; left out: $(grep -c ': left out:' <<<"$listed")"
