# SPDX-License-Identifier: MIT
# What every test of jobs begins with: <mpirun> is its first argument, `work` a folder that goes when it ends.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mpirun=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# job <processes> <program> <argument>...: as mpirun does it, also for root, and with more processes than cores.
# The processes yield while they wait, as they share the cores, and none is bound to one. In the foreground, timeout
# hands a signal to mpirun once, as a terminal does; else twice, and two mean to mpirun that it has to kill at once.
job() {
  local processes=$1
  shift
  timeout --foreground 120 "$mpirun" --oversubscribe --allow-run-as-root --bind-to none --mca mpi_yield_when_idle 1 \
    --mca btl self,vader --mca btl_vader_single_copy_mechanism none --mca orte_tmpdir_base "$work" -n "$processes" "$@"
}

# ended <what> <status> <program>: a job that was to fail has done so, by itself, and after three seconds no process of
# the program is left.
ended() {
  local i
  [ "$2" -ne 0 ] || fail "$1: the exit status is 0"
  [ "$2" -ne 124 ] || fail "$1: somebody waits for ever"
  for i in 1 2 3 4 5 6 7 8 9 10; do
    pgrep -f "$3" >/dev/null || return 0
    sleep 0.3
  done
  fail "$1: processes are left"
}

# interrupt <waiting>: what Ctrl-C does to mpirun, whose shell waits for it.
interrupt() { kill -INT "$(pgrep -P "$1" -f "$mpirun" | head -n 1)" 2>/dev/null || kill -INT "$1"; }

# begun <what shows it> <pattern>: the job of three in the background, for which `waiting` waits, has begun; `pids` are
# its processes, whose command lines have the pattern.
begun() {
  status=0
  for _ in $(seq 6000); do
    ! eval "$1" || break
    sleep 0.02
  done
  pids=$(pgrep -f "$2") && [ "$(wc -w <<<"$pids")" -eq 3 ] || fail 'the job has not begun'
}

# interrupted <pattern>, killed <turn> <pattern>: Ctrl-C on mpirun, and the death of one process at any moment, end all.
interrupted() {
  interrupt "$waiting"
  wait "$waiting" || status=$?
  ended "Ctrl-C" "$status" "$1"
}
killed() {
  sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
  kill -9 "$(tr ' ' '\n' <<<"$pids" | sed -n "$(($1 % 3 + 1))p")"
  wait "$waiting" || status=$?
  ended "kill -9" "$status" "$2"
}
