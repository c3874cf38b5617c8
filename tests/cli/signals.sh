#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A training that is interrupted keeps its model; one that is killed leaves a whole file or none.
. "$(dirname "${BASH_SOURCE[0]}")/program.sh"

# started <argument>...: a training without end, once its first epochs are done.
started() {
  last="reel $*"
  : >err
  "$reel" "$@" >out 2>err &
  process=$!
  for _ in $(seq 600); do
    ! grep -q epoch err || return 0
    sleep 0.1
  done
  fail 'no epoch in a minute'
}
endless=(fit "$tables/longley.csv" --target employed --epochs 1000000000000)
for more in '' '--hidden 8 --validation-fraction 0.3'; do
  # shellcheck disable=SC2086
  started "${endless[@]}" $more
  kill -INT $process
  status=0
  wait $process || status=$?
  [ $status -eq 130 ] || fail "exit status $status, not 130"
  says 'interrupted after'
  run 0 inspect model.safetensors
  run 0 evaluate model.safetensors "$tables/longley.csv"
  rm model.safetensors
done

# Trials of weight decays are trainings, too.
awk "$random"'BEGIN { print "a,y"; seed(1); for (i = 0; i < 80; i++) print uniform() "," uniform() }' >noise.csv
last='reel fit noise.csv --hidden 8'
: >out
"$reel" fit noise.csv --target y --hidden 8 --epochs 1000000000000 >out 2>err &
process=$!
for _ in $(seq 600); do
  ! grep -q training: out || break
  sleep 0.1
done
kill -INT $process
status=0
wait $process || status=$?
[ $status -eq 130 ] || fail "exit status $status, not 130"
says 'of a trial'
run 0 evaluate model.safetensors noise.csv
rm model.safetensors

# Solving for a line, and drawing samples for its errors, are ended as well; by half the samples there are no errors.
awk 'BEGIN { print "a,b,y"; for (i = 0; i < 200000; i++) print i * 7 % 1000 "," i * 13 % 997 "," i % 101 }' >level.csv
cp "$tables/longley.csv" . # whose own folder may have a space in its name
for of in 'level.csv --target y' 'longley.csv --target employed --bootstrap 1000000000'; do
  # shellcheck disable=SC2086
  started fit $of --loss l1 --epochs 1
  sleep 1
  kill -INT $process
  status=0
  wait $process || status=$?
  [ $status -eq 130 ] || fail "exit status $status, not 130"
  says 'interrupted after'
  ! grep -q 'std. error' out || fail 'it prints errors'
  run 0 inspect model.safetensors
  rm model.safetensors
done

# A second one, without waiting for the first to be seen, ends it at once; so does any kill.
started "${endless[@]}"
kill -KILL $process
wait $process 2>/dev/null || true
[ ! -e model.safetensors ] || fail 'a model of a training that was killed'

# Killed at all times around the writing.
for i in $(seq 0 30); do
  "$reel" fit "$tables/longley.csv" --target employed --hidden 500,500 --epochs 1 --quiet >/dev/null &
  process=$!
  sleep "0.0$(printf %02d "$i")"
  kill -KILL $process 2>/dev/null || true
  wait $process 2>/dev/null || true
  if [ -e model.safetensors ]; then
    run 0 inspect model.safetensors
    rm model.safetensors
  fi
done
finish
