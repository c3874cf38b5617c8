#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `mpirun reel fit` by 1, 2, 3, 4 and 8 processes, and `reel fit --pieces 8` by none: the same bytes of model, the
# same figures, one writer. What one process suffers is said once; Ctrl-C keeps the model; a process that is killed
# leaves a whole file or none, and no other process.
#
#   tests/mpi/program.sh <mpirun> <reel>
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"
. "$here/../random.sh"
mkdir "$work/bin"
ln "$2" "$work/bin/reel" 2>/dev/null || cp "$2" "$work/bin/reel" # in a folder by whose name its processes are found
ln "$2-mpi" "$work/bin/reel-mpi" 2>/dev/null || cp "$2-mpi" "$work/bin/reel-mpi"
reel=$work/bin/reel
cd "$work"

fail() {
  echo "FAILED: $*"
  tail -n 40 out err
  exit 1
}

awk "$random"'BEGIN {
  seed(5)
  print "a,b,c,kind,y"
  for (i = 0; i < 400; i++) {
    a = uniform(); b = uniform(); c = uniform(); k = int(3 * uniform())
    printf "%.6f,%.6f,%s,%s,%.6f\n", a, b, i % 9 ? c : "", substr("xyz", k + 1, 1), a * b - c + k + uniform() / 10
  }
}' >t.csv
awk 'BEGIN { print "a,b,kind,y"; for (i = 0; i < 30000; i++) {
  a = i % 997 / 997; b = i % 89 / 89; print a "," (i % 7 ? b : "") "," (i % 5 ? "x" : "\"y,\nz\"") "," a - b } }' >long.csv
network=(--target y --hidden 8 --epochs 2 --weight-decay 0.01 --dropout 0.1 --batch-size 37 --test-fraction 0.2
  --validation-fraction 0.2)
line=(--target y --loss huber --epochs 2 --batch-size 4000 --test-fraction 0.2) # of a table that is read by parts

"$reel" fit t.csv "${network[@]}" --pieces 8 --out m.safetensors >expected 2>err || fail 'reel fit --pieces'
cp m.safetensors network.safetensors
"$reel" fit long.csv "${line[@]}" --pieces 8 --out m.safetensors >expected-line 2>err || fail 'reel fit --pieces, a line'
cp m.safetensors line.safetensors
grep -q 'pieces\\": *8' line.safetensors || fail 'the model does not say how it was trained'
"$reel" predict network.safetensors t.csv >predicted

for processes in 1 2 3 4 8; do
  rm m.safetensors
  # Those of an odd number have the features in a file.
  memory=$((processes % 2 ? 1 : 1000))M
  job "$processes" "$reel" fit t.csv "${network[@]}" --memory "$memory" --out m.safetensors >out 2>err ||
    fail "$processes processes"
  cmp m.safetensors network.safetensors || fail "$processes processes: other bytes"
  cmp out expected || fail "$processes processes: other figures"
done
job 3 "$reel" fit t.csv "${network[@]}" --cache kept --out m.safetensors >out 2>err || fail 'a table that is kept'
cmp m.safetensors network.safetensors && [ -s kept ] || fail 'a table that is kept: other bytes'
job 2 "$reel" fit long.csv "${line[@]}" --out m.safetensors >out 2>err || fail 'a line'
cmp m.safetensors line.safetensors && cmp out expected-line || fail 'a line by two processes is another one'
job 2 "$reel" predict network.safetensors t.csv --out p.csv >out 2>err || fail predict
cmp p.csv predicted || fail 'two processes predict otherwise'
[ "$(find . -name '*.tmp')" = '' ] || fail 'something is left'

# says <processes> <text> <command>...: all end with an error, which is said once.
says() {
  local processes=$1 text=$2 status=0
  shift 2
  job "$processes" "$@" >out 2>err || status=$?
  ended "$*" "$status" "$work/bin/reel"
  [ "$(grep -c -- "$text" err)" -eq 1 ] || fail "$*: it does not say once: $text"
}
cat >one-differs.sh <<EOF
#!/bin/sh
table=t.csv
[ "\$OMPI_COMM_WORLD_RANK" != 1 ] || table=\$1
exec "$reel" fit \$table --target y --hidden 4 --epochs 2 --no-save
EOF
chmod +x one-differs.sh
sed '9s/^./9/' t.csv >other.csv
says 2 't.csv is another one for process 1 than for process 0' ./one-differs.sh other.csv
says 3 'process 1 of 3 failed: nowhere.csv: cannot be opened' ./one-differs.sh nowhere.csv
says 2 'nothing.csv: cannot be opened' "$reel" fit nothing.csv --target y
says 2 "unrecognized option '--targte'" "$reel" fit t.csv --targte y
mkdir alone
cp "$reel" alone/reel
OMPI_COMM_WORLD_SIZE=2 PATH=/usr/bin:/bin alone/reel fit t.csv --target y >out 2>err && fail 'without reel-mpi it trains'
grep -q 'there has to be the program reel-mpi' err || fail 'it does not say what is missing'

# A training of three that ends when it is told to. It has begun once an epoch is over.
begin() {
  : >err # what the last one has said there is none of this one's
  job 3 "$reel" fit t.csv --target y --hidden 8 --weight-decay 0 --epochs 100000000 --out m.safetensors >out 2>err &
  waiting=$!
  begun 'grep -q epoch err' "^$work/bin/reel fit"
}
rm m.safetensors
export OMPI_MCA_odls_base_sigkill_timeout=30 # on a busy machine a second is little, and so are four
begin
interrupted "$work/bin/reel"
unset OMPI_MCA_odls_base_sigkill_timeout
"$here/whole.sh" m.safetensors && "$reel" evaluate m.safetensors t.csv >out || fail 'Ctrl-C: there is no model'
cp m.safetensors before
for kill in $(seq "${REEL_TEST_KILLS:-1}"); do
  begin
  killed "$kill" "$work/bin/reel"
  cmp m.safetensors before || fail 'kill -9: the old model is not what it was'
done
echo "reel fit by 1, 2, 3, 4 and 8 processes, and by none: the same bytes; errors are said once, and all end"
