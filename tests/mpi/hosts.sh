#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two network namespaces stand for two hosts, with names of their own and TCP between them: `mpirun reel fit` by two
# and four processes comes to the bytes of none; a table that is another one on the other host is noticed; a process
# that is killed there ends all. By hand, for it takes root and iproute2:
#
#   sudo tests/mpi/hosts.sh <mpirun> <reel>
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"
reel=$(realpath "$2")
space=reel-$$
trap 'ip netns del $space-1; ip netns del $space-2; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  cat "$work/out" "$work/err"
  exit 1
}

for n in 1 2; do ip netns add "$space-$n"; done
ip link add "r1-$$" netns "$space-1" type veth peer name "r2-$$" netns "$space-2"
for n in 1 2; do
  ip -n "$space-$n" addr add "10.9.0.$n/24" dev "r$n-$$"
  ip -n "$space-$n" link set "r$n-$$" up
  ip -n "$space-$n" link set lo up
done

# What stands for ssh. On the second host t.csv is other.csv, if there is one.
cat >"$work/shell" <<END
#!/bin/sh
n=\${1##*.}
shift
exec ip netns exec $space-\$n unshare -um sh -c "hostname host-\$n
  [ \$n = 1 ] || [ ! -e $work/other.csv ] || mount --bind $work/other.csv $work/t.csv
  \$*"
END
chmod +x "$work/shell"

# on_both <processes of each> <argument of reel>...
on_both() {
  local each=$1
  shift
  "$work/shell" 10.9.0.1 timeout 120 "$mpirun" --oversubscribe --allow-run-as-root --bind-to none \
    --mca plm_rsh_agent "$work/shell" --host "10.9.0.1:$each,10.9.0.2:$each" --mca mpi_yield_when_idle 1 \
    --mca btl self,vader,tcp --mca btl_vader_single_copy_mechanism none \
    --mca btl_tcp_if_include 10.9.0.0/24 --mca oob_tcp_if_include 10.9.0.0/24 "$reel" "$@"
}

awk 'BEGIN { print "a,b,kind,y"; for (i = 0; i < 20000; i++) {
  a = i % 997 / 997; b = i % 89 / 89; print a "," (i % 7 ? b : "") "," (i % 5 ? "x" : "y") "," a - b } }' >"$work/t.csv"
network=("$work/t.csv" --target y --hidden 8 --weight-decay 0.01)
"$reel" fit "${network[@]}" --epochs 1 --pieces 8 --out "$work/alone" >"$work/out" 2>"$work/err" || fail 'alone'
for each in 1 2; do
  on_both "$each" fit "${network[@]}" --epochs 1 --out "$work/both" >"$work/out" 2>"$work/err" || fail "$each each"
  cmp "$work/alone" "$work/both" || fail "$each each: other bytes"
done

sed '777s/,/,9/' "$work/t.csv" >"$work/other.csv"
! on_both 1 fit "${network[@]}" --epochs 1 --no-save >"$work/out" 2>"$work/err" || fail 'another table is not noticed'
grep -q 't.csv is another one for process 1 than for process 0' "$work/err" || fail 'it is not said whose table it is'
rm "$work/other.csv"

on_both 2 fit "${network[@]}" --epochs 100000000 --out "$work/killed" >"$work/out" 2>"$work/err" &
waiting=$!
for _ in $(seq 1000); do
  ! grep -q epoch "$work/err" || break
  sleep 0.1
done
kill -9 "$(ip netns pids "$space-2" | xargs ps -o pid=,args= -p | awk -v it="$reel fit" 'index($0, it) && !/sh -c/ { print $1; exit }')"
! wait "$waiting" || fail 'a killed process: the exit status is 0'
sleep 3
! pgrep -f "^$reel fit $work" || fail 'a killed process: others are left'
[ ! -e "$work/killed" ] || fail 'a killed process: there is a model'
echo "two hosts: the same bytes by two and four processes; another table is noticed; a death ends all"
