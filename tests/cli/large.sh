#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tables that memory does not hold: the same bytes of model and the same predictions as in memory, however little
# of it there is, whatever the files are; a disk that is full is an error, and nothing is left on it.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

mkdir scratch
export TMPDIR=$PWD/scratch
# 10,000 rows of 101 columns, some 8 MB in memory, from 400 different ones.
awk "$random"'BEGIN {
  seed(3)
  for (j = 0; j < 99; j++) printf "x%d,", j
  print "place,y"
  for (i = 0; i < 400; i++) {
    y = 0
    for (j = 0; j < 99; j++) { x = int(1000 * uniform()); y += (j % 7 - 3) * x; printf "%s,", i % 50 == j && j < 2 ? "" : x }
    printf "%s,%d\n", substr("north south east", 1 + 6 * (i % 2), 5), y + int(100 * uniform())
  }
}' >few.csv
{ head -n 1 few.csv && for _ in $(seq 25); do tail -n +2 few.csv; done; } >large.csv
parts=(--test-fraction 0.2 --validation-fraction 0.1 --seed 3)
network=(--hidden 4 --epochs 1 "${parts[@]}")
line=(--loss mse --epochs 1 "${parts[@]}")

run 0 fit large.csv --target y "${network[@]}" --out network.safetensors
run 0 fit large.csv --target y "${line[@]}" --out line.safetensors

# same <what it is> <model> <argument>...: comes to the model that memory comes to. Half of the address space, which
# is a third of what the table takes, is what the program itself needs.
space=16500
same() {
  local what=$1 model=$2
  shift 2
  last="reel fit $*"
  (ulimit -v $space && "$reel" fit "$@" --out again.safetensors >out 2>err) || fail "$what: exit status $?"
  cmp again.safetensors "$model.safetensors" || fail "$what: other bytes"
  [ -z "$(ls scratch)" ] || fail "$what: something is left in TMPDIR"
}
little=(--memory 2M --target y)
(ulimit -v 16500 && ! "$reel" fit large.csv --target y "${network[@]}" --no-save >out 2>err) ||
  fail "the limit is none: memory holds the table"
same 'a quarter of the memory' network large.csv "${little[@]}" "${network[@]}"
says 'MB in a file, as --memory is 2 MB'
same 'a line' line large.csv "${little[@]}" "${line[@]}"
terms=(--terms '., x0*place, poly(x2, 3), log1p(x3)')
run 0 fit large.csv --target y "${line[@]}" "${terms[@]}" --out terms.safetensors
same 'terms' terms large.csv "${little[@]}" "${line[@]}" "${terms[@]}"
head -n 3001 large.csv >a.csv
{ head -n 1 large.csv && tail -n +3002 large.csv; } >b.csv
gzip -k a.csv
same 'two files' network a.csv b.csv "${little[@]}" "${network[@]}"
if "$reel" fit a.csv.gz --target y "${network[@]}" --no-save >out 2>err; then
  same 'a compressed file' network a.csv.gz b.csv "${little[@]}" "${network[@]}"
fi
same 'standard input' network - "${little[@]}" "${network[@]}" <large.csv

for command in 'predict network.safetensors' 'evaluate network.safetensors' 'predict line.safetensors' \
  'predict terms.safetensors'; do
  # shellcheck disable=SC2086
  run 0 $command large.csv
  mv out expected
  last="reel $command"
  # shellcheck disable=SC2086
  (ulimit -v 16500 && "$reel" $command large.csv --memory 2M >out 2>err) || fail "exit status $?"
  cmp out expected || fail "not what it says of a table in memory"
done

# Of many rows of few columns nothing is kept for each: 400,000, of which 8 bytes each would be too much.
space=12500
awk "$random"'BEGIN { seed(5); print "a,b,y"; for (i = 0; i < 400000; i++) { a = int(1000 * uniform()); print a "," i % 997 "," 2 * a - i % 101 } }' >long.csv
for kind in '--loss l1' '--loss mse' '--hidden 2'; do
  # shellcheck disable=SC2206
  long=(long.csv --target y --epochs 1 $kind)
  run 0 fit "${long[@]}" --out long.safetensors
  same "many rows, $kind" long "${long[@]}" --memory 2M
done
run 0 evaluate long.safetensors long.csv
mv out expected
(ulimit -v $space && "$reel" evaluate long.safetensors long.csv --memory 2M >out 2>err) || fail "exit status $?"
cmp out expected || fail "other figures than of a table in memory"
run 0 predict long.safetensors long.csv --out expected.csv
(ulimit -v $space && "$reel" predict long.safetensors long.csv --memory 2M --out got.csv 2>err) || fail "exit status $?"
cmp got.csv expected.csv || fail "other predictions than of a table in memory"

space=16500

# What shuffling each column costs, from a file as from memory.
cut -d , -f 96-101 large.csv >narrow.csv
run 0 fit narrow.csv --target y "${line[@]}" --out narrow.safetensors
run 0 evaluate narrow.safetensors narrow.csv --importance
mv out expected
run 0 evaluate narrow.safetensors narrow.csv --importance --memory 1M
cmp out expected || fail "other importances than of a table in memory"

# A table that is kept is read again, unless its file has changed or it is damaged.
for way in 'is made' 'is read' 'is damaged' 'is of another table' 'is whole again'; do
  case $way in
    'is damaged') printf 'x' | dd of=kept bs=1 seek=70000 conv=notrunc 2>/dev/null ;;
    'is of another table') touch -d '2001-01-01' large.csv ;;
  esac
  same "a table that is kept $way" network large.csv "${little[@]}" "${network[@]}" --cache kept
  if [ "$way" = 'is damaged' ]; then says 'kept: the table that was kept is damaged, and is read anew'; fi
done
last='reel fit large.csv --cache kept'
mv large.csv moved.csv
cp -p moved.csv large.csv
"$reel" fit large.csv "${little[@]}" "${network[@]}" --no-save --cache kept >first 2>/dev/null
truncate -s 100 large.csv # of another size, so that it is looked at
"$reel" fit large.csv "${little[@]}" "${network[@]}" --no-save --cache kept >out 2>err && fail 'an old table is used'
mv moved.csv large.csv
echo precious >precious
run 1 fit large.csv "${little[@]}" --no-save --cache precious
says 'precious: there is a file of that name, and it is no table that was kept'
[ "$(cat precious)" = precious ] || fail 'it was replaced'

# A disk that is full, at each of the things that are put on it.
for most in 1000 6000; do
  last="reel fit, with files of up to $most KB"
  status=0
  (ulimit -f "$most" && "$reel" fit large.csv "${little[@]}" "${network[@]}" --out full.safetensors >out 2>err) || status=$?
  [ "$status" -eq 1 ] || fail "exit status $status"
  says 'a scratch file cannot be written: File too large'
  [ -z "$(ls scratch)" ] && [ ! -e full.safetensors ] || fail "something is left"
done
# Of a table that is kept it is that file which is full, wherever TMPDIR is.
mkdir keeps
for place in keeps/full full; do
  last="reel fit --cache $place, with files of up to 1000 KB"
  status=0
  (ulimit -f 1000 && "$reel" fit large.csv "${little[@]}" "${network[@]}" --no-save --cache $place >out 2>err) || status=$?
  [ "$status" -eq 1 ] || fail "exit status $status"
  says "reel fit: '$place.part' cannot be written: File too large; a folder with more room than"
  ! grep -q TMPDIR err || fail 'it names another folder'
done
says 'than this one may keep the table'
last='reel fit, TMPDIR is not there'
TMPDIR=/nowhere run 1 fit large.csv "${little[@]}" "${network[@]}" --no-save
says "a scratch file in '/nowhere' cannot be made"

# Killed at any moment it leaves nothing, as its files have no names.
for wait in 0.1 0.5; do
  "$reel" fit large.csv "${little[@]}" --hidden 4 --epochs 1000 --out killed.safetensors >out 2>err &
  sleep $wait
  kill -9 $!
  wait $! 2>/dev/null || true
  [ -z "$(ls scratch)" ] && [ ! -e killed.safetensors ] || fail "kill -9 leaves something"
done

run 1 fit large.csv "${little[@]}" --hidden 4 --optimizer lbfgs --no-save
says 'goes over all rows at once, which do not fit in --memory'
# Outputs of the model that are more than the memory lie in a file, too.
many=(large.csv --target x5 --loss cross_entropy --epochs 1 --no-save --json)
run 0 fit "${many[@]}"
mv out expected
run 0 fit "${many[@]}" --memory 2M
cmp out expected || fail 'other figures'
run 2 fit large.csv --target y --memory 10
says "--memory: expected a size from 1M on, as 64M or 2G, got '10'"
finish
