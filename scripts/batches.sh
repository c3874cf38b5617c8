# SPDX-License-Identifier: MIT
# To be sourced. in_batches <command> <argument>...: the command with each of the arguments, as many at a time as there
# are processors; false where one has failed.
in_batches() {
  local command=$1 jobs failed=0 batch argument running process
  shift
  jobs=$(getconf _NPROCESSORS_ONLN)
  while [ $# -gt 0 ]; do
    batch=("${@:1:jobs}")
    shift "${#batch[@]}"
    running=()
    for argument in "${batch[@]}"; do
      "$command" "$argument" &
      running+=($!)
    done
    for process in "${running[@]}"; do
      wait "$process" || failed=1
    done
  done
  return "$failed"
}
