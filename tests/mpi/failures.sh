#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What one process suffers all learn of, and all end: errors, calls that do not agree, CPUs that do not, death.
#
#   tests/mpi/failures.sh <mpirun> <failures> [<data_parallel>]
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"
program=$work/failing-job # a name of its own, by which those that are left would be found
ln -s "$2" "$program"

fail() {
  echo "FAILED: $*"
  cat "$work/said"
  exit 1
}

# all_say <processes> <what> <text>: all end, by themselves, with an error that has this text.
all_say() {
  local status=0
  job "$1" "$program" "$2" >"$work/said" 2>&1 || status=$?
  [ "$(grep -c "ends with: .*$3" "$work/said")" -eq "$1" ] || fail "$2: not all said: $3"
  ended "$2" "$status" "$program"
}
all_say 3 shape 'view'
grep -q 'process 0 ends with: mpi: process 2 of 3 failed: view' "$work/said" || fail "not whose error it is"
all_say 2 leaves 'the processes do not do the same: one is at reel_mpi_leave, another at reel_mpi_average_'
all_say 2 model 'reel_mpi_broadcast: the processes. tensors, models or batches are not alike'
all_say 2 'no broadcast' 'reel_mpi_broadcast'
all_say 2 options 'reel_mpi_join: '
all_say 2 before 'narrow'

job 3 "$program" memory >"$work/said" 2>&1 || fail "memory that fails in one process"
grep -q 'each of [0-9]* allocations failed once' "$work/said" || fail "memory: nothing was tried"

# Kernels of two levels, where this CPU has them.
status=0
cat >"$work/first-portable.sh" <<'EOF'
#!/bin/sh
[ "${OMPI_COMM_WORLD_RANK-$PMI_RANK}" != 0 ] || export REEL_CPU=portable
exec "$@"
EOF
chmod +x "$work/first-portable.sh"
job 2 "$work/first-portable.sh" "$program" done >"$work/said" 2>&1 || status=$?
if grep -q avx2 /proc/cpuinfo 2>/dev/null; then
  [ "$status" -ne 0 ] || fail "two levels of kernels: not noticed"
  [ "$(grep -c "ends with: .*kernels give other digits.*REEL_CPU" "$work/said")" -eq 2 ] || fail "levels: not said"
fi
job 2 -x REEL_CPU=portable "$program" done >"$work/said" 2>&1 || fail "one level for all: an error"

# A process that forgets to leave tells the others when MPI ends; one that does not end MPI takes the job with it.
for what in forgets exits dies; do
  status=0
  job 3 "$program" "$what" >"$work/said" 2>&1 || status=$?
  ended "$what" "$status" "$program"
  [ "$what" != forgets ] || [ "$(grep -c 'ends with: .*process 2 of 3 failed: it .* without reel_mpi_leave' "$work/said")" -eq 2 ] ||
    fail "forgets: not said"
done

# A job of three that trains until it is killed. It has begun once there is a checkpoint.
begin() {
  rm -f "$work/killed.safetensors"
  job 3 "$program" nothing "$work" >"$work/said" 2>&1 &
  waiting=$!
  begun '[ -e "$work/killed.safetensors" ]' "^$program nothing $work"
}
whole() { "$here/whole.sh" "$work/killed.safetensors" >>"$work/said" || fail "$1: a damaged file"; }

for kill in $(seq "${REEL_TEST_KILLS:-2}"); do
  begin
  killed "$kill" "$program"
  whole 'kill -9'
done
begin
interrupted "$program"
whole Ctrl-C
echo "errors, calls and kernels that do not agree, death and Ctrl-C: all processes end, and say why"
