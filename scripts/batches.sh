# SPDX-License-Identifier: MIT
# To be sourced. in_batches <command> <argument>...: the command with each of the arguments, as many at a time as there
# are processors; false where one has failed.
in_batches() {
  local command=$1 jobs failed=0 running=0 argument
  shift
  jobs=$(getconf _NPROCESSORS_ONLN)
  for argument in "$@"; do
    if [ "$running" -eq "$jobs" ]; then
      wait -n || failed=1
      running=$((running - 1))
    fi
    "$command" "$argument" &
    running=$((running + 1))
  done
  for (( ; running > 0; running--)); do wait -n || failed=1; done
  return "$failed"
}
