# SPDX-License-Identifier: MIT
# For the tests of the program: runs it in a folder of its own, and compares what it says.
#
#   . program.sh "$@"     after `tests/cli/NAME.sh PROGRAM JSON_VALUE`
set -euo pipefail
reel=$1
json_value=$2
tables=$(cd "$(dirname "${BASH_SOURCE[0]}")/../data/tables" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/../random.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0
last=
one_of_many='1 (missing )?(rows|columns|values|fields|lines|numbers|epochs|steps|parameters|degrees|tensors|folds|groups|seeds|times|are|lie|have)'

fail() {
  echo "$last: $*"
  sed 's/^/  > /' out err
  failures=$((failures + 1))
}

# run <status> <argument>...: into the files out and err.
run() {
  local wanted=$1 status=0
  shift
  last="reel $*"
  "$reel" "$@" >out 2>err <"${input:-/dev/null}" || status=$?
  [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted"
  if grep -qwE "$one_of_many" out err; then
    fail 'it says 1 and means many'
  fi
}

# What the run before it wrote on standard output, and on standard error.
prints() { grep -qF -- "$1" out || fail "it does not print: $1"; }
says() { grep -qF -- "$1" err || fail "it does not say: $1"; }
says_nothing() { [ ! -s err ] || fail "it says something"; }

# refuses <argument>... -- <sentence>: a mistake on the command line.
refuses() {
  local arguments=()
  while [ "$1" != -- ]; do
    arguments+=("$1")
    shift
  done
  run 2 "${arguments[@]}"
  says "$2"
  says "Try \`reel ${arguments[0]} --help'"
}

# json <key>...: of what the run before printed.
json() { "$json_value" out "$@" || fail "no JSON with $*"; }

# close <relative error> <expected> <key>...
close() {
  local error=$1 expected=$2 found
  shift 2
  found=$(json "$@")
  awk -v x="$found" -v y="$expected" -v e="$error" \
    'BEGIN { d = x - y; d = d < 0 ? -d : d; a = y < 0 ? -y : y; exit !(d <= e * a) }' ||
    fail "$*: $found, not $expected"
}

finish() {
  [ "$failures" -eq 0 ] || exit 1
  echo "as it should be"
}
