#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Trainings by 1, 2, 3, 4 and 8 processes print the same losses and write the same bytes. The tutorial's losses
# are those that PyTorch printed, to the digits that a sum in another order leaves; MPI's own reduction, too.
#
#   tests/mpi/trainings.sh <mpirun> <trainings> [<data_parallel>]
. "$(dirname "${BASH_SOURCE[0]}")/job.sh"
program=$2 example=${3-}

# near <file> <file>: the same lines, whose numbers differ by less than 1e-5 of themselves.
near() {
  paste -d ' ' <(awk '{ print $NF }' "$1") <(awk '{ print $NF }' "$2") |
    awk '{ d = $1 - $2; if (d * d > 1e-10 * ($1 * $1 + 1e-6) || NF != 2) { print "not near: " $0; exit 1 } }'
}

for processes in 1 2 3 4 8; do
  folder=$work/$processes
  mkdir "$folder"
  job "$processes" "$program" "$folder" >"$folder/losses"
  if [ -n "$example" ] && [ "$processes" -ne 3 ] && [ "$processes" -ne 4 ]; then
    job "$processes" "$example" "$folder/houses.safetensors" >"$folder/houses"
  else
    cp "$work/1"/houses* "$folder" 2>/dev/null || true # which is the program's that trains longest
  fi
  diff -r "$work/1" "$folder" || { echo "$processes processes: not what one process comes to"; exit 1; }
done
[ "$(find "$work/1" -type f | wc -l)" -ge 7 ] || { echo "files are missing"; exit 1; }

mkdir "$work/resumed"
job 3 "$program" "$work/resumed" first >"$work/halves"
job 2 "$program" "$work/resumed" rest >>"$work/halves"
diff <(sort "$work/halves") <(sort "$work/1/losses") || { echo "3 processes, then 2: other losses"; exit 1; }
for file in "$work/resumed"/*; do
  cmp "$file" "$work/1/${file##*/}" || { echo "3 processes, then 2: other parameters"; exit 1; }
done

grep '^tutorial' "$work/1/losses" | awk '{ print $NF }' >"$work/ours"
[ "$(wc -l <"$work/ours")" -eq 100 ] || { echo "not the tutorial's hundred losses"; exit 1; }
near <(head -n 100 "$here/../data/tutorial/seed-0.txt") "$work/ours"
mkdir "$work/allreduce"
job 2 "$program" "$work/allreduce" allreduce >"$work/allreduce/losses"
near <(grep '^tutorial' "$work/allreduce/losses") "$work/ours"
echo "1, 2, 3, 4 and 8 processes: the same bytes of $(find "$work/1" -type f | wc -l) files"
