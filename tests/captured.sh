#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public function is known to be replayed rightly when a step with it is captured, or to refuse, or to have
# nothing to do with elements: it has a row in captured.def, or cases that the tests of conformance replay,
# or a sample for the tests of all operations. Other headers than the project's are for trying this script.
#
#   tests/captured.sh [header]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ $# -gt 0 ] || set -- ../include/reel/*.h

public=$(tr '\n' ' ' <<<"$(sed -E 's/\/\*.*\*\///' "$@")" | grep -oE 'REEL_API [^;{]*' |
  grep -oE 'reel_[A-Za-z0-9_]+ *\(' | tr -d ' (' | sort -u)
replayed=$(grep -ohE 'reel_[A-Za-z0-9_]+' samples.def conformance/runner/*.def conformance/runner/*.c | sort -u)
rows=$(sed -nE 's/^(SAME|REFUSES|NOTHING|ELSEWHERE)\((reel_[A-Za-z0-9_*]+).*/\2/p' captured.def)

failures=0
for name in $public; do
  grep -qx "$name" <<<"$replayed" && continue
  for row in $rows; do
    # shellcheck disable=SC2053 # a row may be a pattern
    [[ $name == $row ]] && continue 2
  done
  echo "$name: captured.def does not say what it does while a step is being captured"
  failures=1
done
for row in $rows; do
  # shellcheck disable=SC2254
  case $row in *'*'*) continue ;; esac
  grep -qx "$row" <<<"$public" || { echo "captured.def: there is no function $row"; failures=1; }
done
exit $failures
