#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Folds, seeds, samples and trials are trained side by side: with the results, messages and models that they have
# one after the other; and those that end early, fail, are killed or cannot be begun are told of.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

awk "$random"'BEGIN {
  print "a,b,kind,y"
  seed(1)
  for (i = 0; i < 200; i++) { a = uniform(); b = uniform()
    print a "," (i % 17 ? b : "") "," substr("uvw", i % 3 + 1, 1) "," a * b + .1 * uniform() }
}' >table.csv
fit=(fit table.csv --target y)

# same_for <exit status> <threads>... -- <argument>...: but for progress, which knows the time.
same_for() {
  local status=$1 threads=()
  shift
  while [ "$1" != -- ]; do
    threads+=("$1")
    shift
  done
  shift
  rm -f model.safetensors one
  run "$status" "${fit[@]}" "$@" --threads 1
  [ "$status" -ne 0 ] || mv model.safetensors one
  grep -v ^epoch err >one.err || true
  mv out one.out
  for n in "${threads[@]}"; do
    run "$status" "${fit[@]}" "$@" ${n:+--threads "$n"}
    grep -v ^epoch err >err.now || true
    cmp -s out one.out || fail 'another output than one after the other'
    cmp -s err.now one.err || fail 'other messages than one after the other'
    [ "$status" -ne 0 ] || cmp -s model.safetensors one || fail 'another model than one after the other'
  done
}
network='--hidden 8 --epochs 40'
for how in '--folds 5' "$network --folds 3 --json" "$network --repeat 5" "$network --repeat 2 --weight-decay 0.1 --json" \
  '--loss l1 --bootstrap 70' '--loss quantile --quantile 0.2 --bootstrap 2 --json'; do
  # shellcheck disable=SC2086
  same_for 0 2 4 '' -- $how
done

# Rows in a file, whose place in it processes would share, are one training's at a time.
awk "$random"'BEGIN { print "a,b,c,y"; seed(2)
  for (i = 0; i < 60000; i++) print uniform() "," uniform() "," uniform() "," uniform() }' >large.csv
fit=(fit large.csv --target y --epochs 1 --memory 1M)
same_for 0 3 -- --folds 3
same_for 0 3 -- --hidden 2 --repeat 3

# The first failure is said, once; what the others have to say is not.
awk 'BEGIN { print "a,y,w"; for (i = 0; i < 12; i++) print i "," i * i "," (i == 5) }' >weights.csv
fit=(fit weights.csv --target y --weights w --folds 12)
same_for 1 2 5 ''  -- --loss mse
says 'all weights are 0'
[ "$(grep -c 'all weights are 0' err)" -eq 1 ] || fail 'not once'

# Where no process can be begun all is done by one.
fit=(fit table.csv --target y --folds 4)
run 0 "${fit[@]}" --threads 1
mv model.safetensors one
(ulimit -n 5 && "$reel" "${fit[@]}" --threads 4 >out 2>err) || fail 'without pipes it ends with an error'
cmp -s model.safetensors one || fail 'another model without pipes'

# started <argument>...: folds without end, once they have processes of their own, which are `jobs`.
started() {
  last="reel $*"
  "$reel" "$@" >out 2>err &
  process=$!
  for _ in $(seq 600); do
    jobs=$(ps -A -o pid=,ppid= | awk -v parent=$process '$2 == parent { print $1 }')
    [ "$(wc -w <<<"$jobs")" -ne 2 ] || return 0
    sleep 0.1
  done
  fail 'no two jobs in a minute'
}
# ended <exit status>: so are its jobs, soon.
ended() {
  local status=0
  wait $process 2>/dev/null || status=$?
  [ $status -eq "$1" ] || fail "exit status $status, not $1"
  for _ in $(seq 100); do
    # shellcheck disable=SC2086
    kill -0 $jobs 2>/dev/null || return 0
    sleep 0.1
  done
  fail 'it leaves jobs behind'
}
endless=("${fit[@]}" --hidden 8 --weight-decay 0 --epochs 1000000000000 --threads 2)
rm -f model.safetensors
started "${endless[@]}"
kill -INT $process
ended 130
run 0 evaluate model.safetensors table.csv
started "${endless[@]}"
kill -KILL "$(head -1 <<<"$jobs")"
ended 1
says 'its process was ended: Killed'
started "${endless[@]}"
kill -KILL $process
ended 137

# As many at once as it has CPUs, of which a container may have fewer than there are.
if command -v taskset >/dev/null; then
  cpu=$(taskset -pc $$ | sed 's/.*: //; s/[^0-9].*//')
  taskset -c "$cpu" "$reel" "${endless[@]::${#endless[@]}-2}" >out 2>err &
  process=$!
  sleep 2
  [ "$(ps -A -o ppid= | grep -cx " *$process")" -le 1 ] || fail 'more jobs at once than CPUs'
  kill -INT $process
  wait $process || true
fi
finish
