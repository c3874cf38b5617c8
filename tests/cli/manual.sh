#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual pages and completions have the options that --help lists, no others, in the same words; the pages
# are well made; and their examples run.
#
#   tests/cli/manual.sh <program>
set -euo pipefail
program=$1
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

cp -R "$source_dir/cli/man" "$source_dir/cli/completions" "$source_dir"/examples/data/*.csv "$work"
"$source_dir/scripts/options.sh" "$program" "$work"
for folder in man completions; do
  diff -ru "$source_dir/cli/$folder" "$work/$folder" ||
    fail "cli/$folder has not the options that --help lists: run scripts/options.sh and look at what it changed"
done

for page in "$source_dir"/cli/man/*.1; do
  if command -v mandoc >/dev/null; then
    mandoc -Tlint -W warning "$page" || fail "$page: mandoc warns"
  else
    said=$(groff -mandoc -Tutf8 -ww -z "$page" 2>&1)
    [ -z "$said" ] || fail "$page: groff warns: $said"
  fi
done

# The examples in their order: a page begins with what makes a model.
mkdir "$work/bin"
ln -s "$program" "$work/bin/reel"
cd "$work"
examples=0
for page in man/reel.1 man/reel-*.1; do
  while IFS= read -r command; do
    examples=$((examples + 1))
    PATH=$work/bin:$PATH bash -c "$command" >out 2>&1 || { cat out; fail "$page: this fails: $command"; }
  done < <(sed -n 's/^\.Dl //p' "$page")
done
[ "$examples" -ge 10 ] || fail "found only $examples examples"

[ "$failures" -eq 0 ] || exit 1
echo "manual: as it should be, with $examples examples"
